#include "client/retry.h"

#include <algorithm>
#include <charconv>
#include <thread>

namespace vidimus {
namespace {

bool WorthAnotherTry(const Result<FetchResponse>& response, Retry retry) {
  const bool always = retry == Retry::kAlways;
  if (!response) return response.error().where == "net.fetch.connect" || (always && response.error().where == "net.fetch.timeout");
  return response->status == 429 || response->status == 503 || (always && response->status >= 500);
}

// Retry-After in seconds (RFC 9110 section 10.2.3), else one second, then two.
std::chrono::seconds PauseAfter(const Result<FetchResponse>& response, int attempt) {
  if (response)
    for (const auto& [name, value] : response->headers) {
      int seconds = 0;
      const char* end = value.data() + value.size();
      if (name == "retry-after" && std::from_chars(value.data(), end, seconds).ptr == end && seconds >= 0)
        return std::min(std::chrono::seconds(seconds), kLongestPause);
    }
  return std::chrono::seconds(1) * attempt;
}

}  // namespace

Result<FetchResponse> FetchWithRetries(Fetcher& fetcher, const FetchRequest& request, Retry retry) {
  Result<FetchResponse> response = fetcher.Fetch(request);
  for (int attempt = 1; attempt < kFetchTries && WorthAnotherTry(response, retry); ++attempt) {
    std::this_thread::sleep_for(PauseAfter(response, attempt));
    response = fetcher.Fetch(request);
  }
  return response;
}

}  // namespace vidimus
