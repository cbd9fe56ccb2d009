#include "sim/sgx_enclave.h"

#include <gtest/gtest.h>

#include "evidence/open_enclave.h"

namespace vidimus {
namespace {

TEST(SgxEnclave, AReportIsReadBackFieldByField) {
  SgxReportFields in;
  in.cpu_svn.fill(0x01);
  in.misc_select = {1, 2, 3, 4};
  in.isv_ext_prod_id.fill(0x02);
  in.flags = kSgxFlagInit | kSgxFlagDebug | kSgxFlagKss;
  in.xfrm = 0x0706050403020100;
  in.mr_enclave.fill(0x03);
  in.mr_signer.fill(0x04);
  in.config_id.fill(0x05);
  in.isv_prod_id = 0x1234;
  in.isv_svn = 0x5678;
  in.config_svn = 0x9abc;
  in.isv_family_id.fill(0x06);
  in.report_data.fill(0x07);
  const ByteVector bytes = EncodeSgxReport(in);
  const auto out = ParseSgxReportBody(bytes);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->cpu_svn, in.cpu_svn);
  EXPECT_EQ(out->misc_select, in.misc_select);
  EXPECT_EQ(out->isv_ext_prod_id, in.isv_ext_prod_id);
  EXPECT_EQ(SgxFlags(*out), in.flags);
  EXPECT_EQ(Bytes(bytes)[48] & 0x02, 0x02) << "section 1.3: debuggable is byte 48 & 2";
  EXPECT_EQ(out->attributes[9], 0x01) << "XFRM is little-endian";
  EXPECT_EQ(out->mr_enclave, in.mr_enclave);
  EXPECT_EQ(out->mr_signer, in.mr_signer);
  EXPECT_EQ(out->config_id, in.config_id);
  EXPECT_EQ(out->isv_prod_id, in.isv_prod_id);
  EXPECT_EQ(out->isv_svn, in.isv_svn);
  EXPECT_EQ(out->config_svn, in.config_svn);
  EXPECT_EQ(out->isv_family_id, in.isv_family_id);
  EXPECT_EQ(out->report_data, in.report_data);
  for (const Bytes reserved : {out->reserved1, out->reserved2, out->reserved3, out->reserved4}) EXPECT_TRUE(AllZero(reserved));
}

TEST(SgxEnclave, ALegacyReportBeginsAsSection19Says) {
  const ByteVector quote = {0xaa, 0xbb};
  const ByteVector report = FrameOpenEnclaveReport(quote);
  EXPECT_EQ(report, (ByteVector{1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0xaa, 0xbb}));
  const auto read = ParseOpenEnclave(report);
  ASSERT_TRUE(read);
  EXPECT_TRUE(Equal(read->quote, quote));
  EXPECT_FALSE(read->has_custom_claims);
}

TEST(SgxEnclave, EvidenceCarriesItsCustomClaimsAfterTheQuote) {
  ByteVector quote(436);  // an empty auth data, length 0 at 432
  for (const ByteVector& claims : {ByteVector{}, ByteVector{1, 2, 3}}) {
    const ByteVector evidence = FrameOpenEnclaveEvidence(quote, claims);
    ASSERT_EQ(evidence.size(), 32 + quote.size() + claims.size());
    const auto read = ParseOpenEnclave(evidence);
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_TRUE(read->has_custom_claims);
    EXPECT_TRUE(Equal(read->quote, quote));
    EXPECT_TRUE(Equal(read->custom_claims, claims));
  }
}

}  // namespace
}  // namespace vidimus
