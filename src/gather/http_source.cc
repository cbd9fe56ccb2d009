#include "gather/http_source.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "base/limits.h"
#include "codec/form.h"

namespace vidimus {
namespace {

using Kind = IntelDocumentKind;

constexpr std::string_view kIntelRootCrl = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der";
constexpr std::string_view kThimQuery = "clientid=production_client&api-version=2018-10-01-preview";

// Where a document's issuers stand in an answer; names in lower case, since they differ in it.
std::vector<std::string_view> IssuerChainHeaders(Kind kind) {
  switch (kind) {
    case Kind::kTcbInfo: return {"tcb-info-issuer-chain", "sgx-tcb-info-issuer-chain"};
    case Kind::kQeIdentity: return {"sgx-enclave-identity-issuer-chain", "sgx-qe-identity-issuer-chain"};
    case Kind::kEvaluationNumbers: return {"tcb-evaluation-data-numbers-issuer-chain"};
    case Kind::kPckCrl: return {"sgx-pck-crl-issuer-chain"};
    case Kind::kRootCrl: return {};
  }
  return {};
}

std::string_view PathOf(Kind kind) {
  switch (kind) {
    case Kind::kTcbInfo: return "tcb";
    case Kind::kQeIdentity: return "qe/identity";
    case Kind::kEvaluationNumbers: return "tcbevaluationdatanumbers";
    case Kind::kPckCrl: return "pckcrl";
    case Kind::kRootCrl: return "rootcacrl";
  }
  return "";
}

tl::unexpected<SourceFailure> Failed(ErrorCode code, std::string_view where, std::string detail) {
  return tl::unexpected(SourceFailure{Error{code, where, std::move(detail)}, std::nullopt});
}

const std::string* Header(const FetchResponse& response, std::string_view name) {
  const auto found = std::find_if(response.headers.begin(), response.headers.end(), [&](const auto& one) { return one.first == name; });
  return found == response.headers.end() ? nullptr : &found->second;
}

// PEM in percent-encoding, in which '+' is itself: it is base64.
Result<ByteVector> DecodeIssuerChain(const std::string& value) {
  if (value.size() > limits::kIssuerChainBytes)
    return Fail(ErrorCode::kLimit, "gather.source.issuer_chain",
                "found " + std::to_string(value.size()) + " octets, expected at most " + std::to_string(limits::kIssuerChainBytes));
  std::string text;
  for (const char c : value) c == '+' ? text.append("%2B") : text.append(1, c);
  const auto decoded = DecodeFormText(text);
  if (!decoded) return Fail(ErrorCode::kMalformed, "gather.source.issuer_chain", decoded.error().detail);
  return ByteVector(decoded->begin(), decoded->end());
}

class HttpSource : public IntelSource {
 public:
  HttpSource(HttpSourceSettings settings, std::shared_ptr<Fetcher> fetcher, std::function<UnixTime()> clock)
      : settings_(std::move(settings)), fetcher_(std::move(fetcher)), clock_(std::move(clock)) {
    while (settings_.url.ends_with('/')) settings_.url.pop_back();
  }

  const std::string& name() const override { return settings_.name; }

  tl::expected<std::vector<NamedDocument>, SourceFailure> Fetch(const IntelDocumentKey& key) override {
    if (const std::string_view unknown = WhatIsUnknown(key); !unknown.empty())
      return Failed(ErrorCode::kUnsupported, "gather.source.unsupported", "it knows no " + std::string(unknown));
    FetchRequest request;
    request.url = UrlOf(key);
    request.max_response_bytes = limits::kEndorsementBytes;
    request.timeout = std::chrono::seconds(limits::kSourceSeconds);
    const auto response = fetcher_->Fetch(request);
    if (!response) return Failed(ErrorCode::kIo, response.error().where, response.error().detail);
    if (response->status != 200) return StatusFailure(request.url, *response);
    if (response->body.empty()) return Failed(ErrorCode::kIo, "gather.source.empty", request.url + " answered with nothing");
    std::vector<NamedDocument> out = {{request.url, ByteVector(response->body.begin(), response->body.end())}};
    for (const std::string_view name : IssuerChainHeaders(key.kind)) {
      const std::string* value = Header(*response, name);
      if (value == nullptr) continue;
      auto chain = DecodeIssuerChain(*value);
      if (!chain) return Failed(ErrorCode::kIo, chain.error().where, request.url + ": " + chain.error().detail);
      out.push_back({request.url + " (issuer chain)", *std::move(chain)});
      break;
    }
    return out;
  }

