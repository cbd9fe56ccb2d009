// PolicyView: a policy as the linter sees it: which claims its conditions can look at, and what is known of each of them.
//
// One pass over the rules in their order learns what the policy's own claims come from: they exist only once an earlier rule made them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "claims/catalogue.h"
#include "policy/compile.h"

namespace vidimus::lint {

using TypeMask = unsigned;  // bit n: ClaimValueType n
inline constexpr TypeMask kAnyType = 7;
inline constexpr TypeMask MaskOf(ClaimValueType type) { return 1U << static_cast<unsigned>(type); }

using RoleMask = unsigned;  // bit n: ClaimRole n; kOther has none
inline constexpr RoleMask MaskOf(ClaimRole role) { return role == ClaimRole::kOther ? 0 : 1U << static_cast<unsigned>(role); }
inline constexpr RoleMask kAnyRole = MaskOf(ClaimRole::kMeasurement) | MaskOf(ClaimRole::kDebug);

struct LintedRule {
  PolicySection section;
  const Rule* rule;
  const RuleSyntax* syntax;  // of the same rule
};

// What the rules that make claims of one type have in common.
struct MadeClaim {
  size_t first = 0, last = 0;  // of the rules that make it, by number
  TypeMask types = 0;          // that its value may have
  RoleMask carries = 0;        // whose values went into its value
  RoleMask tests = 0;          // that these rules test
  bool read_only = false;      // section 2.8
  bool several = false;        // there may be several of it
};

// What a condition may match; none of them: no claim is known that it could.
struct Sources {
  const CatalogueEntry* entry = nullptr;  // of the service
  const MadeClaim* made = nullptr;        // by a rule of the policy, earlier or later
  bool client = false;                    // it asks for claims of the client
  bool any = false;                       // it names no type
};

class PolicyView {
 public:
  // `compilation` has a program and outlives the view.
  PolicyView(const Compilation& compilation, AttestationType type);

  AttestationType type() const { return type_; }
  const Program& program() const { return *compilation_.program; }
  const PolicySyntax& syntax() const { return *compilation_.syntax; }
  std::string version() const { return "1." + std::to_string(program().minor_version); }

  const std::vector<LintedRule>& rules() const { return rules_; }  // of all sections, in the order they run
  size_t LineOf(size_t rule) const { return rules_[rule].rule->line; }
  std::string PathOf(size_t rule, std::string_view part) const;  // "policy > issuancerules > rule > condition"

  // The literal of its `type ==`.
  static std::optional<std::string_view> TypeNameOf(const Condition& condition);
  // Bit n: claims of ClaimIssuer n can match.
  static unsigned IssuersOf(const Condition& condition);
  static bool TestsValue(const Condition& condition);

  // In policies of this version.
  bool Sees(const CatalogueEntry& entry) const;
  // Null unless policies of this version see it.
  const CatalogueEntry* Incoming(std::string_view name) const;
  const MadeClaim* Made(std::string_view name) const;
  bool MadeBefore(std::string_view name, size_t rule) const;
  const std::vector<std::string_view>& made_names() const { return made_names_; }

  Sources SourcesOf(const Condition& condition) const;
  TypeMask TypesOf(const Condition& condition) const;
  RoleMask TestedBy(const Condition& condition) const;
  RoleMask TestedBy(size_t rule) const { return tests_[rule]; }
  // At most one claim can match: the evidence gives one of its name, and nobody else makes any.
  bool MatchesOneAtMost(const Condition& condition) const;

  struct Worth {
    TypeMask types;
    RoleMask carries;
    bool read_only, several;
  };
  Worth WorthOf(const Expression& expression, const Rule& rule) const;

 private:
  Worth WorthOf(const Call& call, const Rule& rule) const;
  void AddSection(PolicySection section, const Section& checked);
  void Learn(size_t number);

  const Compilation& compilation_;
  AttestationType type_;
  std::vector<LintedRule> rules_;
  // By the program's number of the type: conditions hold it, so that a long name is not read again for every reference.
  std::unordered_map<ClaimTypeId, const CatalogueEntry*> incoming_;  // that some condition or action names
  std::unordered_map<ClaimTypeId, MadeClaim> made_;
  std::vector<std::string_view> made_names_;
  std::vector<RoleMask> tests_;         // by rule
  std::optional<size_t> reissues_any_;  // the first rule that issues claims whatever their type
};

// As it is shown in messages.
std::string Quoted(std::string_view name);
// ASCII letters in lower case.
std::string Lowered(std::string_view text);
// `"x"`, 1 or true, as a policy writes it.
std::string Written(const ClaimValue& value);

template <typename T>
const T* LiteralOf(const Expression& expression) {
  const auto* literal = std::get_if<ClaimValue>(&expression.what);
  return literal == nullptr ? nullptr : std::get_if<T>(literal);
}

}  // namespace vidimus::lint
