#include "sim/intel_documents.h"

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

}  // namespace

Result<std::string> SignedTcbInfo(const SimulatedIntelSpec& spec, int64_t number, UnixTime now, const PrivateKey& signer) {
  JsonArray levels;
  for (const TcbLevel& level : spec.tcb_levels) {
    JsonArray components;
    for (const uint8_t svn : level.components) components.push_back(JsonObject{{"svn", int{svn}}});
    JsonObject tcb{{"sgxtcbcomponents", std::move(components)}, {"pcesvn", int{level.pce_svn}}};
    JsonObject out{{"tcb", std::move(tcb)}};
    AddVerdict(level.verdict, out);
    levels.emplace_back(std::move(out));
  }
  return Sign("tcbInfo",
              JsonObject{{"id", "SGX"},
                         {"version", 3},
                         {"issueDate", FormatRfc3339Utc(now + spec.tcb_info_period.issued)},
                         {"nextUpdate", FormatRfc3339Utc(now + spec.tcb_info_period.next_update)},
                         {"fmspc", HexEncode(spec.platform.fmspc)},
                         {"pceId", HexEncode(spec.platform.pce_id)},
                         {"tcbType", 0},
                         {"tcbEvaluationDataNumber", number},
                         {"tcbLevels", std::move(levels)}},
              signer);
}

Result<std::string> SignedQeIdentity(const SimulatedIntelSpec& spec, int64_t number, UnixTime now, const PrivateKey& signer) {
  const SimulatedQeIdentity& identity = spec.qe_identity;
  JsonArray levels;
  for (const SvnTcbLevel& level : identity.levels) {
    JsonObject out{{"tcb", JsonObject{{"isvsvn", int{level.isv_svn}}}}};
    AddVerdict(level.verdict, out);
    levels.emplace_back(std::move(out));
  }
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
                         {"tcbLevels", std::move(levels)}},
              signer);
}

}  // namespace vidimus
