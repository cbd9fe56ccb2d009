#include "auth/grants.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "token/validate.h"

namespace vidimus {
namespace {

constexpr std::array<std::string_view, 3> kRoleNames = {"reader", "contributor", "owner"};

bool HasWord(std::string_view words, std::string_view wanted) {
  while (true) {
    const size_t space = words.find(' ');
    if (words.substr(0, space) == wanted) return !wanted.empty();
    if (space == std::string_view::npos) return false;
    words.remove_prefix(space + 1);
  }
}

bool IsText(const Json& json, const std::string& text) { return json.AsString() != nullptr && *json.AsString() == text; }

tl::unexpected<Error> BadGrant(size_t index, const std::string& detail) {
  return Fail(ErrorCode::kMalformed, "auth.grants", "grant " + std::to_string(index) + ": " + detail);
}

Result<std::string> TakeText(const Json& entry, std::string_view name, size_t index) {
  const Json* member = entry.Find(name);
  if (member == nullptr || member->AsString() == nullptr || member->AsString()->empty() ||
      member->AsString()->size() > limits::kGrantTextBytes)
    return BadGrant(index,
                    "expected \"" + std::string(name) + "\" to be a text of 1 to " + std::to_string(limits::kGrantTextBytes) + " bytes");
  return *member->AsString();
}

Result<Grant> ReadGrant(const Json& entry, size_t index) {
  if (entry.AsObject() == nullptr) return BadGrant(index, "found " + std::string(entry.TypeName()) + ", expected an object");
  for (const auto& [name, value] : *entry.AsObject())
    if (name != "issuer" && name != "claim" && name != "value" && name != "role")
      return BadGrant(index, "found a member \"" + Shortened(name, 64) + "\", expected issuer, claim, value and role only");
  Grant out;
  VIDIMUS_TRY(out.who.issuer, TakeText(entry, "issuer", index));
  VIDIMUS_TRY(out.who.claim, TakeText(entry, "claim", index));
  VIDIMUS_TRY(out.who.value, TakeText(entry, "value", index));
  VIDIMUS_TRY(const std::string name, TakeText(entry, "role", index));
  const auto role = FindRole(name);
  if (!role) return BadGrant(index, "found role \"" + Shortened(name, 64) + "\", expected reader, contributor or owner");
  out.role = *role;
  return out;
}

}  // namespace

std::string_view RoleName(Role role) { return kRoleNames[static_cast<size_t>(role)]; }

std::optional<Role> FindRole(std::string_view name) {
  const auto found = std::find(kRoleNames.begin(), kRoleNames.end(), name);
  if (found == kRoleNames.end()) return std::nullopt;
  return static_cast<Role>(found - kRoleNames.begin());
}

bool Matches(const ClaimMatch& match, const Caller& caller) {
  if (match.issuer != caller.issuer) return false;
  const Json* claim = FindClaim(caller.claims, match.claim);
  if (claim == nullptr) return false;
  if (const JsonArray* list = claim->AsArray(); list != nullptr)
    return std::any_of(list->begin(), list->end(), [&](const Json& item) { return IsText(item, match.value); });
  if (match.claim == "scp" || match.claim == "scope") return claim->AsString() != nullptr && HasWord(*claim->AsString(), match.value);
  return IsText(*claim, match.value);
}

std::optional<Role> RoleOf(const std::vector<Grant>& grants, const Caller& caller) {
  std::optional<Role> out;
  for (const Grant& grant : grants)
    if ((!out || grant.role > *out) && Matches(grant.who, caller)) out = grant.role;
  return out;
}

Result<std::vector<Grant>> GrantsFromJson(const Json& json) {
  const JsonArray* entries = json.AsArray();
  if (entries == nullptr)
    return Fail(ErrorCode::kMalformed, "auth.grants", "found " + std::string(json.TypeName()) + ", expected a list of grants");
  if (entries->size() > limits::kGrants)
    return Fail(ErrorCode::kLimit, "auth.grants",
                "found " + std::to_string(entries->size()) + " grants, expected at most " + std::to_string(limits::kGrants));
  std::vector<Grant> out;
  for (size_t i = 0; i < entries->size(); ++i) {
    VIDIMUS_TRY(Grant grant, ReadGrant((*entries)[i], i));
    // One caller is given one role in one place, so that taking it away takes it away.
    const auto same = std::find_if(out.begin(), out.end(), [&](const Grant& other) { return other.who == grant.who; });
    if (same != out.end())
      return BadGrant(i, "found the issuer, claim and value of grant " + std::to_string(same - out.begin()) + " again");
    out.push_back(std::move(grant));
  }
  return out;
}

Json GrantsToJson(const std::vector<Grant>& grants) {
  JsonArray out;
  for (const auto& [who, role] : grants)
    out.push_back(JsonObject{{"issuer", who.issuer}, {"claim", who.claim}, {"value", who.value}, {"role", RoleName(role)}});
  return out;
}

}  // namespace vidimus
