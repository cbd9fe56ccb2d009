#include "sim/sgx_enclave.h"

#include <algorithm>

#include "crypto/digest.h"
#include "sim/byte_writer.h"

namespace vidimus {
namespace {

constexpr std::array<uint8_t, 16> kSgxEcdsaFormat = {0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d, 0x40, 0x14,
                                                     0xb7, 0x0a, 0xa1, 0x25, 0xd2, 0xfb, 0xcd, 0x8c};

}  // namespace

ByteVector EncodeSgxReport(const SgxReportFields& fields) {
  ByteWriter out;
  out.Append(fields.cpu_svn).Append(fields.misc_select).Zeros(12).Append(fields.isv_ext_prod_id);
  out.Le(fields.flags).Le(fields.xfrm).Append(fields.mr_enclave).Zeros(32).Append(fields.mr_signer).Zeros(32);
  out.Append(fields.config_id).Le(fields.isv_prod_id).Le(fields.isv_svn).Le(fields.config_svn).Zeros(42);
  out.Append(fields.isv_family_id).Append(fields.report_data);
  return out.Take();
}

std::array<uint8_t, 64> BoundReportData(Bytes data) {
  std::array<uint8_t, 64> out{};
  const Sha256Digest digest = Sha256(data);
  std::copy(digest.begin(), digest.end(), out.begin());
  return out;
}

ByteVector FrameOpenEnclaveReport(Bytes quote) {
  return ByteWriter().Le(uint32_t{1}).Le(uint32_t{2}).Le(uint64_t{quote.size()}).Append(quote).Take();
}

ByteVector FrameOpenEnclaveEvidence(Bytes quote, Bytes custom_claims) {
  ByteWriter out;
  out.Le(uint32_t{3}).Append(kSgxEcdsaFormat).Zeros(4).Le(uint64_t{quote.size() + custom_claims.size()});
  return out.Append(quote).Append(custom_claims).Take();
}

}  // namespace vidimus
