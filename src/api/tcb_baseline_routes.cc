#include "api/tcb_baseline_routes.h"

#include "api/errors.h"
#include "api/routes.h"
#include "service/tcb_baselines.h"

namespace vidimus {
namespace {

// The preview's numbers and dates were strings.
constexpr std::string_view kPreview = "2022-09-01-preview";

Json EntryJson(const TcbBaselineEntry& entry, bool preview) {
  const std::string released = entry.released ? FormatRfc3339Utc(*entry.released) : "";
  JsonObject out{{"tcbIdentifier", entry.identifier},
                 {"tcbEvaluationDataNumber", preview ? Json(std::to_string(entry.number)) : Json(entry.number)}};
  // What is no date-time may not stand where one is promised.
  if (preview || entry.released) out.emplace_back("tcbReleaseDate", released);
  out.emplace_back("minimumPswLinuxVersion", std::string(entry.psw_linux));
  out.emplace_back("minimumPswWindowsVersion", std::string(entry.psw_windows));
  out.emplace_back("isSelectedTcb", entry.selected);
  return out;
}

// Whether the selected one is marked, which it is unless the caller says false.
Result<bool> MarksSelected(const ApiRequest& request) {
  const std::string text = request.Query("provideCurrentTcbInPolicy");
  if (text == "false") return false;
  if (text.empty() || text == "true") return true;
  return Fail(ErrorCode::kUsage, "request.query", "found provideCurrentTcbInPolicy " + Shortened(text, 40) + ", expected true or false");
}

HttpResponse Answer(const Instance& instance, AttestationType type, const IntelEndorsements& endorsements, UnixTime now,
                    const ApiRequest& request) {
  const auto marks = MarksSelected(request);
  if (!marks) return ErrorResponse(400, marks.error(), request.request_id);
  const auto baselines = TcbBaselines(instance, type, endorsements, now);
  if (!baselines) return UseCaseErrorResponse(baselines.error(), request.request_id);
  const bool preview = request.Query("api-version") == kPreview;
  JsonArray out;
  for (TcbBaselineEntry entry : *baselines) {
    entry.selected = entry.selected && *marks;
    out.emplace_back(EntryJson(entry, preview));
  }
  return JsonResponse(JsonObject{{"tcbBaselines", std::move(out)}});
}

}  // namespace

void AddTcbBaselineRoutes(const EndorsementCache& endorsements, const Gate& gate, const std::function<UnixTime()>& clock, Router& router) {
  for (const AttestationType type : kAttestationTypes)
    router.Add("GET", "/tcbbaselines/" + std::string(AttestationTypeName(type)),
               gate.Anyone([&endorsements, clock, type](const ApiRequest& request, const std::shared_ptr<const Instance>& instance,
                                                        const HttpReply& reply) {
                 reply(Answer(*instance, type, *endorsements.Endorsements(), clock(), request));
               }));
}

}  // namespace vidimus
