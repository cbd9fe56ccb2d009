// A whole attest request, and an echo of the same sizes, by one server of one thread over connections that stay open, enough of them
// that it does not fall idle. What is measured is the processor time that the server spends: a client's own work is no part of it.
#include <ctime>
#include <map>
#include <stdexcept>

#include <benchmark/benchmark.h>

#include "api/routes.h"
#include "base/base64url.h"
#include "bench/fixtures.h"
#include "tests/support/test_service.h"
#include "tests/support/tls_certificate.h"
#include "tests/support/tls_client.h"

namespace vidimus::bench {
namespace {

constexpr size_t kConnections = 16;

std::unique_ptr<EndorsementCache> HeldForEver() {
  EndorsementCache::Settings settings;
  settings.anchors = Get().endorsements.anchors();
  settings.files = Get().documents;
  settings.clock = [] { return kNow; };
  return EndorsementCache::Open(std::move(settings)).value();
}

class Server {
 public:
  Server() : service_(collateral_, [] { return kNow; }, [] { return kNow; }), gate_(owner_.registry(), *bearer_, {}) {
    AddAttestationRoutes(service_, gate_, [] { return kNow; }, counts_, router_);
    const auto certificate = testing::MakeTlsCertificate();
    HttpServerSettings settings;
    settings.identities = {{certificate.certificate_pem, certificate.private_key_pem}};
    server_ = HttpServer::Start(
                  settings, [this](HttpRequest request, HttpReply reply) { Handle(std::move(request), std::move(reply)); },
                  Router::TransportError)
                  .value();
  }
  uint16_t port() const { return server_->port(); }
  // How large an echo's answer is; set between requests.
  size_t echo_size = 0;

 private:
  void Handle(HttpRequest request, HttpReply reply) {
    if (request.target.starts_with("/echo"))
      reply({200, {{"Content-Type", "application/json; charset=utf-8"}}, std::string(echo_size, 'e')});
    else
      router_.Handle(std::move(request), reply);
  }

  vidimus::testing::TestService owner_;
  std::unique_ptr<BearerAuthenticator> bearer_ =
      BearerAuthenticator::Create({}, [](const OpenIdIssuer&) { return std::unique_ptr<Fetcher>(); }, [] { return kNow; }).value();
  const std::unique_ptr<EndorsementCache> endorsements_ = HeldForEver();
  Collateral collateral_{*endorsements_, {}, {}};
  AttestationService service_;
  Gate gate_;
  AttestCounts counts_;
  Router router_;
  std::unique_ptr<HttpServer> server_;
};

std::string Post(const std::string& target, const std::string& body) {
  return "POST " + target + "?api-version=2022-08-01 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string AttestBody(const Sample& sample) {
  return WriteJson(JsonObject{{"quote", Base64UrlEncode(sample.quote)},
                              {"runtimeData", JsonObject{{"data", Base64UrlEncode(AsBytes(sample.runtime_data))}, {"dataType", "JSON"}}}});
}

double Seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Of all other threads: the server's.
double ServerSeconds() { return Seconds(CLOCK_PROCESS_CPUTIME_ID) - Seconds(CLOCK_THREAD_CPUTIME_ID); }

class Exchange {
 public:
  Exchange() {
    for (size_t i = 0; i < kConnections; ++i) clients_.push_back(std::make_unique<testing::TlsClient>(server_.port()));
    for (const Sample& sample : Get().samples) {
      const std::string body = AttestBody(sample);
      attest_.push_back(Post("/attest/SgxEnclave", body));
      echo_.push_back("POST /echo" + attest_.back().substr(attest_.back().find('?')));
    }
    clients_[0]->Send(attest_[0]);
    server_.echo_size = Receive(*clients_[0]).body.size();
  }
  const std::vector<std::string>& attest() const { return attest_; }
  const std::vector<std::string>& echo() const { return echo_; }

  // One request on each connection. The last answer is waited for, and the others have come by then: a client that woke up for each
  // would cost the server time.
  void AskAll(const std::vector<std::string>& requests, size_t& next) {
    for (const auto& client : clients_) client->Send(requests[next++ % requests.size()]);
    for (auto client = clients_.rbegin(); client != clients_.rend(); ++client) Receive(**client);
  }

 private:
  static testing::RawResponse Receive(testing::TlsClient& client) {
    testing::RawResponse out = client.Read();
    if (out.status != 200) throw std::runtime_error("HTTP " + std::to_string(out.status) + " " + out.body);
    return out;
  }

  Server server_;
  std::vector<std::unique_ptr<testing::TlsClient>> clients_;
  std::vector<std::string> attest_, echo_;
};

Exchange& TheExchange() {
  static Exchange exchange;
  return exchange;
}

void Ask(benchmark::State& state, const std::vector<std::string>& requests) {
  size_t next = 0;
  for (auto _ : state) {
    const double began = ServerSeconds();
    TheExchange().AskAll(requests, next);
    state.SetIterationTime((ServerSeconds() - began) / kConnections);
  }
}

}  // namespace

void RegisterHttp() {
  benchmark::RegisterBenchmark("http_attest", [](benchmark::State& state) { Ask(state, TheExchange().attest()); })->UseManualTime();
  benchmark::RegisterBenchmark("http_echo", [](benchmark::State& state) { Ask(state, TheExchange().echo()); })->UseManualTime();
}

}  // namespace vidimus::bench
