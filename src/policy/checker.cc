#include "policy/checker.h"

#include <algorithm>
#include <array>

#include "claims/catalogue.h"

namespace vidimus {
namespace {

constexpr std::array kSections = {PolicySection::kConfiguration, PolicySection::kAuthorization, PolicySection::kIssuance};
constexpr std::array kProperties = {ClaimProperty::kType, ClaimProperty::kValue, ClaimProperty::kValueType, ClaimProperty::kIssuer};
constexpr std::array kComparisons = {Comparison::kEqual,       Comparison::kNotEqual, Comparison::kLess,
                                     Comparison::kLessOrEqual, Comparison::kGreater,  Comparison::kGreaterOrEqual};
constexpr std::array kActions = {ActionKind::kPermit, ActionKind::kDeny, ActionKind::kAdd, ActionKind::kIssue, ActionKind::kIssueProperty};
constexpr std::array kFunctions = {PolicyFunction::kJmesPath,     PolicyFunction::kJsonToClaimValue, PolicyFunction::kIsSubsetOf,
                                   PolicyFunction::kAppendString, PolicyFunction::kNegateBool,       PolicyFunction::kContainsOnlyValue};

size_t ArityOf(PolicyFunction function) {
  return function == PolicyFunction::kJsonToClaimValue || function == PolicyFunction::kNegateBool ? 1 : 2;
}

std::string Lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

// The word of a vocabulary that `text` is.
template <typename Word, size_t kCount>
std::optional<Word> Find(const std::array<Word, kCount>& words, std::string_view (*name)(Word), std::string_view text) {
  for (const Word word : words)
    if (name(word) == text) return word;
  return std::nullopt;
}

// "did you mean `x`?", or what there is to choose from.
template <typename Word, size_t kCount>
std::string Suggest(const std::array<Word, kCount>& words, std::string_view (*name)(Word), const std::string& text) {
  std::vector<std::string_view> names;
  std::string all;
  for (const Word word : words) {
    names.push_back(name(word));
    all += (all.empty() ? "one of " : ", ") + std::string(name(word));
  }
  const std::string_view near = ClosestWord(text, names);
  return near.empty() ? all : "did you mean `" + std::string(near) + "`?";
}

// Section 1.6.
bool Allowed(ActionKind action, PolicySection section) {
  switch (section) {
    case PolicySection::kConfiguration: return action == ActionKind::kIssueProperty;
    case PolicySection::kAuthorization: return action == ActionKind::kPermit || action == ActionKind::kDeny || action == ActionKind::kAdd;
    case PolicySection::kIssuance: return action != ActionKind::kPermit && action != ActionKind::kDeny;
  }
  return false;
}

std::string WhereItBelongs(ActionKind action, PolicySection section) {
  if (section == PolicySection::kConfiguration) return "configuration rules only set properties, with issueproperty";
  if (action == ActionKind::kPermit || action == ActionKind::kDeny)
    return "move the rule to authorizationrules: issuancerules cannot refuse";
  if (action == ActionKind::kIssue) return "use add here, and issue the claim in issuancerules";
  return "properties are set in configurationrules or issuancerules";
}

// The type of every value that `expression` can have; none when the claims decide it.
std::optional<ClaimValueType> TypeBeforeEvaluation(const Expression& expression) {
  if (const auto* literal = std::get_if<ClaimValue>(&expression.what)) return TypeOf(*literal);
  if (const auto* reference = std::get_if<ClaimReference>(&expression.what)) {
    if (reference->property == ClaimProperty::kValue) return std::nullopt;
    return ClaimValueType::kString;
  }
  switch (std::get<Call>(expression.what).function) {
    case PolicyFunction::kJmesPath:
    case PolicyFunction::kAppendString: return ClaimValueType::kString;
    case PolicyFunction::kIsSubsetOf:
    case PolicyFunction::kNegateBool:
    case PolicyFunction::kContainsOnlyValue: return ClaimValueType::kBoolean;
    case PolicyFunction::kJsonToClaimValue: break;
  }
  return std::nullopt;
}

// The value type of a property that the service gives a meaning to; null of any other.
const CatalogueEntry* KnownProperty(std::string_view name) {
  for (const AttestationType type : kAttestationTypes)
    if (const CatalogueEntry* entry = FindProperty(type, name)) return entry;
  return nullptr;
}

class Checker {
 public:
  Checker(std::string_view text, const PolicySyntax& syntax, Diagnostics& diagnostics)
      : text_(text), syntax_(syntax), diagnostics_(diagnostics) {}

