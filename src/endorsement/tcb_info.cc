#include "endorsement/tcb_info.h"

#include <algorithm>
#include <limits>

#include "base/hex.h"
#include "base/limits.h"

namespace vidimus {
namespace {

constexpr std::string_view kTcbInfo = "intel.tcb_info.format";
constexpr std::string_view kIdentity = "intel.qe_identity.format";
constexpr std::array<std::string_view, 9> kStatusNames = {"UpToDate",
                                                          "SWHardeningNeeded",
                                                          "ConfigurationNeeded",
                                                          "ConfigurationAndSWHardeningNeeded",
                                                          "OutOfDate",
                                                          "OutOfDateConfigurationNeeded",
                                                          "TDRelaunchAdvised",
                                                          "TDRelaunchAdvisedConfigurationNeeded",
                                                          "Revoked"};

template <size_t N>
std::array<uint8_t, N> ToArray(const ByteVector& bytes) {
  std::array<uint8_t, N> out{};
  std::copy_n(bytes.begin(), N, out.begin());
  return out;
}

Result<TcbLevelVerdict> ReadVerdict(const Json& level, std::string_view where) {
  TcbLevelVerdict out{};
  VIDIMUS_TRY(const std::string name, TextMember(level, "tcbStatus", where));
  const auto status = TcbStatusFromName(name);
  if (!status || *status == TcbStatus::kTdRelaunchAdvised || *status == TcbStatus::kTdRelaunchAdvisedConfigurationNeeded)
    return Fail(ErrorCode::kMalformed, where, "unknown tcbStatus \"" + name + "\"");
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

// Version 2 has a member for each, version 3 a list.
Result<std::array<uint8_t, 16>> ReadNumberedComponents(const Json& tcb) {
  std::array<uint8_t, 16> out{};
  for (size_t i = 0; i < out.size(); ++i) {
    const std::string number = (i < 9 ? "0" : "") + std::to_string(i + 1);
    VIDIMUS_TRY(const int64_t svn, IntegerMember(tcb, "sgxtcbcomp" + number + "svn", 0, 255, kTcbInfo));
    out[i] = static_cast<uint8_t>(svn);
  }
  return out;
}

Result<std::array<uint8_t, 16>> ReadComponents(const Json& tcb, std::string_view name) {
  std::array<uint8_t, 16> out{};
  const Json* list = tcb.Find(name);
  if (list == nullptr || list->AsArray() == nullptr || list->AsArray()->size() != out.size())
    return Fail(ErrorCode::kMalformed, kTcbInfo, std::string(name) + " must be an array of 16");
  for (size_t i = 0; i < out.size(); ++i) {
    VIDIMUS_TRY(const int64_t svn, IntegerMember((*list->AsArray())[i], "svn", 0, 255, kTcbInfo));
    out[i] = static_cast<uint8_t>(svn);
  }
  return out;
}

Result<TcbLevel> ReadLevel(const Json& level, int64_t version, IntelTee tee) {
  const Json* tcb = level.Find("tcb");
  if (tcb == nullptr) return Fail(ErrorCode::kMalformed, kTcbInfo, "a level must have a \"tcb\"");
  TcbLevel out{};
  VIDIMUS_TRY(out.components, version == 2 ? ReadNumberedComponents(*tcb) : ReadComponents(*tcb, "sgxtcbcomponents"));
  if (tee == IntelTee::kTdx) {
    VIDIMUS_TRY(out.tdx_components, ReadComponents(*tcb, "tdxtcbcomponents"));
  }
  VIDIMUS_TRY(const int64_t pce_svn, IntegerMember(*tcb, "pcesvn", 0, 65535, kTcbInfo));
  out.pce_svn = static_cast<uint16_t>(pce_svn);
  VIDIMUS_TRY(out.verdict, ReadVerdict(level, kTcbInfo));
  return out;
}

// Levels of a quoting enclave or a module, descending.
Result<std::vector<SvnTcbLevel>> ReadSvnLevels(const Json& object, std::string_view where) {
  VIDIMUS_TRY(const JsonArray* levels, Levels(object, where));
  std::vector<SvnTcbLevel> out;
  for (const Json& level : *levels) {
    const Json* tcb = level.Find("tcb");
    if (tcb == nullptr) return Fail(ErrorCode::kMalformed, where, "a level must have a \"tcb\"");
    VIDIMUS_TRY(const int64_t svn, IntegerMember(*tcb, "isvsvn", 0, 65535, where));
    VIDIMUS_TRY(TcbLevelVerdict verdict, ReadVerdict(level, where));
    out.push_back({static_cast<uint16_t>(svn), std::move(verdict)});
  }
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.isv_svn > b.isv_svn; });
  return out;
}

// Version 3 names its TEE and carries TDX members only for TDX; version 2 is SGX alone (sections 4.2 and 4.3).
Result<IntelTee> ReadTee(const Json& body, int64_t version) {
  if (version == 2) return IntelTee::kSgx;
  VIDIMUS_TRY(const std::string id, TextMember(body, "id", kTcbInfo));
  if (id != "SGX" && id != "TDX") return Fail(ErrorCode::kMalformed, kTcbInfo, "id must be SGX or TDX, found \"" + id + "\"");
  if (id == "TDX") return IntelTee::kTdx;
  if (body.Find("tdxModule") != nullptr || body.Find("tdxModuleIdentities") != nullptr)
    return Fail(ErrorCode::kMalformed, kTcbInfo, "SGX TCB info must not carry TDX module members");
  return IntelTee::kSgx;
}

Result<TdxModule> ReadModule(const Json& object) {
  VIDIMUS_TRY(const ByteVector signer, HexMember(object, "mrsigner", 48, kTcbInfo));
  VIDIMUS_TRY(const ByteVector attributes, HexMember(object, "attributes", 8, kTcbInfo));
  VIDIMUS_TRY(const ByteVector mask, HexMember(object, "attributesMask", 8, kTcbInfo));
  return TdxModule{ToArray<48>(signer), ToArray<8>(attributes), ToArray<8>(mask)};
}

// "TDX_" and two hexadecimal digits of either case.
Result<uint8_t> ReadMajorVersion(const Json& identity) {
  VIDIMUS_TRY(const std::string id, TextMember(identity, "id", kTcbInfo));
  const auto digits = id.starts_with("TDX_") ? HexDecode(std::string_view(id).substr(4)) : ByteVector{};
  if (!digits || digits->size() != 1)
    return Fail(ErrorCode::kMalformed, kTcbInfo, "a module identity's id must be TDX_ and two hexadecimal digits, found \"" + id + "\"");
  return digits->front();
}

Status ReadModules(const Json& body, TcbInfo& out) {
  const Json* module = body.Find("tdxModule");
  if (module == nullptr) return Fail(ErrorCode::kMalformed, kTcbInfo, "TDX TCB info must have a \"tdxModule\"");
  VIDIMUS_TRY(out.module, ReadModule(*module));
  const Json* identities = body.Find("tdxModuleIdentities");
  if (identities == nullptr) return {};
  if (identities->AsArray() == nullptr) return Fail(ErrorCode::kMalformed, kTcbInfo, "tdxModuleIdentities must be an array");
  for (const Json& one : *identities->AsArray()) {
    TdxModuleIdentity identity{};
    VIDIMUS_TRY(identity.major_version, ReadMajorVersion(one));
    VIDIMUS_TRY(identity.module, ReadModule(one));
    VIDIMUS_TRY(identity.levels, ReadSvnLevels(one, kTcbInfo));
    const auto& known = out.module_identities;  // at most 256: an id is one octet
    if (std::any_of(known.begin(), known.end(), [&](const auto& other) { return other.major_version == identity.major_version; }))
      return Fail(ErrorCode::kMalformed, kTcbInfo, "two module identities have the same id");
    out.module_identities.push_back(std::move(identity));
  }
  return {};
}

Status ReadLevels(const Json& body, TcbInfo& out) {
  VIDIMUS_TRY(const JsonArray* levels, Levels(body, kTcbInfo));
  for (const Json& level : *levels) {
    VIDIMUS_TRY(TcbLevel parsed, ReadLevel(level, out.version, out.tee));
    out.levels.push_back(std::move(parsed));
  }
  const auto key = [](const TcbLevel& level) { return std::tie(level.components, level.pce_svn, level.tdx_components); };
  std::stable_sort(out.levels.begin(), out.levels.end(), [&](const auto& a, const auto& b) { return key(a) > key(b); });
  const auto twice =
      std::adjacent_find(out.levels.begin(), out.levels.end(), [&](const auto& a, const auto& b) { return key(a) == key(b); });
  if (twice != out.levels.end()) return Fail(ErrorCode::kMalformed, kTcbInfo, "two levels have the same SVNs");
  return {};
}

}  // namespace

