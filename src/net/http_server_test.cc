// What the server promises to handlers and to clients, over real connections.
#include "net/http_server.h"

#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "net/test_server.h"
#include "tests/support/tls_client.h"

namespace vidimus {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawResponse;
using ::testing::StartsWith;
using testing::TcpClient;
using testing::TestServer;
using testing::TestSettings;
using testing::TlsClient;

const std::string kHost = "Host: localhost\r\n";

std::string Get(const std::string& target, const std::string& headers = "") {
  return "GET " + target + " HTTP/1.1\r\n" + kHost + headers + "\r\n";
}
std::string Post(const std::string& target, const std::string& headers, const std::string& body) {
  return "POST " + target + " HTTP/1.1\r\n" + kHost + headers + "\r\n" + body;
}
std::string Length(size_t octets) { return "Content-Length: " + std::to_string(octets) + "\r\n"; }
std::string Chunk(const std::string& data) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return size + data + "\r\n";
}

// Sends one request on a connection of its own, and reads one answer.
RawResponse Ask(const TestServer& server, const std::string& octets) {
  TlsClient client(server.port());
  EXPECT_TRUE(client.connected());
  client.Send(octets);
  return client.Read();
}

void ExpectRefusal(const TestServer& server, const std::string& octets, int status, const std::string& where) {
  TlsClient client(server.port());
  client.Send(octets);
  const RawResponse response = client.Read();
  EXPECT_EQ(response.status, status) << octets.substr(0, 200);
  EXPECT_EQ(response.body, where) << octets.substr(0, 200);
  EXPECT_THAT(response.head, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(client.AtCleanEnd());
}

TEST(HttpServer, EchoesRequestsOnOneConnection) {
  TestServer server;
  TlsClient client(server.port());
  EXPECT_EQ(client.version(), "TLSv1.3");
  for (const std::string body : {"", "hello", "again"}) {
    ASSERT_TRUE(client.Send(Post("/echo?a=b", Length(body.size()), body)));
    const RawResponse response = client.Read();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "POST /echo?a=b " + body);
    EXPECT_THAT(response.head, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
    EXPECT_THAT(response.head, HasSubstr(" GMT\r\n"));
    EXPECT_THAT(response.head, HasSubstr("\r\nX-Peer: 127.0.0.1\r\n"));
    EXPECT_THAT(response.head, Not(HasSubstr("Connection:")));
  }
}

TEST(HttpServer, GivesHandlersHeaderNamesInLowerCase) {
  std::promise<HttpRequest> seen;
  auto server = HttpServer::Start(
      TestSettings(),
      [&](HttpRequest request, const HttpReply& reply) {
        seen.set_value(std::move(request));
        reply({204, {}, "not sent"});
      },
      testing::TestErrorAnswer);
  ASSERT_TRUE(server) << server.error().detail;
  TlsClient client((*server)->port());
  client.Send(Get("/", "X-Thing:  Value \r\nx-thing: second\r\n"));
  const HttpRequest request = seen.get_future().get();
  EXPECT_EQ(request.Header("x-thing"), "Value");
  EXPECT_EQ(request.Header("host"), "localhost");
  EXPECT_EQ(request.Header("absent"), "");
  const RawResponse response = client.Read();
  EXPECT_EQ(response.status, 204);
  EXPECT_THAT(response.head, Not(HasSubstr("Content-Length")));  // RFC 9110 8.6
}

TEST(HttpServer, SendsTheAnswerOfAnotherThread) {
  TestServer server;
  TlsClient client(server.port());
  for (int i = 0; i < 2; ++i) {
    client.Send(Get("/later"));
    EXPECT_EQ(client.Read().body, "later");
  }
}

TEST(HttpServer, SendsTheFirstOfTwoAnswers) {
  TestServer server;
  TlsClient client(server.port());
  client.Send(Get("/twice"));
  EXPECT_EQ(client.Read().body, "GET /twice ");
  client.Send(Get("/next"));
  EXPECT_EQ(client.Read().body, "GET /next ");
}

TEST(HttpServer, AnswersForHandlersThatDoNot) {
  TestServer server;
  TlsClient client(server.port());
  for (const char* target : {"/drop", "/drop-later", "/throw", "/split"}) {
    client.Send(Get(target));
    const RawResponse response = client.Read();
    EXPECT_EQ(response.status, 500) << target;
    EXPECT_EQ(response.body, "net.http.handler") << target;
    EXPECT_THAT(response.head, Not(HasSubstr("evil"))) << target;
  }
  client.Send(Get("/alive"));
  EXPECT_EQ(client.Read().status, 200);
}

// RFC 9110 10.1.1
TEST(HttpServer, AsksForTheBodyThatAClientHoldsBack) {
  TestServer server;
  TlsClient client(server.port());
  client.Send(Post("/", Length(5) + "Expect: 100-continue\r\n", ""));
  EXPECT_EQ(client.Read().head, "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("hello");
  EXPECT_EQ(client.Read().body, "POST / hello");
}

TEST(HttpServer, RefusesALargeBodyInsteadOfAskingForIt) {
  TestServer server;
  ExpectRefusal(server, Post("/", Length(limits::kRequestBodyBytes + 1) + "Expect: 100-continue\r\n", ""), 413, "net.http.body_size");
}

// RFC 9112 6.1 and 6.3: each of these lets two readers disagree on where the request ends.
TEST(HttpServer, RefusesAmbiguousFraming) {
  TestServer server;
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::string body = Chunk("hello") + "0\r\n\r\n";
  ExpectRefusal(server, Post("/", Length(5) + chunked, body), 400, "net.http.framing");
  ExpectRefusal(server, Post("/", chunked + Length(5), body), 400, "net.http.framing");
  ExpectRefusal(server, Post("/", Length(5) + Length(6), "hello!"), 400, "net.http.framing");
  ExpectRefusal(server, Post("/", Length(5) + Length(5), "hello"), 400, "net.http.framing");
  ExpectRefusal(server, Post("/", "Content-Length: 5, 6\r\n", "hello!"), 400, "net.http.framing");
  ExpectRefusal(server, Post("/", "Content-Length: -5\r\n", "hello"), 400, "net.http.framing");
  ExpectRefusal(server, Post("/", "Content-Length: 99999999999999999999\r\n", "hello"), 400, "net.http.framing");
  ExpectRefusal(server, Post("/", "Transfer-Encoding: gzip\r\n", "hello"), 400, "net.http.framing");
  ExpectRefusal(server, Post("/", "Transfer-Encoding: gzip, chunked\r\n", body), 400, "net.http.framing");
  ExpectRefusal(server, Post("/", chunked + chunked, body), 400, "net.http.framing");
  ExpectRefusal(server, "POST / HTTP/1.0\r\n" + chunked + "\r\n" + body, 400, "net.http.framing");
}

TEST(HttpServer, JoinsChunksAndIgnoresTrailers) {
  TestServer server;
  TlsClient client(server.port());
  const std::string head = Post("/", "Transfer-Encoding: chunked\r\n", "");
  client.Send(head + "5;extension=1\r\nhello\r\n" + Chunk(" world") + "0\r\nHost: other\r\n\r\n");
  EXPECT_EQ(client.Read().body, "POST / hello world");
  for (const char c : head + Chunk("slowly") + "0\r\n\r\n") client.Send({&c, 1});
  EXPECT_EQ(client.Read().body, "POST / slowly");
  ExpectRefusal(server, head + "zz\r\n", 400, "net.http.malformed");
  ExpectRefusal(server, head + "5\r\nhello!!\r\n", 400, "net.http.malformed");
}

TEST(HttpServer, TakesABodyAtTheLimitAndRefusesOnePastIt) {
  TestServer server;
  const std::string most(limits::kRequestBodyBytes, 'b');
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  EXPECT_EQ(Ask(server, Post("/", Length(most.size()), most)).body, "POST / " + most);
  EXPECT_EQ(Ask(server, Post("/", chunked, Chunk(most) + "0\r\n\r\n")).body, "POST / " + most);
  ExpectRefusal(server, Post("/", Length(most.size() + 1), most + "b"), 413, "net.http.body_size");
  ExpectRefusal(server, Post("/", chunked, Chunk(most) + Chunk("b") + "0\r\n\r\n"), 413, "net.http.body_size");
}

TEST(HttpServer, LetsAClientThatIsStillSendingReadTheRefusal) {
  TestServer server;
  TlsClient client(server.port());
  const std::string megabyte(1 << 20, 'b');
  ASSERT_TRUE(client.Send(Post("/", Length(100 * megabyte.size()), "")));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(client.Send(megabyte)) << i;
  EXPECT_EQ(client.Read().status, 413);
}

TEST(HttpServer, LosesPatienceWithAClientThatSendsOnAfterTheRefusal) {
  TestServer server;
  TlsClient client(server.port());
  const std::string megabyte(1 << 20, 'b');
  ASSERT_TRUE(client.Send(Post("/", Length(1000 * megabyte.size()), "")));
  size_t sent = 0;
  while (sent < 1000 && client.Send(megabyte)) ++sent;
  EXPECT_GE(sent, limits::kLingerBytes / megabyte.size() - 2);
  EXPECT_LT(sent, 2 * limits::kLingerBytes / megabyte.size());
}

TEST(HttpServer, TakesAHeaderAtTheLimitAndRefusesOnePastIt) {
  TestServer server;
  const auto sized = [](size_t octets) {
    const size_t fixed = Get("/", "x: \r\n").size();
    return Get("/", "x: " + std::string(octets - fixed, 'h') + "\r\n");
  };
  EXPECT_EQ(Ask(server, sized(limits::kRequestHeaderBytes)).status, 200);
  ExpectRefusal(server, sized(limits::kRequestHeaderBytes + 1), 431, "net.http.header_size");
  ExpectRefusal(server, "GET /" + std::string(limits::kRequestHeaderBytes, 'a'), 431, "net.http.header_size");
  std::string many = Get("/");
  many.resize(many.size() - 2);
  while (many.size() <= limits::kRequestHeaderBytes) many += "a: b\r\n";
  TlsClient client(server.port());  // in pieces, each of which is small
  for (size_t i = 0; i < many.size(); i += 1000) client.Send(many.substr(i, 1000));
  EXPECT_EQ(client.Read().status, 431);
}

TEST(HttpServer, RefusesWhatIsNotHttp) {
  TestServer server;
  ExpectRefusal(server, "complete nonsense\r\n\r\n", 400, "net.http.malformed");
  ExpectRefusal(server, "GET / HTTP/3.0\r\n" + kHost + "\r\n", 400, "net.http.malformed");
  ExpectRefusal(server, Get("/", "no colon\r\n"), 400, "net.http.malformed");
  ExpectRefusal(server, Get("/", "name : space before the colon\r\n"), 400, "net.http.malformed");
  // RFC 9112 3.2
  ExpectRefusal(server, "GET / HTTP/1.1\r\n\r\n", 400, "net.http.malformed");
  ExpectRefusal(server, Get("/", "Host: other\r\n"), 400, "net.http.malformed");
  ExpectRefusal(server, Get("https://localhost/"), 400, "net.http.malformed");
}

TEST(HttpServer, EndsSlowRequestsButNotIdleConnections) {
  HttpServerSettings settings = TestSettings();
  settings.request_timeout = milliseconds(300);
  TestServer server(settings);
  TlsClient idle(server.port());
  TlsClient slow_head(server.port());
  TlsClient slow_body(server.port());
  slow_head.Send("GET / HT");
  slow_body.Send(Post("/", Length(5), "hel"));
  for (TlsClient* client : {&slow_head, &slow_body}) {
    const RawResponse response = client->Read();
    EXPECT_EQ(response.status, 408);
    EXPECT_EQ(response.body, "net.http.timeout");
    EXPECT_TRUE(client->AtCleanEnd());
  }
  idle.Send(Get("/"));
  EXPECT_EQ(idle.Read().status, 200);
}

TEST(HttpServer, ClosesIdleConnectionsAndUnfinishedHandshakes) {
  HttpServerSettings settings = TestSettings();
  settings.idle_timeout = milliseconds(300);
  settings.handshake_timeout = milliseconds(300);
  TestServer server(settings);
  TcpClient silent(server.port());
  TlsClient idle(server.port());
  EXPECT_TRUE(idle.AtCleanEnd());
  char octet = 0;
  EXPECT_EQ(recv(silent.socket_fd(), &octet, 1, 0), 0);
}

TEST(HttpServer, SpeaksTls12ButNothingOlder) {
  TestServer server;
  TlsClient client(server.port(), TLS1_2_VERSION);
  ASSERT_TRUE(client.connected());
  client.Send(Get("/"));
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_FALSE(TlsClient(server.port(), TLS1_1_VERSION).connected());
}

TEST(HttpServer, ClosesCleanlyOnAClientWithoutTls) {
  TestServer server;
  TcpClient client(server.port());
  const std::string request = Get("/");
  ASSERT_EQ(send(client.socket_fd(), request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  char answer[1000];
  ssize_t octets = 0;
  while ((octets = recv(client.socket_fd(), answer, sizeof answer, 0)) > 0) {
    EXPECT_EQ(answer[0], 0x15) << "other than a TLS alert";
  }
  EXPECT_EQ(octets, 0);
}

TEST(HttpServer, AnswersHeadWithoutABody) {
  TestServer server;
  TlsClient client(server.port());
  client.Send("HEAD /x HTTP/1.1\r\n" + kHost + "\r\n" + Get("/next"));
  const RawResponse response = client.Read(true);
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.head, HasSubstr("\r\nContent-Length: 8\r\n"));
  EXPECT_EQ(client.Read().body, "GET /next ");
}

TEST(HttpServer, ServesOlderClients) {
  TestServer server;
  TlsClient client(server.port());
  client.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(client.Read().head, HasSubstr("\r\nConnection: keep-alive\r\n"));
  client.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.Read().head, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(client.AtCleanEnd());
}

TEST(HttpServer, ClosesWhenTheClientAsksForIt) {
  TestServer server;
  TlsClient client(server.port());
  client.Send(Get("/", "Connection: close\r\n"));
  EXPECT_THAT(client.Read().head, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_TRUE(client.AtCleanEnd());
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  TestServer server;
  TlsClient client(server.port());
  std::string octets;
  for (int i = 0; i < 500; ++i) octets += i % 100 == 7 ? Get("/later") : Post("/" + std::to_string(i), Length(3), "abc");
  client.Send(octets + "GET /last HTTP/1.1\r\nHo");
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client.Read().body, i % 100 == 7 ? "later" : "POST /" + std::to_string(i) + " abc");
  client.Send("st: x\r\n\r\n");
  EXPECT_EQ(client.Read().body, "GET /last ");
}

TEST(HttpServer, ClosesConnectionsBeyondItsMost) {
  HttpServerSettings settings = TestSettings();
  settings.max_connections = 2;
  TestServer server(settings);
  auto first = std::make_unique<TlsClient>(server.port());
  TlsClient second(server.port());
  EXPECT_TRUE(first->connected());
  EXPECT_TRUE(second.connected());
  EXPECT_FALSE(TlsClient(server.port()).connected());
  first.reset();
  bool again = false;
  for (int i = 0; i < 100 && !again; ++i) again = TlsClient(server.port()).connected();
  EXPECT_TRUE(again);
}

TEST(HttpServer, LetsARunningRequestFinishWhenItStops) {
  TestServer server;
  TlsClient idle(server.port());
  TlsClient client(server.port());
  client.Send(Get("/hold"));
  HttpReply reply = server.TakeHeld();
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(300));
    reply({200, {}, "held"});
  });
  std::thread reader([&] {
    EXPECT_TRUE(idle.AtCleanEnd());
    const RawResponse response = client.Read();
    EXPECT_EQ(response.body, "held");
    EXPECT_THAT(response.head, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_TRUE(client.AtCleanEnd());
    shutdown(client.socket_fd(), SHUT_WR);
  });
  const uint16_t port = server.port();
  server.Stop();
  later.join();
  reader.join();
  EXPECT_FALSE(TcpClient(port).connected());
}

TEST(HttpServer, StopsWaitingForARequestThatDoesNotFinish) {
  HttpServerSettings settings = TestSettings();
  settings.drain_timeout = milliseconds(300);
  TestServer server(settings);
  TlsClient client(server.port());
  client.Send(Get("/hold"));
  HttpReply reply = server.TakeHeld();
  const auto start = steady_clock::now();
  server.Stop();
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_EQ(client.Read().status, 0);
  reply({200, {}, "too late"});  // and harmless
}

TEST(HttpServer, NamesWhatItCannotListenOn) {
  TestServer server;
  HttpServerSettings settings = TestSettings();
  settings.endpoints[0].port = server.port();
  const auto start = [&] { return HttpServer::Start(settings, [](HttpRequest, const HttpReply&) {}, testing::TestErrorAnswer); };
  auto taken = start();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().where, "net.listen");
  EXPECT_THAT(taken.error().detail, HasSubstr("127.0.0.1:" + std::to_string(server.port())));
  EXPECT_THAT(taken.error().detail, HasSubstr("Address already in use"));
  settings.endpoints[0].address = "localhost";
  auto name = start();
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().where, "net.listen");
}

