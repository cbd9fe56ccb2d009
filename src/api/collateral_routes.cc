#include "api/collateral_routes.h"

#include <algorithm>
#include <atomic>
#include <charconv>

#include "api/collateral_index.h"
#include "api/errors.h"
#include "base/ascii.h"
#include "base/hex.h"
#include "codec/form.h"
#include "codec/pem.h"

namespace vidimus {
namespace {

using Kind = IntelDocumentKind;
using Choice = CollateralQuestion::Choice;

constexpr std::string_view kSgx = "/sgx/certification/", kTdx = "/tdx/certification/";
constexpr size_t kFmspcDigits = 12;

tl::unexpected<Error> BadQuery(const std::string& detail) { return Fail(ErrorCode::kUsage, "collateral.query", detail); }

// The query's parameters. Names that a route does not ask for are passed over: clients of Azure send some of their own.
class Query {
 public:
  static Result<Query> Of(const std::string& target) {
    const size_t mark = target.find('?');
    if (mark == std::string::npos) return Query({});
    auto fields = ParseForm(std::string_view(target).substr(mark + 1));
    if (!fields) return BadQuery(fields.error().detail);
    return Query(*std::move(fields));
  }

  // None where it was not sent.
  Result<std::optional<std::string>> Find(std::string_view name) const {
    std::optional<std::string> out;
    for (const auto& [found, value] : fields_) {
      if (found != name) continue;
      if (out) return BadQuery("found \"" + std::string(name) + "\" twice, expected it once");
      out = value;
    }
    return out;
  }
  // One of `words`, without regard to case; the first where it was not sent.
  Result<std::string> Word(std::string_view name, const std::vector<std::string>& words) const {
    VIDIMUS_TRY(const auto sent, Find(name));
    if (!sent) return words.front();
    const std::string lower = AsciiLower(*sent);
    if (std::find(words.begin(), words.end(), lower) != words.end()) return lower;
    std::string expected;
    for (const std::string& word : words)
      if (!word.empty()) expected += (expected.empty() ? "" : ", ") + word;
    return BadQuery("found " + std::string(name) + "=" + Shortened(*sent, 64) + ", expected one of " + expected);
  }

