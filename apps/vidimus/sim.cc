// vidimus sim: make evidence of simulated hardware, with endorsements to judge it by.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "base/hex.h"
#include "commands.h"
#include "files.h"
#include "sim/vendor_state.h"

namespace vidimus {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string out, state, runtime_data, at;
  std::string mr_enclave, mr_signer, mr_td;
  uint16_t product_id = 1, svn = 1;
  bool debug = false, open_enclave = false;
};

// What a simulated machine hands out.
struct Evidence {
  std::string type, file;  // the attestation type, the name of its file
  ByteVector bytes;
};

template <size_t kSize>
Status ReadMeasurement(const std::string& text, std::string_view option, std::array<uint8_t, kSize>& out) {
  if (text.empty()) return {};
  const auto bytes = HexDecode(text);
  if (!bytes || bytes->size() != out.size())
    return Fail(ErrorCode::kUsage, "option.measurement",
                std::string(option) + ": found " + std::to_string(text.size()) + " characters, expected " + std::to_string(2 * kSize) +
                    " hexadecimal digits");
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return {};
}

Status ReadRuntimeData(const Options& options, std::array<uint8_t, 64>& report_data) {
  if (options.runtime_data.empty()) return {};
  VIDIMUS_TRY(const ByteVector data, ReadFile(options.runtime_data));
  report_data = BoundReportData(data);
  return {};
}

Result<Evidence> QuoteSgx(const SimulatedIntel& vendor, const Options& options) {
  SgxReportFields out;
  VIDIMUS_CHECK_OK(ReadMeasurement(options.mr_enclave, "--mrenclave", out.mr_enclave));
  VIDIMUS_CHECK_OK(ReadMeasurement(options.mr_signer, "--mrsigner", out.mr_signer));
  out.isv_prod_id = options.product_id;
  out.isv_svn = options.svn;
  if (options.debug) out.flags |= kSgxFlagDebug;
  VIDIMUS_CHECK_OK(ReadRuntimeData(options, out.report_data));
  VIDIMUS_TRY(ByteVector quote, vendor.Quote(out));
  if (options.open_enclave) return Evidence{"OpenEnclave", "report.bin", FrameOpenEnclaveReport(quote)};
  return Evidence{"SgxEnclave", "quote.bin", std::move(quote)};
}

Result<Evidence> QuoteTdx(const SimulatedIntel& vendor, const Options& options) {
  TdReportFields out;
  VIDIMUS_CHECK_OK(ReadMeasurement(options.mr_td, "--mrtd", out.mr_td));
  if (options.debug) out.td_attributes |= kTdAttributesDebug;
  VIDIMUS_CHECK_OK(ReadRuntimeData(options, out.report_data));
  VIDIMUS_TRY(ByteVector quote, vendor.QuoteTd(out));
  return Evidence{"TdxVm", "quote.bin", std::move(quote)};
}

Status MakeFolder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return Fail(ErrorCode::kIo, "file.write", "cannot make the folder " + path.string() + ": " + error.message());
  return {};
}

Status Put(const fs::path& path, Bytes content) {
  VIDIMUS_CHECK_OK(WriteFile(path.string(), content));
  std::cout << "  " << path.string() << '\n';
  return {};
}

