#include "evidence/tdx_quote.h"

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

// intel-dcap section 1.2: what a version 5 quote says of its body.
struct Kind {
  uint16_t version, body_type;
  uint32_t size;
};
constexpr Kind kKinds[] = {{4, 2, 584}, {5, 2, 584}, {5, 3, 648}, {5, 4, 885}};

QuoteParts Of(const Kind& kind) {
  QuoteParts parts;
  parts.version = kind.version;
  parts.tee_type = 0x81;
  parts.body_type = kind.body_type;
  parts.body_size = kind.size;
  parts.body = Pattern(kind.size, 2);
  return parts;
}

std::string_view Refusal(const ByteVector& bytes) {
  const auto quote = ParseTdxQuote(bytes);
  return quote ? "accepted" : quote.error().where;
}

std::string_view Refusal(const QuoteParts& parts) { return Refusal(BuildQuote(parts)); }

ByteVector Slice(const ByteVector& bytes, size_t offset, size_t size) {
  const Bytes view = Bytes(bytes).subspan(offset, size);
  return {view.begin(), view.end()};
}

// Section 1.4, offsets by hand.
TEST(TdReportBody, EveryFieldIsReadFromItsOffset) {
  for (const Kind& kind : kKinds) {
    const QuoteParts parts = Of(kind);
    const ByteVector& body = parts.body;
    const ByteVector bytes = BuildQuote(parts);
    const TdxQuote quote = ParseTdxQuote(bytes).value();
    const TdReportBody& report = quote.report;
    EXPECT_EQ(quote.body_type, kind.body_type);
    const auto is = [&](Bytes field, size_t offset) { return Equal(field, Slice(body, offset, field.size())); };
    EXPECT_TRUE(is(report.tee_tcb_svn, 0));
    EXPECT_TRUE(is(report.mr_seam, 16));
    EXPECT_TRUE(is(report.mr_signer_seam, 64));
    EXPECT_TRUE(is(report.seam_attributes, 112));
    EXPECT_TRUE(is(report.td_attributes, 120));
    EXPECT_TRUE(is(report.xfam, 128));
    EXPECT_TRUE(is(report.mr_td, 136));
    EXPECT_TRUE(is(report.mr_config_id, 184));
    EXPECT_TRUE(is(report.mr_owner, 232));
    EXPECT_TRUE(is(report.mr_owner_config, 280));
    for (size_t i = 0; i < 4; ++i) EXPECT_TRUE(is(report.rtmr[i], 328 + 48 * i)) << i;
    EXPECT_TRUE(is(report.report_data, 520));
    ASSERT_EQ(report.v1_5.has_value(), kind.body_type != 2);
    if (!report.v1_5) continue;
    EXPECT_TRUE(is(report.v1_5->tee_tcb_svn_2, 584));
    EXPECT_TRUE(is(report.v1_5->mr_service_td, 600));
  }
}

TEST(TdReportBody, AttributesAreOneLittleEndianNumber) {
  QuoteParts parts = Of(kKinds[0]);
  for (size_t i = 0; i < 8; ++i) parts.body[120 + i] = static_cast<uint8_t>(i + 1);
  const ByteVector bytes = BuildQuote(parts);
  EXPECT_EQ(TdAttributes(ParseTdxQuote(bytes)->report), 0x0807060504030201U);
}

// Section 1.2: header, descriptor of version 5, body.
TEST(TdxQuote, TheSignedRegionEndsWithTheBody) {
  const size_t ends[] = {632, 638, 702, 939};
  for (size_t i = 0; i < std::size(kKinds); ++i) {
    const ByteVector bytes = BuildQuote(Of(kKinds[i]));
    EXPECT_EQ(ParseTdxQuote(bytes)->signed_region.size(), ends[i]);
  }
}

TEST(TdxQuote, NoPrefixIsAcceptedOfAnyKind) {
  for (const Kind& kind : kKinds) {
    const ByteVector bytes = BuildQuote(Of(kind));
    for (size_t size = 0; size < bytes.size(); ++size) ASSERT_NE(Refusal(Slice(bytes, 0, size)), "accepted") << size;
    EXPECT_EQ(Refusal(bytes), "accepted");
  }
}

TEST(TdxQuote, SizeIsAcceptedUpToTheLimitAndNotOnePast) {
  ByteVector bytes = BuildQuote(Of(kKinds[0]));
  bytes.resize(limits::kQuoteBytes);
  EXPECT_EQ(Refusal(bytes), "accepted") << "section 1.2: bytes may follow the quote";
  bytes.resize(limits::kQuoteBytes + 1);
  EXPECT_EQ(Refusal(bytes), "tdx.quote.size");
}

