#include "net/http_client.h"

#include <algorithm>
#include <cctype>
#include <mutex>
#include <string_view>

#include <curl/curl.h>

#include "base/limits.h"

namespace vidimus {
namespace {

struct Free {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, Free>;
using HeaderList = std::unique_ptr<curl_slist, Free>;

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// What curl's callbacks fill. They are noexcept: no exception may cross curl, which is C.
struct Transfer {
  FetchResponse response;
  size_t max_body = 0;
  size_t header_octets = 0;
  bool too_large = false;
};

size_t TakeBody(char* data, size_t, size_t octets, void* user) noexcept {
  auto& transfer = *static_cast<Transfer*>(user);
  if (octets > transfer.max_body - transfer.response.body.size()) {
    transfer.too_large = true;
    return 0;
  }
  transfer.response.body.append(data, octets);
  return octets;
}

size_t TakeHeader(char* data, size_t, size_t octets, void* user) noexcept {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string_view line(data, octets);
  if (line.starts_with("HTTP/")) {  // a final response after an interim one, or after a proxy's
    transfer.response.headers.clear();
    return octets;
  }
  transfer.header_octets += octets;
  if (transfer.header_octets > limits::kResponseHeaderBytes) {
    transfer.too_large = true;
    return 0;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return octets;  // the empty line
  std::string name = Lower(std::string(line.substr(0, colon)));
  line.remove_prefix(colon + 1);
  const size_t first = line.find_first_not_of(" \t\r\n");
  line = first == std::string_view::npos ? std::string_view() : line.substr(first, line.find_last_not_of(" \t\r\n") + 1 - first);
  transfer.response.headers.emplace_back(std::move(name), std::string(line));
  return octets;
}

tl::unexpected<Error> Failure(CURLcode code, const Transfer& transfer, const FetchRequest& request, const char* reason) {
  const std::string detail = request.url + ": " + (*reason != '\0' ? reason : curl_easy_strerror(code));
  if (transfer.too_large) {
    return Fail(ErrorCode::kLimit, "net.fetch.too_large",
                request.url + ": the response takes more than the " + std::to_string(request.max_response_bytes) +
                    " octets allowed, or its header more than " + std::to_string(limits::kResponseHeaderBytes));
  }
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return Fail(ErrorCode::kUsage, "net.fetch.url", detail);
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT: return Fail(ErrorCode::kIo, "net.fetch.connect", detail);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR: return Fail(ErrorCode::kUntrusted, "net.fetch.tls", detail);
    case CURLE_OPERATION_TIMEDOUT: return Fail(ErrorCode::kIo, "net.fetch.timeout", detail);
    default: return Fail(ErrorCode::kIo, "net.fetch.protocol", detail);
  }
}

bool CarriesLineBreak(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos; }

Status CheckRequest(const FetchRequest& request) {
  if (!request.url.starts_with("https://") || CarriesLineBreak(request.url)) {
    return Fail(ErrorCode::kUsage, "net.fetch.url", "found " + request.url + ", expected a URL that begins with https://");
  }
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || CarriesLineBreak(name) || CarriesLineBreak(value)) {
      return Fail(ErrorCode::kUsage, "net.fetch.protocol", request.url + ": a request header that HTTP cannot carry");
    }
  }
  return {};
}

HeaderList MakeHeaders(const FetchRequest& request) {
  HeaderList list;
  const auto append = [&list](const std::string& line) {
    if (curl_slist* longer = curl_slist_append(list.get(), line.c_str())) {
      static_cast<void>(list.release());
      list.reset(longer);
    }
  };
  bool typed = false;
  for (const auto& [name, value] : request.headers) {
    typed = typed || Lower(name) == "content-type";
    append(value.empty() ? name + ";" : name + ": " + value);  // the semicolon is how curl spells an empty value
  }
  append("Expect:");                    // no waiting for a 100
  if (!typed) append("Content-Type:");  // curl would call every body a form's
  return list;
}

}  // namespace

struct HttpClient::Impl {
  std::string ca_file;
  std::mutex mutex;
  std::vector<Handle> idle;  // each keeps its connections from one call to the next

  // Null when libcurl has none.
  Handle Take() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return Handle(curl_easy_init());
    Handle out = std::move(idle.back());
    idle.pop_back();
    return out;
  }
  void GiveBack(Handle handle) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(handle));
  }

  // Everything that holds for each transfer; false when this libcurl lacks something that safety needs.
  bool SetUp(CURL* curl) const {
    curl_easy_reset(curl);
    const bool safe = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
                      curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
                      curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
                      curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
                      curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) == CURLE_OK &&
                      curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    // With an own authority, the system's directory must not count as well.
    return safe && (ca_file.empty() || (curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file.c_str()) == CURLE_OK &&
                                        curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr) == CURLE_OK));
  }
};

HttpClient::HttpClient(std::string ca_file) {
  // Thread-safe once, by the rule for function statics.
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(initialised);  // when it failed, curl_easy_init does too, which Fetch reports
  impl_ = std::make_unique<Impl>();
  impl_->ca_file = std::move(ca_file);
}
HttpClient::~HttpClient() = default;

Result<FetchResponse> HttpClient::Fetch(const FetchRequest& request) {
  VIDIMUS_CHECK_OK(CheckRequest(request));
  Handle handle = impl_->Take();
  if (!handle || !impl_->SetUp(handle.get())) return Fail(ErrorCode::kIo, "net.fetch.protocol", "libcurl cannot be set up for https");
  CURL* curl = handle.get();
  Transfer transfer;
  transfer.max_body = request.max_response_bytes;
  const HeaderList headers = MakeHeaders(request);
  char reason[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, std::max(static_cast<long>(request.timeout.count()), 1L));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, TakeBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, TakeHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  if (request.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET" || !request.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_reset(curl);  // what it was told of is on our stack
  impl_->GiveBack(std::move(handle));
  if (code != CURLE_OK) return Failure(code, transfer, request, reason);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

}  // namespace vidimus
