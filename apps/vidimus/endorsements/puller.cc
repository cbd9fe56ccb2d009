#include "endorsements/puller.h"

#include <algorithm>
#include <iostream>
#include <thread>

#include "crypto/random.h"
#include "endorsements/inputs.h"
#include "gather/backoff.h"

namespace vidimus {
namespace {

// From 0 to 1; the middle when there is no randomness, which a pause can do without.
double Random() {
  const auto octet = RandomBytes(1);
  return octet ? static_cast<double>(octet->front()) / 255 : 0.5;
}

tl::unexpected<Error> About(const IntelDocumentKey& key, const Error& error) {
  return Fail(error.code, error.where, IntelDocumentName(key) + ": " + error.detail);
}

}  // namespace

Result<std::vector<NamedDocument>> EndorsementPuller::FetchPatiently(const IntelDocumentKey& key) {
  for (unsigned failures = 0;; ++failures) {
    auto documents = source_.Fetch(key);
    if (documents) return *std::move(documents);
    const auto& [error, retry_after] = documents.error();
    if (error.code != ErrorCode::kBusy && error.code != ErrorCode::kIo) return About(key, error);
    const auto pause = BackoffDelay(failures, Random(), retry_after);
    if (failures + 1 == kPullTries || pause > kPullLongestPause) return About(key, error);
    std::cerr << "  " << error.detail << "; again in " << std::chrono::ceil<std::chrono::seconds>(pause).count() << " s\n";
    std::this_thread::sleep_for(pause);
  }
}

Status EndorsementPuller::Get(const IntelDocumentKey& key) {
  std::cerr << IntelDocumentName(key) << '\n';
  VIDIMUS_TRY(const std::vector<NamedDocument> documents, FetchPatiently(key));
  auto more = held_.With(documents);
  if (!more) return About(key, more.error());
  const std::vector<HeldIntelDocument> now_held = more->Held();
  if (std::none_of(now_held.begin(), now_held.end(), [&](const HeldIntelDocument& one) { return Answers(one, key); }))
    return Fail(ErrorCode::kMismatch, "gather.other_document",
                IntelDocumentName(key) + ": found another document, from " + documents.front().name);
  held_ = *std::move(more);
  return {};
}

}  // namespace vidimus
