// vidimus policy unwrap: the text in a policy JWS, and who signed it.
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "../commands.h"
#include "../files.h"
#include "base/base64url.h"
#include "base/hex.h"
#include "codec/der.h"
#include "crypto/digest.h"
#include "crypto/x509.h"
#include "policy/diagnostic.h"
#include "token/attestation_claims.h"
#include "token/policy_jws.h"
#include "verbs.h"

namespace vidimus {
namespace {

constexpr size_t kShownCharacters = 120;

struct Options {
  std::string file, format = "text";
};

// The common name in the subject of a certificate of any key (RFC 5280 section 4.1).
Result<std::string> SubjectOf(Bytes certificate) {
  constexpr uint8_t kVersion = 0xa0;
  DerReader outer(certificate);
  VIDIMUS_TRY(const DerElement whole, outer.Read(x509::kSequence));
  DerReader parts(whole.value);
  VIDIMUS_TRY(const DerElement tbs, parts.Read(x509::kSequence));
  DerReader fields(tbs.value);
  const int before = fields.NextIs(kVersion) ? 5 : 4;  // version, serial, algorithm, issuer, validity
  for (int i = 0; i < before; ++i) {
    VIDIMUS_TRY([[maybe_unused]] const DerElement skipped, fields.Read());
  }
  VIDIMUS_TRY(const DerElement subject, fields.Read(x509::kSequence));
  return x509::CommonName(subject.value);
}

std::string SubjectShown(Bytes certificate) {
  const auto subject = SubjectOf(certificate);
  return subject && IsUtf8(AsBytes(*subject)) ? *subject : "";
}

std::string_view Name(PolicyJws::Signature signature) {
  switch (signature) {
    case PolicyJws::Signature::kNone: return "none";
    case PolicyJws::Signature::kValid: return "valid";
    case PolicyJws::Signature::kInvalid: break;
  }
  return "invalid";
}

Json ToJson(const PolicyJws& policy, std::string_view jws) {
  Json signer;
  if (!policy.x5c.empty())
    signer = JsonObject{{"subject", SubjectShown(policy.x5c.front())}, {"certificate_sha256", HexEncode(Sha256(policy.x5c.front()))}};
  return JsonObject{{"policy", policy.text},           {"alg", policy.algorithm},
                    {"hash", PolicyHash(policy.text)}, {"token_hash", Base64UrlEncode(Sha256(AsBytes(jws)))},
                    {"signer", std::move(signer)},     {"signature", Name(policy.signature)}};
}

std::string SignerInWords(const PolicyJws& policy) {
  if (policy.signature == PolicyJws::Signature::kNone) return "unsigned (alg none)";
  const std::string algorithm = "alg " + Printable(policy.algorithm, kShownCharacters);
  if (policy.x5c.empty()) return algorithm + ", without a certificate: its signature cannot be checked";
  const Bytes certificate = policy.x5c.front();
  return std::string(policy.signature == PolicyJws::Signature::kValid ? "signed" : "NOT signed") + " by the certificate in its header, \"" +
         Printable(SubjectShown(certificate), kShownCharacters) + "\" (" + algorithm + ", SHA-256 of the certificate " +
         HexEncode(Sha256(certificate)) + ")";
}

int Run(const Options& options) {
  const auto refuse = [](const Error& error, int status) {
    std::cerr << "vidimus policy unwrap: " << Printable(error.detail, error.detail.size()) << " (" << error.where << ")\n";
    return status;
  };
  const auto content = ReadFile(options.file);
  if (!content) return refuse(content.error(), kExitUsage);
  const std::string_view jws = UnquotedJws(AsText(*content));
  const auto policy = ReadPolicyJws(jws);
  if (!policy) return refuse(policy.error(), kExitRefused);
  if (options.format == "json") {
    if (!IsUtf8(AsBytes(policy->text)))
      return refuse({ErrorCode::kMalformed, "policy.encoding", "found a policy that is not UTF-8, expected one for JSON"}, kExitRefused);
    std::cout << WriteJson(ToJson(*policy, jws)) << '\n';
  } else {
    std::cout << policy->text << std::flush;
    std::cerr << "vidimus policy unwrap: " << SignerInWords(*policy) << '\n';
  }
  return policy->signature == PolicyJws::Signature::kInvalid ? kExitRefused : kExitAccepted;
}

}  // namespace

void AddPolicyUnwrap(CLI::App& policy, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = policy.add_subcommand("unwrap", "Print the text in a policy JWS exactly, and on standard error who signed it.");
  command->footer("Exit status: 0 unwrapped, 1 no policy JWS or a signature that does not hold, 2 wrong usage or unreadable file.");
  command->add_option("file", options->file, "The JWS, in quotes or not; - is standard input")->required()->type_name("FILE");
  command->add_option("--format", options->format, "How to print")->check(CLI::IsMember({"text", "json"}))->capture_default_str();
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
