#include "policy/parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.h"
#include "policy/parser_cursor.h"
#include "policy/parser_expression.h"

namespace vidimus {
namespace {

using Within = ParserCursor::Within;

constexpr std::string_view kProperty = "a property (type, value, valueType or issuer)";
constexpr std::string_view kComparison = "a comparison (==, !=, <, <=, > or >=)";
constexpr std::string_view kTwo = "a version is two numbers, as in version=1.0;";
constexpr std::string_view kVersionExample = "a policy begins with its version: version=1.0;";

std::string Lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool IsComparison(std::string_view text) {
  constexpr std::array<std::string_view, 6> kAll = {"==", "!=", "<", "<=", ">", ">="};
  return std::find(kAll.begin(), kAll.end(), text) != kAll.end();
}

// What other languages write for a comparison; empty when unknown.
std::string_view MeantComparison(std::string_view written) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kMeant = {
      {{"===", "=="}, {"=<", "<="}, {"=>", ">="}, {"<>", "!="}, {"=!", "!="}, {"!==", "!="}}};
  for (const auto& [other, ours] : kMeant)
    if (other == written) return ours;
  return {};
}

// Functions that return bool: false when an error was reported and nothing sensible can follow within the rule.
class Parser {
 public:
  explicit Parser(ParserCursor& cursor) : at_(cursor) {}

  PolicySyntax Run() {
    PolicySyntax policy;
    if (!ParseVersion(policy)) at_.SkipRule();
    while (!at_.AtEnd() && !at_.Full()) {
      // A word that no '{' follows soon is no section but text.
      const bool section = at_.IsWord() && (policy.sections.empty() || at_.Is("{", 1) || at_.Is("{", 2) || at_.AtRule(1));
      if (section && !at_.Is("=", 1)) {
        policy.sections.push_back(ParseSection());
      } else {
        at_.Unexpected(policy.sections.empty() ? "a section such as authorizationrules" : "a section or the end of the text",
                       OutsideSectionsHint());
        at_.SkipToSection();
      }
    }
    return policy;
  }

 private:
  bool ParseVersion(PolicySyntax& policy) {
    const Within within(at_, "versionInfo");
    if (!at_.IsWord() || Lower(at_.Peek().text) != "version") {
      const bool jwt = at_.Peek().text.starts_with("eyJ");
      at_.Unexpected("'version'",
                     jwt ? "this looks like a JWS; `vidimus policy unwrap` prints the policy in it" : std::string(kVersionExample));
      return false;
    }
    at_.Take();
    if (at_.Is("==")) {
      at_.Report("policy.equals", at_.Peek().span, "found '==', expected '='", "a version is given with =, as in version=1.0;");
      at_.Take();
    } else if (!at_.TakeIf("=")) {
      at_.Unexpected("'='", std::string(kVersionExample));
    }
    const size_t begin = at_.begin();
    if (!at_.Is(TokenKind::kInteger)) {
      at_.Unexpected("a version such as 1.0", at_.Is(TokenKind::kString) ? "a version stands without quotes" : std::string(kTwo));
      return false;
    }
    const int64_t major = at_.Take().integer;
    if (!at_.Is(".") || !at_.Is(TokenKind::kInteger, 1)) {
      if (at_.TakeIf(".")) {
        at_.Unexpected("an integer", std::string(kTwo));
      } else {
        at_.Unexpected("'.'", std::string(kTwo));
      }
      return false;
    }
    at_.Take();
    policy.major = major;
    policy.minor = at_.Take().integer;
    policy.version = {begin, at_.end()};
    if (!at_.TakeIf(";")) at_.Unexpected("';'", at_.Is(".") ? std::string(kTwo) : at_.Belongs(";"));
    return true;
  }

  std::string OutsideSectionsHint() const {
    if (at_.Is("}")) return "there is one more '}' than '{'";
    if (at_.Is(";")) return "remove it";
    if (at_.IsWord() && at_.Is("=", 1)) return "the version stands once, at the beginning";
    if (at_.AtRule()) return "rules stand in sections: authorizationrules { ... };";
    return "";
  }