// For a POSIX shell: what the printed command shows can be run as it stands, whatever a path holds.
std::string Quoted(const std::string& text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-:+=,").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

void PrintAppraiseCommand(const Options& options, const Evidence& evidence) {
  const fs::path out = options.out;
  std::cout << "\nJudge it with:\n  vidimus appraise --type " << evidence.type << " --evidence " << Quoted((out / evidence.file).string())
            << " --endorsements " << Quoted((out / "endorsements").string()) << " --sim-root " << Quoted((out / "root.pem").string());
  if (!options.runtime_data.empty()) std::cout << " --runtime-data " << Quoted(options.runtime_data);
  if (!options.at.empty()) std::cout << " --at " << options.at;
  std::cout << '\n';
}

using MakeEvidence = Result<Evidence> (*)(const SimulatedIntel& vendor, const Options& options);

Status Make(const Options& options, const std::string& machine, MakeEvidence make) {
  UnixTime now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  if (!options.at.empty()) {
    VIDIMUS_TRY(now, ParseRfc3339Utc(options.at));
  }
  VIDIMUS_TRY(const SimulatedIntel vendor, options.state.empty() ? SimulatedIntel::Create() : OpenOrCreateSimulatedIntel(options.state));
  VIDIMUS_TRY(const Evidence evidence, make(vendor, options));
  VIDIMUS_TRY(const auto documents, vendor.Documents(now));

  const fs::path out = options.out;
  VIDIMUS_CHECK_OK(MakeFolder(out / "endorsements"));
  std::cout << "A simulated " << machine << "; its vendor is nobody, and only --sim-root trusts it. Wrote:\n";
  VIDIMUS_CHECK_OK(Put(out / evidence.file, evidence.bytes));
  for (const NamedDocument& document : documents) VIDIMUS_CHECK_OK(Put(out / "endorsements" / document.name, document.content));
  VIDIMUS_CHECK_OK(Put(out / "root.pem", AsBytes(vendor.RootPem())));
  PrintAppraiseCommand(options, evidence);
  return {};
}

// With the options that every simulated machine has.
CLI::App* AddMachine(CLI::App& sim, std::function<int()>& run, const std::shared_ptr<Options>& options, const std::string& name,
                     const std::string& machine, MakeEvidence make) {
  CLI::App* command = sim.add_subcommand(name, "A quote of a simulated " + machine + " on an up-to-date platform");
  command->footer("Exit status: 0 made, 2 wrong usage or a file that cannot be read or written.");
  command->add_option("--out", options->out, "Where to write the evidence, endorsements/ and root.pem")->required()->type_name("DIR");
  command->add_option("--state", options->state, "Keep the vendor here and use it again; default: a new vendor each time")
      ->type_name("DIR");
  command->add_option("--runtime-data", options->runtime_data, "Put the SHA-256 of this file into the report")->type_name("FILE");
  command->add_option("--at", options->at, "Endorsements for this time, e.g. 2025-06-26T17:19:45Z; default: now")->type_name("RFC3339");
  command->callback([=, &run] {
    run = [=] {
      const Status status = Make(*options, machine, make);
      if (status) return kExitAccepted;
      std::cerr << "vidimus sim " << name << ": " << status.error().detail << '\n';
      return kExitUsage;
    };
  });
  return command;
}

}  // namespace

void AddSimCommand(CLI::App& app, std::function<int()>& run) {
  CLI::App* sim = app.add_subcommand("sim", "Make evidence of simulated hardware, with endorsements to judge it by. For tests only.");
  sim->require_subcommand(1);
  const auto enclave = std::make_shared<Options>();
  CLI::App* sgx = AddMachine(*sim, run, enclave, "sgx", "SGX enclave", QuoteSgx);
  sgx->add_option("--mrenclave", enclave->mr_enclave, "The enclave's measurement, 64 digits")->type_name("HEX");
  sgx->add_option("--mrsigner", enclave->mr_signer, "Its signer, 64 digits")->type_name("HEX");
  sgx->add_option("--product-id", enclave->product_id, "Its product id")->check(CLI::Range(0, 65535))->capture_default_str();
  sgx->add_option("--svn", enclave->svn, "Its security version")->check(CLI::Range(0, 65535))->capture_default_str();
  sgx->add_flag("--debug-enclave", enclave->debug, "A debuggable enclave");
  sgx->add_flag("--open-enclave", enclave->open_enclave, "Frame the quote as an Open Enclave report");
  const auto domain = std::make_shared<Options>();
  CLI::App* tdx = AddMachine(*sim, run, domain, "tdx", "TDX trust domain", QuoteTdx);
  tdx->add_option("--mrtd", domain->mr_td, "The measurement of its initial memory, 96 digits")->type_name("HEX");
  tdx->add_flag("--debug-td", domain->debug, "A debuggable trust domain");
}

}  // namespace vidimus
