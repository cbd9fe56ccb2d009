#include "sim/intel_documents.h"

#include <algorithm>
#include <functional>

#include "base/hex.h"
#include "codec/json.h"

namespace vidimus {
namespace {

// The signature is over the exact bytes of the inner object as served.
Result<std::string> Sign(std::string_view name, JsonObject document, const PrivateKey& signer) {
  const std::string body = WriteJson(Json(std::move(document)));
  VIDIMUS_TRY(const ByteVector signature, signer.Sign(AsBytes(body)));
  return "{\"" + std::string(name) + "\":" + body + ",\"signature\":\"" + HexEncode(signature) + "\"}";
}

void AddVerdict(const TcbLevelVerdict& verdict, JsonObject& level) {
  level.emplace_back("tcbDate", FormatRfc3339Utc(verdict.date));
  level.emplace_back("tcbStatus", TcbStatusName(verdict.status));
  if (!verdict.advisory_ids.empty()) level.emplace_back("advisoryIDs", JsonArray(verdict.advisory_ids.begin(), verdict.advisory_ids.end()));
}

JsonArray Components(const std::array<uint8_t, 16>& svns) {
  JsonArray out;
  for (const uint8_t svn : svns) out.push_back(JsonObject{{"svn", int{svn}}});
  return out;
}

// Of a quoting enclave or a TDX module.
JsonArray SvnLevels(const std::vector<SvnTcbLevel>& levels) {
  JsonArray out;
  for (const SvnTcbLevel& level : levels) {
    JsonObject one{{"tcb", JsonObject{{"isvsvn", int{level.isv_svn}}}}};
    AddVerdict(level.verdict, one);
    out.emplace_back(std::move(one));
  }
  return out;
}

JsonObject ModuleMembers(const TdxModule& module) {
  return {{"mrsigner", HexEncode(module.mr_signer)},
          {"attributes", HexEncode(module.attributes)},
          {"attributesMask", HexEncode(module.attributes_mask)}};
}

void AddModules(const SimulatedIntelSpec& spec, JsonObject& info) {
  JsonArray identities;
  for (const TdxModuleIdentity& identity : spec.module_identities) {
    JsonObject one = ModuleMembers(identity.module);
    one.emplace_back("id", "TDX_" + HexEncode(Bytes(&identity.major_version, 1)));
    one.emplace_back("tcbLevels", SvnLevels(identity.levels));
    identities.emplace_back(std::move(one));
  }
  info.emplace_back("tdxModule", ModuleMembers(spec.module));
  info.emplace_back("tdxModuleIdentities", std::move(identities));
}

}  // namespace

Result<std::string> SignedTcbInfo(const SimulatedIntelSpec& spec, IntelTee tee, int64_t number, UnixTime now, const PrivateKey& signer) {
  JsonArray levels;
  for (const TcbLevel& level : spec.tcb_levels) {
    JsonObject tcb{{"sgxtcbcomponents", Components(level.components)}, {"pcesvn", int{level.pce_svn}}};
    if (tee == IntelTee::kTdx) tcb.emplace_back("tdxtcbcomponents", Components(level.tdx_components));
    JsonObject out{{"tcb", std::move(tcb)}};
    AddVerdict(level.verdict, out);
    levels.emplace_back(std::move(out));
  }
  JsonObject out{{"id", IntelTeeName(tee)},
                 {"version", 3},
                 {"issueDate", FormatRfc3339Utc(now + spec.tcb_info_period.issued)},
                 {"nextUpdate", FormatRfc3339Utc(now + spec.tcb_info_period.next_update)},
                 {"fmspc", HexEncode(spec.platform.fmspc)},
                 {"pceId", HexEncode(spec.platform.pce_id)},
                 {"tcbType", 0},
                 {"tcbEvaluationDataNumber", number}};
  if (tee == IntelTee::kTdx) AddModules(spec, out);
  out.emplace_back("tcbLevels", std::move(levels));
  return Sign("tcbInfo", std::move(out), signer);
}

Result<std::string> SignedQeIdentity(const SimulatedIntelSpec& spec, IntelTee tee, int64_t number, UnixTime now, const PrivateKey& signer) {
  const SimulatedQeIdentity& identity = tee == IntelTee::kSgx ? spec.qe_identity : spec.td_qe_identity;
  return Sign("enclaveIdentity",
              JsonObject{{"id", identity.id},
                         {"version", 2},
                         {"issueDate", FormatRfc3339Utc(now + spec.qe_identity_period.issued)},
                         {"nextUpdate", FormatRfc3339Utc(now + spec.qe_identity_period.next_update)},
                         {"tcbEvaluationDataNumber", number},
                         {"miscselect", HexEncode(identity.misc_select)},
                         {"miscselectMask", HexEncode(identity.misc_select_mask)},
                         {"attributes", HexEncode(identity.attributes)},
                         {"attributesMask", HexEncode(identity.attributes_mask)},
                         {"mrsigner", HexEncode(identity.mr_signer)},
                         {"isvprodid", int{identity.isv_prod_id}},
                         {"tcbLevels", SvnLevels(identity.levels)}},
              signer);
}

Result<std::string> SignedEvaluationNumbers(const SimulatedIntelSpec& spec, IntelTee tee, UnixTime now, const PrivateKey& signer) {
  std::vector<int64_t> newest_first = spec.evaluation_data_numbers;
  std::sort(newest_first.begin(), newest_first.end(), std::greater<>());
  JsonArray numbers;
  UnixTime event = now - 30 * 86'400;
  for (const int64_t number : newest_first) {
    numbers.emplace_back(JsonObject{
        {"tcbEvaluationDataNumber", number}, {"tcbRecoveryEventDate", FormatRfc3339Utc(event)}, {"tcbDate", FormatRfc3339Utc(event)}});
    event -= 380 * 86'400;
  }
  return Sign("tcbEvaluationDataNumbers",
              JsonObject{{"id", IntelTeeName(tee)},
                         {"version", 1},
                         {"issueDate", FormatRfc3339Utc(now + spec.evaluation_numbers_period.issued)},
                         {"nextUpdate", FormatRfc3339Utc(now + spec.evaluation_numbers_period.next_update)},
                         {"tcbEvalNumbers", std::move(numbers)}},
              signer);
}

}  // namespace vidimus