  SectionSyntax ParseSection() {
    SectionSyntax section;
    section.keyword = at_.TakeName();
    section.span = section.keyword.span;
    const Within within(at_, Lower(Printable(section.keyword.text, 32)));
    std::optional<size_t> open = at_.begin();
    if (!at_.TakeIf("{")) {
      at_.Unexpected("'{'", "the rules of a section stand between '{' and '};'");
      open.reset();
    }
    if (!open && !at_.AtRule()) {
      at_.SkipToSection();
    } else if (ParseRules(section, open)) {
      at_.TakeIf("}");
      if (!at_.TakeIf(";")) at_.Unexpected("';'", at_.Belongs(";"));
    }
    section.span.end = std::max(at_.end(), section.span.end);
    return section;
  }

  // Up to the '}' that belongs to the '{' at `open`; false when there is none, which was reported.
  bool ParseRules(SectionSyntax& section, std::optional<size_t> open) {
    for (;;) {
      if (at_.Is("}")) return true;
      if (at_.Full()) return false;
      if (at_.AtEnd() || at_.AtSection()) {
        if (open) at_.Unexpected("a rule or '}'", at_.Belongs("};") + ", for the '{' at " + at_.Place(*open));
        return false;
      }
      if (at_.Is(";")) {
        const bool lacks_brace = at_.Peek(1).kind == TokenKind::kEnd || (at_.IsWord(1) && at_.Is("{", 2));
        at_.Unexpected("a rule or '}'", lacks_brace ? "the section ends with '};'" : "remove it");
        at_.Take();
        if (lacks_brace) return false;
        continue;
      }
      if (section.rules.size() == limits::kPolicyRules) {
        const std::string most = std::to_string(limits::kPolicyRules);
        at_.Report("policy.rules", at_.Peek().span, "found more than " + most + " rules in one section, expected at most " + most, "");
        while (!at_.AtEnd() && !at_.AtSection() && !at_.Is("}")) at_.Take();
        continue;
      }
      const size_t before = at_.at();
      RuleSyntax rule;
      if (ParseRule(rule)) {
        section.rules.push_back(std::move(rule));
      } else {
        at_.SkipRule();
      }
      if (at_.at() == before) at_.Take();
    }
  }

  bool ParseRule(RuleSyntax& rule) {
    const Within within(at_, "rule");
    rule.span.begin = at_.begin();
    if (!at_.Is("=>") && !at_.AtAction() && !ParseConditions(rule)) return false;
    if (!ParseArrow(rule) || !ParseAction(rule.action)) return false;
    rule.span.end = at_.end();
    if (at_.TakeIf(";")) return true;
    std::string hint = at_.Belongs(";");
    if (at_.Is(",") || at_.Is("&&")) hint = "a rule has one action: write two rules";
    if (at_.Is(")")) hint = "there is one more ')' than '('";
    at_.Unexpected("';'", std::move(hint));
    return at_.AtEnd() || at_.Is("}") || at_.AtRule() || at_.AtSection();
  }

  bool ParseConditions(RuleSyntax& rule) {
    for (;;) {
      if (rule.conditions.size() == limits::kPolicyConditionsPerRule) return TooMany(at_, "conditions in one rule");
      ConditionSyntax condition;
      if (!ParseCondition(condition, rule.conditions.empty())) return false;
      rule.conditions.push_back(std::move(condition));
      if (at_.TakeIf("&&")) continue;
      if (at_.Is(TokenKind::kInvalid) && at_.AtCondition(1)) {  // `||`
        at_.Take();
        continue;
      }
      const std::string word = at_.IsWord() ? Lower(at_.Peek().text) : "";
      const bool joins = at_.Is("&") || at_.Is(",") || word == "and" || word == "or";
      if (joins && at_.AtCondition(1)) {
        at_.Unexpected("'&&' or '=>'", word == "or" ? "there is no 'or': write two rules" : "conditions are joined with &&");
        at_.Take();
      } else if (at_.AtCondition()) {
        at_.Unexpected("'&&' or '=>'", at_.Belongs("&&"));
      } else {
        return true;
      }
    }
  }

