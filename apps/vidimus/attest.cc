// vidimus attest: the client. Collects evidence, or takes it from a file, and asks an instance for a token.
#include <filesystem>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "client/attestation_client.h"
#include "commands.h"
#include "files.h"
#include "net/http_client.h"
#include "refusal.h"
#include "sim/vendor_state.h"

namespace vidimus {
namespace {

struct Options {
  std::string url, ca, sim, state = ".vidimus", evidence, type = "SgxEnclave", runtime_data, runtime_data_type = "Binary", nonce,
                            draft_policy;
  bool debug_enclave = false;
};

int Trouble(const Error& error, int status) {
  std::cerr << "vidimus attest: " << error.detail << " (" << error.where << ")\n";
  return status;
}

// A software enclave or machine under the vendor that a dev server made and trusts.
Result<ByteVector> SimulatedQuote(const Options& options, const std::optional<ByteVector>& runtime_data) {
  VIDIMUS_TRY(const SimulatedIntel vendor, OpenSimulatedIntel(options.state));
  if (options.sim == "tdx") {
    TdReportFields machine;
    if (options.debug_enclave) machine.td_attributes |= kTdAttributesDebug;
    if (runtime_data) machine.report_data = BoundReportData(*runtime_data);
    return vendor.QuoteTd(machine);
  }
  SgxReportFields report;
  if (options.debug_enclave) report.flags |= kSgxFlagDebug;
  if (runtime_data) report.report_data = BoundReportData(*runtime_data);
  return vendor.Quote(report);
}

Result<EvidenceToAttest> Collect(const Options& options) {
  const bool open_enclave = options.type == "OpenEnclave";
  EvidenceToAttest out;
  out.path = "/attest/" + (options.sim == "tdx" ? "TdxVm" : options.type);
  out.member = open_enclave ? "report" : "quote";
  out.runtime_data_is_json = options.runtime_data_type == "JSON";
  if (!options.runtime_data.empty()) {
    VIDIMUS_TRY(out.runtime_data, ReadFile(options.runtime_data));
  }
  if (!options.nonce.empty()) out.nonce = options.nonce;
  if (!options.draft_policy.empty()) {
    VIDIMUS_TRY(const ByteVector text, ReadFile(options.draft_policy));
    out.draft_policy = AsText(text);
  }
  if (!options.evidence.empty()) {
    VIDIMUS_TRY(out.evidence, ReadFile(options.evidence));
    return out;
  }
  VIDIMUS_TRY(out.evidence, SimulatedQuote(options, out.runtime_data));
  if (open_enclave) out.evidence = FrameOpenEnclaveReport(out.evidence);
  return out;
}

// Simulated evidence goes to a dev server, whose CA lies in the same state folder.
std::string CaFile(const Options& options) {
  const std::string of_state = options.state + "/keys/ca.pem";
  std::error_code ignored;
  return options.ca.empty() && !options.sim.empty() && std::filesystem::exists(of_state, ignored) ? of_state : options.ca;
}

int Run(const Options& options) {
  const auto evidence = Collect(options);
  if (!evidence) return Trouble(evidence.error(), kExitUsage);
  HttpClient client(CaFile(options));
  const auto answer = Attest(client, options.url, *evidence);
  if (!answer) return Trouble(answer.error(), kExitRefused);
  if (answer->token.empty()) return ShowRefusal(answer->status, answer->error);
  std::cout << answer->token << '\n';
  return kExitAccepted;
}

}  // namespace

void AddAttestCommand(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("attest", "Send evidence to an attestation instance; print the token it answers with.");
  command->footer(
      "Exit status: 0 a token was given, 1 refused or not reached, 2 wrong usage or unreadable file.\n"
      "A relying party's challenge belongs into the runtime data, which the evidence binds. A nonce is only copied into the token and\n"
      "proves nothing about the evidence.");
  command->add_option("--url", options->url, "Base URL of the instance")->required()->type_name("URL");
  command->add_option("--ca", options->ca, "Trust these authorities instead of the system's; with --sim STATE/keys/ca.pem when it is there")
      ->type_name("FILE");
  auto* source = command->add_option_group("evidence");
  CLI::Option* sim =
      source->add_option("--sim", options->sim, "Run a software enclave or TDX machine")->check(CLI::IsMember({"sgx", "tdx"}));
  source->add_option("--evidence", options->evidence, "Evidence collected elsewhere: an SGX or TDX quote or Open Enclave report, binary")
      ->type_name("FILE");
  source->require_option(1);
  command->add_option("--type", options->type, "What the evidence is; with --sim tdx, TdxVm")
      ->check(CLI::IsMember({"SgxEnclave", "OpenEnclave", "TdxVm"}))
      ->capture_default_str();
  command->add_option("--state", options->state, "The dev server's state folder, where its vendor lives")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_option("--runtime-data", options->runtime_data, "Data the evidence binds: its SHA-256 is in the report")->type_name("FILE");
  command->add_option("--runtime-data-type", options->runtime_data_type, "How the token shows it")
      ->check(CLI::IsMember({"Binary", "JSON"}))
      ->capture_default_str();
  command->add_option("--nonce", options->nonce, "Copied into the token")->type_name("TEXT");
  command->add_option("--draft-policy", options->draft_policy, "Try this policy instead of the instance's; the token is then unsigned")
      ->type_name("FILE");
  command->add_flag("--debug-enclave", options->debug_enclave, "The software enclave or machine can be debugged")->needs(sim);
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
