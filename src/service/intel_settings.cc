#include "service/intel_settings.h"

#include <algorithm>

#include "base/hex.h"

namespace vidimus {
namespace {

Result<TcbSettings> ReadTcbSettings(const std::vector<std::string>& accept_tcb, const std::string& expiry) {
  TcbSettings out;
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
  return out;
}

template <typename Attribute>
Result<std::set<Attribute>> ReadAttributes(const std::vector<std::string>& names, std::initializer_list<Attribute> all,
                                           std::string_view (*name_of)(Attribute)) {
  std::set<Attribute> out;
  for (const std::string& name : names) {
    const auto* const found = std::find_if(all.begin(), all.end(), [&](Attribute one) { return name_of(one) == name; });
    if (found != all.end()) {
      out.insert(*found);
      continue;
    }
    std::string known;
    for (const Attribute one : all) known += (known.empty() ? "" : ", ") + std::string(name_of(one));
    return Fail(ErrorCode::kUsage, "option.refuse", "found \"" + name + "\", expected one of " + known);
  }
  return out;
}

}  // namespace

Result<SgxSettings> ReadSgxSettings(const std::vector<std::string>& accept_tcb, const std::string& expiry,
                                    const std::vector<std::string>& refuse) {
  VIDIMUS_TRY(const TcbSettings tcb, ReadTcbSettings(accept_tcb, expiry));
  using enum SgxAttribute;
  VIDIMUS_TRY(auto refused, ReadAttributes(refuse, {kDebug, kProvisionKey, kEinittokenKey, kUnknown}, SgxAttributeName));
  return SgxSettings{tcb, std::move(refused)};
}

Result<TdxSettings> ReadTdxSettings(const std::vector<std::string>& accept_tcb, const std::string& expiry,
                                    const std::vector<std::string>& refuse) {
  VIDIMUS_TRY(const TcbSettings tcb, ReadTcbSettings(accept_tcb, expiry));
  using enum TdxAttribute;
  VIDIMUS_TRY(auto refused, ReadAttributes(refuse, {kDebug, kUntrusted, kUnknown, kServiceTd}, TdxAttributeName));
  return TdxSettings{tcb, std::move(refused), {}};
}

Result<TdMeasurement> ReadTdMeasurement(const std::string& mr_td, const std::string& mr_seam) {
  TdMeasurement out{};
  for (const auto& [text, octets] : {std::pair{&mr_td, &out.mr_td}, std::pair{&mr_seam, &out.mr_seam}}) {
    const auto decoded = HexDecode(*text);
    if (!decoded || decoded->size() != octets->size())
      return Fail(ErrorCode::kUsage, "option.paravisor", "found \"" + *text + "\", expected 96 hexadecimal digits");
    std::copy(decoded->begin(), decoded->end(), octets->begin());
  }
  return out;
}

}  // namespace vidimus
