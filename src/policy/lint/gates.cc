// What decides: which claims stand between evidence and a permit, and who could give them.
#include <algorithm>
#include <unordered_map>

#include "policy/lint/passes.h"

namespace vidimus::lint {
namespace {

// What a claim does to the decision by being there.
constexpr unsigned kHelpsPermit = 1;
constexpr unsigned kHelpsDeny = 2;
constexpr unsigned Opposite(unsigned effect) { return ((effect & 1) << 1) | (effect >> 1); }

std::string PropertyText(const PropertyCondition& one, Comparison comparison, const ClaimValue& value) {
  return std::string(ClaimPropertyName(one.property)) + std::string(ComparisonName(comparison)) + Written(value);
}

Comparison Complement(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual: return Comparison::kNotEqual;
    case Comparison::kNotEqual: return Comparison::kEqual;
    case Comparison::kLess: return Comparison::kGreaterOrEqual;
    case Comparison::kLessOrEqual: return Comparison::kGreater;
    case Comparison::kGreater: return Comparison::kLessOrEqual;
    case Comparison::kGreaterOrEqual: return Comparison::kLess;
  }
  return comparison;
}

// `[type=="x", value==true]` where the condition denies on value==false.
std::string WantedInstead(const Condition& condition, std::string_view name) {
  for (const PropertyCondition& one : condition.properties) {
    const auto* literal = one.property == ClaimProperty::kValue ? std::get_if<ClaimValue>(&one.operand.what) : nullptr;
    if (literal == nullptr) continue;
    const auto* truth = std::get_if<bool>(literal);
    const bool flip = truth != nullptr && one.comparison == Comparison::kEqual;
    const std::string value =
        flip ? PropertyText(one, Comparison::kEqual, !*truth) : PropertyText(one, Complement(one.comparison), *literal);
    return "[type==" + Written(std::string(name)) + ", " + value + "]";
  }
  return "[type==" + Written(std::string(name)) + ", ...]";
}

class GateLint {
 public:
  GateLint(const PolicyView& policy, Findings& findings) : policy_(policy), findings_(findings) {
    for (size_t i = 0; i < policy.rules().size(); ++i) {
      if (policy.rules()[i].section != PolicySection::kAuthorization) continue;
      authorization_.push_back(i);
      if (RuleAt(i).action == ActionKind::kPermit) permits_.push_back(i);
      if (RuleAt(i).action == ActionKind::kDeny) denials_.push_back(i);
    }
  }

  void Run() {
    LintRoles();
    LintDenyAll();
    LintIssuers();
    LintAbsence();
  }

 private:
  const Rule& RuleAt(size_t number) const { return *policy_.rules()[number].rule; }

  void LintDenyAll() {
    for (const size_t number : denials_) {
      if (!RuleAt(number).conditions.empty()) continue;
      return findings_.Add("lint.always_true", RuleAt(number).span, "found a deny without conditions, which refuses all evidence",
                           "give it the conditions to refuse by", policy_.PathOf(number, ""));
    }
  }

  // Whether the evidence has claims of the role that a policy can be expected to test. JSON is none: all of an event log or of all PCRs is
  // seldom known beforehand. Of Tpm, what a VBS enclave reports counts only where the policy is about one (section 4.6).
  bool Expected(ClaimRole role) const {
    const bool tpm = policy_.type() == AttestationType::kTpm;
    const auto of_enclave = [](std::string_view name) { return name.starts_with("enclave"); };
    bool about_enclave = false;
    for (const size_t number : authorization_)
      for (const Condition& condition : RuleAt(number).conditions) {
        const auto name = PolicyView::TypeNameOf(condition);
        about_enclave = about_enclave || (name && of_enclave(*name));
      }
    for (const CatalogueEntry& entry : ClaimCatalogue(policy_.type()))
      if (entry.role == role && entry.encoding != ClaimEncoding::kJson && policy_.Sees(entry) &&
          (!tpm || of_enclave(entry.name) == about_enclave))
        return true;
    return false;
  }

  // Permits that no test of such a claim stands before. What a deny tests, it tests for all permits: deny wins (section 2.6).
  std::vector<size_t> PermitsWithout(ClaimRole role) const {
    RoleMask denied = 0;
    for (const size_t number : denials_) denied |= policy_.TestedBy(number);
    std::vector<size_t> out;
    for (const size_t number : permits_)
      if (((policy_.TestedBy(number) | denied) & MaskOf(role)) == 0) out.push_back(number);
    return out;
  }

