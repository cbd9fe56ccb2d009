// vidimus policy wrap: the JWS that a policy upload is, unsecured or signed.
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "../commands.h"
#include "../files.h"
#include "../signing.h"
#include "base/limits.h"
#include "policy/diagnostic.h"
#include "token/policy_jws.h"
#include "verbs.h"

namespace vidimus {
namespace {

struct Options {
  std::string file, key, certificate;
};

struct Inputs {
  ByteVector text, key, certificate;
};

Result<Inputs> ReadInputs(const Options& options) {
  Inputs out;
  VIDIMUS_TRY(out.text, ReadFile(options.file));
  if (options.key.empty()) return out;
  VIDIMUS_TRY(out.key, ReadFile(options.key));
  VIDIMUS_TRY(out.certificate, ReadFile(options.certificate));
  return out;
}

Result<std::string> Wrap(const Inputs& in) {
  const std::string_view text = AsText(in.text);
  if (text.size() > limits::kPolicyBytes)
    return Fail(ErrorCode::kLimit, "policy.size",
                "found " + std::to_string(text.size()) + " bytes, expected at most " + std::to_string(limits::kPolicyBytes));
  if (!IsUtf8(in.text)) return Fail(ErrorCode::kMalformed, "policy.encoding", "found a policy that is not UTF-8");
  if (LooksLikePolicyJws(text)) return Fail(ErrorCode::kUsage, "policy.jws", "found a JWS already, expected the text of a policy");
  if (in.key.empty()) return UnsecuredPolicy(text);
  VIDIMUS_TRY(const SigningIdentity signer, ParseSigningIdentity(in.key, in.certificate));
  return SignPolicy(text, signer.key, signer.chain);
}

int Run(const Options& options) {
  const auto print = [](const Error& error) {
    std::cerr << "vidimus policy wrap: " << Printable(error.detail, error.detail.size()) << " (" << error.where << ")\n";
  };
  const auto inputs = ReadInputs(options);
  if (!inputs) {
    print(inputs.error());
    return kExitUsage;
  }
  const auto jws = Wrap(*inputs);
  if (!jws) {
    print(jws.error());
    return kExitRefused;
  }
  std::cout << *jws << '\n';
  return kExitAccepted;
}

}  // namespace

void AddPolicyWrap(CLI::App& policy, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = policy.add_subcommand("wrap", "Print a policy as the JWS in which services take policies.");
  command->footer("Exit status: 0 wrapped, 1 it cannot be wrapped or signed so, 2 wrong usage or unreadable file.");
  command->add_option("file", options->file, "The text of the policy; - is standard input")->required()->type_name("FILE");
  CLI::Option* key = command->add_option("--sign", options->key, "Sign with this RSA key, an unencrypted PEM file")->type_name("KEY");
  CLI::Option* certificate = command->add_option("--cert", options->certificate, "The key's certificate, and its issuers after it, PEM");
  certificate->type_name("CERT")->needs(key);
  key->needs(certificate);
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
