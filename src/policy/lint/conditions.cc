// What one condition asks, against what the catalogue and the policy's own rules can answer.
#include <algorithm>
#include <array>
#include <set>

#include "base/limits.h"
#include "policy/lint/passes.h"

namespace vidimus::lint {
namespace {

constexpr std::array kValueTypes = {ClaimValueType::kString, ClaimValueType::kInteger, ClaimValueType::kBoolean};

std::string Words(TypeMask types) {
  std::string out;
  for (const ClaimValueType type : kValueTypes)
    if ((types & MaskOf(type)) != 0) out += (out.empty() ? "" : " or ") + std::string(ClaimValueTypeName(type));
  return out;
}

bool IsOrdering(Comparison comparison) { return comparison != Comparison::kEqual && comparison != Comparison::kNotEqual; }

// The same value as a literal of another type, where there is one: "3" as 3, "false" as false.
std::optional<ClaimValue> Converted(const ClaimValue& value, TypeMask wanted) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) {
    if (wanted == MaskOf(ClaimValueType::kString)) return Written(value);
    const auto* number = std::get_if<int64_t>(&value);
    if (number != nullptr && (*number == 0 || *number == 1) && wanted == MaskOf(ClaimValueType::kBoolean)) return *number == 1;
    return std::nullopt;
  }
  if (wanted == MaskOf(ClaimValueType::kBoolean) && (Lowered(*text) == "true" || Lowered(*text) == "false"))
    return Lowered(*text) == "true";
  const bool digits = !text->empty() && text->size() < 19 && text->find_first_not_of("0123456789") == std::string::npos;
  if (wanted == MaskOf(ClaimValueType::kInteger) && digits) return static_cast<int64_t>(std::stoll(*text));
  return std::nullopt;
}

class ConditionLint {
 public:
  ConditionLint(const PolicyView& policy, Findings& findings) : policy_(policy), findings_(findings) {}

  void Run() {
    for (number_ = 0; number_ < policy_.rules().size() && !findings_.full(); ++number_)
      for (const Condition& condition : Rule().conditions) LintCondition(condition);
  }

 private:
  const vidimus::Rule& Rule() const { return *policy_.rules()[number_].rule; }

  void Add(std::string_view code, Span span, std::string message, std::string hint) {
    findings_.Add(code, span, std::move(message), std::move(hint), policy_.PathOf(number_, "condition"));
  }

  void LintCondition(const Condition& condition) {
    const bool names_type = std::any_of(condition.properties.begin(), condition.properties.end(), [](const PropertyCondition& one) {
      return one.property == ClaimProperty::kType && one.comparison == Comparison::kEqual;
    });
    if (!names_type)
      Add("lint.condition_type", condition.span, "found a condition that names no claim type: it looks at the claims of every type",
          "name the one that is meant: `type==\"...\"`");
    if (const auto name = PolicyView::TypeNameOf(condition)) LintName(condition, *name);
    for (const PropertyCondition& property : condition.properties) LintProperty(condition, property);
    if (policy_.rules()[number_].section == PolicySection::kAuthorization && !condition.negated) LintPresence(condition);
  }

  static Span SpanOfName(const Condition& condition) {
    for (const PropertyCondition& one : condition.properties)
      if (one.property == ClaimProperty::kType && one.comparison == Comparison::kEqual) return one.operand.span;
    return condition.span;
  }

  void LintName(const Condition& condition, std::string_view name) {
    const Sources from = policy_.SourcesOf(condition);
    if (from.client || policy_.MadeBefore(name, number_)) return;
    if (from.entry != nullptr) {
      if (!from.entry->alias_of.empty() && old_names_.insert(name).second)  // once: its author replaces all of them
        Add("lint.old_name", SpanOfName(condition),
            "found " + Quoted(name) + ", an old name of the claim " + std::string(from.entry->alias_of) + ", kept for old policies only",
            "write \"" + std::string(from.entry->alias_of) + "\"");
      return;
    }
    // Claims that only a rule could make and none does: LintReach says what follows from that.
    const unsigned issuers = PolicyView::IssuersOf(condition);
    if ((issuers & (1U << static_cast<unsigned>(ClaimIssuer::kAttestationService))) == 0) return;
    LintUnknownName(condition, name, from);
  }

