#include "service/sgx_settings.h"

namespace vidimus {
namespace {

Result<SgxAttribute> AttributeFromName(const std::string& name) {
  std::string known;
  for (const SgxAttribute one : {SgxAttribute::kDebug, SgxAttribute::kProvisionKey, SgxAttribute::kEinittokenKey, SgxAttribute::kUnknown}) {
    if (SgxAttributeName(one) == name) return one;
    known += (known.empty() ? "" : ", ") + std::string(SgxAttributeName(one));
  }
  return Fail(ErrorCode::kUsage, "option.refuse", "found \"" + name + "\", expected one of " + known);
}

}  // namespace

Result<SgxSettings> ReadSgxSettings(const std::vector<std::string>& accept_tcb, const std::string& expiry,
                                    const std::vector<std::string>& refuse) {
  SgxSettings out;
  if (!accept_tcb.empty()) out.accepted_tcb.clear();
  for (const std::string& name : accept_tcb) {
    const auto status = TcbStatusFromName(name);
    if (!status || *status == TcbStatus::kRevoked)
      return Fail(ErrorCode::kUsage, "option.accept_tcb",
                  "found \"" + name + "\", expected a TCB status other than Revoked, as Intel spells it");
    out.accepted_tcb.insert(*status);
  }
  if (expiry != "strict" && expiry != "ignore")
    return Fail(ErrorCode::kUsage, "option.expiry", "found \"" + expiry + "\", expected strict or ignore");
  out.ignore_next_update = expiry == "ignore";
  for (const std::string& name : refuse) {
    VIDIMUS_TRY(const SgxAttribute attribute, AttributeFromName(name));
    out.refused_attributes.insert(attribute);
  }
  return out;
}

}  // namespace vidimus
