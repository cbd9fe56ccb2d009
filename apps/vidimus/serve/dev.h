// The plan of `vidimus serve --dev`: no configuration, everything it needs made in a state folder at first use.
#pragma once

#include <string>
#include <vector>

#include "plan.h"
#include "service/intel_settings.h"

namespace vidimus {

struct DevOptions {
  std::string listen = "127.0.0.1:8443";
  std::string state = ".vidimus";
  std::string issuer;
  std::string clock;
  std::vector<std::string> endorsements;
  IntelSettingsText settings;
  std::vector<std::string> instance_listen;  // NAME=ADDR:PORT
  bool remote = false;
};

// The state folder then holds keys/ca.pem, to give to clients; client.json, what the first client signs in with; and what must not be
// given away: the CA's key, the master key, the store.
// Errors: state.*, sim.state.*, crypto.*, option.*, file.*, token.signer.issuer
Result<ServePlan> PlanDevServer(const DevOptions& options);

// Stands before the keys of dev servers in their files, so that a production server can refuse them.
inline constexpr std::string_view kDevKeyMark = "# Vidimus development key: never for production";

}  // namespace vidimus
