// CollateralIndex: which of the documents held answers a question that clients put to Intel's PCS or to a PCCS. Pure.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "endorsement/intel_endorsements.h"

namespace vidimus {

struct CollateralQuestion {
  // kStandard: the number that Intel's rule of twelve months makes standard. kEarly: the highest. kNumber: that of the key.
  enum class Choice { kStandard, kEarly, kNumber };

  IntelDocumentKey key;  // of TCB info and identities `choice` says what the number means
  Choice choice = Choice::kStandard;
  int tcb_info_version = 3;  // 3, or 2 for SGX; of TCB info only
};

// Of one snapshot: made once, asked often, by several threads at once.
class CollateralIndex {
 public:
  explicit CollateralIndex(std::shared_ptr<const IntelEndorsements> endorsements);

  const std::shared_ptr<const IntelEndorsements>& endorsements() const { return endorsements_; }

  // The latest issue at or before `now` of what was asked for; of CRLs the greatest number. Whether its nextUpdate has passed is for
  // whoever verifies to judge; only kEarly prefers a number in force. Documents of several roots: those of the first anchor that has one.
  // A PCK CRL that nobody has checked is none. The document lives as long as this. Errors: collateral.missing; collateral.standard where
  // nothing is standard, for want of a list of evaluation numbers in force
  Result<const HeldIntelDocument*> Find(const CollateralQuestion& question, UnixTime now) const;

 private:
  struct Entry {
    HeldIntelDocument document;
    int tcb_info_version = 0;  // of TCB info only
  };
  const HeldIntelDocument* FindOf(const TrustAnchor& anchor, const CollateralQuestion& question, UnixTime now, bool& standard_known) const;

  const std::shared_ptr<const IntelEndorsements> endorsements_;
  std::map<IntelDocumentKey, std::vector<Entry>> by_subject_;  // keys without numbers
};

}  // namespace vidimus
