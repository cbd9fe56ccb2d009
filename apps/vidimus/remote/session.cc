#include "remote/session.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include <CLI/CLI.hpp>

#include "clock.h"
#include "commands.h"
#include "policy/inputs.h"
#include "refusal.h"

namespace vidimus {
namespace {

std::string TokenFromEnvironment() {
  const char* value = std::getenv("VIDIMUS_ACCESS_TOKEN");
  std::string out = value == nullptr ? "" : value;
  while (!out.empty() && (out.back() == '\n' || out.back() == '\r' || out.back() == ' ')) out.pop_back();
  return out;
}

void AddSharedOptions(CLI::App& command, RemoteOptions& options) {
  command.add_option("--ca", options.ca, "Trust these authorities instead of the profile's or the system's")->type_name("FILE");
  command.add_option("--profile", options.profile, "The profile, instead of $XDG_CONFIG_HOME/vidimus/profile.json")->type_name("FILE");
}

Profile Overridden(Profile profile, const RemoteOptions& options) {
  for (const auto& [from, to] :
       {std::pair(&options.url, &profile.url), {&options.management_url, &profile.management_url}, {&options.ca, &profile.ca}})
    if (!from->empty()) *to = *from;
  return profile;
}

}  // namespace

const char* const kRemoteFooter =
    "Signs in with the profile of `vidimus login`, or takes the access token in VIDIMUS_ACCESS_TOKEN. Prints JSON.\n"
    "Exit status: 0 done, 1 refused, not reached or not believed, 2 wrong usage, unreadable file or no profile.";

void AddInstanceOptions(CLI::App& command, RemoteOptions& options) {
  command.add_option("--url", options.url, "Base URL of the instance, instead of the profile's")->type_name("URL");
  AddSharedOptions(command, options);
}

void AddControlPlaneOptions(CLI::App& command, RemoteOptions& options) {
  command.add_option("--management-url,--arm-url", options.management_url, "Base URL of the control plane, instead of the profile's")
      ->type_name("URL");
  AddSharedOptions(command, options);
}

void AddAttestationTypeOption(CLI::App& command, std::optional<AttestationType>& type) {
  const auto read = [&type](const std::string& name) {
    type = FindAttestationType(name);
    if (!type) throw CLI::ValidationError("--attestation-type", "found \"" + name + "\", expected one of " + AttestationTypeNames());
  };
  command
      .add_option_function<std::string>(
          "--attestation-type,--type", read,
          "The evidence it is for: " + AttestationTypeNames() + ", or as az says it: SGX-IntelSDK, SGX-OpenEnclaveSDK, TPM")
      ->type_name("TYPE")
      ->required();
}

Session::Session(const RemoteOptions& options, Profile profile, std::string own_token)
    : profile_(Overridden(std::move(profile), options)), own_token_(std::move(own_token)), http_(profile_.ca) {}

int Session::Run(const std::string& name, const RemoteOptions& options, const std::function<Result<Json>(Session&)>& act) {
  const std::string own_token = TokenFromEnvironment();
  auto profile = ProfilePath(options.profile).and_then(ReadProfile);
  const bool none = !profile && (profile.error().where == "profile.missing" || profile.error().where == "profile.place");
  if (none && !own_token.empty()) profile = Profile();
  if (!profile) {
    PrintError(name, profile.error());
    return ExitStatusOf(profile.error());
  }
  Session session(options, *profile, own_token);
  const auto out = act(session);
  if (!out) return session.Show(name, out.error());
  if (!out->is_null()) std::cout << WriteJson(*out) << '\n';
  return kExitAccepted;
}

Result<std::string> Session::Token(const std::string& scope) {
  if (!own_token_.empty()) return own_token_;
  return RequestAccessToken(http_, profile_.client, scope);
}

Result<ServiceCaller> Session::Caller(const std::string& url, const std::string& option, const std::string& scope) {
  if (url.empty()) return Fail(ErrorCode::kUsage, "option.url", "found no URL; say " + option + " URL here or to `vidimus login`");
  VIDIMUS_TRY(std::string token, Token(scope));
  return ServiceCaller(http_, url, std::move(token));
}

Result<InstanceClient> Session::Instance() {
  as_operator_ = false;
  VIDIMUS_TRY(ServiceCaller caller, Caller(profile_.url, "--url", profile_.scope));
  return InstanceClient(std::move(caller));
}

Result<InstanceClient> Session::InstanceAsOperator() {
  as_operator_ = true;
  VIDIMUS_TRY(ServiceCaller caller, Caller(profile_.url, "--url", profile_.management_scope));
  return InstanceClient(std::move(caller));
}

Result<ControlPlaneClient> Session::ControlPlane() {
  as_operator_ = true;
  VIDIMUS_TRY(ServiceCaller caller, Caller(profile_.management_url, "--management-url", profile_.management_scope));
  return ControlPlaneClient(std::move(caller));
}

Result<Json> Session::BodyOf(const Result<ServiceAnswer>& answer) {
  if (!answer) return tl::unexpected(answer.error());
  if (answer->accepted()) return answer->body;
  refusal_ = *answer;
  return Fail(ErrorCode::kDenied, "client.refused", "the service refused");
}

Result<Session::SignedAnswer> Session::SignedBodyOf(const Result<ServiceAnswer>& answer) {
  VIDIMUS_TRY(const Json body, BodyOf(answer));
  const Json* token = body.Find("token");
  if (token == nullptr || token->AsString() == nullptr)
    return Fail(ErrorCode::kMalformed, "client.answer", "found no token in the answer; see that the URL is an instance's base URL");
  RelyingParty relying_party(profile_.url, http_);
  // Who talks to a developer's server means to; what it manages is real, whatever it judges.
  TokenRequirements requirements;
  requirements.allow_dev = true;
  VIDIMUS_TRY(Json payload, relying_party.Verify(*token->AsString(), requirements, SystemNow()));
  return SignedAnswer{*token->AsString(), std::move(payload)};
}

int Session::Show(const std::string& name, const Error& error) const {
  const std::string cure = own_token_.empty() ? "run `vidimus login` with a client that it takes" : "get another VIDIMUS_ACCESS_TOKEN";
  if (refusal_ && error.where == "client.refused") {
    ShowRefusal(refusal_->status, refusal_->error);
    if (refusal_->status == 401) std::cerr << "vidimus " << name << ": the service does not take this access token: " << cure << '\n';
    if (refusal_->status == 403)
      std::cerr << "vidimus " << name
                << (as_operator_ ? ": the service's configuration names its operators, [[auth.operator]]\n"
                                 : ": an owner grants roles with `vidimus instance settings set`\n");
    return kExitRefused;
  }
  PrintError(name, error);
  if (error.where == "client.sign_in" || error.where == "client.authority") std::cerr << "vidimus " << name << ": " << cure << '\n';
  return ExitStatusOf(error);
}

Status Confirm(const std::string& what_happens, bool yes) {
  if (yes) return {};
  if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1) {
    std::cerr << what_happens << "\nGo on? [y/N] ";
    std::string answer;
    if (std::getline(std::cin, answer) && (answer == "y" || answer == "yes")) return {};
    return Fail(ErrorCode::kUsage, "option.yes", "nothing was done");
  }
  return Fail(ErrorCode::kUsage, "option.yes", what_happens + " Nothing was done; say --yes to go on");
}

int ExitStatusOf(const Error& error) {
  return error.code == ErrorCode::kUsage || error.where.starts_with("file.") ? kExitUsage : kExitRefused;
}

void PrintError(const std::string& command, const Error& error) {
  std::cerr << "vidimus " << command << ": " << Shown(error.detail) << " (" << error.where << ")\n";
}

}  // namespace vidimus
