#include "endorsement/pck_certificate.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "base/hex.h"
#include "crypto/certificate.h"
#include "tests/support/der.h"
#include "tests/support/x509_vectors.h"

namespace vidimus {
namespace {

using testing::Der;
using testing::Join;

constexpr std::string_view kPrefix("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01", 9);

ByteVector Entry(const std::string& arcs, const ByteVector& value) {
  return Der(0x30, Join({Der(0x06, std::string(kPrefix) + arcs), value}));
}

// arcs below the extension's OID → the encoded value.
using Entries = std::map<std::string, ByteVector>;

ByteVector List(const Entries& entries) {
  ByteVector out;
  for (const auto& [arcs, value] : entries) out = Join({out, Entry(arcs, value)});
  return Der(0x30, out);
}

// Section 3.3, table.
Entries GoodTcb() {
  Entries out;
  for (uint8_t i = 1; i <= 16; ++i)
    out[std::string("\x02") + static_cast<char>(i)] = Der(0x02, i == 16 ? ByteVector{0, 0xff} : ByteVector{i});
  out["\x02\x11"] = Der(0x02, ByteVector{0x12, 0x34});
  out["\x02\x12"] = Der(0x04, ByteVector(16, 0xcc));
  return out;
}

Entries Good(bool platform) {
  Entries out = {{"\x01", Der(0x04, ByteVector(16, 0xaa))},
                 {"\x02", List(GoodTcb())},
                 {"\x03", Der(0x04, ByteVector{0, 1})},
                 {"\x04", Der(0x04, ByteVector{0, 0x90, 0x6e, 0xd5, 0, 0})},
                 {"\x05", Der(0x0a, ByteVector{1})}};
  if (!platform) return out;
  out["\x06"] = Der(0x04, ByteVector(16, 0xbb));
  out["\x07"] =
      List({{"\x07\x01", Der(0x01, ByteVector{0xff})}, {"\x07\x02", Der(0x01, ByteVector{0})}, {"\x07\x03", Der(0x01, ByteVector{0xff})}});
  return out;
}

std::string_view Refusal(const ByteVector& extension) {
  const auto parsed = ParsePckExtension(extension);
  return parsed ? "accepted" : parsed.error().where;
}

std::string_view Refusal(const Entries& entries) { return Refusal(List(entries)); }

std::string_view With(const std::string& arcs, const ByteVector& value) {
  Entries entries = Good(true);
  entries[arcs] = value;
  return Refusal(entries);
}

std::string_view WithTcb(const std::string& arcs, const ByteVector& value) {
  Entries tcb = GoodTcb();
  tcb[arcs] = value;
  return With("\x02", List(tcb));
}

constexpr std::string_view kFormat = "intel.pck_extension.format";

TEST(PckExtension, EveryFieldIsRead) {
  const PckExtension out = ParsePckExtension(List(Good(true))).value();
  EXPECT_EQ(out.ppid[15], 0xaa);
  EXPECT_EQ(out.components[0], 1);
  EXPECT_EQ(out.components[14], 15);
  EXPECT_EQ(out.components[15], 255);
  EXPECT_EQ(out.pce_svn, 0x1234);
  EXPECT_EQ(out.cpu_svn[0], 0xcc);
  EXPECT_EQ(out.pce_id, (std::array<uint8_t, 2>{0, 1}));
  EXPECT_EQ(HexEncode(out.fmspc), "00906ed50000");
  EXPECT_EQ(out.sgx_type, 1);
  ASSERT_TRUE(out.platform_instance_id);
  EXPECT_EQ((*out.platform_instance_id)[0], 0xbb);
  EXPECT_FALSE(ParsePckExtension(List(Good(false))).value().platform_instance_id);
}

TEST(PckExtension, OrderIsFree) {
  ByteVector reversed;
  for (const auto& [arcs, value] : Good(true)) reversed = Join({Entry(arcs, value), reversed});
  EXPECT_EQ(Refusal(Der(0x30, reversed)), "accepted");
}

TEST(PckExtension, NoEntryMayBeAbsentOrOccurTwice) {
  for (const bool platform : {false, true}) {
    for (const auto& [arcs, value] : Good(platform)) {
      Entries fewer = Good(platform);
      fewer.erase(arcs);
      EXPECT_EQ(Refusal(fewer), kFormat) << HexEncode(AsBytes(arcs));
      Entries others = fewer;
      others["\x08"] = value;
      EXPECT_EQ(Refusal(others), kFormat) << HexEncode(AsBytes(arcs));
      const ByteVector all = List(Good(platform));
      const size_t header = all.size() < 0x100 + 3 ? 3 : 4;
      EXPECT_EQ(Refusal(Der(0x30, Join({{all.begin() + static_cast<std::ptrdiff_t>(header), all.end()}, Entry(arcs, value)}))), kFormat);
    }
  }
  for (const auto& [arcs, value] : GoodTcb()) {
    Entries tcb = GoodTcb();
    tcb.erase(arcs);
    EXPECT_EQ(With("\x02", List(tcb)), kFormat) << HexEncode(AsBytes(arcs));
    tcb["\x02\x13"] = value;
    EXPECT_EQ(With("\x02", List(tcb)), kFormat) << HexEncode(AsBytes(arcs));
  }
}

TEST(PckExtension, FiveEntriesOrSevenAndNothingBetween) {
  Entries entries = Good(true);
  entries.erase("\x07");
  EXPECT_EQ(Refusal(entries), kFormat);
  entries = Good(true);
  entries["\x08"] = Der(0x05, "");
  EXPECT_EQ(Refusal(entries), kFormat);
}

TEST(PckExtension, OctetStringsHaveTheirSize) {
  for (const auto& [arcs, size] : std::map<std::string, size_t>{{"\x01", 16}, {"\x03", 2}, {"\x04", 6}, {"\x06", 16}}) {
    EXPECT_EQ(With(arcs, Der(0x04, ByteVector(size))), "accepted");
    EXPECT_EQ(With(arcs, Der(0x04, ByteVector(size - 1))), kFormat);
    EXPECT_EQ(With(arcs, Der(0x04, ByteVector(size + 1))), kFormat);
    EXPECT_EQ(With(arcs, Der(0x0c, ByteVector(size))), kFormat);
  }
  EXPECT_EQ(WithTcb("\x02\x12", Der(0x04, ByteVector(15))), kFormat);
}

TEST(PckExtension, NumbersStayWithinTheirRange) {
  EXPECT_EQ(WithTcb("\x02\x01", Der(0x02, ByteVector{0})), "accepted");
  EXPECT_EQ(WithTcb("\x02\x01", Der(0x02, ByteVector{1, 0})), kFormat) << "256, which Intel's library truncates";
  EXPECT_EQ(WithTcb("\x02\x01", Der(0x02, ByteVector{0xff})), kFormat) << "negative";
  EXPECT_EQ(WithTcb("\x02\x01", Der(0x02, ByteVector{0, 1})), kFormat) << "not in its shortest form";
  EXPECT_EQ(WithTcb("\x02\x01", Der(0x02, "")), kFormat);
  EXPECT_EQ(WithTcb("\x02\x01", Der(0x0a, ByteVector{1})), kFormat);
  EXPECT_EQ(WithTcb("\x02\x11", Der(0x02, ByteVector{0, 0xff, 0xff})), "accepted");
  EXPECT_EQ(WithTcb("\x02\x11", Der(0x02, ByteVector{1, 0, 0})), kFormat) << "65536";
  EXPECT_EQ(WithTcb("\x02\x11", Der(0x02, ByteVector{0, 1, 0, 0})), kFormat);
  for (uint8_t type = 0; type < 5; ++type) EXPECT_EQ(With("\x05", Der(0x0a, ByteVector{type})), type <= 2 ? "accepted" : kFormat);
  EXPECT_EQ(With("\x05", Der(0x02, ByteVector{1})), kFormat) << "ENUMERATED is not INTEGER";
}

TEST(PckExtension, TheConfigurationIsThreeBooleans) {
  const ByteVector flag = Der(0x01, ByteVector{0xff});
  EXPECT_EQ(With("\x07", List({{"\x07\x01", flag}, {"\x07\x02", flag}})), kFormat);
  EXPECT_EQ(With("\x07", List({{"\x07\x01", flag}, {"\x07\x02", flag}, {"\x07\x04", flag}})), kFormat);
  EXPECT_EQ(With("\x07", List({{"\x07\x01", flag}, {"\x07\x02", flag}, {"\x07\x03", Der(0x02, ByteVector{1})}})), kFormat);
  EXPECT_EQ(With("\x07", flag), kFormat);
}

TEST(PckExtension, AnEntryIsOneOidOfThisExtensionAndOneValue) {
  EXPECT_EQ(With("\x01\x01", Der(0x05, "")), kFormat);
  const ByteVector other = Der(0x30, Join({Der(0x06, "\x2a\x03\x04\x05\x06\x07\x08\x09\x0a\x01"), Der(0x05, "")}));
  EXPECT_EQ(Refusal(Der(0x30, other)), kFormat);
  const ByteVector two_values = Der(0x30, Join({Der(0x06, std::string(kPrefix) + "\x01"), Der(0x05, ""), Der(0x05, "")}));
  EXPECT_EQ(Refusal(Der(0x30, two_values)), kFormat);
}

TEST(PckExtension, NoPrefixIsAcceptedAndNothingMayFollow) {
  const ByteVector good = List(Good(true));
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(Refusal(ByteVector(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))), "accepted");
  EXPECT_EQ(Refusal(Join({good, {0}})), kFormat);
}

TEST(PckExtension, RecordedCertificatesNameTheRecordedPlatform) {
  VIDIMUS_REQUIRE_VECTORS();
  // Quote → FMSPC, and whether a Platform CA issued the certificate.
  const std::map<std::string, std::pair<std::string, bool>> expected = {{"sgx-v3-00906ed50000-azure-intelsdk.bin", {"00906ed50000", false}},
                                                                        {"sgx-v3-00a067110000-phala.bin", {"00a067110000", false}},
                                                                        {"sgx-v3-00606a000000-oasis.bin", {"00606a000000", true}},
                                                                        {"tdx-v4-b0c06f000000-phala.bin", {"b0c06f000000", true}}};
  for (const auto& [quote, platform] : expected) {
    const auto pck = ParseCertificate(testing::ReadQuoteChain(quote).at(0)).value();
    const PckExtension out = ParsePckExtension(pck.sgx_extension.value()).value();
    EXPECT_EQ(HexEncode(out.fmspc), platform.first) << quote;
    EXPECT_EQ(out.platform_instance_id.has_value(), platform.second) << quote;
    EXPECT_EQ(out.pce_id, (std::array<uint8_t, 2>{0, 0})) << quote;
  }
}

}  // namespace
}  // namespace vidimus
