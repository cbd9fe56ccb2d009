#include "sim_routes.h"

#include <algorithm>

#include "api/errors.h"
#include "api/routes.h"
#include "base/base64url.h"
#include "base/hex.h"

namespace vidimus {
namespace {

tl::unexpected<Error> Wrong(const std::string& name, const Json& found, const std::string& expected) {
  return Fail(ErrorCode::kMalformed, "sim.request",
              "found " + WriteJson(found).substr(0, 160) + " for \"" + name + "\", expected " + expected);
}

template <size_t N>
Status TakeHex(const std::string& name, const Json& value, std::array<uint8_t, N>& out) {
  const auto bytes = value.AsString() == nullptr ? Result<ByteVector>(ByteVector{}) : HexDecode(*value.AsString());
  if (!bytes || bytes->size() != N) return Wrong(name, value, std::to_string(2 * N) + " hexadecimal digits");
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return {};
}

Status TakeNumber(const std::string& name, const Json& value, uint16_t& out) {
  if (value.AsInt() == nullptr || *value.AsInt() < 0 || *value.AsInt() > 0xffff) return Wrong(name, value, "an integer from 0 to 65535");
  out = static_cast<uint16_t>(*value.AsInt());
  return {};
}

Status TakeFlag(const std::string& name, const Json& value, uint64_t flag, uint64_t& out) {
  if (value.AsBool() == nullptr) return Wrong(name, value, "true or false");
  out = *value.AsBool() ? out | flag : out & ~flag;
  return {};
}

Status TakeRuntimeData(const std::string& name, const Json& value, std::array<uint8_t, 64>& out) {
  const auto bytes = value.AsString() == nullptr ? Result<ByteVector>(Fail(ErrorCode::kMalformed, "sim.request", ""))
                                                 : Base64DecodeLenient(*value.AsString());
  if (!bytes) return Wrong(name, value, "base64url");
  out = BoundReportData(*bytes);
  return {};
}

Status TakeField(const std::string& name, const Json& value, SgxReportFields& out) {
  if (name == "mrenclave") return TakeHex(name, value, out.mr_enclave);
  if (name == "mrsigner") return TakeHex(name, value, out.mr_signer);
  if (name == "configId") return TakeHex(name, value, out.config_id);
  if (name == "extendedProductId") return TakeHex(name, value, out.isv_ext_prod_id);
  if (name == "familyId") return TakeHex(name, value, out.isv_family_id);
  if (name == "reportData") return TakeHex(name, value, out.report_data);
  if (name == "runtimeData") return TakeRuntimeData(name, value, out.report_data);
  if (name == "productId") return TakeNumber(name, value, out.isv_prod_id);
  if (name == "svn") return TakeNumber(name, value, out.isv_svn);
  if (name == "configSvn") return TakeNumber(name, value, out.config_svn);
  if (name == "debug") return TakeFlag(name, value, kSgxFlagDebug, out.flags);
  if (name == "kss") return TakeFlag(name, value, kSgxFlagKss, out.flags);
  return Fail(ErrorCode::kUsage, "sim.request", "found a member \"" + name.substr(0, 64) + "\", expected names of report fields only");
}

Status TakeField(const std::string& name, const Json& value, TdReportFields& out) {
  if (name == "mrtd") return TakeHex(name, value, out.mr_td);
  if (name == "mrseam") return TakeHex(name, value, out.mr_seam);
  if (name == "mrConfigId") return TakeHex(name, value, out.mr_config_id);
  if (name == "mrOwner") return TakeHex(name, value, out.mr_owner);
  if (name == "mrOwnerConfig") return TakeHex(name, value, out.mr_owner_config);
  for (size_t i = 0; i < out.rtmr.size(); ++i)
    if (name == "rtmr" + std::to_string(i)) return TakeHex(name, value, out.rtmr[i]);
  if (name == "teeTcbSvn") return TakeHex(name, value, out.tee_tcb_svn);
  if (name == "reportData") return TakeHex(name, value, out.report_data);
  if (name == "runtimeData") return TakeRuntimeData(name, value, out.report_data);
  if (name == "debug") return TakeFlag(name, value, kTdAttributesDebug, out.td_attributes);
  return Fail(ErrorCode::kUsage, "sim.request", "found a member \"" + name.substr(0, 64) + "\", expected names of report fields only");
}

template <typename Fields>
Result<Fields> ReadFields(const std::string& body) {
  VIDIMUS_TRY(const Json json, ParseJson(body.empty() ? "{}" : body));
  if (json.AsObject() == nullptr)
    return Fail(ErrorCode::kMalformed, "sim.request", "found " + std::string(json.TypeName()) + ", expected an object");
  if (json.Find("reportData") != nullptr && json.Find("runtimeData") != nullptr)
    return Fail(ErrorCode::kUsage, "sim.request", "found both reportData and runtimeData, expected one of them");
  Fields out;
  for (const auto& [name, value] : *json.AsObject()) VIDIMUS_CHECK_OK(TakeField(name, value, out));
  return out;
}

Result<Json> QuoteSgx(const SimulatedIntel& vendor, const std::string& body) {
  VIDIMUS_TRY(const auto fields, ReadFields<SgxReportFields>(body));
  VIDIMUS_TRY(const ByteVector quote, vendor.Quote(fields));
  return Json(JsonObject{{"quote", Base64UrlEncode(quote)}, {"report", Base64UrlEncode(FrameOpenEnclaveReport(quote))}});
}

Result<Json> QuoteTdx(const SimulatedIntel& vendor, const std::string& body) {
  VIDIMUS_TRY(const auto fields, ReadFields<TdReportFields>(body));
  VIDIMUS_TRY(const ByteVector quote, vendor.QuoteTd(fields));
  return Json(JsonObject{{"quote", Base64UrlEncode(quote)}});
}

}  // namespace

void AddSimulatorRoutes(const SimulatedIntel& vendor, Router& router) {
  using Quote = Result<Json> (*)(const SimulatedIntel&, const std::string&);
  for (const auto& [path, make] : {std::pair<const char*, Quote>{"/vidimus/v1/sim/sgx/quote", QuoteSgx},
                                   std::pair<const char*, Quote>{"/vidimus/v1/sim/tdx/quote", QuoteTdx}})
    router.Add("POST", path, [&vendor, quote_of = make](const ApiRequest& request, const HttpReply& reply) {
      const auto quote = quote_of(vendor, request.http.body);
      reply(quote ? JsonResponse(*quote) : ErrorResponse(400, quote.error(), request.request_id));
    });
}

}  // namespace vidimus
