#include "evidence/open_enclave.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "base/limits.h"
#include "evidence/sgx_quote.h"
#include "tests/support/sgx_quote_builder.h"
#include "tests/support/vectors.h"

namespace vidimus {
namespace {

using testing::Append;
using testing::AppendLe;
using testing::BuildQuote;

// intel-dcap section 1.9
constexpr std::string_view kEcdsaUuid = "a3a21e871b4d4014b70aa125d2fbcd8c";
constexpr std::string_view kReportUuid = "c8303454d9234c2ca691df7def460a76";
constexpr std::string_view kQuoteUuid = "1923d91e12d24c72b22025cd8dace871";

std::string_view Refusal(const ByteVector& bytes) {
  const auto framed = ParseOpenEnclave(bytes);
  return framed ? "accepted" : framed.error().where;
}

ByteVector Copy(Bytes view) { return {view.begin(), view.end()}; }

ByteVector Report(const ByteVector& quote, uint32_t type = 2, int64_t size_off = 0, uint32_t version = 1) {
  ByteVector out;
  AppendLe(out, version, 4);
  AppendLe(out, type, 4);
  AppendLe(out, static_cast<uint64_t>(static_cast<int64_t>(quote.size()) + size_off), 8);
  Append(out, quote);
  return out;
}

ByteVector Evidence(std::string_view uuid, const ByteVector& data, int64_t size_off = 0, uint32_t padding = 0) {
  ByteVector out;
  AppendLe(out, 3, 4);
  Append(out, HexDecode(uuid).value());
  AppendLe(out, padding, 4);
  AppendLe(out, static_cast<uint64_t>(static_cast<int64_t>(data.size()) + size_off), 8);
  Append(out, data);
  return out;
}

ByteVector QuoteAndClaims(std::string_view claims) {
  ByteVector out = BuildQuote({});
  out.insert(out.end(), claims.begin(), claims.end());
  return out;
}

TEST(OpenEnclave, ALegacyReportHoldsAQuoteAndNoClaims) {
  const ByteVector bytes = Report(BuildQuote({}));
  const auto framed = ParseOpenEnclave(bytes).value();
  EXPECT_EQ(framed.quote.data(), bytes.data() + 16);
  EXPECT_EQ(Copy(framed.quote), BuildQuote({}));
  EXPECT_FALSE(framed.has_custom_claims);
}

TEST(OpenEnclave, ALegacyReportMustBeRemoteAndOfItsOwnSize) {
  for (const uint32_t type : {0U, 1U, 3U}) EXPECT_EQ(Refusal(Report(BuildQuote({}), type)), "sgx.open_enclave.report_type");
  for (const int64_t off : {-1, 1}) EXPECT_EQ(Refusal(Report(BuildQuote({}), 2, off)), "sgx.open_enclave.report_size");
  ByteVector trailing = Report(BuildQuote({}));
  trailing.push_back(0);
  EXPECT_EQ(Refusal(trailing), "sgx.open_enclave.report_size");
}

TEST(OpenEnclave, EvidenceOfTheEcdsaFormatIsSplitWhereItsQuoteEnds) {
  const ByteVector bytes = Evidence(kEcdsaUuid, QuoteAndClaims("claims"));
  const auto framed = ParseOpenEnclave(bytes).value();
  EXPECT_EQ(Copy(framed.quote), BuildQuote({}));
  EXPECT_TRUE(framed.has_custom_claims);
  EXPECT_EQ(AsText(framed.custom_claims), "claims");
}

TEST(OpenEnclave, CustomClaimsMayBeEmptyAndAreThenStillBound) {
  const ByteVector bytes = Evidence(kEcdsaUuid, BuildQuote({}));
  const auto framed = ParseOpenEnclave(bytes).value();
  EXPECT_TRUE(framed.has_custom_claims);
  EXPECT_TRUE(framed.custom_claims.empty());
}

TEST(OpenEnclave, AQuoteThatEndsAfterTheDataIsRefused) {
  const ByteVector quote = BuildQuote({});
  EXPECT_EQ(Refusal(Evidence(kEcdsaUuid, {quote.begin(), quote.end() - 1})), "sgx.open_enclave.quote");
  EXPECT_EQ(Refusal(Evidence(kEcdsaUuid, {})), "sgx.open_enclave.quote");
  EXPECT_EQ(Refusal(Evidence(kEcdsaUuid, ByteVector(435))), "sgx.open_enclave.quote");
}

TEST(OpenEnclave, EvidenceOfTheRawQuoteFormatIsAllQuote) {
  const ByteVector bytes = Evidence(kQuoteUuid, QuoteAndClaims("rest"));
  const auto framed = ParseOpenEnclave(bytes).value();
  EXPECT_EQ(Copy(framed.quote), QuoteAndClaims("rest"));
  EXPECT_FALSE(framed.has_custom_claims);
}

TEST(OpenEnclave, EvidenceOfTheReportFormatHoldsALegacyReport) {
  const ByteVector bytes = Evidence(kReportUuid, Report(BuildQuote({})));
  EXPECT_EQ(Copy(ParseOpenEnclave(bytes).value().quote), BuildQuote({}));
  EXPECT_FALSE(ParseOpenEnclave(bytes).value().has_custom_claims);
  EXPECT_EQ(Refusal(Evidence(kReportUuid, Report(BuildQuote({}), 2, 0, 3))), "sgx.open_enclave.version");
  EXPECT_EQ(Refusal(Evidence(kReportUuid, Report(BuildQuote({}), 1))), "sgx.open_enclave.report_type");
  EXPECT_EQ(Refusal(Evidence(kReportUuid, Report(BuildQuote({}), 2, 1))), "sgx.open_enclave.report_size");
  EXPECT_EQ(Refusal(Evidence(kReportUuid, {})), "sgx.open_enclave.version");
}

TEST(OpenEnclave, OtherFormatsAreUnsupported) {
  // SGX local and the two UUIDs of plugins, spoiled in one bit each.
  for (std::string uuid : {std::string(kEcdsaUuid), std::string(kReportUuid), std::string(kQuoteUuid), std::string(32, '0')}) {
    uuid[0] = uuid[0] == '1' ? '3' : '1';
    if (uuid == kQuoteUuid) continue;
    EXPECT_EQ(Refusal(Evidence(uuid, BuildQuote({}))), "sgx.open_enclave.format") << uuid;
    EXPECT_EQ(ParseOpenEnclave(Evidence(uuid, BuildQuote({}))).error().code, ErrorCode::kUnsupported);
  }
}

TEST(OpenEnclave, TheEvidenceHeaderMustFitWhatFollows) {
  for (const int64_t off : {-1, 1}) EXPECT_EQ(Refusal(Evidence(kEcdsaUuid, BuildQuote({}), off)), "sgx.open_enclave.data_size");
  EXPECT_EQ(Refusal(Evidence(kEcdsaUuid, BuildQuote({}), 0, 1)), "sgx.open_enclave.padding");
  ByteVector trailing = Evidence(kEcdsaUuid, BuildQuote({}));
  trailing.push_back(0);
  EXPECT_EQ(Refusal(trailing), "sgx.open_enclave.data_size");
}

TEST(OpenEnclave, OtherVersionsAreUnsupported) {
  for (const uint32_t version : {0U, 2U, 4U, 0x01000000U})
    EXPECT_EQ(Refusal(Report(BuildQuote({}), 2, 0, version)), "sgx.open_enclave.version");
  EXPECT_EQ(Refusal(BuildQuote({})), "sgx.open_enclave.version") << "a bare quote is no framing: its first word is 0x00020003";
}

TEST(OpenEnclave, NoPrefixIsAccepted) {
  for (const ByteVector& bytes : {Report(BuildQuote({})), Evidence(kEcdsaUuid, QuoteAndClaims("claims")),
                                  Evidence(kQuoteUuid, BuildQuote({})), Evidence(kReportUuid, Report(BuildQuote({})))}) {
    ASSERT_EQ(Refusal(bytes), "accepted");
    for (size_t size = 0; size < bytes.size(); ++size)
      ASSERT_NE(Refusal({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}), "accepted") << size;
  }
}

TEST(OpenEnclave, SizeIsAcceptedUpToTheLimitAndNotOnePast) {
  EXPECT_EQ(Refusal(Report(ByteVector(limits::kQuoteBytes - 16))), "accepted");
  EXPECT_EQ(Refusal(Report(ByteVector(limits::kQuoteBytes - 15))), "sgx.open_enclave.size");
}

TEST(OpenEnclave, RecordedReportsHoldTheRecordedQuotes) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json index = testing::ReadVectorJson("intel/index.json");
  int ran = 0;
  for (const Json& entry : *index.Find("openenclave")->AsArray()) {
    const ByteVector bytes = testing::ReadVector("intel/" + testing::Text(entry, "file"));
    const auto framed = ParseOpenEnclave(bytes).value();
    EXPECT_EQ(framed.quote.data(), bytes.data() + *entry.Find("quote_offset")->AsInt());
    const SgxQuote quote = ParseSgxQuote(framed.quote).value();
    EXPECT_EQ(HexEncode(quote.report.report_data), testing::Text(entry, "report_data"));
    EXPECT_EQ(HexEncode(quote.report.mr_enclave), testing::Text(entry, "mrenclave"));
    EXPECT_EQ(quote.report.isv_prod_id, *entry.Find("isv_prod_id")->AsInt());
    EXPECT_EQ(quote.report.isv_svn, *entry.Find("isv_svn")->AsInt());
    ++ran;
  }
  EXPECT_EQ(ran, 2);
}

}  // namespace
}  // namespace vidimus
