#include "endorsement/tcb_info.h"

#include <algorithm>
#include <limits>

#include "base/limits.h"

namespace vidimus {
namespace {

constexpr std::string_view kTcbInfo = "intel.tcb_info.format";
constexpr std::string_view kIdentity = "intel.qe_identity.format";
constexpr std::array<std::string_view, 7> kStatusNames = {"UpToDate",
                                                          "SWHardeningNeeded",
                                                          "ConfigurationNeeded",
                                                          "ConfigurationAndSWHardeningNeeded",
                                                          "OutOfDate",
                                                          "OutOfDateConfigurationNeeded",
                                                          "Revoked"};

template <size_t N>
std::array<uint8_t, N> ToArray(const ByteVector& bytes) {
  std::array<uint8_t, N> out{};
  std::copy_n(bytes.begin(), N, out.begin());
  return out;
}

Result<UnixTime> TimeMember(const Json& object, std::string_view name, std::string_view where) {
  VIDIMUS_TRY(const std::string text, TextMember(object, name, where));
  auto time = ParseRfc3339Utc(text);
  if (!time)
    return Fail(ErrorCode::kMalformed, where, "member \"" + std::string(name) + "\": " + time.error().detail + ", found \"" + text + "\"");
  return time;
}

Result<TcbLevelVerdict> ReadVerdict(const Json& level, std::string_view where) {
  TcbLevelVerdict out{};
  VIDIMUS_TRY(const std::string name, TextMember(level, "tcbStatus", where));
  const auto status = TcbStatusFromName(name);
  if (!status) return Fail(ErrorCode::kMalformed, where, "unknown tcbStatus \"" + name + "\"");
  out.status = *status;
  VIDIMUS_TRY(out.date, TimeMember(level, "tcbDate", where));
  const Json* ids = level.Find("advisoryIDs");
  if (ids == nullptr) return out;
  if (ids->AsArray() == nullptr || ids->AsArray()->size() > limits::kAdvisoryIds)
    return Fail(ErrorCode::kMalformed, where, "advisoryIDs must be an array of at most " + std::to_string(limits::kAdvisoryIds));
  for (const Json& id : *ids->AsArray()) {
    if (id.AsString() == nullptr) return Fail(ErrorCode::kMalformed, where, "an advisory id must be a string");
    out.advisory_ids.push_back(*id.AsString());
  }
  return out;
}

Result<const JsonArray*> Levels(const Json& body, std::string_view where) {
  const Json* levels = body.Find("tcbLevels");
  if (levels == nullptr || levels->AsArray() == nullptr || levels->AsArray()->empty() || levels->AsArray()->size() > limits::kTcbLevels)
    return Fail(ErrorCode::kMalformed, where, "tcbLevels must be an array of 1 to " + std::to_string(limits::kTcbLevels));
  return levels->AsArray();
}

Result<std::array<uint8_t, 16>> ReadComponents(const Json& tcb, int64_t version) {
  std::array<uint8_t, 16> out{};
  const Json* list = tcb.Find("sgxtcbcomponents");
  if (version == 3 && (list == nullptr || list->AsArray() == nullptr || list->AsArray()->size() != out.size()))
    return Fail(ErrorCode::kMalformed, kTcbInfo, "sgxtcbcomponents must be an array of 16");
  for (size_t i = 0; i < out.size(); ++i) {
    const std::string number = (i < 9 ? "0" : "") + std::to_string(i + 1);
    VIDIMUS_TRY(const int64_t svn, version == 3 ? IntegerMember((*list->AsArray())[i], "svn", 0, 255, kTcbInfo)
                                                : IntegerMember(tcb, "sgxtcbcomp" + number + "svn", 0, 255, kTcbInfo));
    out[i] = static_cast<uint8_t>(svn);
  }
  return out;
}

Result<SgxTcbLevel> ReadSgxLevel(const Json& level, int64_t version) {
  const Json* tcb = level.Find("tcb");
  if (tcb == nullptr) return Fail(ErrorCode::kMalformed, kTcbInfo, "a level must have a \"tcb\"");
  SgxTcbLevel out{};
  VIDIMUS_TRY(out.components, ReadComponents(*tcb, version));
  VIDIMUS_TRY(const int64_t pce_svn, IntegerMember(*tcb, "pcesvn", 0, 65535, kTcbInfo));
  out.pce_svn = static_cast<uint16_t>(pce_svn);
  VIDIMUS_TRY(out.verdict, ReadVerdict(level, kTcbInfo));
  return out;
}

// Version 3 names its TEE and carries TDX members only for TDX; version 2 is SGX alone (sections 4.2 and 4.3).
Status CheckSgxKind(const Json& body, int64_t version) {
  if (version == 2) return {};
  VIDIMUS_TRY(const std::string id, TextMember(body, "id", kTcbInfo));
  if (id == "TDX") return Fail(ErrorCode::kMismatch, "intel.tcb_info.id", "found \"TDX\", expected \"SGX\"");
  if (id != "SGX") return Fail(ErrorCode::kMalformed, kTcbInfo, "id must be SGX or TDX, found \"" + id + "\"");
  if (body.Find("tdxModule") != nullptr || body.Find("tdxModuleIdentities") != nullptr)
    return Fail(ErrorCode::kMalformed, kTcbInfo, "SGX TCB info must not carry TDX module members");
  return {};
}

}  // namespace

std::string_view TcbStatusName(TcbStatus status) { return kStatusNames[static_cast<size_t>(status)]; }

std::optional<TcbStatus> TcbStatusFromName(std::string_view name) {
  const auto* const at = std::find(kStatusNames.begin(), kStatusNames.end(), name);
  if (at == kStatusNames.end()) return std::nullopt;
  return static_cast<TcbStatus>(at - kStatusNames.begin());
}

Result<TcbInfo> ParseSgxTcbInfo(SignedJson document) {
  if (document.name != "tcbInfo")
    return Fail(ErrorCode::kMalformed, kTcbInfo, "found document \"" + document.name + "\", expected \"tcbInfo\"");
  const Json& body = document.value;
  TcbInfo out{};
  VIDIMUS_TRY(out.version, IntegerMember(body, "version", 2, 3, kTcbInfo));
  VIDIMUS_CHECK_OK(CheckSgxKind(body, out.version));
  VIDIMUS_TRY(out.issue_date, TimeMember(body, "issueDate", kTcbInfo));
  VIDIMUS_TRY(out.next_update, TimeMember(body, "nextUpdate", kTcbInfo));
  VIDIMUS_TRY(const ByteVector fmspc, HexMember(body, "fmspc", 6, kTcbInfo));
  VIDIMUS_TRY(const ByteVector pce_id, HexMember(body, "pceId", 2, kTcbInfo));
  VIDIMUS_CHECK_OK(IntegerMember(body, "tcbType", 0, 0, kTcbInfo).map([](int64_t) {}));
  VIDIMUS_TRY(out.evaluation_data_number, IntegerMember(body, "tcbEvaluationDataNumber", 0, std::numeric_limits<int32_t>::max(), kTcbInfo));
  out.fmspc = ToArray<6>(fmspc);
  out.pce_id = ToArray<2>(pce_id);
  VIDIMUS_TRY(const JsonArray* levels, Levels(body, kTcbInfo));
  for (const Json& level : *levels) {
    VIDIMUS_TRY(SgxTcbLevel parsed, ReadSgxLevel(level, out.version));
    out.levels.push_back(std::move(parsed));
  }
  const auto key = [](const SgxTcbLevel& level) { return std::tie(level.components, level.pce_svn); };
  std::stable_sort(out.levels.begin(), out.levels.end(), [&](const auto& a, const auto& b) { return key(a) > key(b); });
  const auto twice =
      std::adjacent_find(out.levels.begin(), out.levels.end(), [&](const auto& a, const auto& b) { return key(a) == key(b); });
  if (twice != out.levels.end()) return Fail(ErrorCode::kMalformed, kTcbInfo, "two levels have the same SVNs");
  out.document = std::move(document);
  return out;
}

Result<QeIdentity> ParseQeIdentity(SignedJson document) {
  if (document.name != "enclaveIdentity")
    return Fail(ErrorCode::kMalformed, kIdentity, "found document \"" + document.name + "\", expected \"enclaveIdentity\"");
  const Json& body = document.value;
  QeIdentity out{};
  VIDIMUS_TRY(out.id, TextMember(body, "id", kIdentity));
  VIDIMUS_CHECK_OK(IntegerMember(body, "version", 2, 2, kIdentity).map([](int64_t) {}));
  VIDIMUS_TRY(out.issue_date, TimeMember(body, "issueDate", kIdentity));
  VIDIMUS_TRY(out.next_update, TimeMember(body, "nextUpdate", kIdentity));
  VIDIMUS_TRY(out.evaluation_data_number,
              IntegerMember(body, "tcbEvaluationDataNumber", 0, std::numeric_limits<int32_t>::max(), kIdentity));
  VIDIMUS_TRY(const ByteVector misc, HexMember(body, "miscselect", 4, kIdentity));
  VIDIMUS_TRY(const ByteVector misc_mask, HexMember(body, "miscselectMask", 4, kIdentity));
  VIDIMUS_TRY(const ByteVector attributes, HexMember(body, "attributes", 16, kIdentity));
  VIDIMUS_TRY(const ByteVector attributes_mask, HexMember(body, "attributesMask", 16, kIdentity));
  VIDIMUS_TRY(const ByteVector signer, HexMember(body, "mrsigner", 32, kIdentity));
  VIDIMUS_TRY(const int64_t prod_id, IntegerMember(body, "isvprodid", 0, 65535, kIdentity));
  out.misc_select = ToArray<4>(misc);
  out.misc_select_mask = ToArray<4>(misc_mask);
  out.attributes = ToArray<16>(attributes);
  out.attributes_mask = ToArray<16>(attributes_mask);
  out.mr_signer = ToArray<32>(signer);
  out.isv_prod_id = static_cast<uint16_t>(prod_id);
  VIDIMUS_TRY(const JsonArray* levels, Levels(body, kIdentity));
  for (const Json& level : *levels) {
    const Json* tcb = level.Find("tcb");
    if (tcb == nullptr) return Fail(ErrorCode::kMalformed, kIdentity, "a level must have a \"tcb\"");
    VIDIMUS_TRY(const int64_t svn, IntegerMember(*tcb, "isvsvn", 0, 65535, kIdentity));
    VIDIMUS_TRY(TcbLevelVerdict verdict, ReadVerdict(level, kIdentity));
    out.levels.push_back({static_cast<uint16_t>(svn), std::move(verdict)});
  }
  std::stable_sort(out.levels.begin(), out.levels.end(), [](const auto& a, const auto& b) { return a.isv_svn > b.isv_svn; });
  out.document = std::move(document);
  return out;
}

}  // namespace vidimus
