#include "endorsements.h"

#include <cstdlib>

namespace vidimus {
namespace {

constexpr int64_t kResignSeconds = 7 * 86400;  // well within the month for which simulated documents hold

}  // namespace

bool HeldEndorsements::Holds(const Snapshot* snapshot, UnixTime now) const {
  return snapshot != nullptr && (!vendor_ || (snapshot->made_for <= now && now - snapshot->made_for < kResignSeconds));
}

Result<std::shared_ptr<const HeldEndorsements::Snapshot>> HeldEndorsements::Load(std::vector<NamedDocument> documents, UnixTime now) const {
  std::vector<TrustAnchor> anchors = {IntelRootAnchor()};
  if (vendor_) {
    VIDIMUS_TRY(std::vector<NamedDocument> simulated, vendor_->Documents(now));
    documents.insert(documents.end(), simulated.begin(), simulated.end());
    VIDIMUS_TRY(TrustAnchor anchor, vendor_->Anchor());
    anchors.push_back(std::move(anchor));
  }
  VIDIMUS_TRY(IntelEndorsements loaded, IntelEndorsements::Load(documents, std::move(anchors)));
  return std::make_shared<const Snapshot>(Snapshot{std::make_shared<const IntelEndorsements>(std::move(loaded)), now});
}

Result<std::shared_ptr<const IntelEndorsements>> HeldEndorsements::At(UnixTime now) {
  std::shared_ptr<const Snapshot> held = snapshot_.load();
  if (Holds(held.get(), now)) return held->endorsements;
  const std::lock_guard lock(loading_);
  held = snapshot_.load();
  if (Holds(held.get(), now)) return held->endorsements;
  VIDIMUS_TRY(held, Load(documents_, now));
  snapshot_.store(held);
  return held->endorsements;
}

Status HeldEndorsements::Replace(std::vector<NamedDocument> documents, UnixTime now) {
  const std::lock_guard lock(loading_);
  VIDIMUS_TRY(std::shared_ptr<const Snapshot> loaded, Load(documents, now));
  VIDIMUS_CHECK_OK(loaded->endorsements->RequireSome());
  documents_ = std::move(documents);
  snapshot_.store(std::move(loaded));
  return {};
}

}  // namespace vidimus