  void LintUnknownName(const Condition& condition, std::string_view name, const Sources& from) {
    const std::string type(AttestationTypeName(policy_.type()));
    const auto unknown = [&](const std::string& why, std::string hint) {
      Add("lint.unknown_claim", SpanOfName(condition), "found claim type " + Quoted(name) + ", " + why, std::move(hint));
    };
    if (from.made != nullptr && from.made->first > number_)
      return unknown("which no earlier rule makes: claims are seen by the rules after the one that makes them",
                     "move this rule below line " + std::to_string(policy_.LineOf(from.made->first)));
    if (const CatalogueEntry* other = FindIncoming(policy_.type(), name)) {
      if (other->since > policy_.version())
        return unknown("which policies of version " + policy_.version() + " do not see",
                       "write `version=" + std::string(other->since) + ";`");
      return unknown("which policies see up to version " + std::string(other->until) + " only, this one has version " + policy_.version(),
                     "derive it from the claim \"events\" with JmesPath, or write `version=" + std::string(other->until) + ";`");
    }
    for (const CatalogueEntry& entry : ClaimCatalogue(policy_.type()))
      if (entry.name == name && entry.direction == ClaimDirection::kOutgoing)
        return unknown("which tokens of " + type + " may have but policies do not see",
                       !entry.reserved && !entry.alias_of.empty()
                           ? "write \"" + std::string(entry.alias_of) + "\""
                           : "test what the evidence gives; the service puts this one into tokens itself");
    const std::string near = Near(name);
    std::string hint = near.empty() ? "docs/reference/claims.md lists the claims of " + type : "did you mean \"" + near + "\"?";
    if (near.empty() && TakesClientClaims(policy_.type())) hint = "if clients send it, add `issuer==\"CustomClaim\"`";
    unknown("which neither evidence of " + type + " gives nor an earlier rule makes", std::move(hint));
  }

  std::string Near(std::string_view name) {
    std::vector<std::string_view> words;
    for (const CatalogueEntry& entry : ClaimCatalogue(policy_.type()))
      if (entry.alias_of.empty() && policy_.Sees(entry)) words.push_back(entry.name);
    for (const std::string_view made : policy_.made_names()) {
      if (words.size() >= limits::kLintWords) break;
      if (policy_.MadeBefore(made, number_)) words.push_back(made);
    }
    return Printable(ClosestWord(name, words), limits::kLintWords);
  }

  void LintProperty(const Condition& condition, const PropertyCondition& property) {
    if (property.property == ClaimProperty::kValue) {
      if (LintValueType(condition, property)) return;
      LintHex(condition, property);
      LintLowerBound(condition, property);
      LintSeveral(property);
    } else if (const auto* literal = std::get_if<ClaimValue>(&property.operand.what)) {
      LintWord(property, *literal);
    }
  }

  static std::string Consequence(const PropertyCondition& property) {
    return property.comparison == Comparison::kNotEqual ? "which always differs" : "which never matches";
  }

  bool LintValueType(const Condition& condition, const PropertyCondition& property) {
    const TypeMask types = policy_.TypesOf(condition);
    const TypeMask compared = policy_.WorthOf(property.operand, Rule()).types;
    const bool unordered = IsOrdering(property.comparison) && (types & MaskOf(ClaimValueType::kInteger)) == 0;
    if (!unordered && (types & compared) != 0) return false;
    const auto name = PolicyView::TypeNameOf(condition);
    const std::string claim = name ? "the claim " + Quoted(*name) : std::string("a claim");
    std::string hint = "compare it with a value of type " + Words(types);
    const auto* literal = std::get_if<ClaimValue>(&property.operand.what);
    const auto converted = literal == nullptr || unordered ? std::nullopt : Converted(*literal, types);
    if (converted) hint = "write `value" + std::string(ComparisonName(property.comparison)) + Written(*converted) + "`";
    if (unordered) hint = "compare with == or !=: only Integers have an order";
    Add("lint.value_type", property.span,
        "found a value of type " + Words(compared) + " compared with " + claim + " of type " + Words(types) + ", " + Consequence(property),
        std::move(hint));
    return true;
  }

