#include "service/policy_findings.h"

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
      counts.emplace_back(PolicySectionName(section), static_cast<uint64_t>(program->SectionOf(section).rules.size()));
    rules = std::move(counts);
  }
  JsonObject out = *CheckReport(text, findings.diagnostics).AsObject();
  out.emplace_back("type", AttestationTypeName(type));
  out.emplace_back("version", std::move(version));
  out.emplace_back("rules", std::move(rules));
  out.emplace_back("hash", PolicyHash(text));
  return out;
}

}  // namespace vidimus
