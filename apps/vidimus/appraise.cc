// vidimus appraise: judge evidence offline, against endorsements from files.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "files.h"
#include "offline.h"
#include "policy/compile.h"
#include "policy/default_policies.h"
#include "token/attestation_claims.h"

namespace vidimus {
namespace {

struct Options {
  EvidenceFiles files;
  std::string type, runtime_data_type = "Binary", policy, format = "text";
  int64_t evaluation = -1;
};

struct Inputs {
  OfflineEvidence evidence;
  std::string policy;
};

Result<Inputs> ReadInputs(const Options& options) {
  EvidenceFiles files = options.files;
  files.type = FindAttestationType(options.type).value();  // the command line takes no other
  files.runtime_data_is_json = options.runtime_data_type == "JSON";
  if (options.evaluation >= 0) files.evaluation = options.evaluation;
  Inputs in;
  VIDIMUS_TRY(in.evidence, ReadOfflineEvidence(files));
  in.policy = DefaultPolicy(files.type);
  if (!options.policy.empty()) {
    VIDIMUS_TRY(const ByteVector text, ReadFile(options.policy));
    in.policy = AsText(text);
  }
  return in;
}

// What a token would say, less time, ids and issuer; empty unless accepted.
JsonObject TokenOf(const Appraisal& appraisal, const std::string& policy) {
  if (!appraisal.accepted) return {};
  return AttestationClaims(*appraisal.verified, appraisal.decision->issued, std::nullopt, PolicyHash(policy)).members();
}

Json ToJson(const Appraisal& appraisal, JsonObject token) {
  JsonObject out;
  out.emplace_back("verdict", appraisal.accepted ? "accepted" : "refused");
  out.emplace_back("stage", appraisal.stage);
  if (appraisal.error)
    out.emplace_back(
        "error",
        JsonObject{{"code", ErrorCodeName(appraisal.error->code)}, {"where", appraisal.error->where}, {"detail", appraisal.error->detail}});
  JsonArray checks;
  for (const Check& check : appraisal.checks.all())
    checks.push_back(JsonObject{
        {"name", check.name}, {"outcome", check.passed ? "passed" : "failed"}, {"found", check.found}, {"expected", check.expected}});
  out.emplace_back("checks", std::move(checks));
  if (appraisal.tcb) {
    JsonArray ids(appraisal.tcb->advisory_ids.begin(), appraisal.tcb->advisory_ids.end());
    out.emplace_back("tcb", JsonObject{{"status", TcbStatusName(appraisal.tcb->status)},
                                       {"advisory_ids", std::move(ids)},
                                       {"date", FormatRfc3339Utc(appraisal.tcb->date)},
                                       {"evaluation_data_number", appraisal.tcb->evaluation_data_number}});
  }
  JsonObject claims;
  if (appraisal.verified)
    for (const Claim& claim : appraisal.verified->incoming()) claims.emplace_back(claim.type, ClaimValueToJson(claim.value));
  out.emplace_back("claims", std::move(claims));
  out.emplace_back("token", std::move(token));
  return out;
}

void PrintText(const Appraisal& appraisal, const JsonObject& token) {
  for (const Check& check : appraisal.checks.all()) {
    std::cout << (check.passed ? "  passed  " : "  FAILED  ") << check.name << '\n';
    if (!check.passed) std::cout << "            found    " << check.found << "\n            expected " << check.expected << '\n';
  }
  if (appraisal.tcb) {
    std::cout << "TCB " << TcbStatusName(appraisal.tcb->status) << ", of " << FormatRfc3339Utc(appraisal.tcb->date)
              << ", evaluation number " << appraisal.tcb->evaluation_data_number << '\n';
    for (const std::string& id : appraisal.tcb->advisory_ids) std::cout << "  " << id << '\n';
  }
  for (const auto& [name, value] : token) std::cout << "  " << name << " = " << WriteJson(value, JsonOrder::kSorted) << '\n';
  if (appraisal.error)
    std::cout << "refused at stage " << appraisal.stage << ", " << appraisal.error->where << ": " << appraisal.error->detail << '\n';
  else
    std::cout << "accepted\n";
}

Appraisal Judge(OfflineEvidence evidence, const Result<Program>& policy) {
  if (policy) return AppraiseOffline(std::move(evidence), *policy);
  Appraisal out;
  out.stage = "configure";
  out.error = policy.error();
  return out;
}

int Run(const Options& options) {
  auto inputs = ReadInputs(options);
  if (!inputs) {
    std::cerr << "vidimus appraise: " << inputs.error().detail << '\n';
    return kExitUsage;
  }
  const Result<Program> policy = CompileProgram(inputs->policy);
  const Appraisal appraisal = Judge(std::move(inputs->evidence), policy);
  JsonObject token = TokenOf(appraisal, inputs->policy);
  if (options.format == "json")
    std::cout << WriteJson(ToJson(appraisal, std::move(token))) << '\n';
  else
    PrintText(appraisal, token);
  return appraisal.accepted ? kExitAccepted : kExitRefused;
}

}  // namespace

void AddAppraiseCommand(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("appraise", "Judge evidence offline, against endorsements from files. Fetches nothing.");
  command->footer("Exit status: 0 accepted, 1 refused, 2 wrong usage or unreadable file.");
  command->add_option("--type", options->type, "What the evidence is")
      ->required()
      ->check(CLI::IsMember({"SgxEnclave", "OpenEnclave", "TdxVm"}));
  command->add_option("--evidence", options->files.evidence, "The quote or Open Enclave report, binary")->required()->type_name("FILE");
  command->add_option("--runtime-data", options->files.runtime_data, "The data whose SHA-256 the enclave or TD put into its report")
      ->type_name("FILE");
  command->add_option("--runtime-data-type", options->runtime_data_type, "How a token shows it")
      ->check(CLI::IsMember({"Binary", "JSON"}))
      ->capture_default_str();
  command->add_option("--endorsements", options->files.endorsements, "Files or folders with TCB info, QE identities, CRLs and chains")
      ->required()
      ->type_name("PATH");
  command->add_option("--at", options->files.at, "Judge as of this time, e.g. 2025-06-26T17:19:45Z; default: now")->type_name("RFC3339");
  command->add_option("--tcb-evaluation", options->evaluation, "Judge by this TCB evaluation data number")->check(CLI::NonNegativeNumber);
  command->add_option("--policy", options->policy, "The policy to decide by; default: the published default policy")->type_name("FILE");
  command
      ->add_option("--accept-tcb", options->files.settings.accept_tcb,
                   "TCB statuses to accept, comma separated; default: UpToDate, SWHardeningNeeded, ConfigurationNeeded, "
                   "ConfigurationAndSWHardeningNeeded")
      ->delimiter(',')
      ->type_name("LIST");
  command
      ->add_option("--accept-advisories", options->files.settings.accept_advisories,
                   "The only advisories that may apply, comma separated, such as INTEL-SA-00615; default: any")
      ->delimiter(',')
      ->type_name("LIST");
  command->add_option("--min-tcb-evaluation", options->files.settings.minimum_evaluation_number,
                      "Refuse a verdict by endorsements of a smaller evaluation number");
  command
      ->add_option("--tcb-baseline", options->files.settings.tcb_baseline,
                   "Judge by this evaluation number where neither --tcb-evaluation nor the policy names one")
      ->type_name("early|standard|N")
      ->capture_default_str();
  command->add_option("--expiry", options->files.settings.expiry, kExpiryHelp)->type_name(kExpiryForms)->capture_default_str();
  command
      ->add_option("--refuse", options->files.settings.refuse,
                   "What to refuse whatever the policy says; of enclaves debug, provision_key, einittoken_key, unknown_attributes, of TDs\n"
                   "debug, untrusted, unknown_attributes, service_td")
      ->delimiter(',')
      ->type_name("LIST");
  command->add_option("--sim-root", options->files.sim_roots, "Trust a simulated vendor's root too; for tests only")->type_name("PEM");
  command->add_option("--format", options->format, "How to print")->check(CLI::IsMember({"text", "json"}))->capture_default_str();
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
