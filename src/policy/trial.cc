#include "policy/trial.h"

#include <algorithm>

#include "claims/claim_file.h"

namespace vidimus {
namespace {

JsonObject ClaimToJson(const Claim& claim) {
  JsonObject out{{"type", claim.type},
                 {"value", ClaimValueToJson(claim.value)},
                 {"valueType", ClaimValueTypeName(TypeOf(claim.value))},
                 {"issuer", ClaimIssuerName(claim.issuer)}};
  if (claim.read_only) out.emplace_back("readOnly", true);
  return out;
}

Json ConditionToJson(const Program& program, const Condition& condition, const ConditionTrace& trace) {
  JsonArray claims;
  for (const ConsideredClaim& one : trace.claims) {
    JsonObject claim = ClaimToJson(one.claim);
    const PropertyCondition* unmet = one.unmet ? &condition.properties[*one.unmet] : nullptr;
    claim.emplace_back("matched", unmet == nullptr);
    if (unmet != nullptr)
      claim.emplace_back("unmet", JsonObject{{"property", ClaimPropertyName(unmet->property)},
                                             {"found", ClaimValueToJson(CopyOf(PropertyOf(one.claim, unmet->property)))},
                                             {"expected", std::string(ComparisonName(unmet->comparison)) + " " +
                                                              std::string(program.TextOf(unmet->operand.span))}});
    claims.emplace_back(std::move(claim));
  }
  JsonObject out{{"text", std::string(program.TextOf(condition.span))},
                 {"holds", trace.holds},
                 {"considered", static_cast<uint64_t>(trace.considered)},
                 {"matched", static_cast<uint64_t>(trace.matched)},
                 {"claims", std::move(claims)}};
  if (!trace.not_tried.empty()) out.emplace_back("not_tried", trace.not_tried);
  return out;
}

Json RuleTraceToJson(const Program& program, const RuleTrace& trace) {
  JsonObject out = *RuleToJson(program, trace.section, trace.number).AsObject();
  out.emplace_back("fired", trace.fired);
  JsonArray conditions;
  for (size_t i = 0; i < trace.conditions.size(); ++i)
    conditions.push_back(ConditionToJson(program, trace.rule->conditions[i], trace.conditions[i]));
  out.emplace_back("conditions", std::move(conditions));
  JsonArray made;
  for (const Claim& claim : trace.made) made.emplace_back(ClaimToJson(claim));
  out.emplace_back("made", std::move(made));
  return out;
}

// The rule that decided, that failed, or that came closest.
Json DecidingRule(const Program& program, const Explanation& explanation) {
  const auto decided = std::find_if(explanation.rules.begin(), explanation.rules.end(), [&](const RuleTrace& one) {
    if (!explanation.decision) return false;
    return explanation.decision->permitted() ? one.fired && one.rule->action == ActionKind::kPermit
                                             : one.rule == explanation.decision->rule;
  });
  if (explanation.failed) {
    return RuleToJson(program, explanation.failed->section, explanation.failed->number);
  }
  const RuleTrace* trace = decided == explanation.rules.end() ? nullptr : &*decided;
  if (trace == nullptr && explanation.closest) trace = &explanation.rules[explanation.closest->rule];
  return trace == nullptr ? Json() : RuleToJson(program, trace->section, trace->number);
}

Json DiagnosticsToJson(std::string_view text, const Diagnostics& diagnostics) {
  JsonArray out;
  for (const Diagnostic& one : diagnostics.Sorted()) out.push_back(DiagnosticToJson(text, one));
  return out;
}

const Diagnostic& FirstError(const std::vector<Diagnostic>& sorted) {
  return *std::find_if(sorted.begin(), sorted.end(), [](const Diagnostic& one) { return one.severity == Severity::kError; });
}

Json ReasonOf(const Decision& decision) {
  if (decision.permitted()) return Json();
  return decision.reason == Decision::Reason::kDenyAction ? "deny_action" : "no_permit";
}

}  // namespace

Trial TryPolicy(std::string_view text, const ClaimSet& claims) {
  Trial out;
  out.compilation = Compile(text);
  if (out.compilation.program) out.explanation = Explain(*out.compilation.program, claims);
  return out;
}

Json RuleToJson(const Program& program, PolicySection section, size_t number) {
  const Rule& rule = program.SectionOf(section).rules[number];
  return JsonObject{{"section", PolicySectionName(section)},
                    {"number", static_cast<uint64_t>(number)},
                    {"line", static_cast<uint64_t>(rule.line)},
                    {"text", std::string(program.TextOf(rule.span))}};
}

Json DiagnosticToJson(std::string_view text, const Diagnostic& diagnostic) {
  const Position begin = PositionOf(text, diagnostic.span.begin);
  const Position end = PositionOf(text, diagnostic.span.end);
  return JsonObject{{"severity", diagnostic.severity == Severity::kError ? "error" : "warning"},
                    {"code", diagnostic.code},
                    {"message", diagnostic.message},
                    {"hint", diagnostic.hint},
                    {"line", static_cast<uint64_t>(begin.line)},
                    {"column", static_cast<uint64_t>(begin.column)},
                    {"end_line", static_cast<uint64_t>(end.line)},
                    {"end_column", static_cast<uint64_t>(end.column)},
                    {"path", diagnostic.path},
                    {"rendered", RenderDiagnostic("policy", text, diagnostic)}};
}

Json CheckReport(std::string_view text, const Diagnostics& diagnostics) {
  return JsonObject{{"valid", !diagnostics.has_errors()}, {"diagnostics", DiagnosticsToJson(text, diagnostics)}};
}

Json TraceToJson(const Program& program, const Explanation& explanation) {
  JsonArray rules;
  for (const RuleTrace& trace : explanation.rules) rules.push_back(RuleTraceToJson(program, trace));
  return JsonObject{{"rules", std::move(rules)}, {"complete", explanation.complete}};
}

Json TrialReport(std::string_view text, const Trial& trial, bool with_trace) {
  if (!trial.explanation) {
    const std::vector<Diagnostic> sorted = trial.compilation.diagnostics.Sorted();
    const Diagnostic& first = FirstError(sorted);
    return JsonObject{{"outcome", "upload_error"},
                      {"reason", first.code},
                      {"message", At(text, first.span.begin) + first.message},
                      {"rule", Json()},
                      {"claims", JsonObject()},
                      {"properties", JsonObject()},
                      {"diagnostics", DiagnosticsToJson(text, trial.compilation.diagnostics)}};
  }
  const Program& program = *trial.compilation.program;
  const Explanation& explanation = *trial.explanation;
  const bool failed = explanation.error.has_value();
  const bool permitted = !failed && explanation.decision->permitted();
  JsonObject out{{"outcome", failed      ? "evaluation_error"
                             : permitted ? "permit"
                                         : "deny"},
                 {"reason", failed ? Json(explanation.error->where) : ReasonOf(*explanation.decision)},
                 {"message", Summarise(program, explanation)},
                 {"rule", DecidingRule(program, explanation)},
                 {"claims", failed ? Json(JsonObject()) : ClaimsToJson(explanation.decision->issued)},
                 {"properties", failed ? Json(JsonObject()) : ClaimsToJson(explanation.decision->properties)}};
  if (with_trace) out.emplace_back("trace", TraceToJson(program, explanation));
  return out;
}

}  // namespace vidimus
