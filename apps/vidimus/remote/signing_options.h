// --signing-key and --signing-cert: who signs what an isolated instance is asked to change.
#pragma once

#include <optional>
#include <string>

#include "signing.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace vidimus {

struct SigningOptions {
  std::string key, certificate;
};

// Each needs the other. Returns that of the key.
CLI::Option* AddSigningOptions(CLI::App& command, SigningOptions& options, const std::string& what);

// None when the options are not said. Errors: as ReadFile and ParseSigningIdentity
Result<std::optional<SigningIdentity>> ReadSigner(const SigningOptions& options);

}  // namespace vidimus