 private:
  explicit Query(FormFields fields) : fields_(std::move(fields)) {}
  FormFields fields_;
};

Status ReadNumber(const Query& query, CollateralQuestion& question) {
  VIDIMUS_TRY(const auto number, query.Find("tcbEvaluationDataNumber"));
  VIDIMUS_TRY(const auto update, query.Find("update"));
  if (number && update) return BadQuery("found both tcbEvaluationDataNumber and update, expected one of them at most");
  if (!number) {
    VIDIMUS_TRY(const std::string word, query.Word("update", {"standard", "early"}));
    question.choice = word == "early" ? Choice::kEarly : Choice::kStandard;
    return {};
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(number->data(), number->data() + number->size(), value);
  if (error != std::errc() || end != number->data() + number->size() || value < 0)
    return BadQuery("found tcbEvaluationDataNumber=" + Shortened(*number, 64) + ", expected an integer from 0");
  question.choice = Choice::kNumber;
  question.key.evaluation_data_number = value;
  return {};
}

Status ReadFmspc(const Query& query, CollateralQuestion& question) {
  VIDIMUS_TRY(const auto sent, query.Find("fmspc"));
  if (!sent) return BadQuery("found no fmspc, expected 12 hexadecimal digits");
  if (sent->size() != kFmspcDigits || !HexDecode(*sent))
    return BadQuery("found fmspc=" + Shortened(*sent, 64) + ", expected 12 hexadecimal digits");
  question.key.subject = AsciiLower(*sent);
  return {};
}

HttpResponse DocumentResponse(const HeldIntelDocument& document, UnixTime now, std::string_view type, std::string body) {
  HttpResponse out;
  out.headers = {{"Content-Type", std::string(type)}};
  if (now > document.next_update) out.headers.emplace_back("Warning", "110 - \"Response is Stale\"");  // RFC 7234 section 5.5.1
  out.body = std::move(body);
  return out;
}

HttpResponse JsonDocument(const HeldIntelDocument& document, UnixTime now) {
  return DocumentResponse(document, now, "application/json", std::string(AsText(document.content)));
}

// As PCCS has it without `encoding`: hexadecimal text of the DER.
HttpResponse CrlDocument(const HeldIntelDocument& document, UnixTime now, const std::string& encoding) {
  if (encoding == "der") return DocumentResponse(document, now, "application/pkix-crl", std::string(AsText(document.content)));
  if (encoding == "pem") return DocumentResponse(document, now, "application/x-pem-file", WritePem("X509 CRL", document.content));
  return DocumentResponse(document, now, "text/plain; charset=utf-8", HexEncode(document.content));
}

// What a certificate's distribution points name (section 3.4; those that Intel's certificates have had so far). None for any other.
std::optional<CollateralQuestion> CrlAt(std::string_view uri) {
  constexpr std::string_view kRoot = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.";
  CollateralQuestion out;
  out.key.kind = Kind::kRootCrl;
  if (uri == std::string(kRoot) + "der" || uri == std::string(kRoot) + "crl") return out;
  out.key.kind = Kind::kPckCrl;
  for (const char version : {'1', '2', '3', '4'})
    for (const std::string ca : {"processor", "platform"}) {
      const std::string point = std::string("https://api.trustedservices.intel.com/sgx/certification/v") + version + "/pckcrl?ca=" + ca;
      if (uri != point && uri != point + "&encoding=der") continue;
      out.key.subject = ca;
      return out;
    }
  return std::nullopt;
}

// The answers, and the index of the snapshot that they come from.
class CollateralAnswers {
 public:
  explicit CollateralAnswers(CollateralSources sources) : sources_(std::move(sources)) {}

  struct Found {
    std::shared_ptr<const CollateralIndex> index;  // that the document lives in
    const HeldIntelDocument* document;
    UnixTime now;
  };
  Result<Found> Find(const CollateralQuestion& question) {
    auto endorsements = sources_.endorsements();
    if (endorsements == nullptr) return Fail(ErrorCode::kBusy, "collateral.unavailable", "the documents held cannot be told at the moment");
    std::shared_ptr<const CollateralIndex> index = index_.load();
    if (index == nullptr || index->endorsements() != endorsements) {
      index = std::make_shared<const CollateralIndex>(std::move(endorsements));
      index_.store(index);
    }
    const UnixTime now = sources_.clock();
    VIDIMUS_TRY(const HeldIntelDocument* document, index->Find(question, now));
    return Found{std::move(index), document, now};
  }

 private:
  const CollateralSources sources_;
  std::atomic<std::shared_ptr<const CollateralIndex>> index_;
};

// What a route makes of a query.
using Answer = std::function<Result<HttpResponse>(CollateralAnswers& answers, const Query& query)>;

HttpResponse Refused(const Error& error, const std::string& request_id) {
  if (error.code == ErrorCode::kBusy) return BusyResponse(error, request_id);
  return ErrorResponse(error.code == ErrorCode::kMissing ? 404 : 400, error, request_id);
}

void Add(const std::shared_ptr<CollateralAnswers>& answers, const std::string& path, Answer answer, Router& router) {
  router.Add("GET", path, [answers, answer = std::move(answer)](const ApiRequest& request, const HttpReply& reply) {
    const auto query = Query::Of(request.http.target);
    const auto answered = query ? answer(*answers, *query) : Result<HttpResponse>(tl::unexpected(query.error()));
    reply(answered ? *answered : Refused(answered.error(), request.request_id));
  });
}

// TCB info, identities and lists: JSON with their issuers in `header`.
Answer JsonAnswer(CollateralQuestion question, std::string header) {
  return
      [question = std::move(question), header = std::move(header)](CollateralAnswers& answers, const Query& query) -> Result<HttpResponse> {
        CollateralQuestion asked = question;
        if (asked.key.kind == Kind::kTcbInfo) VIDIMUS_CHECK_OK(ReadFmspc(query, asked));
        if (asked.key.kind != Kind::kEvaluationNumbers) VIDIMUS_CHECK_OK(ReadNumber(query, asked));
        VIDIMUS_TRY(const auto found, answers.Find(asked));
        HttpResponse out = JsonDocument(*found.document, found.now);
        out.headers.emplace_back(header, EncodeFormText(found.document->issuer_chain));
        return out;
      };
}

Result<HttpResponse> PckCrl(CollateralAnswers& answers, const Query& query) {
  VIDIMUS_TRY(const auto sent, query.Find("ca"));
  if (!sent) return BadQuery("found no ca, expected processor or platform");
  CollateralQuestion asked;
  asked.key.kind = Kind::kPckCrl;
  VIDIMUS_TRY(asked.key.subject, query.Word("ca", {"processor", "platform"}));
  VIDIMUS_TRY(const std::string encoding, query.Word("encoding", {"", "der", "pem"}));
  VIDIMUS_TRY(const auto found, answers.Find(asked));
  HttpResponse out = CrlDocument(*found.document, found.now, encoding);
  out.headers.emplace_back("SGX-PCK-CRL-Issuer-Chain", EncodeFormText(found.document->issuer_chain));
  return out;
}

Result<HttpResponse> RootCrl(CollateralAnswers& answers, const Query& query) {
  VIDIMUS_TRY(const std::string encoding, query.Word("encoding", {"", "der", "pem"}));
  CollateralQuestion asked;
  asked.key.kind = Kind::kRootCrl;
  VIDIMUS_TRY(const auto found, answers.Find(asked));
  return CrlDocument(*found.document, found.now, encoding);
}

Result<HttpResponse> CrlByUri(CollateralAnswers& answers, const Query& query) {
  VIDIMUS_TRY(const auto uri, query.Find("uri"));
  if (!uri) return BadQuery("found no uri, expected the distribution point of a CRL");
  const auto asked = CrlAt(*uri);
  if (!asked)
    return Fail(ErrorCode::kMissing, "collateral.uri",
                "found uri=" + Shortened(*uri, 128) + ", expected a distribution point of Intel's: this service fetches from none");
  VIDIMUS_TRY(const auto found, answers.Find(*asked));
  return CrlDocument(*found.document, found.now, "der");
}

Result<HttpResponse> NoPckCertificates(CollateralAnswers& /*answers*/, const Query& /*query*/) {
  return Fail(ErrorCode::kMissing, "collateral.pck_certificates",
              "PCK certificates are not kept here: ask Intel, or the cache of whoever runs the machine");
}

}  // namespace

void AddCollateralRoutes(CollateralSources sources, Router& router) {
  const auto answers = std::make_shared<CollateralAnswers>(std::move(sources));
  const auto question = [](Kind kind, IntelTee tee, int tcb_info_version = 3) {
    CollateralQuestion out;
    out.key.kind = kind;
    out.key.tee = tee;
    out.tcb_info_version = tcb_info_version;
    return out;
  };
  const std::string identity = "SGX-Enclave-Identity-Issuer-Chain";
  for (const IntelTee tee : {IntelTee::kSgx, IntelTee::kTdx}) {
    const std::string base = std::string(tee == IntelTee::kSgx ? kSgx : kTdx) + "v4/";
    Add(answers, base + "tcb", JsonAnswer(question(Kind::kTcbInfo, tee), "TCB-Info-Issuer-Chain"), router);
    Add(answers, base + "qe/identity", JsonAnswer(question(Kind::kQeIdentity, tee), identity), router);
    Add(answers, base + "tcbevaluationdatanumbers",
        JsonAnswer(question(Kind::kEvaluationNumbers, tee), "TCB-Evaluation-Data-Numbers-Issuer-Chain"), router);
  }
  // Version 3 of the API had TCB info of version 2, and SGX only.
  const std::string v3 = std::string(kSgx) + "v3/";
  Add(answers, v3 + "tcb", JsonAnswer(question(Kind::kTcbInfo, IntelTee::kSgx, 2), "SGX-TCB-Info-Issuer-Chain"), router);
  Add(answers, v3 + "qe/identity", JsonAnswer(question(Kind::kQeIdentity, IntelTee::kSgx), identity), router);
  for (const std::string& base : {std::string(kSgx) + "v4/", v3}) {
    Add(answers, base + "pckcrl", PckCrl, router);
    Add(answers, base + "rootcacrl", RootCrl, router);
    Add(answers, base + "crl", CrlByUri, router);
    for (const char* path : {"pckcert", "pckcerts", "pckcerts/config"}) Add(answers, base + path, NoPckCertificates, router);
  }
}

}  // namespace vidimus