TEST(HttpServer, ListensOnIpv6) {
  HttpServerSettings settings = TestSettings();
  settings.endpoints[0].address = "::1";
  auto server = HttpServer::Start(settings, [](HttpRequest, const HttpReply&) {}, testing::TestErrorAnswer);
  if (!server && server.error().detail.find("Cannot assign requested address") != std::string::npos) GTEST_SKIP() << "no IPv6 here";
  ASSERT_TRUE(server) << server.error().detail;
  EXPECT_NE((*server)->port(), 0);
}

TEST(HttpServer, RefusesCertificatesItCannotUse) {
  const HttpServerSettings good = TestSettings();
  const auto expect_refused = [](const HttpServerSettings& settings) {
    auto server = HttpServer::Start(settings, [](HttpRequest, const HttpReply&) {}, testing::TestErrorAnswer);
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error().where, "net.tls.certificate");
  };
  HttpServerSettings settings = good;
  settings.identities[0].private_key_pem = testing::MakeTlsCertificate().private_key_pem;
  expect_refused(settings);
  settings.identities[0].private_key_pem = "";
  expect_refused(settings);
  settings = good;
  settings.identities[0].certificate_pem = "not PEM";
  expect_refused(settings);
  settings.identities[0].certificate_pem =
      good.identities[0].certificate_pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  expect_refused(settings);
}

}  // namespace
}  // namespace vidimus
