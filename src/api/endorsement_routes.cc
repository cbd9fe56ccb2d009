#include "api/endorsement_routes.h"

#include <algorithm>
#include <charconv>

#include "api/errors.h"
#include "api/routes.h"
#include "endorsement/calendar.h"
#include "gather/bundle.h"

namespace vidimus {
namespace {

constexpr size_t kNameBytes = 256;  // of a document's name, which is whatever the bundle says

HttpResponse Failed(const Error& error, const Visit& call) { return UseCaseErrorResponse(error, call.request.request_id); }

Result<size_t> ReadSkip(const ApiRequest& request) {
  const std::string text = request.Query("skip");
  size_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || (error == std::errc() && end == text.data() + text.size())) return out;
  return Fail(ErrorCode::kUsage, "request.query", "found skip " + Shortened(text, 40) + ", expected an integer from 0");
}

Result<bool> ReadHistory(const ApiRequest& request) {
  const std::string text = request.Query("history");
  if (text.empty() || text == "true" || text == "false") return text == "true";
  return Fail(ErrorCode::kUsage, "request.query", "found history " + Shortened(text, 40) + ", expected true or false");
}

Result<Json> Listed(EndorsementCache& cache, UnixTime now, const ApiRequest& request) {
  VIDIMUS_TRY(const size_t skip, ReadSkip(request));
  UnixTime at = now;
  if (const std::string text = request.Query("at"); !text.empty()) {
    VIDIMUS_TRY(at, ParseRfc3339Utc(text));
  }
  VIDIMUS_TRY(const auto endorsements, cache.At(now));
  std::vector<HeldIntelDocument> documents = endorsements->Held();
  SortDocuments(documents);
  const size_t begin = std::min(skip, documents.size());
  const size_t end = begin + std::min(limits::kHistoryEntries, documents.size() - begin);
  JsonArray shown;
  for (size_t i = begin; i < end; ++i) shown.push_back(DocumentToJson(documents[i], at));
  JsonObject out{{"at", FormatRfc3339Utc(at)}, {"documents", std::move(shown)}};
  if (end < documents.size()) out.emplace_back("next", uint64_t{end});
  return Json(std::move(out));
}

Result<std::string> Exported(EndorsementCache& cache, UnixTime now, const ApiRequest& request) {
  VIDIMUS_TRY(const bool history, ReadHistory(request));
  VIDIMUS_TRY(const auto endorsements, cache.At(now));
  std::vector<HeldIntelDocument> documents = history ? endorsements->Held() : CurrentDocuments(*endorsements, now);
  std::erase_if(documents, [](const HeldIntelDocument& one) { return !one.anchor; });
  return WriteEndorsementBundle(std::move(documents), now);
}

JsonArray RefusedToJson(const std::vector<RefusedEndorsement>& refused) {
  JsonArray out;
  for (const auto& [document, error] : refused)
    out.push_back(JsonObject{{"document", Shortened(document, kNameBytes)}, {"code", error.where}, {"message", error.detail}});
  return out;
}

HttpResponse Import(EndorsementCache& cache, const Visit& call) {
  const auto bundle = ReadEndorsementBundle(AsBytes(call.request.http.body), {limits::kRequestBodyBytes, limits::kHistoryEntries});
  if (!bundle) return Failed(bundle.error(), call);
  const auto report = cache.Import(bundle->documents, DescribeCaller(call.caller));
  if (!report) return Failed(report.error(), call);
  const auto& [added, held, refused] = *report;
  if (!refused.empty() && added + held == 0) {
    Error error = refused.front().error;
    error.detail = "nothing was taken of " + std::to_string(refused.size()) + " documents; the first, " +
                   Shortened(refused.front().document, kNameBytes) + ": " + error.detail;
    return RefusedDocumentsResponse(error, RefusedToJson(refused), call.request.request_id);
  }
  return JsonResponse(JsonObject{{"added", uint64_t{added}}, {"held", uint64_t{held}}, {"refused", RefusedToJson(refused)}});
}

}  // namespace

void AddEndorsementRoutes(EndorsementCache& endorsements, const Gate& gate, const std::function<UnixTime()>& clock, Router& router) {
  const std::string path = "/vidimus/v1/endorsements";
  router.Add("GET", path, gate.Operator([&endorsements, clock](const Visit& call) {
    const auto listed = Listed(endorsements, clock(), call.request);
    return listed ? JsonResponse(*listed) : Failed(listed.error(), call);
  }));
  router.Add("GET", path + "/export", gate.Operator([&endorsements, clock](const Visit& call) {
    auto bundle = Exported(endorsements, clock(), call.request);
    if (!bundle) return Failed(bundle.error(), call);
    return HttpResponse{200, {{"Content-Type", "application/jsonl"}}, *std::move(bundle)};
  }));
  router.Add("POST", path, gate.Operator([&endorsements](const Visit& call) { return Import(endorsements, call); }));
}

}  // namespace vidimus
