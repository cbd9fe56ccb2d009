#include "endorsement/tcb_info.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace vidimus {
namespace {

// A name with a value to take its place, or without one to be left out.
using Change = std::pair<std::string, std::optional<Json>>;

JsonObject Changed(JsonObject object, const Change& change) {
  for (auto at = object.begin(); at != object.end(); ++at) {
    if (at->first != change.first) continue;
    if (change.second)
      at->second = *change.second;
    else
      object.erase(at);
    return object;
  }
  if (change.second) object.emplace_back(change.first, *change.second);
  return object;
}

SignedJson Document(std::string name, JsonObject body) {
  SignedJson out;
  out.name = std::move(name);
  out.value = Json(std::move(body));
  return out;
}

JsonArray Components(int svn) { return JsonArray(16, Json(JsonObject{{"svn", Json(svn)}})); }

JsonObject Level3(int svn, int pce_svn, const char* status = "UpToDate") {
  return {{"tcb", JsonObject{{"sgxtcbcomponents", Components(svn)}, {"pcesvn", pce_svn}}},
          {"tcbDate", "2023-08-09T00:00:00Z"},
          {"tcbStatus", status}};
}

JsonObject Level2(int svn, int pce_svn) {
  JsonObject tcb;
  for (int i = 1; i <= 16; ++i) tcb.emplace_back("sgxtcbcomp" + std::string(i < 10 ? "0" : "") + std::to_string(i) + "svn", svn + i - 1);
  tcb.emplace_back("pcesvn", pce_svn);
  return {{"tcb", tcb}, {"tcbDate", "2023-08-09T00:00:00Z"}, {"tcbStatus", "OutOfDate"}};
}

JsonObject Info(int version = 3) {
  JsonObject out{{"version", version},
                 {"issueDate", "2024-01-01T00:00:00Z"},
                 {"nextUpdate", "2024-02-01T00:00:00Z"},
                 {"fmspc", "00906ED50000"},
                 {"pceId", "0001"},
                 {"tcbType", 0},
                 {"tcbEvaluationDataNumber", 16}};
  if (version == 3) out.emplace_back("id", "SGX");
  out.emplace_back("tcbLevels", JsonArray{Json(version == 3 ? Level3(2, 13) : Level2(2, 13))});
  return out;
}

std::string_view InfoRefusal(const Change& change, int version = 3) {
  const auto info = ParseTcbInfo(Document("tcbInfo", Changed(Info(version), change)));
  return info ? "accepted" : info.error().where;
}

// A level of TCB info with one member changed.
std::string_view LevelRefusal(const Change& change) { return InfoRefusal({"tcbLevels", JsonArray{Json(Changed(Level3(2, 13), change))}}); }

constexpr std::string_view kFormat = "intel.tcb_info.format";

TEST(TcbInfo, VersionThreeIsRead) {
  const TcbInfo info = ParseTcbInfo(Document("tcbInfo", Info())).value();
  EXPECT_EQ(info.version, 3);
  EXPECT_EQ(FormatRfc3339Utc(info.issue_date), "2024-01-01T00:00:00Z");
  EXPECT_EQ(FormatRfc3339Utc(info.next_update), "2024-02-01T00:00:00Z");
  EXPECT_EQ(info.fmspc, (std::array<uint8_t, 6>{0x00, 0x90, 0x6e, 0xd5, 0x00, 0x00}));
  EXPECT_EQ(info.pce_id, (std::array<uint8_t, 2>{0x00, 0x01}));
  EXPECT_EQ(info.evaluation_data_number, 16);
  ASSERT_EQ(info.levels.size(), 1U);
  EXPECT_EQ(info.levels[0].components[15], 2);
  EXPECT_EQ(info.levels[0].pce_svn, 13);
  EXPECT_EQ(info.levels[0].verdict.status, TcbStatus::kUpToDate);
  EXPECT_EQ(FormatRfc3339Utc(info.levels[0].verdict.date), "2023-08-09T00:00:00Z");
  EXPECT_TRUE(info.levels[0].verdict.advisory_ids.empty());
}

TEST(TcbInfo, VersionTwoIsReadWithItsNumberedComponents) {
  const TcbInfo info = ParseTcbInfo(Document("tcbInfo", Info(2))).value();
  EXPECT_EQ(info.version, 2);
  for (uint8_t i = 0; i < 16; ++i) EXPECT_EQ(info.levels[0].components[i], 2 + i);
  EXPECT_EQ(info.levels[0].verdict.status, TcbStatus::kOutOfDate);
}

TEST(TcbInfo, EveryMemberIsRequiredAndOfItsType) {
  for (const int version : {2, 3})
    for (const JsonMember& member : Info(version)) {
      EXPECT_EQ(InfoRefusal({member.first, std::nullopt}, version), kFormat) << member.first;
      EXPECT_EQ(InfoRefusal({member.first, Json()}, version), kFormat) << member.first;
      EXPECT_EQ(InfoRefusal({member.first, Json(JsonObject{})}, version), kFormat) << member.first;
    }
}

TEST(TcbInfo, MembersStayWithinTheirRange) {
  for (const int version : {1, 4}) EXPECT_EQ(InfoRefusal({"version", Json(version)}), kFormat);
  EXPECT_EQ(InfoRefusal({"tcbType", Json(1)}), kFormat);
  EXPECT_EQ(InfoRefusal({"tcbEvaluationDataNumber", Json(-1)}), kFormat);
  EXPECT_EQ(InfoRefusal({"tcbEvaluationDataNumber", Json(int64_t{1} << 31)}), kFormat);
  EXPECT_EQ(InfoRefusal({"tcbEvaluationDataNumber", Json((int64_t{1} << 31) - 1)}), "accepted");
  EXPECT_EQ(InfoRefusal({"fmspc", Json("00906ED5000")}), kFormat);
  EXPECT_EQ(InfoRefusal({"fmspc", Json("00906ed50000")}), "accepted") << "section 3.3: either case occurs";
  EXPECT_EQ(InfoRefusal({"pceId", Json("00000")}), kFormat);
  EXPECT_EQ(InfoRefusal({"issueDate", Json("2024-13-01T00:00:00Z")}), kFormat);
  EXPECT_EQ(InfoRefusal({"nextUpdate", Json("2024-02-01T00:00:00+00:00")}), kFormat);
}

TEST(TcbInfo, OneAboutSgxHasNothingOfTdx) {
  EXPECT_EQ(InfoRefusal({"id", Json("sgx")}), kFormat);
  EXPECT_EQ(InfoRefusal({"tdxModule", Json(JsonObject{})}), kFormat);
  EXPECT_EQ(InfoRefusal({"tdxModuleIdentities", Json(JsonArray{})}), kFormat);
  const auto other = ParseTcbInfo(Document("enclaveIdentity", Info()));
  EXPECT_EQ(other.error().where, kFormat);
}

JsonObject Module(const std::string& octet) {
  std::string signer, attributes;
  for (int i = 0; i < 48; ++i) signer += octet;
  for (int i = 0; i < 8; ++i) attributes += octet;
  return {{"mrsigner", signer}, {"attributes", attributes}, {"attributesMask", "FFFFFFFFFFFFFFFF"}};
}

JsonObject ModuleLevel(int svn) {
  return {{"tcb", JsonObject{{"isvsvn", svn}}}, {"tcbDate", "2023-08-09T00:00:00Z"}, {"tcbStatus", "OutOfDate"}};
}

JsonObject ModuleIdentity(const std::string& id) {
  JsonObject out = Module("22");
  out.emplace_back("id", id);
  out.emplace_back("tcbLevels", JsonArray{Json(ModuleLevel(3)), Json(ModuleLevel(5))});
  return out;
}

JsonObject TdxInfo() {
  JsonObject tcb{{"sgxtcbcomponents", Components(2)}, {"pcesvn", 13}, {"tdxtcbcomponents", Components(7)}};
  JsonObject level{{"tcb", tcb}, {"tcbDate", "2023-08-09T00:00:00Z"}, {"tcbStatus", "UpToDate"}};
  JsonObject out = Changed(Info(), {"id", Json("TDX")});
  out = Changed(std::move(out), {"tcbLevels", JsonArray{Json(level)}});
  out.emplace_back("tdxModule", Module("11"));
  out.emplace_back("tdxModuleIdentities", JsonArray{Json(ModuleIdentity("TDX_01")), Json(ModuleIdentity("TDX_aF"))});
  return out;
}

std::string_view TdxRefusal(const Change& change) {
  const auto info = ParseTcbInfo(Document("tcbInfo", Changed(TdxInfo(), change)));
  return info ? "accepted" : info.error().where;
}

std::string_view ModuleRefusal(const Change& change) {
  return TdxRefusal({"tdxModuleIdentities", JsonArray{Json(Changed(ModuleIdentity("TDX_01"), change))}});
}

// intel-dcap section 4.2
TEST(TcbInfo, OfTdxHasModulesAndTheirLevelsDescending) {
  const TcbInfo info = ParseTcbInfo(Document("tcbInfo", TdxInfo())).value();
  EXPECT_EQ(info.tee, IntelTee::kTdx);
  EXPECT_EQ(info.levels[0].components[0], 2);
  EXPECT_EQ(info.levels[0].tdx_components[15], 7);
  EXPECT_EQ(info.module.mr_signer[47], 0x11);
  EXPECT_EQ(info.module.attributes_mask[7], 0xff);
  ASSERT_EQ(info.module_identities.size(), 2U);
  EXPECT_EQ(info.module_identities[0].major_version, 1);
  EXPECT_EQ(info.module_identities[1].major_version, 0xaf) << "section 5.3: either case";
  EXPECT_EQ(info.module_identities[0].module.mr_signer[0], 0x22);
  EXPECT_EQ(info.module_identities[0].levels[0].isv_svn, 5);
  EXPECT_EQ(info.module_identities[0].levels[1].isv_svn, 3);
}

TEST(TcbInfo, OfTdxNeedsItsModuleAndComponentsAndMayLackIdentities) {
  EXPECT_EQ(TdxRefusal({"tdxModule", std::nullopt}), kFormat);
  EXPECT_EQ(TdxRefusal({"tdxModule", Json(JsonObject{})}), kFormat);
  EXPECT_EQ(TdxRefusal({"tdxModuleIdentities", std::nullopt}), "accepted");
  EXPECT_EQ(TdxRefusal({"tdxModuleIdentities", Json(JsonObject{})}), kFormat);
  EXPECT_EQ(TdxRefusal({"tcbLevels", JsonArray{Json(Level3(2, 13))}}), kFormat) << "a level without tdxtcbcomponents";
  EXPECT_EQ(TdxRefusal({"version", Json(2)}), kFormat) << "section 4.3: version 2 is SGX alone";
}

TEST(TcbInfo, ModuleIdentitiesAreWellFormedAndNamedOnce) {
  for (const char* id : {"TDX_1", "TDX_001", "TDX_0g", "tdx_01", "TDX_", ""}) EXPECT_EQ(ModuleRefusal({"id", Json(id)}), kFormat) << id;
  EXPECT_EQ(ModuleRefusal({"mrsigner", Json("11")}), kFormat);
  EXPECT_EQ(ModuleRefusal({"attributes", std::nullopt}), kFormat);
  EXPECT_EQ(ModuleRefusal({"tcbLevels", Json(JsonArray{})}), kFormat);
  EXPECT_EQ(TdxRefusal({"tdxModuleIdentities", JsonArray{Json(ModuleIdentity("TDX_0a")), Json(ModuleIdentity("TDX_0A"))}}), kFormat);
}

TEST(TcbInfo, NoDocumentAdvisesARelaunch) {
  for (const char* status : {"TDRelaunchAdvised", "TDRelaunchAdvisedConfigurationNeeded"})
    EXPECT_EQ(LevelRefusal({"tcbStatus", Json(status)}), kFormat) << "section 5.6: it comes from comparing two levels";
}

TEST(TcbInfo, LevelsAreWellFormed) {
  EXPECT_EQ(LevelRefusal({"tcb", std::nullopt}), kFormat);
  EXPECT_EQ(LevelRefusal({"tcbDate", std::nullopt}), kFormat);
  EXPECT_EQ(LevelRefusal({"tcbStatus", std::nullopt}), kFormat);
  EXPECT_EQ(LevelRefusal({"tcbStatus", Json("uptodate")}), kFormat);
  EXPECT_EQ(LevelRefusal({"tcbStatus", Json("TDRelaunchAdvised")}), kFormat);
  EXPECT_EQ(LevelRefusal({"advisoryIDs", Json("INTEL-SA-1")}), kFormat);
  EXPECT_EQ(LevelRefusal({"advisoryIDs", Json(JsonArray{Json(1)})}), kFormat);
  const auto tcb = [](const Json& components, const Json& pce_svn) {
    return LevelRefusal({"tcb", Json(JsonObject{{"sgxtcbcomponents", components}, {"pcesvn", pce_svn}})});
  };
  EXPECT_EQ(tcb(Components(255), 65535), "accepted");
  EXPECT_EQ(tcb(Components(256), 0), kFormat);
  EXPECT_EQ(tcb(Components(-1), 0), kFormat);
  EXPECT_EQ(tcb(Components(0), 65536), kFormat);
  EXPECT_EQ(tcb(Components(0), -1), kFormat);
  for (const size_t count : {15U, 17U}) EXPECT_EQ(tcb(JsonArray(count, Json(JsonObject{{"svn", Json(0)}})), 0), kFormat) << count;
}

TEST(TcbInfo, EveryStatusHasItsName) {
  for (int i = 0; i <= static_cast<int>(TcbStatus::kRevoked); ++i) {
    const auto status = static_cast<TcbStatus>(i);
    EXPECT_EQ(TcbStatusFromName(TcbStatusName(status)), status);
  }
  EXPECT_EQ(TcbStatusName(TcbStatus::kConfigurationAndSwHardeningNeeded), "ConfigurationAndSWHardeningNeeded");
  EXPECT_FALSE(TcbStatusFromName(""));
}

// Section 5.2
TEST(TcbInfo, LevelsAreSortedDescendingAndNoneOccursTwice) {
  const JsonArray levels{Json(Level3(1, 9)), Json(Level3(2, 5)), Json(Level3(2, 7)), Json(Level3(0, 99))};
  const TcbInfo info = ParseTcbInfo(Document("tcbInfo", Changed(Info(), {"tcbLevels", Json(levels)}))).value();
  std::vector<std::pair<int, int>> order;
  for (const TcbLevel& level : info.levels) order.emplace_back(level.components[0], level.pce_svn);
  EXPECT_EQ(order, (std::vector<std::pair<int, int>>{{2, 7}, {2, 5}, {1, 9}, {0, 99}}));
  EXPECT_EQ(InfoRefusal({"tcbLevels", Json(JsonArray{Json(Level3(1, 9)), Json(Level3(1, 9, "Revoked"))})}), kFormat);
}

TEST(TcbInfo, LevelsAreAcceptedUpToTheLimitAndNotOnePast) {
  JsonArray levels;
  for (size_t i = 0; i < limits::kTcbLevels; ++i) levels.emplace_back(Level3(1, static_cast<int>(i)));
  EXPECT_EQ(InfoRefusal({"tcbLevels", Json(levels)}), "accepted");
  levels.emplace_back(Level3(2, 0));
  EXPECT_EQ(InfoRefusal({"tcbLevels", Json(levels)}), kFormat);
  EXPECT_EQ(InfoRefusal({"tcbLevels", Json(JsonArray{})}), kFormat);
}

TEST(TcbInfo, AdvisoriesAreAcceptedUpToTheLimitAndNotOnePast) {
  EXPECT_EQ(LevelRefusal({"advisoryIDs", Json(JsonArray(limits::kAdvisoryIds, Json("INTEL-SA-00001")))}), "accepted");
  EXPECT_EQ(LevelRefusal({"advisoryIDs", Json(JsonArray(limits::kAdvisoryIds + 1, Json("INTEL-SA-00001")))}), kFormat);
}

JsonObject QeLevel(int svn) {
  return {{"tcb", JsonObject{{"isvsvn", svn}}}, {"tcbDate", "2023-08-09T00:00:00Z"}, {"tcbStatus", "UpToDate"}};
}

JsonObject Identity() {
  return {{"id", "QE"},
          {"version", 2},
          {"issueDate", "2024-01-01T00:00:00Z"},
          {"nextUpdate", "2024-02-01T00:00:00Z"},
          {"tcbEvaluationDataNumber", 16},
          {"miscselect", "01020304"},
          {"miscselectMask", "FFFFFFFF"},
          {"attributes", "11000000000000000000000000000000"},
          {"attributesMask", "FBFFFFFFFFFFFFFF0000000000000000"},
          {"mrsigner", std::string(64, 'c')},
          {"isvprodid", 1},
          {"tcbLevels", JsonArray{Json(QeLevel(1)), Json(QeLevel(8))}}};
}

std::string_view IdentityRefusal(const Change& change) {
  const auto identity = ParseQeIdentity(Document("enclaveIdentity", Changed(Identity(), change)));
  return identity ? "accepted" : identity.error().where;
}

TEST(QeIdentity, IsRead) {
  const QeIdentity identity = ParseQeIdentity(Document("enclaveIdentity", Identity())).value();
  EXPECT_EQ(identity.id, "QE");
  EXPECT_EQ(identity.evaluation_data_number, 16);
  EXPECT_EQ(identity.misc_select, (std::array<uint8_t, 4>{1, 2, 3, 4}));
  EXPECT_EQ(identity.misc_select_mask[0], 0xff);
  EXPECT_EQ(identity.attributes[0], 0x11);
  EXPECT_EQ(identity.attributes_mask[0], 0xfb);
  EXPECT_EQ(identity.mr_signer[31], 0xcc);
  EXPECT_EQ(identity.isv_prod_id, 1);
  ASSERT_EQ(identity.levels.size(), 2U);
  EXPECT_EQ(identity.levels[0].isv_svn, 8) << "descending";
  EXPECT_EQ(identity.levels[1].isv_svn, 1);
}

TEST(QeIdentity, EveryMemberIsRequiredAndOfItsType) {
  for (const JsonMember& member : Identity()) {
    EXPECT_EQ(IdentityRefusal({member.first, std::nullopt}), "intel.qe_identity.format") << member.first;
    EXPECT_EQ(IdentityRefusal({member.first, Json()}), "intel.qe_identity.format") << member.first;
  }
  for (const int version : {1, 3}) EXPECT_EQ(IdentityRefusal({"version", Json(version)}), "intel.qe_identity.format");
  EXPECT_EQ(IdentityRefusal({"isvprodid", Json(65536)}), "intel.qe_identity.format");
  EXPECT_EQ(IdentityRefusal({"tcbLevels", Json(JsonArray{Json(QeLevel(65536))})}), "intel.qe_identity.format");
  EXPECT_EQ(IdentityRefusal({"tcbLevels", Json(JsonArray{Json(Changed(QeLevel(1), {"tcb", std::nullopt}))})}), "intel.qe_identity.format");
  EXPECT_EQ(IdentityRefusal({"attributes", Json(std::string(30, '0'))}), "intel.qe_identity.format");
  EXPECT_FALSE(ParseQeIdentity(Document("tcbInfo", Identity())));
}

}  // namespace
}  // namespace vidimus
