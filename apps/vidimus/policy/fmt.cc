// vidimus policy fmt: one layout for every policy.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "files.h"
#include "policy/formatter.h"
#include "policy/inputs.h"
#include "policy/parser.h"
#include "policy/verbs.h"
#include "token/attestation_claims.h"

namespace vidimus {
namespace {

struct Options {
  std::string file, format = "text";
  bool write = false, check = false;
};

void PrintJson(const std::string& text, const std::string& formatted, bool with_text) {
  JsonObject out{{"changed", text != formatted}, {"hash", PolicyHash(text)}, {"formatted_hash", PolicyHash(formatted)}};
  if (with_text) out.emplace_back("formatted", formatted);
  std::cout << WriteJson(out) << '\n';
}

int Run(const Options& options) {
  const auto text = ReadPolicyText(options.file);
  if (!text) return CannotAnswer("fmt", text.error());
  Diagnostics diagnostics;
  const auto syntax = ParsePolicy(*text, diagnostics);
  if (!syntax || diagnostics.has_errors()) {
    PrintDiagnostics(std::cerr, options.file, *text, diagnostics);
    std::cerr << "vidimus policy fmt: nothing is formatted, since this cannot be read as a policy\n";
    return kExitRefused;
  }
  const std::string formatted = FormatPolicy(*text, *syntax);
  const bool changed = formatted != *text;
  if (options.write && changed)
    if (const Status written = ReplaceFile(options.file, AsBytes(formatted)); !written) return CannotAnswer("fmt", written.error());
  if (changed)
    std::cerr << "note: the x-ms-policy-hash of " << Shown(FileName(options.file))
              << (options.write ? " changed" : " changes when it is formatted") << ", from " << PolicyHash(*text) << " to "
              << PolicyHash(formatted) << '\n';
  if (options.format == "json")
    PrintJson(*text, formatted, !options.write && !options.check);
  else if (options.check && changed)
    std::cout << Shown(FileName(options.file)) << " is not formatted\n";
  else if (!options.write && !options.check)
    std::cout << formatted;
  return options.check && changed ? kExitRefused : kExitAccepted;
}

}  // namespace

void AddPolicyFmt(CLI::App& policy, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = policy.add_subcommand("fmt", "Lay out a policy in the one house format, comments kept.");
  command->footer(
      "Prints the formatted text, unless --write or --check is given. The meaning stays; the text does not, so the x-ms-policy-hash of\n"
      "the tokens changes: a note with both hashes goes to standard error. Relying parties that pin the hash need the new one.\n"
      "Exit status: 0 formatted, 1 not a policy, or with --check not formatted yet, 2 wrong usage or a file that cannot be read or\n"
      "written.");
  command->add_option("file", options->file, "The policy; - is standard input")->required()->type_name("FILE");
  CLI::Option* write = command->add_flag("--write", options->write, "Replace the file, all or nothing; its mode stays");
  command->add_flag("--check", options->check, "Only say whether the file is formatted")->excludes(write);
  AddFormatOption(*command, options->format);
  command->callback([options, &run] {
    if (options->write && options->file == "-") throw CLI::ValidationError("--write", "standard input cannot be written");
    run = [options] { return Run(*options); };
  });
}

}  // namespace vidimus