  std::optional<Program> Run() {
    CheckVersion();
    program_.text = text_;
    program_.minor_version = static_cast<int>(syntax_.minor);
    std::optional<PolicySection> last;
    for (const SectionSyntax& section : syntax_.sections) {
      if (diagnostics_.full()) break;
      CheckSection(section, last);
    }
    if (!has_authorization_)
      Report("policy.section", EndOfText(), "found no authorizationrules, expected them in every policy",
             "add `authorizationrules { => permit(); };`");
    if (failed_) return std::nullopt;
    for (Section* section : {&program_.configuration, &program_.authorization, &program_.issuance})
      section->index = RuleIndex(section->rules);
    return std::move(program_);
  }

 private:
  void Report(std::string_view code, Span span, std::string message, std::string hint = "") {
    failed_ = true;
    diagnostics_.Add({Severity::kError, code, span, std::move(message), std::move(hint), path_});
  }
  Span EndOfText() const { return {text_.size(), text_.size()}; }

  // A feature that came with version 1.`minor`.
  void Require(int minor, Span span, const std::string& feature) {
    if (syntax_.minor >= minor) return;
    const std::string needed = "1." + std::to_string(minor);
    Report("policy.feature", span,
           "found " + feature + " in a policy of version 1." + std::to_string(syntax_.minor) + ", expected version " + needed,
           "write `version=" + needed + ";`");
  }

  void CheckVersion() {
    path_ = "policy > versionInfo";
    if (syntax_.major == 1 && syntax_.minor >= 0 && syntax_.minor <= 2) return;
    Report("policy.version", syntax_.version,
           "found version " + std::to_string(syntax_.major) + "." + std::to_string(syntax_.minor) + ", expected 1.0, 1.1 or 1.2");
  }

  void CheckSection(const SectionSyntax& syntax, std::optional<PolicySection>& last) {
    path_ = "policy";
    const std::string word = Lower(syntax.keyword.text);
    const auto section = Find(kSections, PolicySectionName, word);
    if (!section)
      return Report("policy.section", syntax.keyword.span, "found section '" + syntax.keyword.text + "', expected a section of rules",
                    Suggest(kSections, PolicySectionName, word));
    if (last && *section <= *last)
      Report(
          "policy.section", syntax.keyword.span,
          *section == *last ? "found " + word + " twice, expected each section once"
                            : "found " + word + " after " + std::string(PolicySectionName(*last)) + ", expected it before",
          *section == *last ? "move its rules into the first one" : "the order is configurationrules, authorizationrules, issuancerules");
    last = last ? std::max(*last, *section) : *section;
    has_authorization_ = has_authorization_ || *section == PolicySection::kAuthorization;
    if (*section == PolicySection::kConfiguration) Require(1, syntax.keyword.span, "configurationrules");
    section_ = *section;
    std::vector<Rule>& rules = RulesOf(*section);
    for (const RuleSyntax& rule : syntax.rules) {
      if (diagnostics_.full()) break;  // nobody would read what else is wrong, and saying it takes long
      rules.push_back(CheckRule(rule));
    }
  }

  std::vector<Rule>& RulesOf(PolicySection section) {
    if (section == PolicySection::kConfiguration) return program_.configuration.rules;
    return section == PolicySection::kAuthorization ? program_.authorization.rules : program_.issuance.rules;
  }

  Rule CheckRule(const RuleSyntax& syntax) {
    const std::string path = "policy > " + std::string(PolicySectionName(section_)) + " > rule";
    path_ = path + " > condition";
    Rule rule;
    rule.span = syntax.span;
    rule.line = LineOf(rule);
    names_.clear();
    for (const ConditionSyntax& condition : syntax.conditions) {
      rule.conditions.push_back(CheckCondition(condition));
      names_.push_back({condition.identifier ? condition.identifier->text : "", condition.negation.has_value(), false});
    }
    path_ = path + " > action";
    CheckAction(syntax.action, rule);
    // The evaluator collects what something refers to, and needs only one claim of the rest.
    for (size_t i = 0; i < names_.size(); ++i)
      if (!names_[i].used) rule.conditions[i].identifier.clear();
    return rule;
  }

