#include "policy/lint/policy_view.h"

#include <algorithm>

namespace vidimus::lint {
namespace {

constexpr unsigned kEveryIssuer = 7;
constexpr unsigned BitOf(ClaimIssuer issuer) { return 1U << static_cast<unsigned>(issuer); }

constexpr size_t kShownCharacters = 80;

unsigned IssuerNamed(std::string_view name) {
  for (const ClaimIssuer issuer : {ClaimIssuer::kAttestationService, ClaimIssuer::kAttestationPolicy, ClaimIssuer::kCustomClaim})
    if (ClaimIssuerName(issuer) == name) return BitOf(issuer);
  return 0;
}

}  // namespace

std::string Lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string Quoted(std::string_view name) { return "'" + Printable(name, kShownCharacters) + "'"; }

std::string Written(const ClaimValue& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  std::string out = "\"";
  for (const char c : Printable(std::get<std::string>(value), 2 * kShownCharacters)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

PolicyView::PolicyView(const Compilation& compilation, AttestationType type) : compilation_(compilation), type_(type) {
  for (const CatalogueEntry& entry : ClaimCatalogue(type))
    if (Sees(entry)) incoming_.emplace(program().types.Find(entry.name), &entry);
  incoming_.erase(kUnknownClaimType);
  AddSection(PolicySection::kConfiguration, program().configuration);
  AddSection(PolicySection::kAuthorization, program().authorization);
  AddSection(PolicySection::kIssuance, program().issuance);
  tests_.reserve(rules_.size());
  for (size_t i = 0; i < rules_.size(); ++i) Learn(i);
}

// The checker makes one rule of every rule of the tree, and a section stands once.
void PolicyView::AddSection(PolicySection section, const Section& checked) {
  for (const SectionSyntax& one : syntax().sections) {
    if (Lowered(one.keyword.text) != PolicySectionName(section)) continue;
    for (size_t i = 0; i < checked.rules.size(); ++i) rules_.push_back({section, &checked.rules[i], &one.rules[i]});
  }
}

std::string PolicyView::PathOf(size_t rule, std::string_view part) const {
  return "policy > " + std::string(PolicySectionName(rules_[rule].section)) + " > rule" + (part.empty() ? "" : " > " + std::string(part));
}

std::optional<std::string_view> PolicyView::TypeNameOf(const Condition& condition) {
  for (const PropertyCondition& one : condition.properties)
    if (one.property == ClaimProperty::kType && one.comparison == Comparison::kEqual)
      if (const auto* name = LiteralOf<std::string>(one.operand)) return *name;
  return std::nullopt;
}

unsigned PolicyView::IssuersOf(const Condition& condition) {
  unsigned issuers = kEveryIssuer;
  for (const PropertyCondition& one : condition.properties) {
    const auto* name = one.property == ClaimProperty::kIssuer ? LiteralOf<std::string>(one.operand) : nullptr;
    if (name == nullptr) continue;
    if (one.comparison == Comparison::kEqual) issuers &= IssuerNamed(*name);
    if (one.comparison == Comparison::kNotEqual) issuers &= ~IssuerNamed(*name);
  }
  return issuers;
}

bool PolicyView::TestsValue(const Condition& condition) {
  return std::any_of(condition.properties.begin(), condition.properties.end(),
                     [](const PropertyCondition& one) { return one.property == ClaimProperty::kValue; });
}

bool PolicyView::Sees(const CatalogueEntry& entry) const {
  return entry.incoming() && entry.since <= version() && (entry.until.empty() || entry.until >= version());
}

const CatalogueEntry* PolicyView::Incoming(std::string_view name) const {
  const CatalogueEntry* entry = FindIncoming(type_, name);
  return entry != nullptr && Sees(*entry) ? entry : nullptr;
}

const MadeClaim* PolicyView::Made(std::string_view name) const {
  const auto found = made_.find(program().types.Find(name));
  return found == made_.end() ? nullptr : &found->second;
}

bool PolicyView::MadeBefore(std::string_view name, size_t rule) const {
  const MadeClaim* made = Made(name);
  return (made != nullptr && made->first < rule) || (reissues_any_ && *reissues_any_ < rule);
}

Sources PolicyView::SourcesOf(const Condition& condition) const {
  Sources out;
  out.any = condition.type == kAnyClaimType;
  if (out.any) return out;
  const unsigned issuers = IssuersOf(condition);
  if ((issuers & BitOf(ClaimIssuer::kAttestationService)) != 0)
    if (const auto found = incoming_.find(condition.type); found != incoming_.end()) out.entry = found->second;
  if ((issuers & BitOf(ClaimIssuer::kAttestationPolicy)) != 0)
    if (const auto found = made_.find(condition.type); found != made_.end()) out.made = &found->second;
  out.client = issuers == BitOf(ClaimIssuer::kCustomClaim);
  return out;
}

TypeMask PolicyView::TypesOf(const Condition& condition) const {
  const Sources from = SourcesOf(condition);
  const TypeMask types = (from.entry == nullptr ? 0 : MaskOf(from.entry->type)) | (from.made == nullptr ? 0 : from.made->types);
  return types == 0 || reissues_any_ ? kAnyType : types;
}

RoleMask PolicyView::TestedBy(const Condition& condition) const {
  const Sources from = SourcesOf(condition);
  RoleMask out = from.made == nullptr ? 0 : from.made->tests;
  if (!TestsValue(condition)) return out;
  if (from.any) return kAnyRole;  // it looks at those claims too
  if (from.entry != nullptr) out |= MaskOf(from.entry->role);
  return out | (from.made == nullptr ? 0 : from.made->carries);
}

bool PolicyView::MatchesOneAtMost(const Condition& condition) const {
  const Sources from = SourcesOf(condition);
  return from.entry != nullptr && from.made == nullptr && !reissues_any_ && !from.entry->several;
}

PolicyView::Worth PolicyView::WorthOf(const Expression& expression, const Rule& rule) const {
  if (const auto* literal = std::get_if<ClaimValue>(&expression.what)) return {MaskOf(TypeOf(*literal)), 0, false, false};
  if (const auto* call = std::get_if<Call>(&expression.what)) return WorthOf(*call, rule);
  const auto& reference = std::get<ClaimReference>(expression.what);
  const Condition& condition = rule.conditions[reference.condition];
  const Sources from = SourcesOf(condition);
  const bool known = from.entry != nullptr || from.made != nullptr;
  const bool several = from.any || from.client || (from.made != nullptr && from.made->several) ||
                       (from.entry != nullptr && (from.made != nullptr || from.entry->several));
  if (reference.property != ClaimProperty::kValue) return {MaskOf(ClaimValueType::kString), 0, false, several};
  if (!known) return {kAnyType, 0, false, several};
  RoleMask carries = from.made == nullptr ? 0 : from.made->carries;
  if (from.entry != nullptr) carries |= MaskOf(from.entry->role);
  const bool read_only = (from.entry != nullptr && from.entry->read_only) || (from.made != nullptr && from.made->read_only);
  return {TypesOf(condition), carries, read_only, several};
}

// Section 2.8, and which arguments pass the read-only mark on.
PolicyView::Worth PolicyView::WorthOf(const Call& call, const Rule& rule) const {
  Worth out{kAnyType, 0, false, false};
  for (const Expression& argument : call.arguments) {
    const Worth worth = WorthOf(argument, rule);
    out.carries |= worth.carries;
    out.read_only = out.read_only || worth.read_only;
  }
  switch (call.function) {
    case PolicyFunction::kJmesPath:
    case PolicyFunction::kAppendString: out.types = MaskOf(ClaimValueType::kString); break;
    case PolicyFunction::kJsonToClaimValue: out.several = true; break;
    case PolicyFunction::kNegateBool: out.types = MaskOf(ClaimValueType::kBoolean); break;
    case PolicyFunction::kIsSubsetOf:
    case PolicyFunction::kContainsOnlyValue:
      out.types = MaskOf(ClaimValueType::kBoolean);
      out.read_only = false;
      break;
  }
  return out;
}

void PolicyView::Learn(size_t number) {
  const Rule& rule = *rules_[number].rule;
  RoleMask tests = 0;
  for (const Condition& condition : rule.conditions) tests |= TestedBy(condition);
  tests_.push_back(tests);
  if (rule.action == ActionKind::kPermit || rule.action == ActionKind::kDeny) return;
  std::string_view name = rule.claim_type;
  ClaimTypeId type = rule.made_type;
  Worth worth{};
  if (rule.action == ActionKind::kIssueClaim) {
    const auto named = TypeNameOf(rule.conditions[rule.claim_condition]);
    if (!named) {
      if (!reissues_any_) reissues_any_ = number;
      return;
    }
    name = *named;
    type = rule.conditions[rule.claim_condition].type;
    worth = WorthOf(Expression{ClaimReference{rule.claim_condition, ClaimProperty::kValue}, {}}, rule);
  } else {
    worth = WorthOf(rule.value, rule);
  }
  const auto [place, is_new] = made_.try_emplace(type);
  MadeClaim& made = place->second;
  if (is_new) {
    made.first = number;
    made_names_.push_back(name);
  }
  made.several = made.several || worth.several || !is_new;
  made.last = number;
  made.types |= worth.types;
  made.carries |= worth.carries;
  made.tests |= tests;
  made.read_only = made.read_only || worth.read_only;
}

}  // namespace vidimus::lint
