#include "policy/findings.h"

#include <algorithm>

#include "policy/inputs.h"
#include "policy/lint.h"
#include "policy/trial.h"
#include "token/attestation_claims.h"

namespace vidimus {

Findings FindIn(std::string_view text, AttestationType type) {
  Findings out;
  out.compilation = Compile(text);
  out.diagnostics = out.compilation.diagnostics;
  if (out.compilation.program) LintPolicy(text, out.compilation, type, out.diagnostics);
  return out;
}

Json FindingsToJson(std::string_view text, const Findings& findings, AttestationType type) {
  Json version;
  Json rules;
  if (const auto& program = findings.compilation.program) {
    version = "1." + std::to_string(program->minor_version);
    JsonObject counts;
    for (const PolicySection section : {PolicySection::kConfiguration, PolicySection::kAuthorization, PolicySection::kIssuance})
      counts.emplace_back(PolicySectionName(section), static_cast<uint64_t>(SectionOf(*program, section).rules.size()));
    rules = std::move(counts);
  }
  JsonObject out{{"type", AttestationTypeName(type)}, {"version", version}, {"hash", PolicyHash(text)}, {"rules", std::move(rules)}};
  const Json report = CheckReport(text, findings.diagnostics);
  for (const JsonMember& member : *report.AsObject()) out.push_back(member);
  return out;
}

std::string CountOf(const Diagnostics& diagnostics) {
  const auto& all = diagnostics.all();
  const auto errors =
      static_cast<size_t>(std::count_if(all.begin(), all.end(), [](const Diagnostic& one) { return one.severity == Severity::kError; }));
  std::string out = errors == 0 ? "" : Count(errors, "error");
  if (all.size() > errors) out += (out.empty() ? "" : ", ") + Count(all.size() - errors, "warning");
  return out.empty() ? "no findings" : out;
}

}  // namespace vidimus
