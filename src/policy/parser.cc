#include "policy/parser.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/limits.h"
#include "policy/lexer.h"

namespace vidimus {
namespace {

enum class Section { kConfiguration, kAuthorization, kIssuance };

constexpr std::array<std::pair<std::string_view, ClaimProperty>, 4> kProperties = {{{"type", ClaimProperty::kType},
                                                                                    {"value", ClaimProperty::kValue},
                                                                                    {"valueType", ClaimProperty::kValueType},
                                                                                    {"issuer", ClaimProperty::kIssuer}}};
constexpr std::array<std::pair<std::string_view, Comparison>, 6> kComparisons = {{{"==", Comparison::kEqual},
                                                                                  {"!=", Comparison::kNotEqual},
                                                                                  {"<", Comparison::kLess},
                                                                                  {"<=", Comparison::kLessOrEqual},
                                                                                  {">", Comparison::kGreater},
                                                                                  {">=", Comparison::kGreaterOrEqual}}};
constexpr std::array<std::pair<std::string_view, ActionKind>, 5> kActions = {{{"permit", ActionKind::kPermit},
                                                                              {"deny", ActionKind::kDeny},
                                                                              {"add", ActionKind::kAdd},
                                                                              {"issue", ActionKind::kIssue},
                                                                              {"issueproperty", ActionKind::kIssueProperty}}};

template <typename Table>
auto Lookup(const Table& table, std::string_view name) -> std::optional<decltype(table[0].second)> {
  for (const auto& [key, value] : table)
    if (key == name) return value;
  return std::nullopt;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

// The table of section 1.6.
bool Allowed(ActionKind action, Section section) {
  switch (action) {
    case ActionKind::kPermit:
    case ActionKind::kDeny: return section == Section::kAuthorization;
    case ActionKind::kAdd: return section != Section::kConfiguration;
    case ActionKind::kIssue:
    case ActionKind::kIssueClaim: return section == Section::kIssuance;
    case ActionKind::kIssueProperty: return section != Section::kAuthorization;
  }
  return false;
}

// Section 3: the value type of each property the service knows, as ClaimValue's index.
const std::map<std::string_view, size_t>& KnownProperties() {
  static const std::map<std::string_view, size_t> table = {{"x-ms-sgx-tcbidentifier", 0},
                                                           {"require_valid_aik_cert", 2},
                                                           {"required_pcr_mask", 1},
                                                           {"report_validity_in_minutes", 1},
                                                           {"omit_x5c", 2}};
  return table;
}

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens) : text_(text), tokens_(std::move(tokens)) {}

  Result<Program> Run() {
    VIDIMUS_CHECK_OK(ReadVersion());
    if (Lower(Next().text) == "configurationrules") {
      if (program_.minor_version < 1)
        return Fail(ErrorCode::kMalformed, "policy.section", At(Next()) + "configurationrules came with version 1.1");
      VIDIMUS_CHECK_OK(ReadSection("configurationrules", Section::kConfiguration, program_.configuration));
    }
    VIDIMUS_CHECK_OK(ReadSection("authorizationrules", Section::kAuthorization, program_.authorization));
    if (Next().kind != TokenKind::kEnd) VIDIMUS_CHECK_OK(ReadSection("issuancerules", Section::kIssuance, program_.issuance));
    if (Next().kind != TokenKind::kEnd) return Expected("the end of the policy");
    return std::move(program_);
  }

 private:
  const Token& Next() const { return tokens_[at_]; }
  const Token& Take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool NextIs(std::string_view punctuation) const { return Next().kind == TokenKind::kPunctuation && Next().text == punctuation; }

  tl::unexpected<Error> Expected(const std::string& what) const {
    const std::string found = Next().kind == TokenKind::kEnd ? "the end of the text" : "'" + Next().text + "'";
    return Fail(ErrorCode::kMalformed, "policy.syntax", At(Next()) + "found " + found + ", expected " + what);
  }

  Status Expect(std::string_view punctuation) {
    if (!NextIs(punctuation)) return Expected("'" + std::string(punctuation) + "'");
    Take();
    return {};
  }

  Result<Token> ExpectKind(TokenKind kind, const std::string& what) {
    if (Next().kind != kind) return Expected(what);
    return Take();
  }