  bool ParseArrow(const RuleSyntax& rule) {
    if (at_.TakeIf("=>")) return true;
    const std::string_view expected = rule.conditions.empty() ? "a condition or '=>'" : "'&&' or '=>'";
    if (at_.AtAction()) {
      const bool exists = at_.AtCondition(2);
      std::string hint = rule.conditions.empty() ? "a rule without conditions begins with =>" : at_.Belongs("=>");
      if (exists) hint = "there is no exists or count: a condition holds when some claim matches it";
      at_.Unexpected(expected, std::move(hint));
      return !exists;
    }
    const bool meant = at_.Is("=") || at_.Is("==") || at_.Is(">") || at_.Is(">=");
    at_.Unexpected(expected, meant ? "the arrow is written =>" : "");
    if (!meant) return false;
    at_.Take();
    at_.TakeIf(">");
    return at_.AtAction();
  }

  bool ParseCondition(ConditionSyntax& condition, bool first) {
    const Within within(at_, "condition");
    condition.span.begin = at_.begin();
    const std::string_view expected = first ? "a condition or '=>'" : "a condition";
    if (at_.Is("!")) {
      condition.negation = at_.Take().span;
    } else if (at_.IsWord() && at_.AtCondition(1) && Lower(at_.Peek().text) == "not") {
      at_.Unexpected(expected, "negation is written !");
      condition.negation = at_.Take().span;
    }
    if (at_.IsWord() && (at_.Is(":", 1) || at_.Is("[", 1))) {
      condition.identifier = at_.TakeName();
      if (!at_.TakeIf(":")) at_.Unexpected("':'", at_.Belongs(":"));
    }
    if (!at_.TakeIf("[")) {
      const bool named = condition.identifier || condition.negation;
      at_.Unexpected(named ? "'['" : expected, ConditionHint(first || named));
      return false;
    }
    if (at_.Is("]")) {
      at_.Report("policy.condition", {at_.end() - 1, at_.Peek().span.end},
                 "found a condition without properties, expected " + std::string(kProperty),
                 "for a rule that always applies, leave the condition out");
      at_.Take();
    } else if (!ParseProperties(condition)) {
      return false;
    }
    condition.span.end = at_.end();
    return true;
  }

  std::string ConditionHint(bool begun) const {
    if (at_.Is("(")) return "conditions are not grouped with parentheses";
    if (at_.Is("=>") && !begun) return "remove the '&&' before it, or write another condition";
    return "a condition is written [type==\"...\", value==...]";
  }

  // Up to the condition's ']', and past it.
  bool ParseProperties(ConditionSyntax& condition) {
    for (;;) {
      if (condition.properties.size() == limits::kPolicyConditionsPerRule) return TooMany(at_, "properties in one condition");
      PropertySyntax property;
      if (!ParseProperty(property)) return false;
      condition.properties.push_back(std::move(property));
      if (at_.TakeIf("]")) return true;
      if (at_.TakeIf(",")) {
        if (!at_.Is("]")) continue;
        at_.Unexpected(kProperty, "remove the ',' before it");
        at_.Take();
        return true;
      }
      constexpr std::string_view kExpected = "',' or ']'";
      if (at_.Is("=>") || at_.Is("=") || (at_.Is("&&") && at_.AtCondition(1))) {
        at_.Unexpected(kExpected, at_.Belongs("]"));
        return true;
      }
      const bool another = at_.IsWord(1) && IsComparison(at_.Peek(2).text);
      if (another && (at_.Is("&&") || at_.Is("&") || at_.Is(";"))) {
        at_.Unexpected(kExpected, "the properties of one condition are joined with ','");
        at_.Take();
      } else if (at_.IsWord() && (IsComparison(at_.Peek(1).text) || at_.Is("=", 1))) {
        at_.Unexpected(kExpected, at_.Belongs(","));
      } else {
        at_.Unexpected(kExpected, AfterValueHint(at_));
        return false;
      }
    }
  }

  bool ParseProperty(PropertySyntax& property) {
    if (!at_.IsWord()) {
      const bool text = at_.Is(TokenKind::kString) || at_.Is(TokenKind::kBareText);
      at_.Unexpected(kProperty, text ? "a claim is named by its type: [type==\"" + Printable(at_.Peek().text, 40) + "\"]" : "");
      return false;
    }
    property.property = at_.TakeName();
    return ParseComparison(property.comparison) && ParseExpression(at_, property.operand);
  }