  // Rules come in the order of the text, which is read once for all of them.
  size_t LineOf(const Rule& rule) {
    line_ += static_cast<size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(line_at_),
                                            text_.begin() + static_cast<std::ptrdiff_t>(rule.span.begin), '\n'));
    line_at_ = rule.span.begin;
    return line_;
  }

  Condition CheckCondition(const ConditionSyntax& syntax) {
    Condition out;
    out.span = syntax.span;
    out.negated = syntax.negation.has_value();
    if (syntax.negation) Require(2, *syntax.negation, "'!'");
    if (syntax.identifier) {
      CheckNewIdentifier(*syntax.identifier);
      out.identifier = syntax.identifier->text;
    }
    bool called = false;  // a call left of the type is computed for claims of every type, and may fail
    for (const PropertySyntax& property : syntax.properties) {
      if (diagnostics_.full()) break;
      if (auto checked = CheckProperty(property)) {
        const auto* literal = std::get_if<ClaimValue>(&checked->operand.what);
        const auto* type = literal == nullptr ? nullptr : std::get_if<std::string>(literal);
        called = called || std::holds_alternative<Call>(checked->operand.what);
        if (out.type == kAnyClaimType && !called && type != nullptr && checked->property == ClaimProperty::kType &&
            checked->comparison == Comparison::kEqual)
          out.type = program_.types.Intern(*type);
        out.properties.push_back(*std::move(checked));
      }
    }
    return out;
  }

  void CheckNewIdentifier(const Name& name) {
    if (Find(kProperties, ClaimPropertyName, name.text) || name.text == "true" || name.text == "false")
      return Report("policy.identifier", name.span,
                    "found '" + name.text + "' as an identifier, expected a name that is no word of the language");
    const auto same = [&](const Identifier& one) { return one.name == name.text; };
    if (std::any_of(names_.begin(), names_.end(), same))
      Report("policy.identifier", name.span, "found '" + name.text + "' twice in one rule, expected another name");
  }

  std::optional<ClaimProperty> CheckPropertyName(const Name& name) {
    const auto property = Find(kProperties, ClaimPropertyName, name.text);
    if (!property)
      Report("policy.property", name.span, "found '" + name.text + "', expected a property of a claim",
             Suggest(kProperties, ClaimPropertyName, name.text));
    return property;
  }

  std::optional<PropertyCondition> CheckProperty(const PropertySyntax& syntax) {
    const auto property = CheckPropertyName(syntax.property);
    const auto comparison = Find(kComparisons, ComparisonName, syntax.comparison.text);
    auto operand = CheckExpression(syntax.operand);
    if (!property || !comparison || !operand) return std::nullopt;
    const auto* literal = std::get_if<ClaimValue>(&operand->what);
    const bool ordering = *comparison != Comparison::kEqual && *comparison != Comparison::kNotEqual;
    if (ordering && literal != nullptr && TypeOf(*literal) != ClaimValueType::kInteger)
      Report("policy.type", syntax.operand.span,
             "found a " + std::string(ClaimValueTypeName(TypeOf(*literal))) + " after '" + syntax.comparison.text +
                 "', expected an Integer: nothing else has an order",
             "compare with == or !=, or write the number without quotes");
    const Span span{syntax.property.span.begin, syntax.operand.span.end};
    return PropertyCondition{*property, *comparison, *std::move(operand), span};
  }

