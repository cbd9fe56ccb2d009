#include "policy/lint.h"

#include "policy/lint/passes.h"

namespace vidimus {

// What concerns the whole policy comes first: only the first limits::kPolicyDiagnostics findings are kept.
void LintPolicy(std::string_view text, const Compilation& compilation, AttestationType type, Diagnostics& diagnostics) {
  const lint::PolicyView policy(compilation, type);
  lint::Findings findings(diagnostics);
  lint::LintText(text, policy, findings);
  lint::LintGates(policy, findings);
  lint::LintReach(policy, findings);
  lint::LintConditions(policy, findings);
  lint::LintActions(policy, findings);
}

}  // namespace vidimus
