// The prose of explanation.h.
#include <algorithm>

#include "base/limits.h"
#include "policy/explanation.h"

namespace vidimus {
namespace {

std::string Show(const ClaimValue& value) { return Shortened(WriteJson(ClaimValueToJson(value)), 140); }

std::string Place(const Rule& rule) { return "line " + std::to_string(rule.line); }

// White space as one blank each and comments left out: a rule over several lines stays one sentence. Strings stay as they are.
std::string Quote(const Program& program, Span span) {
  const std::string_view text = program.TextOf(span);
  std::string out;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string || c == '"') {
      out += c;
      if (in_string && c == '\\' && i + 1 < text.size())
        out += text[++i];
      else if (c == '"')
        in_string = !in_string;
      continue;
    }
    const bool comment = c == '/' && text.substr(i).starts_with("//");
    if (comment) i = std::min(text.find('\n', i), text.size()) - 1;
    const bool blank = comment || c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank) out += c;
    if (blank && !out.empty() && out.back() != ' ') out += ' ';
  }
  return Shortened(std::move(out), 300);
}

const std::string* LiteralType(const PropertyCondition& property) {
  const auto* literal = std::get_if<ClaimValue>(&property.operand.what);
  if (property.property != ClaimProperty::kType || property.comparison != Comparison::kEqual || literal == nullptr) return nullptr;
  return std::get_if<std::string>(literal);
}

// "x-ms-sgx-svn with value >= 3"
std::string Wanted(const Program& program, const Condition& condition) {
  std::string type;
  std::string rest;
  for (const PropertyCondition& property : condition.properties) {
    const std::string* literal = LiteralType(property);
    if (literal != nullptr && type.empty()) {
      type = *literal;
      continue;
    }
    rest += (rest.empty() ? "" : " and ") + std::string(ClaimPropertyName(property.property)) + " " +
            std::string(ComparisonName(property.comparison)) + " " + Quote(program, property.operand.span);
  }
  if (type.empty()) type = "a claim";
  return rest.empty() ? type : type + " with " + rest;
}

bool IsOfAnotherType(const ClaimValue& value, const PropertyCondition& property) {
  const auto* literal = std::get_if<ClaimValue>(&property.operand.what);
  return property.property == ClaimProperty::kValue && literal != nullptr && TypeOf(*literal) != TypeOf(value);
}

std::string Found(const ConditionTrace& trace, const Condition& condition) {
  if (!trace.not_tried.empty()) return trace.not_tried;
  if (trace.considered == 0) return "found no such claim";
  std::string out = "found ";
  const size_t shown = std::min<size_t>(trace.claims.size(), 3);
  for (size_t i = 0; i < shown; ++i) {
    const ConsideredClaim& one = trace.claims[i];
    out += i == 0 ? "" : ", ";
    if (condition.type == kAnyClaimType) out += one.claim.type + " = ";
    if (one.unmet && condition.properties[*one.unmet].property == ClaimProperty::kIssuer) {
      out += Show(one.claim.value) + " of issuer " + std::string(ClaimIssuerName(one.claim.issuer));
    } else {
      out += Show(one.claim.value);
      if (one.unmet && IsOfAnotherType(one.claim.value, condition.properties[*one.unmet]))
        out += " of type " + std::string(ClaimValueTypeName(TypeOf(one.claim.value)));
    }
  }
  if (trace.considered > shown) out += " and " + std::to_string(trace.considered - shown) + " more";
  return out;
}

std::string Needs(const Program& program, const RuleTrace& trace) {
  std::string out;
  for (size_t i = 0; i < trace.conditions.size(); ++i)
    if (!trace.conditions[i].holds) out += (out.empty() ? "" : "; ") + Missing(program, trace, i);
  return out;
}

// What a rule that fired had found: the first claim of each condition, or none.
std::string Because(const RuleTrace& trace) {
  std::string out;
  for (size_t i = 0; i < trace.conditions.size(); ++i) {
    const Condition& condition = trace.rule->conditions[i];
    const std::vector<ConsideredClaim>& claims = trace.conditions[i].claims;
    if (claims.empty() && condition.type == kAnyClaimType) continue;
    out += out.empty() ? "; found " : ", ";
    if (!claims.empty()) out += claims.front().claim.type + " = " + Show(claims.front().claim.value);
    for (const PropertyCondition& property : condition.properties)
      if (const std::string* type = LiteralType(property); claims.empty() && type != nullptr) out += "no " + *type;
  }
  return out;
}

