// What the commands that manage a running service share: their options, signing in, believing answers, printing.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "claims/attestation_type.h"
#include "client/management_client.h"
#include "net/http_client.h"
#include "relying_party/relying_party.h"
#include "remote/profile.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace vidimus {

// Each empty unless said; the profile fills in.
struct RemoteOptions {
  std::string url, management_url, ca, profile;
};

// --url, --ca, --profile; the second has --management-url instead of --url.
void AddInstanceOptions(CLI::App& command, RemoteOptions& options);
void AddControlPlaneOptions(CLI::App& command, RemoteOptions& options);

// --attestation-type, required; the names that `az attestation` uses too.
void AddAttestationTypeOption(CLI::App& command, std::optional<AttestationType>& type);

// What every footer of these commands ends with.
extern const char* const kRemoteFooter;

class Session {
 public:
  // Reads the profile, which is not needed with VIDIMUS_ACCESS_TOKEN in the environment. `name`: of the command, for messages.
  static int Run(const std::string& name, const RemoteOptions& options, const std::function<Result<Json>(Session&)>& act);

  // Signed in. Errors: option.url without a URL, those of RequestAccessToken
  Result<InstanceClient> Instance();
  // The instance, with a token for the control plane: what operators bring.
  Result<InstanceClient> InstanceAsOperator();
  Result<ControlPlaneClient> ControlPlane();

  // The body of an answer; an error of client.refused when the service refused, which Run shows.
  Result<Json> BodyOf(const Result<ServiceAnswer>& answer);
  struct SignedAnswer {
    std::string token;
    Json payload;
  };
  // The token in an answer, after its signature was checked with the keys that the instance publishes. Errors: as BodyOf, those of
  // RelyingParty, client.answer
  Result<SignedAnswer> SignedBodyOf(const Result<ServiceAnswer>& answer);

 private:
  Session(const RemoteOptions& options, Profile profile, std::string own_token);
  Result<std::string> Token(const std::string& scope);
  Result<ServiceCaller> Caller(const std::string& url, const std::string& option, const std::string& scope);
  int Show(const std::string& name, const Error& error) const;

  Profile profile_;  // with what the options say instead
  std::string own_token_;
  HttpClient http_;
  std::optional<ServiceAnswer> refusal_;
  bool as_operator_ = false;  // the last caller that was made
};

// Goes on with `yes`, or when a person at a terminal says so. Error: option.yes
Status Confirm(const std::string& what_happens, bool yes);

// 2 for wrong usage and unreadable files, else 1.
int ExitStatusOf(const Error& error);
// On standard error, fit for a terminal.
void PrintError(const std::string& command, const Error& error);

}  // namespace vidimus
