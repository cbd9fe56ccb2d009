// ScriptedFetcher, for tests: answers from a list, and remembers what it was asked.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/fetcher.h"

namespace vidimus {

class ScriptedFetcher : public Fetcher {
 public:
  explicit ScriptedFetcher(std::deque<Result<FetchResponse>> answers) : answers_(std::move(answers)) {}
  // Without a further answer: net.fetch.protocol.
  Result<FetchResponse> Fetch(const FetchRequest& request) override {
    requests.push_back(request);
    if (answers_.empty()) return Fail(ErrorCode::kIo, "net.fetch.protocol", "asked once too often: " + request.url);
    Result<FetchResponse> out = answers_.front();
    answers_.pop_front();
    return out;
  }
  std::vector<FetchRequest> requests;

 private:
  std::deque<Result<FetchResponse>> answers_;
};

inline FetchResponse Answer(int status, std::string body, std::string retry_after = "0") {
  FetchResponse out;
  out.status = status;
  out.headers = {{"retry-after", std::move(retry_after)}};
  out.body = std::move(body);
  return out;
}

}  // namespace vidimus
