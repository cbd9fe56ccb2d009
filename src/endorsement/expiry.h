// Expiry: what an instance makes of a nextUpdate that has passed (intel-dcap section 4.9). Nothing here relaxes the validity of a
// certificate, a signature, or a date of issue.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace vidimus {

struct Expiry {
  int64_t grace = 0;     // seconds after nextUpdate, of CRLs too
  bool ignored = false;  // the nextUpdate of TCB info and identities, of nothing else

  bool Covers(UnixTime next_update, UnixTime now) const { return ignored || CoversCrl(next_update, now); }
  bool CoversCrl(UnixTime next_update, UnixTime now) const { return now <= next_update || now - next_update <= grace; }
};

// "strict", "grace(86400)", "ignore".
std::string ExpiryText(const Expiry& expiry);

// What it adds to a period of validity, after this in a message: "", " and 60 s of grace", " (nextUpdate ignored by setting)".
std::string LeniencyText(const Expiry& expiry);

// What ExpiryText writes, of a grace from 1 to limits::kGraceSeconds. Error: intel.expiry
Result<Expiry> ParseExpiry(std::string_view text);

}  // namespace vidimus
