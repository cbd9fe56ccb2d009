// vidimus inspect: what a file is, and what every field of it says. Verifies nothing.
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "files.h"
#include "inspect/print.h"
#include "inspect/recognise.h"

namespace vidimus {
namespace {

constexpr int kExitRecognised = 0, kExitUnknown = 1;

struct Options {
  std::string file, format = "text";
  bool full = false;
};

int Run(const Options& options) {
  const auto content = ReadFile(options.file);
  if (!content) {
    std::cerr << "vidimus inspect: " << content.error().detail << " (" << content.error().where << ")\n";
    return kExitUsage;
  }
  inspect::Inspection inspection;
  if (!inspect::Recognise(*content, inspection)) {
    std::cerr << "vidimus inspect: " << options.file << ", " << content->size() << " bytes, is not recognised. Recognised are "
              << inspect::RecognisedKinds() << ".\n";
    return kExitUnknown;
  }
  inspection.Note("inspect verifies nothing: `vidimus appraise` gives a verdict");
  std::cout << (options.format == "json" ? inspect::ToJson(inspection) + "\n" : inspect::ToText(inspection, options.full));
  return kExitRecognised;
}

}  // namespace

void AddInspectCommand(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("inspect", "Say what a file is and print every field of it. Verifies nothing.");
  command->footer("Exit status: 0 recognised, 1 not recognised, 2 wrong usage or unreadable file.");
  command->add_option("file", options->file, "The file; - is standard input")->required()->type_name("FILE");
  command->add_option("--format", options->format, "How to print")->check(CLI::IsMember({"text", "json"}))->capture_default_str();
  command->add_flag("--full", options->full, "Do not shorten long values (JSON never does)");
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
