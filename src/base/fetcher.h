// Fetcher: how modules that need something from the network ask for it, without knowing a network library.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace vidimus {

struct FetchRequest {
  std::string method = "GET";
  std::string url;  // https only, unless the implementation was told otherwise
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  size_t max_response_bytes = 4 * 1024 * 1024;
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
};

struct FetchResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
};

class Fetcher {
 public:
  virtual ~Fetcher() = default;
  // Any HTTP status is a response; errors are of transport: net.fetch.*
  virtual Result<FetchResponse> Fetch(const FetchRequest& request) = 0;
};

}  // namespace vidimus
