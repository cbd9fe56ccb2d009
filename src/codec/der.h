// DER (X.690 sections 8 and 10): definite, minimal lengths only; low tag numbers only. Views alias the input.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace vidimus {

struct DerElement {
  uint8_t tag = 0;
  Bytes value;
  Bytes raw;  // tag, length and value
};

class DerReader {
 public:
  explicit DerReader(Bytes input) : rest_(input) {}
  bool empty() const { return rest_.empty(); }
  bool NextIs(uint8_t tag) const { return !rest_.empty() && rest_[0] == tag; }
  Result<DerElement> Read();
  Result<DerElement> Read(uint8_t tag);
  Result<Bytes> ReadUnsigned();  // non-negative INTEGER, no leading zeros
  Result<UnixTime> ReadTime();   // UTCTime or GeneralizedTime, Z form

 private:
  Bytes rest_;
};

}  // namespace vidimus