TEST(TdxQuote, VersionsFourAndFiveOfTdxAreKnownAndNothingElse) {
  for (const auto version : std::initializer_list<uint16_t>{0, 3, 6}) {
    QuoteParts parts = Of(kKinds[0]);
    parts.version = version;
    EXPECT_EQ(Refusal(parts), "tdx.quote.version") << version;
  }
  for (const auto tee : std::initializer_list<uint32_t>{0, 1, 0x80, 0x81000000}) {
    QuoteParts parts = Of(kKinds[0]);
    parts.tee_type = tee;
    EXPECT_EQ(Refusal(parts), "tdx.quote.tee_type") << tee;
  }
}

TEST(TdxQuote, TheBodyDescriptorMustNameATdReportOfItsSize) {
  for (const auto type : std::initializer_list<uint16_t>{0, 1, 5}) {
    QuoteParts parts = Of(kKinds[1]);
    parts.body_type = type;
    EXPECT_EQ(Refusal(parts), "tdx.quote.body_type") << type;
  }
  for (const Kind& kind : kKinds) {
    if (kind.version == 4) continue;
    for (const uint32_t size : {kind.size - 1, kind.size + 1, kind.size == 584U ? 648U : 584U}) {
      QuoteParts parts = Of(kind);
      parts.body_size = size;
      EXPECT_EQ(Refusal(parts), "tdx.quote.body_size") << kind.body_type << " " << size;
    }
  }
}

TEST(TdxQuote, WhatFollowsTheBodyIsReadAsInSgxQuotes) {
  const auto spoiled = [](void (*spoil)(QuoteParts&)) {
    QuoteParts parts = Of(kKinds[2]);
    spoil(parts);
    return Refusal(parts);
  };
  EXPECT_EQ(spoiled([](QuoteParts& parts) { parts.key_type = 3; }), "tdx.quote.attestation_key_type");
  EXPECT_EQ(spoiled([](QuoteParts& parts) { parts.vendor[0] ^= 1; }), "tdx.quote.qe_vendor_id");
  EXPECT_EQ(spoiled([](QuoteParts& parts) { parts.outer_type = 5; }), "tdx.quote.certification_type");
  EXPECT_EQ(spoiled([](QuoteParts& parts) { parts.certification_type = 6; }), "tdx.quote.certification_type");
  EXPECT_EQ(spoiled([](QuoteParts& parts) { parts.auth_size_off = 1; }), "tdx.quote.auth_data_length");
  EXPECT_EQ(spoiled([](QuoteParts& parts) { parts.auth_size_off = -1; }), "tdx.quote.auth_data");
  EXPECT_EQ(spoiled([](QuoteParts& parts) { parts.outer_size_off = 1; }), "tdx.quote.auth_data");
}

TEST(TdxQuote, RecordedQuotesReadAsIndexed) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json index = testing::ReadVectorJson("intel/index.json");
  int ran = 0;
  for (const Json& entry : *index.Find("vectors")->AsArray()) {
    const Json& file = *entry.Find("quote");
    if (*file.Find("tee_type")->AsInt() != 0x81) continue;
    const ByteVector bytes = testing::ReadVector("intel/" + testing::Text(file, "file"));
    const TdxQuote quote = ParseTdxQuote(bytes).value();
    EXPECT_EQ(quote.version, *file.Find("version")->AsInt());
    EXPECT_EQ(quote.whole.size(), static_cast<size_t>(*file.Find("quote_length")->AsInt()));
    const Json& indexed = *entry.Find("report");
    const TdReportBody& report = quote.report;
    const std::pair<Bytes, const char*> fields[] = {{report.tee_tcb_svn, "tee_tcb_svn"},
                                                    {report.mr_seam, "mrseam"},
                                                    {report.mr_signer_seam, "mrsignerseam"},
                                                    {report.seam_attributes, "seamattr"},
                                                    {report.td_attributes, "tdattr"},
                                                    {report.xfam, "xfam"},
                                                    {report.mr_td, "mrtd"},
                                                    {report.mr_config_id, "mrconfigid"},
                                                    {report.mr_owner, "mrowner"},
                                                    {report.mr_owner_config, "mrownerconfig"},
                                                    {report.rtmr[0], "rtmr0"},
                                                    {report.rtmr[1], "rtmr1"},
                                                    {report.rtmr[2], "rtmr2"},
                                                    {report.rtmr[3], "rtmr3"},
                                                    {report.report_data, "reportdata"}};
    for (const auto& [field, name] : fields) EXPECT_EQ(HexEncode(field), testing::Text(indexed, name)) << name;
    ++ran;
  }
  EXPECT_EQ(ran, 22);
}

}  // namespace
}  // namespace vidimus
