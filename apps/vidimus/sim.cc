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
  std::string out, state, runtime_data, mr_enclave, mr_signer, at;
  uint16_t product_id = 1, svn = 1;
  bool debug_enclave = false, open_enclave = false;
};

Status ReadMeasurement(const std::string& text, std::string_view option, std::array<uint8_t, 32>& out) {
  if (text.empty()) return {};
  const auto bytes = HexDecode(text);
  if (!bytes || bytes->size() != out.size())
    return Fail(ErrorCode::kUsage, "option.measurement",
                std::string(option) + ": found " + std::to_string(text.size()) + " characters, expected 64 hexadecimal digits");
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return {};
}

Result<SgxReportFields> ReadReport(const Options& options) {
  SgxReportFields out;
  VIDIMUS_CHECK_OK(ReadMeasurement(options.mr_enclave, "--mrenclave", out.mr_enclave));
  VIDIMUS_CHECK_OK(ReadMeasurement(options.mr_signer, "--mrsigner", out.mr_signer));
  out.isv_prod_id = options.product_id;
  out.isv_svn = options.svn;
  if (options.debug_enclave) out.flags |= kSgxFlagDebug;
  if (!options.runtime_data.empty()) {
    VIDIMUS_TRY(const ByteVector data, ReadFile(options.runtime_data));
    out.report_data = BoundReportData(data);
  }
  return out;
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

void PrintAppraiseCommand(const Options& options, const fs::path& evidence) {
  const fs::path out = options.out;
  std::cout << "\nJudge it with:\n  vidimus appraise --type " << (options.open_enclave ? "OpenEnclave" : "SgxEnclave") << " --evidence "
            << Quoted(evidence.string()) << " --endorsements " << Quoted((out / "endorsements").string()) << " --sim-root "
            << Quoted((out / "root.pem").string());
  if (!options.runtime_data.empty()) std::cout << " --runtime-data " << Quoted(options.runtime_data);
  if (!options.at.empty()) std::cout << " --at " << options.at;
  std::cout << '\n';
}

Status MakeSgx(const Options& options) {
  VIDIMUS_TRY(const SgxReportFields report, ReadReport(options));
  UnixTime now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  if (!options.at.empty()) {
    VIDIMUS_TRY(now, ParseRfc3339Utc(options.at));
  }
  VIDIMUS_TRY(const SimulatedIntel vendor, options.state.empty() ? SimulatedIntel::Create() : OpenOrCreateSimulatedIntel(options.state));
  VIDIMUS_TRY(const ByteVector quote, vendor.Quote(report));
  VIDIMUS_TRY(const auto documents, vendor.Documents(now));

  const fs::path out = options.out;
  const fs::path evidence = out / (options.open_enclave ? "report.bin" : "quote.bin");
  VIDIMUS_CHECK_OK(MakeFolder(out / "endorsements"));
  std::cout << "A simulated SGX enclave; its vendor is nobody, and only --sim-root trusts it. Wrote:\n";
  VIDIMUS_CHECK_OK(Put(evidence, options.open_enclave ? FrameOpenEnclaveReport(quote) : quote));
  for (const NamedDocument& document : documents) VIDIMUS_CHECK_OK(Put(out / "endorsements" / document.name, document.content));
  VIDIMUS_CHECK_OK(Put(out / "root.pem", AsBytes(vendor.RootPem())));
  PrintAppraiseCommand(options, evidence);
  return {};
}

int Run(const Options& options) {
  const Status status = MakeSgx(options);
  if (status) return kExitAccepted;
  std::cerr << "vidimus sim sgx: " << status.error().detail << '\n';
  return kExitUsage;
}

}  // namespace

void AddSimCommand(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* sim = app.add_subcommand("sim", "Make evidence of simulated hardware, with endorsements to judge it by. For tests only.");
  sim->require_subcommand(1);
  CLI::App* command = sim->add_subcommand("sgx", "A quote of a simulated SGX enclave on an up-to-date platform");
  command->footer("Exit status: 0 made, 2 wrong usage or a file that cannot be read or written.");
  command->add_option("--out", options->out, "Where to write the evidence, endorsements/ and root.pem")->required()->type_name("DIR");
  command->add_option("--state", options->state, "Keep the vendor here and use it again; default: a new vendor each time")
      ->type_name("DIR");
  command->add_option("--runtime-data", options->runtime_data, "Put the SHA-256 of this file into the report")->type_name("FILE");
  command->add_option("--mrenclave", options->mr_enclave, "The enclave's measurement, 64 digits")->type_name("HEX");
  command->add_option("--mrsigner", options->mr_signer, "Its signer, 64 digits")->type_name("HEX");
  command->add_option("--product-id", options->product_id, "Its product id")->check(CLI::Range(0, 65535))->capture_default_str();
  command->add_option("--svn", options->svn, "Its security version")->check(CLI::Range(0, 65535))->capture_default_str();
  command->add_flag("--debug-enclave", options->debug_enclave, "A debuggable enclave");
  command->add_flag("--open-enclave", options->open_enclave, "Frame the quote as an Open Enclave report");
  command->add_option("--at", options->at, "Endorsements for this time, e.g. 2025-06-26T17:19:45Z; default: now")->type_name("RFC3339");
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
