// vidimus verify: the relying party. Trusts a token, or says why not, with nothing but the issuer's published keys.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "clock.h"
#include "commands.h"
#include "files.h"
#include "net/http_client.h"
#include "relying_party/relying_party.h"

namespace vidimus {
namespace {

struct Options {
  std::string token, issuer, ca, runtime_data, at, format = "text";
  std::vector<std::string> require;
  bool allow_dev = false;
};

struct Inputs {
  std::string token;
  TokenRequirements requirements;
  UnixTime now = 0;
};

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// The compact token itself, or the service's whole answer around it.
std::string TokenOf(std::string_view text) {
  text = Trim(text);
  if (!text.starts_with('{')) return std::string(text);
  const auto answer = ParseJson(text);
  const Json* token = answer ? answer->Find("token") : nullptr;
  return token == nullptr || token->AsString() == nullptr ? std::string(text) : *token->AsString();
}

Result<Inputs> ReadInputs(const Options& options) {
  Inputs in;
  VIDIMUS_TRY(const ByteVector text, ReadFile(options.token));
  in.token = TokenOf(AsText(text));
  if (!options.runtime_data.empty()) {
    VIDIMUS_TRY(in.requirements.runtime_data, ReadFile(options.runtime_data));
  }
  in.requirements.allow_dev = options.allow_dev;
  for (const std::string& one : options.require) {
    const size_t equals = one.find('=');
    if (equals == std::string::npos || equals == 0)
      return Fail(ErrorCode::kUsage, "option.require", "found \"" + one + "\", expected CLAIM=VALUE");
    in.requirements.claims.push_back({one.substr(0, equals), one.substr(equals + 1)});
  }
  in.now = SystemNow();
  if (!options.at.empty()) {
    VIDIMUS_TRY(in.now, ParseRfc3339Utc(options.at));
  }
  return in;
}

int Run(const Options& options) {
  const auto inputs = ReadInputs(options);
  if (!inputs) {
    std::cerr << "vidimus verify: " << inputs.error().detail << " (" << inputs.error().where << ")\n";
    return kExitUsage;
  }
  HttpClient client(options.ca);
  RelyingParty relying_party(options.issuer, client);
  const auto payload = relying_party.Verify(inputs->token, inputs->requirements, inputs->now);
  if (!payload) {
    std::cerr << "not trusted: " << payload.error().detail << " (" << payload.error().where << ")\n";
    return kExitRefused;
  }
  if (options.format == "json") {
    std::cout << WriteJson(*payload) << '\n';
    return kExitAccepted;
  }
  std::cout << "trusted: signed by " << options.issuer << ", in force, every requirement met\n";
  for (const auto& [name, value] : *payload->AsObject()) std::cout << "  " << name << " = " << WriteJson(value) << '\n';
  return kExitAccepted;
}

}  // namespace

void AddVerifyCommand(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("verify", "Decide whether to trust a token, as a relying party.");
  command->footer(
      "Fetches ISSUER/certs; checks signature, issuer, time, and what the options require; prints the claims.\n"
      "Exit status: 0 trusted, 1 not trusted, 2 wrong usage or unreadable file.");
  command->add_option("--token", options->token, "The token, or the service's answer with it; - is standard input")
      ->required()
      ->type_name("FILE|-");
  command->add_option("--issuer", options->issuer, "Base URL of the instance you trust")->required()->type_name("URL");
  command->add_option("--ca", options->ca, "Trust these authorities instead of the system's")->type_name("FILE");
  command->add_flag("--allow-dev", options->allow_dev, "Accept tokens of a dev server, which vouch for nothing");
  command->add_option("--runtime-data", options->runtime_data, "Data the enclave must have bound, e.g. with your challenge in it")
      ->type_name("FILE");
  command->add_option("--require", options->require, "A claim that must have this value; a dotted path reaches into objects")
      ->type_name("CLAIM=VALUE");
  command->add_option("--at", options->at, "Judge as of this time; default: now")->type_name("RFC3339");
  command->add_option("--format", options->format, "How to print")->check(CLI::IsMember({"text", "json"}))->capture_default_str();
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
