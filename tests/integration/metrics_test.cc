// GET /metrics of a running service: a page that Prometheus reads, with what happened in it and nothing of instances or callers.
#include <fstream>
#include <future>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/json.h"
#include "tests/support/running_service.h"

namespace vidimus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A page, read by the rules of the exposition format 0.0.4 and nothing laxer.
struct Page {
  std::map<std::string, std::string> types;  // by family
  std::map<std::string, double> samples;     // by name and labels as written
  std::vector<std::string> faults;

  double at(const std::string& series) const {
    const auto found = samples.find(series);
    return found == samples.end() ? -1 : found->second;
  }
};

void ReadSample(const std::string& line, const std::string& family, Page& page) {
  static const std::regex kSample(R"re(([a-z_]+)(\{[a-z_]+="([^"\\\n]|\\["\\n])*"(,[a-z_]+="([^"\\\n]|\\["\\n])*")*\})? (\S+))re");
  std::smatch match;
  if (!std::regex_match(line, match, kSample)) return page.faults.push_back(line);
  const std::string name = match[1], type = page.types[family];
  const bool of_histogram = name == family + "_bucket" || name == family + "_sum" || name == family + "_count";
  if (type == "histogram" ? !of_histogram : name != family) page.faults.push_back("of another family: " + line);
  size_t read = 0;
  const double value = std::stod(match[6], &read);
  if (read != match[6].str().size() || value < 0) page.faults.push_back("no number: " + line);
  if (!page.samples.emplace(name + match[2].str(), value).second) page.faults.push_back("twice: " + line);
}

Page Read(const std::string& text) {
  Page out;
  std::istringstream lines(text);
  std::string line, family, helped;
  if (!text.ends_with('\n')) out.faults.push_back("no line feed at the end");
  static const std::regex kHelp("# HELP ([a-z_]+) (\\S.*)"), kType("# TYPE ([a-z_]+) (counter|gauge|histogram)");
  while (std::getline(lines, line)) {
    std::smatch match;
    if (std::regex_match(line, match, kHelp)) {
      helped = match[1];
    } else if (std::regex_match(line, match, kType)) {
      family = match[1];
      if (family != helped || !out.types.emplace(family, match[2]).second) out.faults.push_back(line);
      if ((match[2] == "counter") != family.ends_with("_total")) out.faults.push_back(line);
    } else {
      ReadSample(line, family, out);
    }
  }
  return out;
}

void CheckHistograms(const Page& page) {
  static const std::regex kBucket(R"re((\w+)_bucket\{(.*),le="([^"]+)"\})re");
  std::map<std::string, std::map<double, double>> buckets;
  for (const auto& [series, value] : page.samples) {
    std::smatch match;
    if (!std::regex_match(series, match, kBucket)) continue;
    const double bound = match[3] == "+Inf" ? HUGE_VAL : std::stod(match[3]);
    buckets[match[1].str() + "|" + match[2].str()][bound] = value;
  }
  EXPECT_FALSE(buckets.empty());
  for (const auto& [key, counts] : buckets) {
    const std::string family = key.substr(0, key.find('|')), labels = "{" + key.substr(key.find('|') + 1) + "}";
    double before = 0;
    for (const auto& [bound, count] : counts) {
      EXPECT_GE(count, before) << key;
      before = count;
    }
    EXPECT_EQ(counts.rbegin()->first, HUGE_VAL) << key;
    EXPECT_EQ(counts.rbegin()->second, page.at(family + "_count" + labels)) << key;
    EXPECT_GE(page.at(family + "_sum" + labels), 0) << key;
  }
}

class Metrics : public testing::WithRunningService {
 protected:
  static HttpResponse Ask(const Router& router, const std::string& method, const std::string& target, const std::string& body = "") {
    std::promise<HttpResponse> answer;
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.peer = "127.0.0.1";
    router.Handle(std::move(request), [&](HttpResponse response) { answer.set_value(std::move(response)); });
    return answer.get_future().get();
  }
  HttpResponse Ask(const std::string& method, const std::string& target, const std::string& body = "") {
    return Ask(service_->router(), method, target, body);
  }
  std::string Text() {
    const HttpResponse answer = Ask(service_->health_router(), "GET", "/metrics");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.front().second, "text/plain; version=0.0.4; charset=utf-8");
    return answer.body;
  }
  Page Scrape() {
    Page page = Read(Text());
    EXPECT_THAT(page.faults, ::testing::IsEmpty());
    return page;
  }
  std::string Quote() { return *ParseJson(Ask("POST", "/vidimus/v1/sim/sgx/quote").body)->Find("quote")->AsString(); }
};

TEST_F(Metrics, CountRequestsByRouteAndStatus) {
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Ask("GET", "/CERTS/").status, 200);
  EXPECT_EQ(Ask("HEAD", "/certs").status, 200);
  EXPECT_EQ(Ask("GET", "/nowhere/at/all").status, 404);
  EXPECT_EQ(Ask("PUT", "/certs").status, 405);
  EXPECT_EQ(Ask("GET", "/vidimus/v1/policies/SgxEnclave/history/7").status, 401);
  const Page page = Scrape();
  EXPECT_EQ(page.at(R"(vidimus_http_requests_total{method="GET",route="/certs",status="200"})"), 3);
  EXPECT_EQ(page.at(R"(vidimus_http_requests_total{method="",route="",status="404"})"), 1);
  EXPECT_EQ(page.at(R"(vidimus_http_requests_total{method="",route="",status="405"})"), 1);
  const std::string history = R"(method="GET",route="/vidimus/v1/policies/SgxEnclave/history/{version}")";
  EXPECT_EQ(page.at("vidimus_http_requests_total{" + history + R"(,status="401"})"), 1);
  EXPECT_EQ(page.at("vidimus_http_request_seconds_count{" + history + "}"), 1);
  CheckHistograms(page);
}

