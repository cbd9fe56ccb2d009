// The endorsements of a running server: the documents it was started with and, on a dev server, those of its simulated vendor,
// which are signed again as the clock moves.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <vector>

#include "service/attestation_service.h"
#include "sim/intel_vendor.h"

namespace vidimus {

class HeldEndorsements : public EndorsementSource {
 public:
  HeldEndorsements(std::vector<NamedDocument> documents, std::optional<SimulatedIntel> vendor)
      : documents_(std::move(documents)), vendor_(std::move(vendor)) {}

  // Errors: those of IntelEndorsements::Load.
  Result<std::shared_ptr<const IntelEndorsements>> At(UnixTime now) override;
  // Judges by these documents from now on. An error, one of IntelEndorsements::Load or RequireSome, changes nothing.
  Status Replace(std::vector<NamedDocument> documents, UnixTime now);

 private:
  struct Snapshot {
    std::shared_ptr<const IntelEndorsements> endorsements;
    UnixTime made_for;
  };
  bool Holds(const Snapshot* snapshot, UnixTime now) const;
  Result<std::shared_ptr<const Snapshot>> Load(std::vector<NamedDocument> documents, UnixTime now) const;

  std::vector<NamedDocument> documents_;  // guarded by loading_
  const std::optional<SimulatedIntel> vendor_;
  std::atomic<std::shared_ptr<const Snapshot>> snapshot_;
  std::mutex loading_;
};

}  // namespace vidimus