  // `type`, `valueType` and `issuer` are texts, the last two of few words.
  void LintWord(const PropertyCondition& property, const ClaimValue& literal) {
    const std::string name(ClaimPropertyName(property.property));
    const auto* text = std::get_if<std::string>(&literal);
    if (text == nullptr)
      return Add("lint.value_type", property.span,
                 "found a value of type " + std::string(ClaimValueTypeName(TypeOf(literal))) + " compared with " + name +
                     ", which is a String, " + Consequence(property),
                 "write `" + name + std::string(ComparisonName(property.comparison)) + Written(Written(literal)) + "`");
    std::vector<std::string_view> words;
    if (property.property == ClaimProperty::kIssuer)
      for (const ClaimIssuer issuer : {ClaimIssuer::kAttestationService, ClaimIssuer::kAttestationPolicy, ClaimIssuer::kCustomClaim})
        words.push_back(ClaimIssuerName(issuer));
    if (property.property == ClaimProperty::kValueType)
      for (const ClaimValueType type : kValueTypes) words.push_back(ClaimValueTypeName(type));
    if (words.empty() || std::find(words.begin(), words.end(), *text) != words.end()) return;
    const std::string near(ClosestWord(*text, words));
    const std::string all =
        "one of \"" + std::string(words[0]) + "\", \"" + std::string(words[1]) + "\", \"" + std::string(words[2]) + "\"";
    Add("lint.value_type", property.operand.span,
        "found " + name + " " + Quoted(*text) + ", which no claim has, so it " +
            (property.comparison == Comparison::kNotEqual ? "always differs" : "never matches"),
        near.empty() ? all : "did you mean \"" + near + "\"?");
  }

  void LintHex(const Condition& condition, const PropertyCondition& property) {
    const auto* text = LiteralOf<std::string>(property.operand);
    const Sources from = policy_.SourcesOf(condition);
    if (text == nullptr || from.entry == nullptr || from.made != nullptr || from.entry->encoding != ClaimEncoding::kHex) return;
    const size_t wanted = 2 * from.entry->octets;
    std::string lower = Lowered(*text);
    const bool prefix = lower.starts_with("0x");
    if (prefix) lower = lower.substr(2);
    const bool hex = lower.find_first_not_of("0123456789abcdef") == std::string::npos;
    const bool length = wanted == 0 || lower.size() == wanted;
    std::string found;
    if (prefix) {
      found = "the prefix 0x";
    } else if (!hex) {
      found = "a text that is no hexadecimal";
    } else if (!length) {
      found = std::to_string(lower.size()) + " characters";
    } else if (lower != *text) {
      found = "upper-case hexadecimal";
    } else {
      return;
    }
    Add("lint.hex", property.operand.span, "found " + found + " compared with " + Quoted(from.entry->name) + ", " + Consequence(property),
        hex && length
            ? "write \"" + lower + "\""
            : "write " + (wanted == 0 ? "" : std::to_string(wanted) + " characters of ") + "lower-case hexadecimal without prefix");
  }

  // Numbers that evidence gives are counts, versions and flags, from 0.
  void LintLowerBound(const Condition& condition, const PropertyCondition& property) {
    const auto* bound = LiteralOf<int64_t>(property.operand);
    const Sources from = policy_.SourcesOf(condition);
    if (bound == nullptr || *bound != 0 || property.comparison != Comparison::kGreaterOrEqual || from.entry == nullptr ||
        from.made != nullptr)
      return;
    Add("lint.always_true", property.span, "found a test that every " + Quoted(from.entry->name) + " passes: it is never below 0",
        "write the lowest value that is accepted");
  }

  void LintSeveral(const PropertyCondition& property) {
    if (property.comparison != Comparison::kNotEqual || !policy_.WorthOf(property.operand, Rule()).several) return;
    Add("lint.several_values", property.span, "found != against what may be several values: it holds as soon as one of them differs",
        policy_.program().minor_version < 2 ? "compare with ==" : "to say that none is equal, negate the condition: `![..., value==...]`");
  }

  // A condition that asks for the claim alone. One that hands it on, by its identifier, does not gate.
  void LintPresence(const Condition& condition) {
    const Sources from = policy_.SourcesOf(condition);
    if (from.entry == nullptr || from.made != nullptr || !condition.identifier.empty() || PolicyView::TestsValue(condition)) return;
    const bool always = !from.entry->sometimes;
    const bool boolean = from.entry->type == ClaimValueType::kBoolean;
    if (!always && !boolean) return;
    Add("lint.always_true", condition.span,
        "found a test of " + Quoted(from.entry->name) + " without a value, which holds " +
            (boolean ? "whether it is true or false" : "whatever its value, since all evidence gives it"),
        "test its value too: `value==" +
            std::string(boolean                                       ? "true` or `value==false"
                        : from.entry->type == ClaimValueType::kString ? "\"...\""
                                                                      : "...") +
            "`");
  }

  const PolicyView& policy_;
  Findings& findings_;
  size_t number_ = 0;
  std::set<std::string_view> old_names_;  // reported
};

}  // namespace

void LintConditions(const PolicyView& policy, Findings& findings) { ConditionLint(policy, findings).Run(); }

}  // namespace vidimus::lint