TEST_F(Metrics, CountAttestationsByTypeOutcomeAndWhere) {
  const std::string good = R"({"quote": ")" + Quote() + "\"";
  EXPECT_EQ(Ask("POST", "/attest/SgxEnclave", good + "}").status, 200);
  const std::string permit = R"(,"draftPolicyForAttestation":"version=1.0;authorizationrules{=>permit();};"})";
  EXPECT_EQ(Ask("POST", "/attest/SgxEnclave", good + permit).status, 200);
  EXPECT_EQ(Ask("POST", "/attest/SgxEnclave", R"({"quote": "AA"})").status, 400);
  EXPECT_EQ(Ask("POST", "/attest/OpenEnclave", "{}").status, 400);
  const HttpResponse refused = Ask("POST", "/attest/SgxEnclave", good + R"(,"draftPolicyForAttestation":"nonsense"})");
  const std::string where = *ParseJson(refused.body)->Find("error")->Find("vidimus")->Find("where")->AsString();
  const Page page = Scrape();
  const auto count = [&](const std::string& type, const std::string& outcome, const std::string& place) {
    return page.at("vidimus_attestations_total{type=\"" + type + "\",outcome=\"" + outcome + "\",where=\"" + place + "\"}");
  };
  EXPECT_EQ(count("SgxEnclave", "accepted", ""), 1);
  EXPECT_EQ(count("SgxEnclave", "draft", ""), 1);
  EXPECT_EQ(count("SgxEnclave", "refused", where), 1);
  EXPECT_EQ(count("OpenEnclave", "refused", "request.evidence"), 1);
  EXPECT_EQ(count("OpenEnclave", "accepted", ""), -1);
}

TEST_F(Metrics, TellTheStateOfStoreInstancesKeysAndQueues) {
  const Page page = Scrape();
  EXPECT_EQ(page.at(R"(vidimus_store_up{kind="sqlite"})"), 1);
  EXPECT_GE(page.at("vidimus_store_snapshot_age_seconds"), 0);
  EXPECT_LT(page.at("vidimus_store_snapshot_age_seconds"), 60);
  EXPECT_EQ(page.at(R"(vidimus_instances{state="ready"})"), 1);
  EXPECT_EQ(page.at(R"(vidimus_instances{state="unusable"})"), 0);
  EXPECT_EQ(page.at(R"(vidimus_instances{state="keys_out_of_reach"})"), 0);
  EXPECT_EQ(page.at(R"(vidimus_signing_keys{source="wrapped"})"), 1);
  EXPECT_EQ(page.at(R"(vidimus_signing_keys{source="pkcs11"})"), 0);
  EXPECT_EQ(page.at("vidimus_signing_keys_waiting"), 0);
  EXPECT_GE(page.at("vidimus_signing_key_oldest_seconds"), 0);
  for (const char* const queue : {"signing", "management", "trials"})
    EXPECT_EQ(page.at(std::string("vidimus_queued{queue=\"") + queue + "\"}"), 0) << queue;
}

TEST_F(Metrics, HoldNothingOfInstancesCallersAndRequests) {
  EXPECT_EQ(Ask("GET", "/certs?secret=canary").status, 200);
  EXPECT_EQ(Ask("GET", "/canary").status, 404);
  EXPECT_EQ(Ask("CANARY", "/certs").status, 405);
  EXPECT_EQ(Ask("POST", "/attest/SgxEnclave", R"({"quote": ")" + Quote() + R"(", "nonce": "canary"})").status, 200);
  const std::string text = Text();
  for (const std::string& private_text :
       {std::string("canary"), std::string("CANARY"), std::string("localhost"), std::string("127.0.0.1"), std::string("\"default\"")})
    EXPECT_THAT(text, Not(HasSubstr(private_text)));
}

TEST_F(Metrics, AreOnTheHealthListenerOnly) { EXPECT_EQ(Ask("GET", "/metrics").status, 404); }

TEST_F(Metrics, AreThoseOfTheReference) {
  EXPECT_EQ(Ask("GET", "/certs").status, 200);
  std::ifstream in(VIDIMUS_METRICS_PAGE);
  const std::string reference{std::istreambuf_iterator<char>(in), {}};
  std::set<std::string> documented, found;
  static const std::regex kRow("\n\\| `(vidimus_[a-z_]+)` \\| (counter|gauge|histogram) ");
  for (std::sregex_iterator it(reference.begin(), reference.end(), kRow), end; it != end; ++it)
    documented.insert((*it)[1].str() + " " + (*it)[2].str());
  for (const auto& [family, type] : Scrape().types) found.insert(family + " " + type);
  EXPECT_THAT(found, ::testing::ContainerEq(documented));
}

}  // namespace
}  // namespace vidimus
