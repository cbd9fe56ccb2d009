// Builds SGX quotes for tests from their fields, in the layout of intel-dcap sections 1.1 to 1.6. Signatures are not real.
#pragma once

#include "base/bytes.h"

namespace vidimus::testing {

inline void Append(ByteVector& out, const ByteVector& more) { out.insert(out.end(), more.begin(), more.end()); }

inline void AppendLe(ByteVector& out, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

// `size` octets that differ from their neighbours and, by `seed`, from those of other fields.
inline ByteVector Pattern(size_t size, uint8_t seed) {
  ByteVector out(size);
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<uint8_t>(seed + 31 * i);
  return out;
}

struct QuoteParts {
  uint16_t version = 3;
  uint16_t key_type = 2;
  uint32_t tee_type = 0;
  ByteVector vendor = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
  ByteVector user_data = Pattern(20, 1);
  uint16_t body_type = 1;    // of version 5
  uint32_t body_size = 384;  // of version 5
  ByteVector body = Pattern(384, 2);
  ByteVector signature = Pattern(64, 3);
  ByteVector key = Pattern(64, 4);
  ByteVector qe_report = Pattern(384, 5);
  ByteVector qe_signature = Pattern(64, 6);
  ByteVector qe_auth_data = Pattern(32, 7);
  uint16_t certification_type = 5;
  ByteVector certification_data = Pattern(100, 8);
  uint16_t outer_type = 6;    // of versions 4 and 5
  int64_t auth_size_off = 0;  // what to add to the true lengths
  int64_t outer_size_off = 0;
};

inline ByteVector BuildQuote(const QuoteParts& parts) {
  ByteVector inner = parts.qe_report;
  Append(inner, parts.qe_signature);
  AppendLe(inner, parts.qe_auth_data.size(), 2);
  Append(inner, parts.qe_auth_data);
  AppendLe(inner, parts.certification_type, 2);
  AppendLe(inner, parts.certification_data.size(), 4);
  Append(inner, parts.certification_data);
  ByteVector auth = parts.signature;
  Append(auth, parts.key);
  if (parts.version != 3) {
    AppendLe(auth, parts.outer_type, 2);
    AppendLe(auth, static_cast<uint64_t>(static_cast<int64_t>(inner.size()) + parts.outer_size_off), 4);
  }
  Append(auth, inner);
  ByteVector out;
  AppendLe(out, parts.version, 2);
  AppendLe(out, parts.key_type, 2);
  AppendLe(out, parts.tee_type, 4);
  AppendLe(out, 0x00020001, 4);  // QE SVN, PCE SVN
  Append(out, parts.vendor);
  Append(out, parts.user_data);
  if (parts.version == 5) {
    AppendLe(out, parts.body_type, 2);
    AppendLe(out, parts.body_size, 4);
  }
  Append(out, parts.body);
  AppendLe(out, static_cast<uint64_t>(static_cast<int64_t>(auth.size()) + parts.auth_size_off), 4);
  Append(out, auth);
  return out;
}

}  // namespace vidimus::testing