  bool ParseComparison(Name& comparison) {
    constexpr std::string_view kMadeOf = "=<>!";
    size_t count = 0;
    comparison.span = {at_.begin(), at_.begin()};
    while (at_.Is(TokenKind::kPunctuation, count) && at_.Peek(count).span.begin == comparison.span.end &&
           at_.Peek(count).text.find_first_not_of(kMadeOf) == std::string::npos) {
      comparison.span.end = at_.Peek(count).span.end;
      comparison.text += at_.Peek(count++).text;
    }
    if (comparison.text == "=") {
      at_.Report("policy.equals", comparison.span, "found '=', expected a comparison", "two values are compared with ==");
      comparison.text = "==";
    } else if (count == 0) {
      at_.Unexpected(kComparison, "");
      return false;
    } else if (!IsComparison(comparison.text)) {
      const bool arrow = comparison.text == "=>" && at_.IsWord(1);  // and no value: the ']' is missing, or more
      const std::string_view meant = arrow ? "" : MeantComparison(comparison.text);
      at_.Report("policy.syntax", comparison.span, "found '" + Printable(comparison.text, 40) + "', expected " + std::string(kComparison),
                 meant.empty() ? "" : "write " + std::string(meant));
      if (meant.empty()) return false;
      comparison.text = meant;
    }
    for (; count > 0; --count) at_.Take();
    return true;
  }

  bool ParseAction(ActionSyntax& action) {
    const Within within(at_, "action");
    action.span.begin = at_.begin();
    if (!at_.IsWord()) {
      const bool condition = at_.AtCondition();
      at_.Unexpected("an action such as permit()", condition ? "conditions stand before the =>" : "");
      return false;
    }
    action.name = at_.TakeName();
    if (!at_.TakeIf("(")) {
      at_.Unexpected("'('", "an action has parentheses: " + Printable(action.name.text, 40) + "()");
      action.span.end = at_.end();
      return at_.Is(";");
    }
    const auto argument = [&] { return ParseArgument(action); };
    const bool whole = ParseList(at_, "arguments of one action", argument);
    action.span.end = at_.end();
    return whole;
  }

  bool ParseArgument(ActionSyntax& action) {
    constexpr std::string_view kArgument = "an argument such as type=\"x\"";
    const bool word_alone = at_.IsWord() && (at_.Is(",", 1) || at_.Is(")", 1));
    const bool value = at_.Is(TokenKind::kString) || at_.Is(TokenKind::kInteger) || at_.Is(TokenKind::kBareText);
    if (value || word_alone || (at_.IsWord() && (at_.Is(".", 1) || at_.Is("(", 1)))) {
      const bool type = action.arguments.empty() && (at_.Is(TokenKind::kString) || at_.Is(TokenKind::kBareText));
      const std::string name = type ? "type" : word_alone && at_.Peek().text != "true" && at_.Peek().text != "false" ? "claim" : "value";
      at_.Unexpected(kArgument, "name the argument: " + name + "=" + at_.Written(at_.Is(".", 1) ? 3 : 1) + (at_.Is("(", 1) ? "(...)" : ""));
      action.arguments.push_back({{name, {at_.begin(), at_.begin()}}, {}});
      return ParseExpression(at_, action.arguments.back().value);
    }
    if (!at_.IsWord()) {
      at_.Unexpected(kArgument, "");
      return false;
    }
    ArgumentSyntax argument;
    argument.name = at_.TakeName();
    if (at_.Is("==")) {
      at_.Report("policy.equals", at_.Peek().span, "found '==', expected '='", "an argument is given with =");
      at_.Take();
    } else if (at_.Is(":")) {
      at_.Unexpected("'='", "an argument is given with =");
      at_.Take();
    } else if (!at_.TakeIf("=")) {
      at_.Unexpected("'='", "an argument is given with =");
      return false;
    }
    if (!ParseExpression(at_, argument.value)) return false;
    action.arguments.push_back(std::move(argument));
    return true;
  }

  ParserCursor& at_;
};

}  // namespace

std::optional<PolicySyntax> ParsePolicy(std::string_view text, Diagnostics& diagnostics) {
  std::optional<Tokens> tokens = LexPolicy(text, diagnostics);
  if (!tokens) return std::nullopt;
  ParserCursor cursor(text, tokens->tokens, diagnostics);
  PolicySyntax policy = Parser(cursor).Run();
  policy.comments = std::move(tokens->comments);
  return policy;
}

}  // namespace vidimus
