// What a software enclave can report, as octets: SGX report bodies and Open Enclave's framings (intel-dcap sections 1.3 and 1.9).
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "evidence/sgx_quote.h"

namespace vidimus {

// The fields of an SGX report; the defaults are a plausible release enclave without KSS.
struct SgxReportFields {
  std::array<uint8_t, 16> cpu_svn{};
  std::array<uint8_t, 4> misc_select{};
  std::array<uint8_t, 16> isv_ext_prod_id{};                // KSS
  uint64_t flags = kSgxFlagInit | kSgxFlagMode64;           // ATTRIBUTES.FLAGS; add kSgxFlagDebug, kSgxFlagKss …
  uint64_t xfrm = 0x7;                                      // x87, SSE, AVX
  std::array<uint8_t, 32> mr_enclave = {0x51, 0x3e, 0xc1};  // recognisably nobody's
  std::array<uint8_t, 32> mr_signer = {0x51, 0x39, 0xe2};
  std::array<uint8_t, 64> config_id{};  // KSS
  uint16_t isv_prod_id = 1;
  uint16_t isv_svn = 1;
  uint16_t config_svn = 0;                  // KSS
  std::array<uint8_t, 16> isv_family_id{};  // KSS
  std::array<uint8_t, 64> report_data{};
};

// kSgxReportBodySize bytes; reserved bytes are zero.
ByteVector EncodeSgxReport(const SgxReportFields& fields);

// Report data as clients bind it: SHA-256 of `data`, then 32 zero bytes (intel-dcap section 1.9).
std::array<uint8_t, 64> BoundReportData(Bytes data);

// A legacy Open Enclave remote report: 16 bytes of header, then the quote.
ByteVector FrameOpenEnclaveReport(Bytes quote);

// Open Enclave evidence, version 3, ECDSA format. The quote's report data must be BoundReportData(custom_claims).
ByteVector FrameOpenEnclaveEvidence(Bytes quote, Bytes custom_claims);

}  // namespace vidimus