void AddMiss(const Program& program, const Explanation& explanation, const Miss& miss, const std::string& indent, std::string& out) {
  const RuleTrace& trace = explanation.rules[miss.rule];
  out += indent + Place(*trace.rule) + " needs " + Needs(program, trace) + "\n";
  for (const Miss& deeper : miss.because) AddMiss(program, explanation, deeper, indent + "  ", out);
}

void AddRule(const Program& program, const RuleTrace& trace, std::string& out) {
  out += "  " + Place(*trace.rule) + ": " + Quote(program, trace.rule->span) + "\n";
  if (trace.fired) {
    out += "    fired";
    for (size_t i = 0; i < trace.made.size(); ++i)
      out += (i == 0 ? ", made " : ", ") + trace.made[i].type + " = " + Show(trace.made[i].value);
    out += "\n";
    return;
  }
  std::string_view before = "    did not fire: needs ";
  for (size_t i = 0; i < trace.conditions.size(); ++i) {
    if (trace.conditions[i].holds) continue;
    out += std::string(before) + Missing(program, trace, i) + "\n";
    before = "                    and ";
  }
}

}  // namespace

std::string Missing(const Program& program, const RuleTrace& rule, size_t index) {
  const Condition& condition = rule.rule->conditions[index];
  const std::string wanted = Wanted(program, condition);
  return (condition.negated ? "no " : "") + wanted + " (" + Found(rule.conditions[index], condition) + ")";
}

std::string Summarise(const Program& program, const Explanation& explanation) {
  std::string out;
  if (explanation.error) {
    out = explanation.error->detail;
  } else if (explanation.decision->reason == Decision::Reason::kDenyAction) {
    const Rule& rule = *explanation.decision->rule;
    out = "a deny rule fired, " + Place(rule) + ": " + Quote(program, rule.span);
    for (const RuleTrace& trace : explanation.rules)
      if (trace.rule == &rule) out += Because(trace);
  } else if (explanation.decision->permitted()) {
    const auto permit = std::find_if(explanation.rules.begin(), explanation.rules.end(),
                                     [](const RuleTrace& one) { return one.fired && one.rule->action == ActionKind::kPermit; });
    out = permit == explanation.rules.end() ? "a rule permitted"
                                            : "permitted by " + Place(*permit->rule) + ": " + Quote(program, permit->rule->span);
  } else if (!explanation.closest) {
    out = explanation.complete ? "no rule permits: authorizationrules has no permit()"
                               : "no permit rule fired; which came closest is beyond what an explanation looks at";
  } else {
    const Miss* miss = &*explanation.closest;
    out = "no permit rule fired; closest is " + Place(*explanation.rules[miss->rule].rule) + ", which needs " +
          Needs(program, explanation.rules[miss->rule]);
    while (!miss->because.empty()) {
      miss = &miss->because.front();
      out += ", which " + Place(*explanation.rules[miss->rule].rule) + " would make, and which needs " +
             Needs(program, explanation.rules[miss->rule]);
    }
    for (const size_t other : explanation.as_close)
      out += "; as close is " + Place(*explanation.rules[other].rule) + ", which needs " + Needs(program, explanation.rules[other]);
  }
  return Shortened(std::move(out), limits::kErrorDetailBytes);
}

std::string ExplainInWords(const Program& program, const Explanation& explanation) {
  const bool permitted = !explanation.error && explanation.decision->permitted();
  std::string out = explanation.error ? "Evaluation failed: " : permitted ? "" : "Denied: ";
  out += Summarise(program, explanation) + "\n";
  if (permitted) out.front() = out.front() == 'p' ? 'P' : 'A';  // "permitted by ...", or "a rule permitted"
  if (explanation.closest && !explanation.closest->because.empty()) {
    out += "\nWhat is missing, from the permit down:\n";
    AddMiss(program, explanation, *explanation.closest, "  ", out);
  }
  std::optional<PolicySection> section;
  for (const RuleTrace& trace : explanation.rules) {
    if (section != trace.section) out += "\n" + std::string(PolicySectionName(trace.section)) + "\n";
    section = trace.section;
    AddRule(program, trace, out);
  }
  if (!explanation.complete) out += "\nThe trace ends here: it met its limit. The decision did not.\n";
  return out;
}

}  // namespace vidimus