  std::optional<Expression> CheckExpression(const ExpressionSyntax& syntax) {
    Expression out;
    out.span = syntax.span;
    if (const auto* literal = std::get_if<ClaimValue>(&syntax.what)) {
      out.what = *literal;
      return out;
    }
    if (const auto* name = std::get_if<Name>(&syntax.what)) {
      const bool defined = std::any_of(names_.begin(), names_.end(), [&](const Identifier& one) { return one.name == name->text; });
      Report("policy.identifier", name->span, "found '" + name->text + "' alone, expected a value",
             defined ? "write `" + name->text + ".value`" : "texts stand in double quotes: \"" + name->text + "\"");
      return std::nullopt;
    }
    if (const auto* reference = std::get_if<ReferenceSyntax>(&syntax.what)) {
      const auto condition = Resolve(reference->identifier);
      const auto property = CheckPropertyName(reference->property);
      if (!condition || !property) return std::nullopt;
      out.what = ClaimReference{*condition, *property};
      return out;
    }
    auto call = CheckCall(std::get<CallSyntax>(syntax.what));
    if (!call) return std::nullopt;
    out.what = *std::move(call);
    return out;
  }

  std::optional<Call> CheckCall(const CallSyntax& syntax) {
    Require(2, syntax.function.span, "a function call");
    const auto function = Find(kFunctions, PolicyFunctionName, syntax.function.text);
    if (!function) {
      Report("policy.function", syntax.function.span, "found function '" + syntax.function.text + "', which does not exist",
             Suggest(kFunctions, PolicyFunctionName, syntax.function.text));
      return std::nullopt;
    }
    if (syntax.arguments.size() != ArityOf(*function))
      Report("policy.arity", syntax.function.span,
             "found " + std::to_string(syntax.arguments.size()) + " arguments of " + syntax.function.text + ", expected " +
                 std::to_string(ArityOf(*function)));
    Call out{*function, {}, nullptr};
    for (const ExpressionSyntax& argument : syntax.arguments) {
      auto checked = CheckExpression(argument);
      if (!checked) return std::nullopt;
      out.arguments.push_back(*std::move(checked));
    }
    if (*function == PolicyFunction::kJmesPath && out.arguments.size() == 2) Precompile(out);
    return out;
  }

  // A query that does not parse stays text: it fails the evaluation that comes to it (section 2.8), and the linter warns.
  static void Precompile(Call& call) {
    const auto* literal = std::get_if<ClaimValue>(&call.arguments[1].what);
    const auto* query = literal == nullptr ? nullptr : std::get_if<std::string>(literal);
    if (query == nullptr) return;
    if (auto parsed = JmesPath::Parse(*query)) call.query = std::make_shared<const JmesPath>(*std::move(parsed));
  }

  // Of a condition before this one in the same rule (section 1.7).
  std::optional<size_t> Resolve(const Name& name) {
    for (size_t i = 0; i < names_.size(); ++i)
      if (!names_[i].name.empty() && names_[i].name == name.text) {
        names_[i].used = true;
        if (!names_[i].negated) return i;
        Report("policy.identifier", name.span, "found '" + name.text + "' of a negated condition, which has no claims to refer to");
        return std::nullopt;
      }
    std::vector<std::string_view> known;
    for (const Identifier& one : names_)
      if (!one.name.empty()) known.push_back(one.name);
    const std::string_view near = ClosestWord(name.text, known);
    Report("policy.identifier", name.span, "found '" + name.text + "', expected an identifier of an earlier condition of this rule",
           near.empty() ? "name a condition before it: `" + name.text + ":[type==\"...\"]`" : "did you mean `" + std::string(near) + "`?");
    return std::nullopt;
  }

  void CheckAction(const ActionSyntax& syntax, Rule& rule) {
    const auto action = Find(kActions, ActionName, syntax.name.text);
    if (!action)
      return Report("policy.action", syntax.name.span, "found action '" + syntax.name.text + "', which does not exist",
                    Suggest(kActions, ActionName, syntax.name.text));
    rule.action = *action;
    if (!Allowed(*action, section_))
      Report("policy.action", syntax.name.span,
             "found " + syntax.name.text + " in " + std::string(PolicySectionName(section_)) + ", which may not have it",
             WhereItBelongs(*action, section_));
    if (*action == ActionKind::kPermit || *action == ActionKind::kDeny) {
      if (!syntax.arguments.empty())
        Report("policy.argument", syntax.arguments[0].name.span, "found an argument of " + syntax.name.text + ", expected none");
      return;
    }
    const bool claim_form = std::any_of(syntax.arguments.begin(), syntax.arguments.end(),
                                        [](const ArgumentSyntax& argument) { return argument.name.text == "claim"; });
    if (*action == ActionKind::kIssue && claim_form) return CheckClaimForm(syntax, rule);
    CheckClaimSpec(syntax, rule);
  }

