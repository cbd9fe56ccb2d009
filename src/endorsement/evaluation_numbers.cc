#include "endorsement/evaluation_numbers.h"

#include <algorithm>
#include <limits>

#include "base/limits.h"

namespace vidimus {
namespace {

constexpr std::string_view kFormat = "intel.evaluation_numbers.format";
constexpr int64_t kStandardSeconds = 365 * 86400;

Result<EvaluationNumber> ReadNumber(const Json& entry) {
  EvaluationNumber out{};
  VIDIMUS_TRY(out.number, IntegerMember(entry, "tcbEvaluationDataNumber", 0, std::numeric_limits<int32_t>::max(), kFormat));
  VIDIMUS_TRY(out.recovery_event_date, TimeMember(entry, "tcbRecoveryEventDate", kFormat));
  VIDIMUS_TRY(out.tcb_date, TimeMember(entry, "tcbDate", kFormat));
  return out;
}

}  // namespace

Result<EvaluationNumbers> ParseEvaluationNumbers(SignedJson document) {
  if (document.name != "tcbEvaluationDataNumbers")
    return Fail(ErrorCode::kMalformed, kFormat, "found document \"" + document.name + "\", expected \"tcbEvaluationDataNumbers\"");
  const Json& body = document.value;
  EvaluationNumbers out{};
  VIDIMUS_TRY(const std::string id, TextMember(body, "id", kFormat));
  if (id != "SGX" && id != "TDX") return Fail(ErrorCode::kMalformed, kFormat, "found id \"" + id + "\", expected SGX or TDX");
  out.tee = id == "SGX" ? IntelTee::kSgx : IntelTee::kTdx;
  VIDIMUS_CHECK_OK(IntegerMember(body, "version", 1, 1, kFormat).map([](int64_t) {}));
  VIDIMUS_TRY(out.issue_date, TimeMember(body, "issueDate", kFormat));
  VIDIMUS_TRY(out.next_update, TimeMember(body, "nextUpdate", kFormat));
  const Json* numbers = body.Find("tcbEvalNumbers");
  if (numbers == nullptr || numbers->AsArray() == nullptr || numbers->AsArray()->empty() ||
      numbers->AsArray()->size() > limits::kEvaluationNumbers)
    return Fail(ErrorCode::kMalformed, kFormat,
                "member \"tcbEvalNumbers\" must be an array of 1 to " + std::to_string(limits::kEvaluationNumbers) + " entries");
  for (const Json& entry : *numbers->AsArray()) {
    VIDIMUS_TRY(const EvaluationNumber number, ReadNumber(entry));
    out.numbers.push_back(number);
  }
  std::sort(out.numbers.begin(), out.numbers.end(), [](const auto& a, const auto& b) { return a.number > b.number; });
  const auto twice =
      std::adjacent_find(out.numbers.begin(), out.numbers.end(), [](const auto& a, const auto& b) { return a.number == b.number; });
  if (twice != out.numbers.end()) return Fail(ErrorCode::kMalformed, kFormat, "found number " + std::to_string(twice->number) + " twice");
  out.document = std::move(document);
  return out;
}

std::optional<int64_t> StandardNumberOf(const EvaluationNumbers& list, UnixTime now) {
  for (const EvaluationNumber& one : list.numbers)
    if (one.recovery_event_date <= now - kStandardSeconds) return one.number;
  return std::nullopt;
}

}  // namespace vidimus
