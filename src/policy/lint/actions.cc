// What rules do: the claims and properties they make, and the queries they ask.
#include "policy/lint/passes.h"

namespace vidimus::lint {
namespace {

class ActionLint {
 public:
  ActionLint(const PolicyView& policy, Findings& findings) : policy_(policy), findings_(findings) {}

  void Run() {
    for (number_ = 0; number_ < policy_.rules().size() && !findings_.full(); ++number_) {
      const LintedRule& one = policy_.rules()[number_];
      if (one.section == PolicySection::kConfiguration) LintConfiguration(*one.rule);
      for (const Condition& condition : one.rule->conditions)
        for (const PropertyCondition& property : condition.properties) LintQueries(property.operand, "condition");
      LintQueries(one.rule->value, "action");
      if (one.rule->action == ActionKind::kIssueProperty) LintSetting(one);
      if (one.rule->action != ActionKind::kAdd) LintReadOnly(one);
      if (one.rule->action == ActionKind::kIssue || one.rule->action == ActionKind::kIssueClaim) LintIssue(one);
    }
  }

 private:
  void Add(std::string_view code, Span span, std::string message, std::string hint, std::string_view part = "action") {
    findings_.Add(code, span, std::move(message), std::move(hint), policy_.PathOf(number_, part));
  }

  // Of `type = "..."`, or of the whole action where the type is that of a claim.
  static Span SpanOfType(const ActionSyntax& action) {
    for (const ArgumentSyntax& argument : action.arguments)
      if (argument.name.text == "type") return argument.value.span;
    return action.span;
  }

  // Section 1.4.
  void LintConfiguration(const Rule& rule) {
    if (rule.conditions.empty()) return;
    Add("lint.conditional_configuration", {rule.conditions.front().span.begin, rule.conditions.back().span.end},
        "found a condition in configurationrules, which run before the evidence is judged: no claim of it is there yet",
        "set the property unconditionally", "condition");
  }

  void LintQueries(const Expression& expression, std::string_view part) {
    const auto* call = std::get_if<Call>(&expression.what);
    if (call == nullptr) return;
    for (const Expression& argument : call->arguments) LintQueries(argument, part);
    if (call->function != PolicyFunction::kJmesPath || call->query != nullptr) return;
    const auto* query = LiteralOf<std::string>(call->arguments[1]);
    if (query == nullptr) return;
    const auto parsed = JmesPath::Parse(*query);
    if (parsed) return;
    Add("lint.jmespath", call->arguments[1].span,
        "found a query that is no JMESPath and fails every evaluation that comes to it: " + Printable(parsed.error().detail, 200),
        "numbers and other JSON values stand in back-ticks, texts in single quotes: [?Index == `0` && Name == 'a']", part);
  }

  void LintSetting(const LintedRule& one) {
    const std::string& name = one.rule->claim_type;
    const Span span = SpanOfType(one.syntax->action);
    const CatalogueEntry* known = FindProperty(policy_.type(), name);
    const std::string type(AttestationTypeName(policy_.type()));
    if (known == nullptr) {
      const CatalogueEntry* near = FindSimilar(policy_.type(), name, ClaimDirection::kProperty);
      std::string hint = near == nullptr ? "docs/reference/claims.md lists the properties of " + type
                                         : "did you mean \"" + std::string(near->name) + "\"?";
      for (const AttestationType other : kAttestationTypes)
        if (near == nullptr && FindProperty(other, name) != nullptr)
          hint = "it is a property of " + std::string(AttestationTypeName(other)) + ", remove it here";
      return Add("lint.unknown_property", span, "found property " + Quoted(name) + ", which has no meaning for " + type, std::move(hint));
    }
    // Those that came with configurationrules steer how the evidence is judged (section 2.9, A11).
    if (one.section == PolicySection::kIssuance && policy_.version() >= "1.1" && known->since >= "1.1")
      Add("lint.property_section", span,
          "found property " + Quoted(name) + " in issuancerules, which run when the evidence has been judged without it",
          "set it in configurationrules");
  }

  void LintIssue(const LintedRule& one) {
    const Rule& rule = *one.rule;
    const bool whole = rule.action == ActionKind::kIssueClaim;
    const auto name = whole ? PolicyView::TypeNameOf(rule.conditions[rule.claim_condition]) : std::string_view(rule.claim_type);
    if (name && IsReservedInTokens(*name))
      Add("lint.reserved_name", SpanOfType(one.syntax->action),
          "found claim type " + Quoted(*name) +
              ", to which the service alone gives a value in tokens: this one shows inside x-ms-policy only",
          "issue it under a name of your own");
  }

  // Whatever makes more than a claim for later rules (section 2.9, A7).
  void LintReadOnly(const LintedRule& one) {
    const Rule& rule = *one.rule;
    const bool whole = rule.action == ActionKind::kIssueClaim;
    const bool read_only = whole ? policy_.WorthOf({ClaimReference{rule.claim_condition, ClaimProperty::kValue}, {}}, rule).read_only
                                 : policy_.WorthOf(rule.value, rule).read_only;
    if (read_only)
      Add("lint.read_only", whole ? one.syntax->action.span : rule.value.span,
          "found a value from a read-only claim such as pcrs, which fails the evaluation when it is issued",
          "issue what follows from it: ContainsOnlyValue and IsSubsetOf give values that may be issued");
  }

  const PolicyView& policy_;
  Findings& findings_;
  size_t number_ = 0;
};

}  // namespace

void LintActions(const PolicyView& policy, Findings& findings) { ActionLint(policy, findings).Run(); }

}  // namespace vidimus::lint