  void CheckClaimForm(const ActionSyntax& syntax, Rule& rule) {
    rule.action = ActionKind::kIssueClaim;
    for (const ArgumentSyntax& argument : syntax.arguments) {
      if (argument.name.text != "claim" || &argument != &syntax.arguments[0]) {
        Report("policy.argument", argument.name.span,
               "found '" + argument.name.text + "' beside claim, expected `claim = identifier` alone");
      } else if (const auto* name = std::get_if<Name>(&argument.value.what)) {
        rule.claim_condition = Resolve(*name).value_or(0);
      } else {
        Report("policy.argument", argument.value.span, "found a value after 'claim =', expected the identifier of a condition",
               "to issue a value, write `issue(type=\"...\", value=...)`");
      }
    }
  }

  void CheckClaimSpec(const ActionSyntax& syntax, Rule& rule) {
    const ArgumentSyntax* type = nullptr;
    const ArgumentSyntax* value = nullptr;
    for (const ArgumentSyntax& argument : syntax.arguments) {
      const bool is_type = argument.name.text == "type";
      const ArgumentSyntax*& held = is_type ? type : value;
      if (!is_type && argument.name.text != "value") {
        Report("policy.argument", argument.name.span, "found argument '" + argument.name.text + "', expected type and value",
               WhyNot(argument.name.text));
      } else if (held != nullptr) {
        Report("policy.argument", argument.name.span, "found " + argument.name.text + " twice, expected it once");
      } else {
        held = &argument;
      }
    }
    for (const auto& [held, name] : {std::pair(type, "type"), {value, "value"}})
      if (held == nullptr)
        Report("policy.argument", syntax.name.span,
               "found no " + std::string(name) + " in " + syntax.name.text + ", expected type and value");
    if (type != nullptr) CheckMadeType(*type, rule);
    if (value == nullptr) return;
    auto checked = CheckExpression(value->value);
    if (!checked) return;
    rule.value = *std::move(checked);
    if (rule.action == ActionKind::kIssueProperty) CheckPropertyType(rule);
  }

  static std::string WhyNot(const std::string& argument) {
    if (argument == "valueType") return "the type of a claim follows from its value";
    if (argument == "issuer") return "the issuer of a claim that a policy makes is AttestationPolicy";
    return argument == "claim" ? "only issue takes a claim" : "";
  }

  void CheckMadeType(const ArgumentSyntax& argument, Rule& rule) {
    const auto* literal = std::get_if<ClaimValue>(&argument.value.what);
    const auto* text = literal == nullptr ? nullptr : std::get_if<std::string>(literal);
    if (text == nullptr)
      return Report("policy.argument", argument.value.span, "found something else than a claim type, expected a text in double quotes");
    rule.claim_type = *text;
    rule.made_type = program_.types.Intern(*text);
  }

  void CheckPropertyType(const Rule& rule) {
    const CatalogueEntry* known = KnownProperty(rule.claim_type);
    const auto found = TypeBeforeEvaluation(rule.value);
    if (known == nullptr || !found || known->type == *found) return;
    Report("policy.type", rule.value.span,
           "found a value of type " + std::string(ClaimValueTypeName(*found)) + " for the property " + rule.claim_type + ", expected " +
               std::string(ClaimValueTypeName(known->type)));
  }

  struct Identifier {
    std::string name;  // empty: of a condition without one
    bool negated, used;
  };

  std::string_view text_;
  const PolicySyntax& syntax_;
  Diagnostics& diagnostics_;
  Program program_;
  PolicySection section_ = PolicySection::kConfiguration;
  std::vector<Identifier> names_;  // by condition of the rule being checked
  std::string path_;
  size_t line_ = 1, line_at_ = 0;  // the line of an offset
  bool has_authorization_ = false;
  bool failed_ = false;
};

}  // namespace

std::optional<Program> CheckPolicy(std::string_view text, const PolicySyntax& syntax, Diagnostics& diagnostics) {
  return Checker(text, syntax, diagnostics).Run();
}

}  // namespace vidimus
