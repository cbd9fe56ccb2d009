#include "service/intel_settings.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/hex.h"
#include "base/limits.h"

namespace vidimus {
namespace {

constexpr int64_t kGreatestNumber = std::numeric_limits<int32_t>::max();
constexpr size_t kAdvisoryIdBytes = 32;

Result<TcbBaseline> ReadBaseline(const std::string& text) {
  using Kind = TcbBaseline::Kind;
  for (const Kind kind : {Kind::kEarly, Kind::kStandard})
    if (text == TcbBaselineName(kind)) return TcbBaseline{kind, 0};
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= 0 && number <= kGreatestNumber)
    return TcbBaseline{Kind::kNumber, number};
  return Fail(ErrorCode::kUsage, "option.tcb_baseline", "found \"" + text + "\", expected early, standard or an evaluation number");
}

Result<std::set<std::string>> ReadAdvisories(const std::vector<std::string>& ids) {
  if (ids.size() > limits::kAdvisoryIds)
    return Fail(ErrorCode::kUsage, "option.accept_advisories",
                "found " + std::to_string(ids.size()) + ", expected at most " + std::to_string(limits::kAdvisoryIds));
  for (const std::string& id : ids)
    if (!id.starts_with("INTEL-SA-") || id.size() > kAdvisoryIdBytes)
      return Fail(ErrorCode::kUsage, "option.accept_advisories",
                  "found \"" + Shortened(id, 40) + "\", expected ids such as INTEL-SA-00615");
  return std::set<std::string>(ids.begin(), ids.end());
}

Result<TcbSettings> ReadTcbSettings(const IntelSettingsText& text) {
  TcbSettings out;
  if (!text.accept_tcb.empty()) out.accepted_tcb.clear();
  for (const std::string& name : text.accept_tcb) {
    const auto status = TcbStatusFromName(name);
    if (!status || *status == TcbStatus::kRevoked)
      return Fail(ErrorCode::kUsage, "option.accept_tcb",
                  "found \"" + name + "\", expected a TCB status other than Revoked, as Intel spells it");
    out.accepted_tcb.insert(*status);
  }
  if (text.accept_advisories) {
    VIDIMUS_TRY(out.accepted_advisories, ReadAdvisories(*text.accept_advisories));
  }
  if (const auto& least = text.minimum_evaluation_number; least && (*least < 0 || *least > kGreatestNumber))
    return Fail(ErrorCode::kUsage, "option.evaluation_number",
                "found " + std::to_string(*least) + ", expected a number from 0 to " + std::to_string(kGreatestNumber));
  out.least_evaluation_number = text.minimum_evaluation_number;
  VIDIMUS_TRY(out.baseline, ReadBaseline(text.tcb_baseline));
  const auto expiry = ParseExpiry(text.expiry);
  if (!expiry) return Fail(ErrorCode::kUsage, "option.expiry", expiry.error().detail);
  out.expiry = *expiry;
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

Result<SgxSettings> ReadSgxSettings(const IntelSettingsText& text) {
  VIDIMUS_TRY(const TcbSettings tcb, ReadTcbSettings(text));
  using enum SgxAttribute;
  VIDIMUS_TRY(auto refused, ReadAttributes(text.refuse, {kDebug, kProvisionKey, kEinittokenKey, kUnknown}, SgxAttributeName));
  return SgxSettings{tcb, std::move(refused)};
}

Result<TdxSettings> ReadTdxSettings(const IntelSettingsText& text) {
  VIDIMUS_TRY(const TcbSettings tcb, ReadTcbSettings(text));
  using enum TdxAttribute;
  VIDIMUS_TRY(auto refused, ReadAttributes(text.refuse, {kDebug, kUntrusted, kUnknown, kServiceTd}, TdxAttributeName));
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
