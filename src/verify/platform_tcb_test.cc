#include "verify/platform_tcb.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace vidimus {
namespace {

PlatformTcb Td() {
  PlatformTcb out;
  out.tee = IntelTee::kTdx;
  out.fmspc = {0x00, 0x80, 0x6f, 0x05, 0, 0};
  out.pce_id = {1, 0};
  out.pck_ca = "platform";
  out.trust_anchor = "intel-sgx-root";
  out.components.fill(0xfe);
  out.pce_svn = 65535;
  out.qe_isv_svn = 8;
  out.tee_tcb_svn = std::array<uint8_t, 16>{6, 1, 2};
  out.tee_tcb_svn_2 = std::array<uint8_t, 16>{11, 1, 2};
  return out;
}

PlatformTcb Enclave() {
  PlatformTcb out = Td();
  out.tee = IntelTee::kSgx;
  out.tee_tcb_svn.reset();
  out.tee_tcb_svn_2.reset();
  return out;
}

std::string WhereOf(const Json& json) {
  const auto read = PlatformTcbFromJson(json);
  return read ? "" : std::string(read.error().where);
}

JsonObject With(JsonObject object, std::string_view name, Json value) {
  for (auto& [member, held] : object)
    if (member == name) held = std::move(value);
  return object;
}

TEST(PlatformTcb, ReadsBackWhatItWrites) {
  PlatformTcb launched = Td();
  launched.tee_tcb_svn_2.reset();
  for (const PlatformTcb& one : {Td(), launched, Enclave()}) {
    const auto read = PlatformTcbFromJson(*ParseJson(WriteJson(PlatformTcbToJson(one))));
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(*read, one);
  }
  EXPECT_NE(Td(), Enclave());
}

TEST(PlatformTcb, IsWrittenAsThisText) {
  EXPECT_EQ(WriteJson(PlatformTcbToJson(Td())),
            R"({"tee":"TDX","fmspc":"00806f050000","pceId":"0100","pckCa":"platform","trustAnchor":"intel-sgx-root",)"
            R"("components":"fefefefefefefefefefefefefefefefe","pceSvn":65535,"qeIsvSvn":8,)"
            R"("teeTcbSvn":"06010200000000000000000000000000","teeTcbSvn2":"0b010200000000000000000000000000"})");
}

TEST(PlatformTcb, EveryMemberIsNeededAndNoOtherIsTaken) {
  const JsonObject whole = PlatformTcbToJson(Td());
  for (size_t i = 0; i < whole.size(); ++i) {
    JsonObject less = whole;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(WhereOf(less), whole[i].first == "teeTcbSvn2" ? "" : "forecast.platform") << whole[i].first;
    EXPECT_EQ(WhereOf(With(whole, whole[i].first, Json())), "forecast.platform") << whole[i].first;
  }
  JsonObject more = whole;
  more.emplace_back("ppid", "00");
  EXPECT_EQ(WhereOf(more), "forecast.platform");
  EXPECT_EQ(WhereOf(JsonArray{}), "forecast.platform");
}

TEST(PlatformTcb, ValuesHaveTheirExactLengthAndRange) {
  const JsonObject good = PlatformTcbToJson(Td());
  for (const char* name : {"fmspc", "pceId", "components", "teeTcbSvn", "teeTcbSvn2"}) {
    const std::string hex = *Json(good).Find(name)->AsString();
    for (const std::string& other : {hex + "00", hex.substr(2), hex.substr(1), "0G" + hex.substr(2), std::string()})
      EXPECT_EQ(WhereOf(With(good, name, other)), "forecast.platform") << name << " " << other;
  }
  EXPECT_EQ(WhereOf(With(good, "components", "FEfefefefefefefefefefefefefefefe")), "forecast.platform") << "one spelling";
  for (const char* name : {"pceSvn", "qeIsvSvn"})
    for (const int64_t svn : {int64_t{-1}, int64_t{65536}}) EXPECT_EQ(WhereOf(With(good, name, svn)), "forecast.platform") << name;
  EXPECT_EQ(WhereOf(With(good, "tee", "SEV")), "forecast.platform");
  EXPECT_EQ(WhereOf(With(good, "pckCa", "root")), "forecast.platform");
}

TEST(PlatformTcb, AnEnclaveHasNoSvnsOfATd) { EXPECT_EQ(WhereOf(With(PlatformTcbToJson(Td()), "tee", "SGX")), "forecast.platform"); }

TEST(PlatformTcb, HasAtMostSoManyOctetsAsText) {
  PlatformTcb one = Enclave();
  one.trust_anchor.append(limits::kPlatformBytes - WriteJson(PlatformTcbToJson(one)).size(), 'x');
  EXPECT_EQ(WhereOf(PlatformTcbToJson(one)), "");
  one.trust_anchor += 'x';
  EXPECT_EQ(WhereOf(PlatformTcbToJson(one)), "forecast.platform");
}

TEST(PlatformTcb, NoPrefixOfItsTextIsTaken) {
  const std::string text = WriteJson(PlatformTcbToJson(Td()));
  for (size_t size = 0; size < text.size(); ++size) {
    const auto json = ParseJson(text.substr(0, size));
    EXPECT_TRUE(!json || !PlatformTcbFromJson(*json)) << size;
  }
}

}  // namespace
}  // namespace vidimus
