// vidimus policy set, show, reset, history, rollback: the policies that a running instance judges by.
#include <unistd.h>

#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/bytes.h"
#include "client/management_results.h"
#include "files.h"
#include "policy/inputs.h"
#include "policy/verbs.h"
#include "remote/session.h"
#include "remote/signing_options.h"
#include "service/policy_findings.h"
#include "token/attestation_claims.h"
#include "token/management_jws.h"
#include "token/policy_jws.h"

namespace vidimus {
namespace {

struct Options {
  RemoteOptions remote;
  std::optional<AttestationType> type;
  std::string text, file, format = "Text";
  std::string reset_jws;
  SigningOptions signing;
  int64_t version = 0;
  bool only_text = false;
};

std::string TypeName(const Options& options) { return std::string(AttestationTypeName(*options.type)); }

// What the service would refuse is said here, with its place, before anything is sent.
Status CheckText(const std::string& text, const Options& options) {
  if (text.size() > limits::kPolicyBytes)
    return Fail(ErrorCode::kLimit, "policy.size",
                "found " + std::to_string(text.size()) + " bytes, expected at most " + std::to_string(limits::kPolicyBytes));
  const Findings findings = FindIn(text, *options.type);
  PrintDiagnostics(std::cerr, options.file.empty() ? "policy" : options.file, text, findings.diagnostics);
  if (findings.compilation.program) return {};
  return Fail(ErrorCode::kDenied, "client.policy", "not a policy: " + CountOf(findings.diagnostics) + "; nothing was sent");
}

struct Upload {
  std::string jws, text;
};

Result<Upload> MakeUpload(const Options& options) {
  Upload out;
  VIDIMUS_TRY(out.text, options.file.empty() ? Result<std::string>(options.text) : ReadPolicyText(options.file));
  if (options.format == "JWT") {
    if (!options.signing.key.empty())
      return Fail(ErrorCode::kUsage, "option.signing_key",
                  "found a key to sign with and a JWS, which is sent as it is; say one of the two");
    out.jws = UnquotedJws(out.text);
    VIDIMUS_TRY(out.text, PolicyOf(out.jws));
    VIDIMUS_CHECK_OK(CheckText(out.text, options));
    return out;
  }
  if (LooksLikePolicyJws(out.text))
    return Fail(ErrorCode::kUsage, "policy.jws", "found a JWS already, expected the text of a policy; say --policy-format JWT");
  VIDIMUS_CHECK_OK(CheckText(out.text, options));
  VIDIMUS_TRY(const auto signer, ReadSigner(options.signing));
  if (!signer) {
    out.jws = UnsecuredPolicy(out.text);
    return out;
  }
  VIDIMUS_TRY(out.jws, SignPolicy(out.text, signer->key, signer->chain));
  return out;
}

// The signer that the service names, or null.
Json SignerOf(const Json& payload) {
  const Json* signer = payload.Find("x-ms-policy-signer");
  return signer == nullptr ? Json() : *signer;
}

Result<Json> Set(Session& session, const Options& options) {
  VIDIMUS_TRY(const Upload upload, MakeUpload(options));
  VIDIMUS_TRY(const InstanceClient instance, session.Instance());
  VIDIMUS_TRY(const auto answer, session.SignedBodyOf(instance.SetPolicy(*options.type, upload.jws)));
  VIDIMUS_CHECK_OK(CheckPolicyUpdated(answer.payload, upload.jws));
  return Json(JsonObject{{"result", "Updated"},
                         {"attestationType", TypeName(options)},
                         {"policyHash", PolicyHash(upload.text)},
                         {"tokenHash", *answer.payload.Find("x-ms-policy-token-hash")},
                         {"signer", SignerOf(answer.payload)}});
}

Result<Json> Show(Session& session, const Options& options) {
  VIDIMUS_TRY(const InstanceClient instance, session.Instance());
  VIDIMUS_TRY(const auto answer, session.SignedBodyOf(instance.Policy(*options.type)));
  VIDIMUS_TRY(Json policy, DescribePolicy(answer.payload));
  if (!options.only_text) return policy;
  const std::string& text = *policy.Find("Text")->AsString();
  // A file gets the exact octets, of which the hash is made; a terminal nothing that could write to it.
  std::cout << (::isatty(STDOUT_FILENO) == 1 ? Shown(text) : text);
  return Json();
}

Result<Json> Reset(Session& session, const Options& options) {
  std::string jws = options.reset_jws.empty() ? std::string(kUnsecuredReset) : options.reset_jws;
  VIDIMUS_TRY(const auto signer, ReadSigner(options.signing));
  if (signer) {
    VIDIMUS_TRY(jws, SignReset(signer->key, signer->chain));
  }
  VIDIMUS_TRY(const InstanceClient instance, session.Instance());
  VIDIMUS_TRY(const auto answer, session.SignedBodyOf(instance.ResetPolicy(*options.type, jws)));
  VIDIMUS_CHECK_OK(CheckPolicyRemoved(answer.payload));
  return Json(JsonObject{{"result", "Removed"}, {"attestationType", TypeName(options)}});
}

Result<Json> History(Session& session, const Options& options) {
  VIDIMUS_TRY(const InstanceClient instance, session.Instance());
  return session.BodyOf(options.version == 0 ? instance.PolicyHistory(*options.type)
                                             : instance.PolicyVersion(*options.type, options.version));
}

Result<Json> RollBack(Session& session, const Options& options) {
  VIDIMUS_TRY(const InstanceClient instance, session.Instance());
  return session.BodyOf(instance.RollBackPolicy(*options.type, options.version));
}

struct Verb {
  std::string name, description, footer;
  Result<Json> (*act)(Session&, const Options&);
};

CLI::App* AddVerb(CLI::App& policy, std::function<int()>& run, const std::shared_ptr<Options>& options, const Verb& verb) {
  CLI::App* command = policy.add_subcommand(verb.name, verb.description);
  command->footer(verb.footer + kRemoteFooter);
  AddAttestationTypeOption(*command, options->type);
  AddInstanceOptions(*command, options->remote);
  command->callback([options, &run, name = "policy " + verb.name, act = verb.act] {
    run = [=] { return Session::Run(name, options->remote, [&](Session& session) { return act(session, *options); }); };
  });
  return command;
}

void AddSet(CLI::App& policy, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      AddVerb(policy, run, options,
              {"set", "Have a running instance judge by a policy.",
               "The policy is compiled here first; what is wrong with it is shown, and nothing is sent then. The service's signed\n"
               "answer has to say that it keeps just what was sent.\n",
               Set});
  auto* source = command->add_option_group("policy", "The policy: one of these");
  source->add_option("--new-attestation-policy", options->text, "The policy itself")->type_name("TEXT");
  source->add_option("--new-attestation-policy-file,-f", options->file, "Its file; - is standard input")->type_name("FILE");
  source->require_option(1);
  command->add_option("--policy-format", options->format, "Text, or a JWS that is sent as it is")
      ->check(CLI::IsMember({"Text", "JWT"}))
      ->capture_default_str();
  AddSigningOptions(*command, options->signing, "Sign the policy");
}

void AddShow(CLI::App& policy, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = AddVerb(policy, run, options, {"show", "Print the policy that a running instance judges by.", "", Show});
  command->add_flag("--text", options->only_text, "Only its text, octet for octet");
}

void AddReset(CLI::App& policy, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = AddVerb(policy, run, options, {"reset", "Have a running instance judge by the default policy again.", "", Reset});
  CLI::Option* jws = command->add_option("--policy-jws", options->reset_jws, "A JWS over nothing; unsecured by default")->type_name("JWS");
  AddSigningOptions(*command, options->signing, "Sign the reset")->excludes(jws);
}

void AddHistory(CLI::App& policy, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      AddVerb(policy, run, options, {"history", "Print who set which policy of a running instance, and when.", "", History});
  command->add_option("--version", options->version, "Only this one, with its text and JWS")->check(CLI::PositiveNumber);
}

void AddRollback(CLI::App& policy, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = AddVerb(policy, run, options, {"rollback", "Set an earlier policy of a running instance again.", "", RollBack});
  command->add_option("--version", options->version, "Which, as history numbers them")->required()->check(CLI::PositiveNumber);
}

}  // namespace

void AddRemotePolicyVerbs(CLI::App& policy, std::function<int()>& run) {
  AddSet(policy, run);
  AddShow(policy, run);
  AddReset(policy, run);
  AddHistory(policy, run);
  AddRollback(policy, run);
}

}  // namespace vidimus
