// What `vidimus serve` runs on, whether it was asked for by --dev or by a configuration file.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../clock.h"
#include "api/errors.h"
#include "crypto/private_key.h"
#include "endorsement/intel_endorsements.h"
#include "service/attestation_service.h"
#include "sim/intel_vendor.h"

namespace vidimus {

struct ListenAddress {
  std::string host;  // a literal IPv4 or IPv6 address, without brackets
  uint16_t port = 0;
};

// "127.0.0.1:8443", "[::1]:8443". Error: option.listen
Result<ListenAddress> ParseListenAddress(const std::string& text);

struct ServePlan {
  ListenAddress listen;
  std::string issuer;  // empty: https://localhost:PORT, of a dev server
  std::string tls_certificate_pem, tls_key_pem;
  std::optional<PrivateKey> signing_key;
  AppraisalSettings appraisal;
  std::map<EvidenceType, std::string> policies;  // text by type; the published default where absent
  std::vector<NamedDocument> documents;
  std::optional<SimulatedIntel> vendor;  // of a dev server only
  JudgingClock clock;
  ExplainSetting explain = ExplainSetting::kFull;
  bool dev = false;
};

// Serves until SIGTERM or SIGINT; returns the exit status.
int Serve(ServePlan plan);

}  // namespace vidimus
