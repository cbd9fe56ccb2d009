// What SGX and TDX quotes have in common, bytes to fields (intel-dcap sections 1.1, 1.2, 1.5 to 1.7). No judgement beyond the format.
//
// ECDSA-P256 only. Every view aliases the input, which must outlive the quote. Bytes after the quote are legal (section 1.2); bytes inside
// the auth data are consumed exactly.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "evidence/sgx_report.h"

namespace vidimus {

struct IntelQuote {
  uint16_t version;
  std::array<uint8_t, 20> user_data;
  uint16_t body_type;     // section 1.2, also of versions that do not say it: 1 SGX, 2 TD report 1.0
  Bytes body;             // the report that is quoted
  Bytes signed_region;    // what the attestation key signed: header, descriptor of version 5, body
  Bytes signature;        // raw r||s, 64 bytes
  Bytes attestation_key;  // raw X||Y, 64 bytes
  SgxReportBody qe_report;
  Bytes qe_report_bytes;        // 384 bytes
  Bytes qe_report_signature;    // raw r||s by the PCK key
  Bytes qe_auth_data;           // any length, 0 included
  uint16_t certification_type;  // 1 to 5; section 1.7
  Bytes certification_data;
  Bytes whole;  // the quote without what follows it
};

// The `where` of each refusal.
struct IntelQuoteNames {
  std::string_view size, version, attestation_key_type, tee_type, qe_vendor_id, body_type, body_size, auth_data_length, auth_data,
      certification_type;
};

// One kind of body.
struct IntelQuoteBody {
  uint16_t type;
  size_t size;
};

// What quotes of one TEE look like.
struct IntelQuoteFormat {
  IntelQuoteNames names;
  uint32_t tee_type;             // of the header
  uint16_t first_version;        // the last is 5
  std::string_view tee, types;   // for messages: "0 (SGX)", "1 (SGX report body)"
  const IntelQuoteBody* bodies;  // the first is that of versions before 5
  size_t body_count;
};

// Refuses more than limits::kQuoteBytes. Errors: those of `format`
Result<IntelQuote> ParseIntelQuote(Bytes input, const IntelQuoteFormat& format);

}  // namespace vidimus
