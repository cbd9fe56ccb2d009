// What `vidimus serve` runs on, whether it was asked for by --dev or by a configuration file.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "../clock.h"
#include "endorsement/intel_endorsements.h"
#include "gather/http_source.h"
#include "net/http_server.h"
#include "service/instance_registry.h"
#include "sim/authority.h"
#include "sim/intel_vendor.h"

namespace vidimus {

struct ListenAddress {
  std::string host;  // a literal IPv4 or IPv6 address, without brackets
  uint16_t port = 0;
};

// "127.0.0.1:8443", "[::1]:8443". Error: option.listen
Result<ListenAddress> ParseListenAddress(const std::string& text);

// One instance's own listener, which Host headers do not matter to.
struct InstanceEndpoint {
  std::string instance;
  ListenAddress listen;
  std::string url;  // empty: https://localhost:PORT, of a dev server
};

// An issuer of bearer tokens, and what its server's certificate must chain to.
struct TrustedIssuer {
  OpenIdIssuer issuer;
  std::string ca_file;  // empty: the system's authorities
};

// Where endorsements may be fetched, and what its certificate must chain to.
struct HttpCollateralSource {
  HttpSourceSettings source;
  std::string ca_file;  // empty: the system's authorities
};

// Where they are at hand: a folder or a bundle, read again whenever a document is asked for.
struct HeldCollateralSource {
  std::string name, path;
};

using CollateralSource = std::variant<HttpCollateralSource, HeldCollateralSource>;

// What is there now. Errors: as ReadDocuments and IntelEndorsements::Load
Result<IntelEndorsements> ReadSource(const HeldCollateralSource& source, std::vector<TrustAnchor> anchors);

// What changes more often than services restart: certificates are renewed, endorsements published. One may be right and the other not.
struct RenewedFiles {
  Result<std::vector<TlsIdentity>> identities;
  Result<std::vector<NamedDocument>> documents;
};

struct ServePlan {
  ListenAddress listen;
  std::vector<InstanceEndpoint> own_endpoints;
  std::optional<ListenAddress> health;             // where /healthz and /readyz are, besides the first listener
  std::optional<ListenAddress> collateral_listen;  // where other verifiers are given what Intel publishes, by the paths of PCS
  std::vector<TlsIdentity> identities;

  std::string issuer;        // of the default instance; empty: https://localhost:PORT, of a dev server
  std::string instance_url;  // template; empty: only the default instance and those with listeners; of a dev server its port is added
  std::string store_url;
  std::optional<MasterKey> master_key, previous_master_key;
  std::optional<Pkcs11Token> pkcs11;
  std::chrono::seconds max_staleness{300};

  std::vector<TrustedIssuer> issuers;
  std::vector<ClaimMatch> operators;
  InstanceDefaults defaults;

  std::vector<NamedDocument> documents;
  bool imports_suffice = false;              // no documents and no sources, and said so: what operators import is judged by
  std::vector<CollateralSource> sources;     // in the order in which they are asked
  std::function<RenewedFiles()> read_again;  // from the files that they came from; empty of a dev server, which has none
  JudgingClock clock;
  // Of a dev server only.
  std::optional<SimulatedIntel> vendor;
  std::optional<SimulatedAuthority> authority;
  std::string client_file;  // where it is written how to sign in
};

// Serves until SIGTERM or SIGINT, and reads its files again at SIGHUP; returns the exit status.
int Serve(ServePlan plan);

}  // namespace vidimus