 private:
  std::string_view WhatIsUnknown(const IntelDocumentKey& key) const {
    const bool numbers = key.evaluation_data_number || key.kind == Kind::kEvaluationNumbers;
    const bool old = settings_.kind == HttpSourceKind::kPcsV3;
    if (old && key.tee == IntelTee::kTdx) return "TDX";
    if ((old || settings_.kind == HttpSourceKind::kThim) && numbers) return "evaluation numbers";
    return {};
  }

  std::string UrlOf(const IntelDocumentKey& key) const {
    const bool of_intel = settings_.kind == HttpSourceKind::kPcs || settings_.kind == HttpSourceKind::kPcsV3;
    if (of_intel && key.kind == Kind::kRootCrl && settings_.url == PublishedUrl(settings_.kind)) return std::string(kIntelRootCrl);
    const std::string version = settings_.kind == HttpSourceKind::kPcsV3 ? "v3" : "v4";
    std::string out =
        settings_.url + (key.tee == IntelTee::kTdx ? "/tdx" : "/sgx") + "/certification/" + version + "/" + std::string(PathOf(key.kind));
    char mark = '?';
    const auto add = [&](const std::string& query) {
      out += mark + query;
      mark = '&';
    };
    if (key.kind == Kind::kTcbInfo) add("fmspc=" + key.subject);
    if (key.kind == Kind::kPckCrl) add("ca=" + key.subject);
    if (key.kind == Kind::kPckCrl && settings_.kind != HttpSourceKind::kThim) add("encoding=der");
    if (key.kind == Kind::kTcbInfo || key.kind == Kind::kQeIdentity) {
      if (key.evaluation_data_number)
        add("tcbEvaluationDataNumber=" + std::to_string(*key.evaluation_data_number));
      else if (settings_.kind == HttpSourceKind::kPcs || settings_.kind == HttpSourceKind::kPccs)
        add("update=early");
    }
    if (settings_.kind == HttpSourceKind::kThim) add(std::string(kThimQuery));
    return out;
  }

  tl::unexpected<SourceFailure> StatusFailure(const std::string& url, const FetchResponse& response) const {
    const int status = response.status;
    // 400 is how a source says that it does not know such a request; 410, that the number is no longer served.
    const bool none = status == 400 || status == 404 || status == 410;
    const bool later = status == 429 || status == 503;
    const ErrorCode code = none ? ErrorCode::kMissing : later ? ErrorCode::kBusy : ErrorCode::kIo;
    SourceFailure out{Error{code, "gather.source.status", url + " answered with status " + std::to_string(status) + ", expected 200"}, {}};
    if (const std::string* value = Header(response, "retry-after"); value != nullptr && !none)
      out.retry_after = ParseRetryAfter(*value, clock_());
    return tl::unexpected(std::move(out));
  }

  HttpSourceSettings settings_;
  const std::shared_ptr<Fetcher> fetcher_;
  const std::function<UnixTime()> clock_;
};

}  // namespace

std::optional<HttpSourceKind> FindHttpSourceKind(std::string_view name) {
  constexpr std::pair<std::string_view, HttpSourceKind> kKinds[] = {
      {"pcs", HttpSourceKind::kPcs}, {"pcs-v3", HttpSourceKind::kPcsV3}, {"pccs", HttpSourceKind::kPccs}, {"thim", HttpSourceKind::kThim}};
  for (const auto& [known, kind] : kKinds)
    if (known == name) return kind;
  return std::nullopt;
}

std::optional<std::string> PublishedUrl(HttpSourceKind kind) {
  switch (kind) {
    case HttpSourceKind::kPcs:
    case HttpSourceKind::kPcsV3: return "https://api.trustedservices.intel.com";
    case HttpSourceKind::kThim: return "https://global.acccache.azure.net";
    case HttpSourceKind::kPccs: return std::nullopt;
  }
  return std::nullopt;
}

std::unique_ptr<IntelSource> MakeHttpSource(HttpSourceSettings settings, std::shared_ptr<Fetcher> fetcher,
                                            std::function<UnixTime()> clock) {
  return std::make_unique<HttpSource>(std::move(settings), std::move(fetcher), std::move(clock));
}

std::optional<std::chrono::seconds> ParseRetryAfter(const std::string& value, UnixTime now) {
  constexpr int64_t kMost = limits::kRetryAfterSeconds;
  uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (end == value.data() + value.size() && error == std::errc())
    return std::chrono::seconds(std::min(seconds, static_cast<uint64_t>(kMost)));
  if (error == std::errc::result_out_of_range) return std::chrono::seconds(kMost);
  std::tm tm{};
  const char* const rest = strptime(value.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &tm);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  return std::chrono::seconds(std::clamp<int64_t>(timegm(&tm) - now, 0, kMost));
}

}  // namespace vidimus
