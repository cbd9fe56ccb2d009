// Sources of Intel's endorsements over https: Intel's own service (PCS), its caching server (PCCS) and Azure's mirror (THIM), intel-dcap
// sections 4.6 to 4.8.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/fetcher.h"
#include "base/time.h"
#include "gather/intel_source.h"

namespace vidimus {

enum class HttpSourceKind { kPcs, kPcsV3, kPccs, kThim };

// "pcs", "pcs-v3", "pccs", "thim".
std::optional<HttpSourceKind> FindHttpSourceKind(std::string_view name);

struct HttpSourceSettings {
  std::string name;  // for messages and metrics
  HttpSourceKind kind = HttpSourceKind::kPcs;
  std::string url;  // scheme, host and port; what comes after is the kind's
};

// Where the kind is published for everybody; PCCS is not.
std::optional<std::string> PublishedUrl(HttpSourceKind kind);

// Asks `fetcher`, which may be called by several threads at once, for one document at a time, with limits::kEndorsementBytes and
// limits::kSourceSeconds. PCS v3 knows neither TDX nor evaluation numbers, THIM no evaluation numbers: kUnsupported, and nothing is asked.
// `clock` is for a Retry-After that names an instant. Errors: gather.source.unsupported, gather.source.status, gather.source.empty,
// gather.source.issuer_chain, net.fetch.*
std::unique_ptr<IntelSource> MakeHttpSource(HttpSourceSettings settings, std::shared_ptr<Fetcher> fetcher, std::function<UnixTime()> clock);

// The value of a Retry-After header (RFC 9110 section 10.2.3): seconds, or an instant, from 0 to limits::kRetryAfterSeconds; none where it
// is neither.
std::optional<std::chrono::seconds> ParseRetryAfter(const std::string& value, UnixTime now);

}  // namespace vidimus
