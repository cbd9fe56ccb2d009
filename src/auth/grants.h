// What a caller may do: grants (issuer, claim, value) → role (design section 7; roles in maa-rest-api section 5.4).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/bearer.h"

namespace vidimus {

// Each may do what the ones before may. Reader: read policies and signers, attest where a token is needed. Contributor: change policies
// and signers. Owner: change settings, grants and keys.
enum class Role { kReader, kContributor, kOwner };

std::string_view RoleName(Role role);  // "reader"
std::optional<Role> FindRole(std::string_view name);

// A token of `issuer` whose claim `claim` is `value`, or is a list that has it. `scp` and `scope` are lists separated by spaces (RFC 9068
// section 2.2.3). A name that is no claim is read as a path with dots, e.g. "realm_access.roles".
struct ClaimMatch {
  std::string issuer, claim, value;

  bool operator==(const ClaimMatch&) const = default;
};

struct Grant {
  ClaimMatch who;
  Role role = Role::kReader;

  bool operator==(const Grant&) const = default;
};

bool Matches(const ClaimMatch& match, const Caller& caller);
// The greatest role that any grant gives.
std::optional<Role> RoleOf(const std::vector<Grant>& grants, const Caller& caller);

// [{"issuer","claim","value","role"}], at most limits::kGrants. Error: auth.grants, naming the entry.
Result<std::vector<Grant>> GrantsFromJson(const Json& json);
Json GrantsToJson(const std::vector<Grant>& grants);

}  // namespace vidimus