  std::string Example(ClaimRole role) const {
    for (const CatalogueEntry& entry : ClaimCatalogue(policy_.type()))
      if (entry.role == role && entry.encoding != ClaimEncoding::kJson && policy_.Sees(entry)) return std::string(entry.name);
    return "";
  }

  void LintRoles() {
    const std::vector<size_t> no_debug = Expected(ClaimRole::kDebug) ? PermitsWithout(ClaimRole::kDebug) : std::vector<size_t>();
    std::vector<size_t> no_measurement =
        Expected(ClaimRole::kMeasurement) ? PermitsWithout(ClaimRole::kMeasurement) : std::vector<size_t>();
    if (no_measurement.size() < permits_.size()) no_measurement.clear();  // some permit is for a measurement
    const RoleMask missing =
        (no_debug.empty() ? 0 : MaskOf(ClaimRole::kDebug)) | (no_measurement.empty() ? 0 : MaskOf(ClaimRole::kMeasurement));
    const RoleMask misplaced = missing == 0 ? 0 : LintGatesInIssuance(missing);
    if ((missing & ~misplaced & MaskOf(ClaimRole::kDebug)) != 0)
      findings_.Add("lint.debug_untested", RuleAt(no_debug.front()).span,
                    "found a permit that no test of a debug claim stands before: who can debug the workload can read its secrets",
                    policy_.type() == AttestationType::kTpm ? "test " + Quoted(DebugOfTpm()) + " in its conditions"
                                                            : "test " + Quoted(Example(ClaimRole::kDebug)) + " in its conditions",
                    policy_.PathOf(no_debug.front(), ""));
    if ((missing & ~misplaced & MaskOf(ClaimRole::kMeasurement)) != 0)
      findings_.Add("lint.no_measurement", RuleAt(no_measurement.front()).span,
                    "found no permit that depends on a measurement: any workload on such a platform is permitted",
                    "test " + Quoted(Example(ClaimRole::kMeasurement)) + " in its conditions", policy_.PathOf(no_measurement.front(), ""));
  }

  std::string DebugOfTpm() const {
    for (const size_t number : authorization_)
      for (const Condition& condition : RuleAt(number).conditions)
        if (const auto name = PolicyView::TypeNameOf(condition); name && name->starts_with("enclave")) return "enclaveFlags";
    return Example(ClaimRole::kDebug);
  }

  // Issuance cannot refuse (section 2.6): of what no permit depends on, the first test there. Returns the roles it tests.
  RoleMask LintGatesInIssuance(RoleMask missing) {
    for (size_t i = 0; i < policy_.rules().size(); ++i) {
      if (policy_.rules()[i].section != PolicySection::kIssuance || (policy_.TestedBy(i) & missing) == 0) continue;
      RoleMask tested = 0;
      const Condition* first = nullptr;
      for (const Condition& condition : RuleAt(i).conditions) {
        const auto name = PolicyView::TypeNameOf(condition);
        if (!name || (policy_.TestedBy(condition) & missing) == 0) continue;
        tested |= policy_.TestedBy(condition);
        if (first == nullptr) first = &condition;
      }
      if (first == nullptr) continue;
      findings_.Add("lint.gate_in_issuance", first->span,
                    "found a test of " + Quoted(*PolicyView::TypeNameOf(*first)) +
                        " in issuancerules only, which cannot refuse: the token is issued whatever comes of it",
                    "move the conditions to the permit, unless relying parties look for the claim that the rule issues",
                    policy_.PathOf(i, "condition"));
      return tested;
    }
    return 0;
  }

  // Requests of Tpm, and of no other type, can carry claims of the client's own (section 2.2: custom_claims). A condition without issuer
  // matches these too (section 2.3), and no public text says that their names could not be like the service's. Reported where the claim
  // helps to be permitted: in what leads to a permit, and negated in what leads to a deny. A client that brings a deny about harms itself.
  void LintIssuers() {
    if (!TakesClientClaims(policy_.type())) return;
    std::unordered_map<std::string_view, unsigned> wanted;  // by claim type: what the rules below make of it
    for (auto number = authorization_.rbegin(); number != authorization_.rend(); ++number) {
      const Rule& rule = RuleAt(*number);
      unsigned effect = kHelpsPermit;
      if (rule.action == ActionKind::kDeny) effect = kHelpsDeny;
      if (rule.action == ActionKind::kAdd) effect = wanted[rule.claim_type];
      if (effect == 0) continue;
      for (const Condition& condition : rule.conditions) {
        const auto name = PolicyView::TypeNameOf(condition);
        if (!name) continue;
        const unsigned of_claim = condition.negated ? Opposite(effect) : effect;
        wanted[*name] |= of_claim;
        if ((of_claim & kHelpsPermit) != 0) LintIssuer(*number, condition, *name);
      }
    }
  }