std::string_view IntelTeeName(IntelTee tee) { return tee == IntelTee::kSgx ? "SGX" : "TDX"; }

std::string_view TcbStatusName(TcbStatus status) { return kStatusNames[static_cast<size_t>(status)]; }

std::optional<TcbStatus> TcbStatusFromName(std::string_view name) {
  const auto* const at = std::find(kStatusNames.begin(), kStatusNames.end(), name);
  if (at == kStatusNames.end()) return std::nullopt;
  return static_cast<TcbStatus>(at - kStatusNames.begin());
}

Result<TcbInfo> ParseTcbInfo(SignedJson document) {
  if (document.name != "tcbInfo")
    return Fail(ErrorCode::kMalformed, kTcbInfo, "found document \"" + document.name + "\", expected \"tcbInfo\"");
  const Json& body = document.value;
  TcbInfo out{};
  VIDIMUS_TRY(out.version, IntegerMember(body, "version", 2, 3, kTcbInfo));
  VIDIMUS_TRY(out.tee, ReadTee(body, out.version));
  VIDIMUS_TRY(out.issue_date, TimeMember(body, "issueDate", kTcbInfo));
  VIDIMUS_TRY(out.next_update, TimeMember(body, "nextUpdate", kTcbInfo));
  VIDIMUS_TRY(const ByteVector fmspc, HexMember(body, "fmspc", 6, kTcbInfo));
  VIDIMUS_TRY(const ByteVector pce_id, HexMember(body, "pceId", 2, kTcbInfo));
  VIDIMUS_CHECK_OK(IntegerMember(body, "tcbType", 0, 0, kTcbInfo).map([](int64_t) {}));
  VIDIMUS_TRY(out.evaluation_data_number, IntegerMember(body, "tcbEvaluationDataNumber", 0, std::numeric_limits<int32_t>::max(), kTcbInfo));
  out.fmspc = ToArray<6>(fmspc);
  out.pce_id = ToArray<2>(pce_id);
  VIDIMUS_CHECK_OK(ReadLevels(body, out));
  if (out.tee == IntelTee::kTdx) VIDIMUS_CHECK_OK(ReadModules(body, out));
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
  VIDIMUS_TRY(out.levels, ReadSvnLevels(body, kIdentity));
  out.document = std::move(document);
  return out;
}

}  // namespace vidimus