  Status ReadVersion() {
    if (Next().kind != TokenKind::kIdentifier || Lower(Next().text) != "version") return Expected("'version'");
    Take();
    VIDIMUS_CHECK_OK(Expect("="));
    const Token at = Next();
    VIDIMUS_TRY(const Token major, ExpectKind(TokenKind::kInteger, "a version such as 1.0"));
    VIDIMUS_CHECK_OK(Expect("."));
    VIDIMUS_TRY(const Token minor, ExpectKind(TokenKind::kInteger, "a version such as 1.0"));
    if (major.text != "1" || (minor.text != "0" && minor.text != "1"))
      return Fail(ErrorCode::kUnsupported, "policy.version", At(at) + "found " + major.text + "." + minor.text + ", expected 1.0 or 1.1");
    program_.minor_version = static_cast<int>(minor.integer);
    return Expect(";");
  }

  Status ReadSection(const std::string& name, Section section, std::vector<Rule>& rules) {
    if (Next().kind != TokenKind::kIdentifier || Lower(Next().text) != name) return Expected("'" + name + "'");
    Take();
    VIDIMUS_CHECK_OK(Expect("{"));
    while (!NextIs("}")) {
      if (rules.size() == limits::kPolicyRules)
        return Fail(ErrorCode::kLimit, "policy.rules",
                    At(Next()) + "more than " + std::to_string(limits::kPolicyRules) + " rules in a section");
      VIDIMUS_TRY(Rule rule, ReadRule(section));
      rules.push_back(std::move(rule));
    }
    Take();
    return Expect(";");
  }

  Result<Rule> ReadRule(Section section) {
    Rule rule;
    const Token& first = Next();
    const size_t start = first.offset;
    rule.line = first.line;
    while (!NextIs("=>")) {
      if (rule.conditions.size() == limits::kPolicyConditionsPerRule)
        return Fail(ErrorCode::kLimit, "policy.conditions",
                    At(Next()) + "more than " + std::to_string(limits::kPolicyConditionsPerRule) + " conditions in a rule");
      VIDIMUS_CHECK_OK(ReadCondition(rule));
      if (NextIs("=>")) break;
      if (!NextIs("&&")) return Expected("'&&' or '=>'");
      Take();
      if (NextIs("=>")) return Expected("a condition");
    }
    Take();
    VIDIMUS_CHECK_OK(ReadAction(section, rule));
    rule.text = std::string(text_.substr(start, tokens_[at_ - 1].end - start));
    VIDIMUS_CHECK_OK(Expect(";"));
    return rule;
  }

  Status ReadCondition(Rule& rule) {
    Condition condition;
    if (NextIs("!")) return Fail(ErrorCode::kMalformed, "policy.version", At(Next()) + "negation came with version 1.2");
    if (Next().kind == TokenKind::kIdentifier) {
      const Token name = Take();
      VIDIMUS_CHECK_OK(CheckNewIdentifier(name, rule));
      condition.identifier = name.text;
      VIDIMUS_CHECK_OK(Expect(":"));
    }
    VIDIMUS_CHECK_OK(Expect("["));
    do {
      if (condition.properties.size() == limits::kPolicyConditionsPerRule)
        return Fail(ErrorCode::kLimit, "policy.conditions",
                    At(Next()) + "more than " + std::to_string(limits::kPolicyConditionsPerRule) + " properties in a condition");
      VIDIMUS_TRY(PropertyCondition property, ReadPropertyCondition(rule));
      condition.properties.push_back(std::move(property));
    } while (NextIs(",") && (Take(), true));
    if (!NextIs("]")) return Expected("',' or ']'");
    Take();
    rule.conditions.push_back(std::move(condition));
    return {};
  }

  Status CheckNewIdentifier(const Token& name, const Rule& rule) const {
    if (Lookup(kProperties, name.text) || name.text == "true" || name.text == "false")
      return Fail(ErrorCode::kMalformed, "policy.identifier", At(name) + "'" + name.text + "' is a word of the language");
    for (const Condition& condition : rule.conditions)
      if (condition.identifier == name.text)
        return Fail(ErrorCode::kMalformed, "policy.identifier", At(name) + "'" + name.text + "' is defined twice in one rule");
    return {};
  }

  Result<PropertyCondition> ReadPropertyCondition(const Rule& rule) {
    const auto property = Lookup(kProperties, Next().text);
    if (Next().kind != TokenKind::kIdentifier || !property) return Expected("type, value, valueType or issuer");
    Take();
    const auto comparison = Lookup(kComparisons, Next().text);
    if (Next().kind != TokenKind::kPunctuation || !comparison) return Expected("a comparison: ==, !=, <, <=, > or >=");
    Take();
    const Token at = Next();
    VIDIMUS_TRY(Operand operand, ReadOperand(rule));
    const auto* literal = std::get_if<ClaimValue>(&operand);
    const bool ordering = *comparison != Comparison::kEqual && *comparison != Comparison::kNotEqual;
    if (ordering && literal != nullptr && !std::holds_alternative<int64_t>(*literal))
      return Fail(ErrorCode::kMalformed, "policy.type",
                  At(at) + "only Integers have an order, found a " + std::string(ClaimValueTypeName(TypeOf(*literal))));
    return PropertyCondition{*property, *comparison, std::move(operand)};
  }

