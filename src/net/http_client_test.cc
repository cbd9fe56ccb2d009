// The client against the server of the same module.
#include "net/http_client.h"

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "net/test_server.h"
#include "net/tls_stream.h"
#include "tests/support/tls_client.h"

namespace vidimus {
namespace {

using testing::TestServer;

// A PEM file for as long as the test runs.
class CaFile {
 public:
  explicit CaFile(const std::string& pem) : path_(::testing::TempDir() + "vidimus_ca_" + std::to_string(getpid()) + ".pem") {
    std::ofstream(path_) << pem;
  }
  CaFile(const CaFile&) = delete;
  CaFile& operator=(const CaFile&) = delete;
  ~CaFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Answers one request with a head that promises 100 octets, then sends one a second until the client has gone.
class DrippingServer {
 public:
  DrippingServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~DrippingServer() {
    shutdown(listener_, SHUT_RDWR);  // when nobody came
    thread_.join();
    close(listener_);
  }
  uint16_t port() const { return port_; }

 private:
  void Serve() {
    const int client = accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    const auto identities = net::MakeTlsIdentities(testing::TestSettings().identities).value();
    {
      net::TlsStream stream(identities, client);  // the socket blocks, and so does everything here
      char request[4096];
      if (stream.Handshake() == net::TlsOutcome::kDone && stream.Read(request).outcome == net::TlsOutcome::kDone) {
        std::string_view next = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
        for (int i = 0; i < 100 && stream.Write(next).outcome == net::TlsOutcome::kDone; ++i) {
          next = "x";
          std::this_thread::sleep_for(std::chrono::seconds(1));
        }
      }
    }
    close(client);
  }

  int listener_;
  uint16_t port_ = 0;
  std::thread thread_;
};

class HttpClientTest : public ::testing::Test {
 protected:
  FetchRequest Request(const std::string& target) const {
    FetchRequest request;
    request.url = server_.Url(target);
    return request;
  }
  void ExpectError(const FetchRequest& request, std::string_view where) {
    const auto response = client_.Fetch(request);
    ASSERT_FALSE(response) << "expected " << where;
    EXPECT_EQ(response.error().where, where) << response.error().detail;
  }

