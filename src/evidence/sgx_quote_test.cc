#include "evidence/sgx_quote.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/hex.h"
#include "base/limits.h"
#include "tests/support/sgx_quote_builder.h"
#include "tests/support/vectors.h"

namespace vidimus {
namespace {

using testing::BuildQuote;
using testing::Pattern;
using testing::QuoteParts;

std::string_view Refusal(const ByteVector& bytes) {
  const auto quote = ParseSgxQuote(bytes);
  return quote ? "accepted" : quote.error().where;
}

std::string_view Refusal(const QuoteParts& parts) { return Refusal(BuildQuote(parts)); }

QuoteParts OfVersion(uint16_t version) {
  QuoteParts parts;
  parts.version = version;
  return parts;
}

template <size_t N>
ByteVector Copy(const std::array<uint8_t, N>& field) {
  return {field.begin(), field.end()};
}

ByteVector Copy(Bytes view) { return {view.begin(), view.end()}; }

ByteVector Slice(const ByteVector& bytes, size_t offset, size_t size) { return Copy(Bytes(bytes).subspan(offset, size)); }

// intel-dcap section 1.3, offsets by hand.
TEST(SgxReportBody, EveryFieldIsReadFromItsOffset) {
  ByteVector bytes = Pattern(384, 0);
  for (size_t i = 256; i < 262; ++i) bytes[i] = static_cast<uint8_t>(i - 255);
  const SgxReportBody body = ParseSgxReportBody(bytes).value();
  EXPECT_EQ(Copy(body.cpu_svn), Slice(bytes, 0, 16));
  EXPECT_EQ(Copy(body.misc_select), Slice(bytes, 16, 4));
  EXPECT_EQ(Copy(body.reserved1), Slice(bytes, 20, 12));
  EXPECT_EQ(Copy(body.isv_ext_prod_id), Slice(bytes, 32, 16));
  EXPECT_EQ(Copy(body.attributes), Slice(bytes, 48, 16));
  EXPECT_EQ(Copy(body.mr_enclave), Slice(bytes, 64, 32));
  EXPECT_EQ(Copy(body.reserved2), Slice(bytes, 96, 32));
  EXPECT_EQ(Copy(body.mr_signer), Slice(bytes, 128, 32));
  EXPECT_EQ(Copy(body.reserved3), Slice(bytes, 160, 32));
  EXPECT_EQ(Copy(body.config_id), Slice(bytes, 192, 64));
  EXPECT_EQ(body.isv_prod_id, 0x0201);
  EXPECT_EQ(body.isv_svn, 0x0403);
  EXPECT_EQ(body.config_svn, 0x0605);
  EXPECT_EQ(Copy(body.reserved4), Slice(bytes, 262, 42));
  EXPECT_EQ(Copy(body.isv_family_id), Slice(bytes, 304, 16));
  EXPECT_EQ(Copy(body.report_data), Slice(bytes, 320, 64));
}

TEST(SgxReportBody, FlagsAreTheFirstEightOctetsOfAttributesLittleEndian) {
  ByteVector bytes(384, 0);
  bytes[48] = 0x93;
  bytes[49] = 0x04;
  bytes[55] = 0x80;
  bytes[56] = 0xff;  // XFRM
  const SgxReportBody body = ParseSgxReportBody(bytes).value();
  EXPECT_EQ(SgxFlags(body), 0x8000000000000493U);
  EXPECT_EQ(SgxFlags(body) & 0xffff, kSgxFlagInit | kSgxFlagDebug | kSgxFlagProvisionKey | kSgxFlagKss | kSgxFlagAexNotify);
}

TEST(SgxReportBody, HasExactly384Octets) {
  for (const size_t size : {0U, 383U, 385U}) EXPECT_EQ(ParseSgxReportBody(ByteVector(size)).error().where, "sgx.report.size");
}

// Sections 1.1 to 1.6 for each version.
TEST(SgxQuote, EveryFieldIsReadFromItsPlaceInEveryVersion) {
  for (const auto version : std::initializer_list<uint16_t>{3, 4, 5}) {
    const QuoteParts parts = OfVersion(version);
    const ByteVector bytes = BuildQuote(parts);
    const SgxQuote quote = ParseSgxQuote(bytes).value();
    EXPECT_EQ(quote.version, version);
    EXPECT_EQ(Copy(quote.user_data), parts.user_data);
    EXPECT_EQ(Copy(quote.report.report_data), Slice(parts.body, 320, 64));
    EXPECT_EQ(Copy(quote.signed_region), Slice(bytes, 0, version == 5 ? 438 : 432));
    EXPECT_EQ(Copy(quote.signature), parts.signature);
    EXPECT_EQ(Copy(quote.attestation_key), parts.key);
    EXPECT_EQ(Copy(quote.qe_report_bytes), parts.qe_report);
    EXPECT_EQ(Copy(quote.qe_report.mr_signer), Slice(parts.qe_report, 128, 32));
    EXPECT_EQ(Copy(quote.qe_report_signature), parts.qe_signature);
    EXPECT_EQ(Copy(quote.qe_auth_data), parts.qe_auth_data);
    EXPECT_EQ(quote.certification_type, 5);
    EXPECT_EQ(Copy(quote.certification_data), parts.certification_data);
    EXPECT_EQ(quote.whole.data(), bytes.data());
    EXPECT_EQ(quote.whole.size(), bytes.size());
  }
}

TEST(SgxQuote, NoPrefixIsAcceptedInAnyVersion) {
  for (const auto version : std::initializer_list<uint16_t>{3, 4, 5}) {
    const ByteVector bytes = BuildQuote(OfVersion(version));
    for (size_t size = 0; size < bytes.size(); ++size) ASSERT_NE(Refusal(Slice(bytes, 0, size)), "accepted") << version << " " << size;
  }
}

// Section 1.2: signed_data_len says where the quote ends.
TEST(SgxQuote, BytesMayFollowTheQuoteAndAreNoPartOfIt) {
  ByteVector bytes = BuildQuote({});
  const size_t size = bytes.size();
  bytes.resize(size + 10, 0xee);
  const SgxQuote quote = ParseSgxQuote(bytes).value();
  EXPECT_EQ(quote.whole.size(), size);
}

TEST(SgxQuote, SizeIsAcceptedUpToTheLimitAndNotOnePast) {
  ByteVector bytes = BuildQuote({});
  bytes.resize(limits::kQuoteBytes);
  EXPECT_EQ(Refusal(bytes), "accepted");
  bytes.resize(limits::kQuoteBytes + 1);
  EXPECT_EQ(Refusal(bytes), "sgx.quote.size");
  EXPECT_EQ(ParseSgxQuote(bytes).error().code, ErrorCode::kLimit);
}

// Section 1.5: 48 + 384 + 4 + 584.
TEST(SgxQuote, TheSmallestQuoteHas1020Octets) {
  QuoteParts parts;
  parts.qe_auth_data = {};
  parts.certification_data = {};
  const ByteVector bytes = BuildQuote(parts);
  EXPECT_EQ(bytes.size(), 1020U);
  EXPECT_EQ(Refusal(bytes), "accepted");
  EXPECT_EQ(Refusal(Slice(bytes, 0, 1019)), "sgx.quote.size");
}

TEST(SgxQuote, VersionsThreeToFiveAreKnown) {
  for (const auto version : std::initializer_list<uint16_t>{0, 1, 2, 6, 0x0300, 0xffff})
    EXPECT_EQ(Refusal(OfVersion(version)), "sgx.quote.version") << version;
}

TEST(SgxQuote, OnlyEcdsaP256KeysAreKnown) {
  for (const auto type : std::initializer_list<uint16_t>{0, 1, 3, 4, 0x0200}) {
    QuoteParts parts;
    parts.key_type = type;
    EXPECT_EQ(Refusal(parts), "sgx.quote.attestation_key_type") << type;
  }
}

TEST(SgxQuote, QuotesOfOtherHardwareAreUnsupported) {
  QuoteParts parts = OfVersion(4);
  parts.tee_type = 0x81;
  EXPECT_EQ(Refusal(parts), "sgx.quote.tee_type");
  EXPECT_EQ(ParseSgxQuote(BuildQuote(parts)).error().code, ErrorCode::kUnsupported);
  parts = OfVersion(3);
  parts.tee_type = 1;
  EXPECT_EQ(Refusal(parts), "sgx.quote.tee_type") << "section 1.1: zero in version 3";
}

TEST(SgxQuote, TheQuotingEnclaveMustBeIntels) {
  QuoteParts parts;
  parts.vendor[15] ^= 1;
  EXPECT_EQ(Refusal(parts), "sgx.quote.qe_vendor_id");
}

// Section 1.4
TEST(SgxQuote, TheBodyDescriptorOfVersionFiveMustSaySgx) {
  QuoteParts parts = OfVersion(5);
  parts.body_type = 2;
  EXPECT_EQ(Refusal(parts), "sgx.quote.body_type");
  parts = OfVersion(5);
  parts.body_size = 383;
  EXPECT_EQ(Refusal(parts), "sgx.quote.body_size");
  parts.body_size = 385;
  EXPECT_EQ(Refusal(parts), "sgx.quote.body_size");
}

// Section 1.7
TEST(SgxQuote, CertificationTypesOneToFiveAreKnown) {
  for (const auto version : std::initializer_list<uint16_t>{3, 4}) {
    for (uint16_t type = 0; type < 10; ++type) {
      QuoteParts parts = OfVersion(version);
      parts.certification_type = type;
      const bool known = type >= 1 && type <= 5;
      EXPECT_EQ(Refusal(parts), known ? "accepted" : "sgx.quote.certification_type") << type;
      if (known) {
        EXPECT_EQ(ParseSgxQuote(BuildQuote(parts))->certification_type, type);
      }
    }
  }
}

TEST(SgxQuote, TheOuterCertificationTypeOfVersionsFourAndFiveIsSix) {
  for (const auto type : std::initializer_list<uint16_t>{0, 5, 7}) {
    QuoteParts parts = OfVersion(4);
    parts.outer_type = type;
    EXPECT_EQ(Refusal(parts), "sgx.quote.certification_type") << type;
  }
}

TEST(SgxQuote, LengthsInsideMustAddUpExactly) {
  for (const auto version : std::initializer_list<uint16_t>{3, 4, 5}) {
    QuoteParts parts = OfVersion(version);
    parts.auth_size_off = 1;
    EXPECT_EQ(Refusal(parts), "sgx.quote.auth_data_length") << version;
    parts.auth_size_off = -1;
    EXPECT_EQ(Refusal(parts), "sgx.quote.auth_data") << version;
    parts.auth_size_off = 1;
    ByteVector longer = BuildQuote(parts);
    longer.push_back(0);
    EXPECT_EQ(Refusal(longer), "sgx.quote.auth_data") << version << ": an octet inside the auth data that no field claims";
  }
  for (const int64_t off : {-1, 1}) {
    QuoteParts parts = OfVersion(4);
    parts.outer_size_off = off;
    EXPECT_EQ(Refusal(parts), "sgx.quote.auth_data");
  }
}

TEST(SgxQuote, LengthsNearTheirLargestAreRefusedNotWrapped) {
  ByteVector bytes = BuildQuote({});
  std::fill_n(bytes.begin() + 432, 4, uint8_t{0xff});
  EXPECT_EQ(Refusal(bytes), "sgx.quote.auth_data_length");
  bytes = BuildQuote({});
  std::fill_n(bytes.begin() + 1012, 2, uint8_t{0xff});  // QE auth data size: 436 + 64 + 64 + 384 + 64
  EXPECT_EQ(Refusal(bytes), "sgx.quote.auth_data");
  bytes = BuildQuote({});
  std::fill_n(bytes.begin() + 1048, 4, uint8_t{0xff});  // certification data size: 1012 + 2 + 32 + 2
  EXPECT_EQ(Refusal(bytes), "sgx.quote.auth_data");
}

TEST(SgxQuote, RecordedQuotesReadAsIndexed) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json index = testing::ReadVectorJson("intel/index.json");
  int ran = 0;
  for (const Json& entry : *index.Find("parse_only")->AsArray()) {
    const ByteVector bytes = testing::ReadVector("intel/" + testing::Text(entry, "file"));
    if (*entry.Find("tee_type")->AsInt() != 0) {
      EXPECT_EQ(Refusal(bytes), "sgx.quote.tee_type");
      continue;
    }
    const SgxQuote quote = ParseSgxQuote(bytes).value();
    EXPECT_EQ(quote.version, *entry.Find("version")->AsInt());
    EXPECT_EQ(quote.certification_type, *entry.Find("cert_data_type")->AsInt());
    EXPECT_EQ(HexEncode(quote.report.mr_enclave), testing::Text(entry, "mrenclave"));
    EXPECT_EQ(HexEncode(quote.report.mr_signer), testing::Text(entry, "mrsigner"));
    ++ran;
  }
  EXPECT_GE(ran, 2);
  for (const char* tdx : {"tdx-v4-00806f050000-azure.bin", "tdx-v5-90c06f000000-gce.bin"})
    EXPECT_EQ(Refusal(testing::ReadVector(std::string("intel/quotes/") + tdx)), "sgx.quote.tee_type") << tdx;
}

TEST(SgxQuote, NoPrefixOfARecordedQuoteIsAccepted) {
  VIDIMUS_REQUIRE_VECTORS();
  const ByteVector bytes = testing::ReadVector("intel/quotes/sgx-v3-00906ed50000-azure-intelsdk.bin");
  const size_t whole = ParseSgxQuote(bytes).value().whole.size();
  for (size_t size = 0; size < whole; ++size) ASSERT_NE(Refusal(Slice(bytes, 0, size)), "accepted") << size;
  EXPECT_EQ(Refusal(Slice(bytes, 0, whole)), "accepted");
}

}  // namespace
}  // namespace vidimus