  Result<Operand> ReadOperand(const Rule& rule) {
    const Token token = Next();
    if (token.kind == TokenKind::kString) return Operand(ClaimValue(Take().text));
    if (token.kind == TokenKind::kInteger) return Operand(ClaimValue(Take().integer));
    if (token.kind != TokenKind::kIdentifier) return Expected("a value");
    Take();
    if (token.text == "true" || token.text == "false") return Operand(ClaimValue(token.text == "true"));
    if (NextIs("(")) return Fail(ErrorCode::kMalformed, "policy.version", At(token) + "function calls came with version 1.2");
    VIDIMUS_TRY(const size_t condition, Resolve(token, rule));
    VIDIMUS_CHECK_OK(Expect("."));
    const auto property = Lookup(kProperties, Next().text);
    if (Next().kind != TokenKind::kIdentifier || !property) return Expected("type, value, valueType or issuer");
    Take();
    return Operand(ClaimReference{condition, *property});
  }

  // An identifier of an earlier condition of the same rule, section 1.7.
  Result<size_t> Resolve(const Token& name, const Rule& rule) const {
    for (size_t i = 0; i < rule.conditions.size(); ++i)
      if (rule.conditions[i].identifier == name.text) return i;
    return Fail(ErrorCode::kMalformed, "policy.identifier",
                At(name) + "'" + name.text + "' is not defined by an earlier condition of this rule");
  }

  Status ReadAction(Section section, Rule& rule) {
    const Token name = Next();
    const auto action = Lookup(kActions, name.text);
    if (name.kind != TokenKind::kIdentifier || !action) return Expected("an action: permit, deny, add, issue or issueproperty");
    Take();
    rule.action = *action;
    if (!Allowed(rule.action, section))
      return Fail(ErrorCode::kMalformed, "policy.action", At(name) + name.text + " is not an action of this section");
    VIDIMUS_CHECK_OK(Expect("("));
    if (rule.action != ActionKind::kPermit && rule.action != ActionKind::kDeny) VIDIMUS_CHECK_OK(ReadClaimSpec(rule));
    return Expect(")");
  }

  Status ReadClaimSpec(Rule& rule) {
    if (rule.action == ActionKind::kIssue && Next().text == "claim") {
      Take();
      VIDIMUS_CHECK_OK(Expect("="));
      VIDIMUS_TRY(const Token name, ExpectKind(TokenKind::kIdentifier, "an identifier"));
      VIDIMUS_TRY(rule.claim_condition, Resolve(name, rule));
      rule.action = ActionKind::kIssueClaim;
      return {};
    }
    bool has_type = false;
    bool has_value = false;
    for (int i = 0; i < 2; ++i) {
      if (i == 1) VIDIMUS_CHECK_OK(Expect(","));
      if (!has_type && Next().kind == TokenKind::kIdentifier && Next().text == "type") {
        Take();
        VIDIMUS_CHECK_OK(Expect("="));
        VIDIMUS_TRY(const Token type, ExpectKind(TokenKind::kString, "a claim type in quotes"));
        rule.claim_type = type.text;
        has_type = true;
      } else if (!has_value && Next().kind == TokenKind::kIdentifier && Next().text == "value") {
        Take();
        VIDIMUS_CHECK_OK(Expect("="));
        VIDIMUS_TRY(rule.value, ReadOperand(rule));
        has_value = true;
      } else {
        return Expected(has_type ? "'value'" : has_value ? "'type'" : "'type' or 'value'");
      }
    }
    return CheckProperty(rule);
  }

  Status CheckProperty(const Rule& rule) const {
    if (rule.action != ActionKind::kIssueProperty) return {};
    const auto known = KnownProperties().find(rule.claim_type);
    const auto* literal = std::get_if<ClaimValue>(&rule.value);
    if (known == KnownProperties().end() || literal == nullptr || literal->index() == known->second) return {};
    return Fail(ErrorCode::kMalformed, "policy.type",
                At(Next()) + "property " + rule.claim_type + " cannot be a " + std::string(ClaimValueTypeName(TypeOf(*literal))));
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  Program program_;
};

}  // namespace

Result<Program> ParsePolicy(std::string_view text) {
  VIDIMUS_TRY(std::vector<Token> tokens, LexPolicy(text));
  return Parser(text, std::move(tokens)).Run();
}

}  // namespace vidimus
