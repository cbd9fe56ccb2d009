// vidimus policy hash: the x-ms-policy-hash that tokens will carry.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "policy/default_policies.h"
#include "policy/inputs.h"
#include "policy/verbs.h"
#include "token/attestation_claims.h"

namespace vidimus {
namespace {

struct Options {
  std::string file, format = "text";
  std::optional<AttestationType> type;
};

Result<std::string> ReadText(const Options& options) {
  if (options.type) return std::string(DefaultPolicy(*options.type));
  return ReadPolicyText(options.file);
}

int Run(const Options& options) {
  const auto text = ReadText(options);
  if (!text) return CannotAnswer("hash", text.error());
  const std::string hash = PolicyHash(*text);
  if (options.format == "json")
    std::cout << WriteJson(JsonObject{{"hash", hash}, {"octets", static_cast<uint64_t>(text->size())}}) << '\n';
  else
    std::cout << hash << '\n';
  return kExitAccepted;
}

}  // namespace

void AddPolicyHash(CLI::App& policy, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = policy.add_subcommand("hash", "Print the x-ms-policy-hash that tokens will carry.");
  command->footer(
      "base64url(SHA-256(base64url(text))) of the exact octets of the file: a comment, a blank or another line end changes it. Nothing\n"
      "is compiled: see `check` for that.\n"
      "Exit status: 0 printed, 2 wrong usage or unreadable file.");
  auto* source = command->add_option_group("source", "Of what: one of these");
  source->add_option("file", options->file, "A policy; - is standard input")->type_name("FILE");
  AddTypeOption(*source, options->type, "The published default policy of a type");
  source->require_option(1);
  AddFormatOption(*command, options->format);
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