  void LintIssuer(size_t number, const Condition& condition, std::string_view name) {
    if ((PolicyView::IssuersOf(condition) & (1U << static_cast<unsigned>(ClaimIssuer::kCustomClaim))) == 0) return;
    const Sources from = policy_.SourcesOf(condition);
    const bool made = from.made != nullptr && policy_.MadeBefore(name, number);
    if (from.client || (from.entry == nullptr && !made)) return;
    const ClaimIssuer issuer = made ? ClaimIssuer::kAttestationPolicy : ClaimIssuer::kAttestationService;
    findings_.Add("lint.issuer", condition.span,
                  "found a condition on " + Quoted(name) + " that decides and names no issuer: a claim that the client sends may meet it",
                  "add `issuer==\"" + std::string(ClaimIssuerName(issuer)) + "\"`", policy_.PathOf(number, "condition"));
  }

  void LintAbsence() {
    if (permits_.empty()) return;
    CountRequired();
    for (const size_t number : denials_)
      for (const Condition& condition : RuleAt(number).conditions)
        if (!condition.negated && LintAbsence(number, condition)) break;
    for (const size_t number : permits_)
      for (const Condition& condition : RuleAt(number).conditions)
        if (condition.negated) LintNegated(number, condition);
  }

  void CountRequired() {
    for (const size_t number : permits_) {
      std::vector<std::string_view> names;
      bool made = false;
      for (const Condition& condition : RuleAt(number).conditions) {
        const auto name = PolicyView::TypeNameOf(condition);
        if (condition.negated || !name) continue;
        names.push_back(*name);
        made = made || policy_.SourcesOf(condition).made != nullptr;
      }
      if (made) {
        ++require_made_;  // and with it perhaps any claim
        continue;
      }
      std::sort(names.begin(), names.end());
      names.erase(std::unique(names.begin(), names.end()), names.end());
      for (const std::string_view name : names) ++required_[name];
    }
  }

  // A deny for a value, where some permit does not need the claim.
  bool LintAbsence(size_t number, const Condition& condition) {
    const auto name = PolicyView::TypeNameOf(condition);
    const Sources from = policy_.SourcesOf(condition);
    if (!name || from.made != nullptr || !PolicyView::TestsValue(condition)) return false;
    if (!from.client && (from.entry == nullptr || !from.entry->sometimes)) return false;
    const auto required = required_.find(*name);
    if (require_made_ + (required == required_.end() ? 0 : required->second) == permits_.size()) return false;
    const std::string wanted = WantedInstead(condition, *name);
    findings_.Add("lint.permit_by_absence", condition.span,
                  "found a deny for a value of " + Quoted(*name) + ", which lets pass what does not have the claim at all",
                  policy_.program().minor_version < 2 ? "demand `" + wanted + "` in the permit"
                                                      : "demand `" + wanted + "` in the permit, or write `!" + wanted + " => deny()`",
                  policy_.PathOf(number, "condition"));
    return true;
  }

  void LintNegated(size_t number, const Condition& condition) {
    const auto name = PolicyView::TypeNameOf(condition);
    const Sources from = policy_.SourcesOf(condition);
    if (!name || (from.entry == nullptr && from.made == nullptr && !from.client)) return;
    if (from.entry != nullptr && from.made == nullptr && !from.entry->sometimes && PolicyView::TestsValue(condition)) return;
    findings_.Add("lint.permit_by_absence", condition.span,
                  "found a permit for not having " + Quoted(*name) + ": it is also for what says nothing of it",
                  "demand what the claim is to be: `" + WantedInstead(condition, *name) + "`", policy_.PathOf(number, "condition"));
  }

  const PolicyView& policy_;
  Findings& findings_;
  std::vector<size_t> authorization_, permits_, denials_;  // rules by number
  std::unordered_map<std::string_view, size_t> required_;  // by claim type: the permits that need it
  size_t require_made_ = 0;                                // permits that need a claim of the policy's own
};

}  // namespace

void LintGates(const PolicyView& policy, Findings& findings) { GateLint(policy, findings).Run(); }

}  // namespace vidimus::lint
