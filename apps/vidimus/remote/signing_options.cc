#include "remote/signing_options.h"

#include <CLI/CLI.hpp>

#include "files.h"

namespace vidimus {

CLI::Option* AddSigningOptions(CLI::App& command, SigningOptions& options, const std::string& what) {
  CLI::Option* key = command.add_option("--signing-key", options.key, what + " with this RSA key, an unencrypted PEM file");
  CLI::Option* certificate =
      command.add_option("--signing-cert", options.certificate, "The key's certificate, and its issuers after it, PEM");
  key->type_name("KEY")->needs(certificate);
  certificate->type_name("CERT")->needs(key);
  return key;
}

Result<std::optional<SigningIdentity>> ReadSigner(const SigningOptions& options) {
  if (options.key.empty()) return std::nullopt;
  VIDIMUS_TRY(const ByteVector key, ReadFile(options.key));
  VIDIMUS_TRY(const ByteVector certificates, ReadFile(options.certificate));
  VIDIMUS_TRY(SigningIdentity out, ParseSigningIdentity(key, certificates));
  return out;
}

}  // namespace vidimus