  TestServer server_;
  CaFile ca_{testing::ServerCertificate().certificate_pem};
  HttpClient client_{ca_.path()};
};

TEST_F(HttpClientTest, FetchesWithAnyMethodAndBody) {
  FetchRequest request = Request("/path?query");
  for (const char* method : {"GET", "POST", "PUT", "DELETE"}) {
    request.method = method;
    const auto response = client_.Fetch(request);
    ASSERT_TRUE(response) << response.error().detail;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, method + std::string(" /path?query ") + request.body);
    EXPECT_THAT(response->headers, ::testing::Contains(std::pair<std::string, std::string>("content-type", "text/plain")));
    request.body = std::string("with a NUL: \0.", 14);
  }
  request = Request("/");
  request.method = "HEAD";
  const auto head = client_.Fetch(request);
  ASSERT_TRUE(head) << head.error().detail;
  EXPECT_EQ(head->body, "");
}

TEST_F(HttpClientTest, ReturnsErrorStatusesAndRedirectsAsResponses) {
  const auto redirect = client_.Fetch(Request("/redirect"));
  ASSERT_TRUE(redirect) << redirect.error().detail;
  EXPECT_EQ(redirect->status, 302);
  EXPECT_EQ(redirect->body, "moved");
  const auto failed = client_.Fetch(Request("/throw"));
  ASSERT_TRUE(failed) << failed.error().detail;
  EXPECT_EQ(failed->status, 500);
}

TEST_F(HttpClientTest, TakesAResponseAtTheLimitAndRefusesOnePastIt) {
  FetchRequest request = Request("/large");
  request.max_response_bytes = 1 << 20;
  EXPECT_TRUE(client_.Fetch(request));
  --request.max_response_bytes;
  ExpectError(request, "net.fetch.too_large");
}

TEST_F(HttpClientTest, TakesAResponseHeaderAtTheLimitAndRefusesOnePastIt) {
  FetchRequest request = Request("/headers");
  request.method = "POST";
  request.body = "h";
  const auto small = client_.Fetch(request);
  ASSERT_TRUE(small) << small.error().detail;
  size_t octets = 2;  // the empty line
  for (const auto& [name, value] : small->headers) octets += name.size() + value.size() + 4;
  const size_t missing = limits::kResponseHeaderBytes - octets;
  ASSERT_EQ(missing % 2, 0U) << "the body comes back twice; a longer Content-Type would make this even";
  request.body.append(missing / 2, 'h');
  const auto most = client_.Fetch(request);
  EXPECT_TRUE(most) << most.error().detail;
  request.body += "h";
  ExpectError(request, "net.fetch.too_large");
}

TEST_F(HttpClientTest, GivesUpAfterItsTimeout) {
  FetchRequest request = Request("/hold");
  request.timeout = std::chrono::milliseconds(200);
  ExpectError(request, "net.fetch.timeout");
  server_.TakeHeld();
}

TEST_F(HttpClientTest, SendsTheHeadersItIsGiven) {
  FetchRequest request = Request("/header");
  request.method = "POST";
  request.headers = {{"X-Given", "some value"}, {"X-Empty", ""}};
  const auto response = client_.Fetch(request);
  ASSERT_TRUE(response) << response.error().detail;
  EXPECT_EQ(response->body, "some value, 1");
}

// One octet a second keeps every idle timeout waiting.
TEST_F(HttpClientTest, CutsAServerThatDripsAtTheTotalTime) {
  DrippingServer server;
  FetchRequest request;
  request.url = "https://localhost:" + std::to_string(server.port()) + "/";
  request.timeout = std::chrono::milliseconds(1500);
  const auto start = std::chrono::steady_clock::now();
  ExpectError(request, "net.fetch.timeout");
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, request.timeout);
  EXPECT_LT(took, std::chrono::seconds(10));
}

TEST_F(HttpClientTest, RefusesACertificateOfAnotherAuthority) {
  const CaFile other(testing::MakeTlsCertificate().certificate_pem);  // the same path
  HttpClient client(other.path());
  const auto response = client.Fetch(Request("/"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().where, "net.fetch.tls") << response.error().detail;
  const auto system = HttpClient().Fetch(Request("/"));
  ASSERT_FALSE(system);
  EXPECT_EQ(system.error().where, "net.fetch.tls") << system.error().detail;
}

TEST_F(HttpClientTest, RefusesACertificateOfAnotherHost) {
  FetchRequest request = Request("/");
  request.url = "https://127.0.0.2:" + std::to_string(server_.port()) + "/";
  HttpServerSettings settings = testing::TestSettings();
  settings.endpoints[0].address = "127.0.0.2";
  TestServer elsewhere(settings);
  request.url = "https://127.0.0.2:" + std::to_string(elsewhere.port()) + "/";
  ExpectError(request, "net.fetch.tls");
}

TEST_F(HttpClientTest, SaysWhenNobodyListens) {
  FetchRequest request = Request("/");
  server_.Stop();
  ExpectError(request, "net.fetch.connect");
}

TEST_F(HttpClientTest, RefusesUrlsAndHeadersItMustNotSend) {
  FetchRequest request = Request("/");
  for (const char* url :
       {"http://localhost/", "file:///etc/passwd", "localhost", "", "https://", "https://localhost/\r\nX: y", "https://a b/"}) {
    request.url = url;
    ExpectError(request, "net.fetch.url");
  }
  request = Request("/");
  request.headers = {{"x", "1\r\ny: 2"}};
  ExpectError(request, "net.fetch.protocol");
}

}  // namespace
}  // namespace vidimus
