// One client of a loop cannot keep the others waiting, nor the clock.
#include <algorithm>
#include <cstdint>
#include <new>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <boost/asio/post.hpp>

#include "net/event_loop.h"
#include "net/test_server.h"
#include "tests/support/tls_client.h"

namespace vidimus {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::RawResponse;
using testing::TestServer;
using testing::TestSettings;
using testing::TlsClient;

const std::string kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string kChunkedHead = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string kMostlyExtension = "1;" + std::string(8000, 'e') + "\r\nb\r\n";

// A request of that many octets, most of them chunk extensions (RFC 9112 7.1.1).
std::string RequestOf(size_t octets) {
  std::string request = kChunkedHead;
  while (octets - request.size() > 2 * kMostlyExtension.size()) request += kMostlyExtension;
  const std::string end = "\r\n\r\n";
  request += "0;";
  request.append(octets - request.size() - end.size(), 'e');
  return request + end;
}

HttpServerSettings OneLoop() {
  HttpServerSettings settings = TestSettings();
  settings.threads = 1;
  return settings;
}

TEST(Fairness, TakesARequestOfTheMostOctetsAndRefusesOnePastIt) {
  TestServer server;
  TlsClient most(server.port());
  ASSERT_TRUE(most.Send(RequestOf(limits::kRequestOctets) + kGet));
  EXPECT_EQ(most.Read().status, 200);
  EXPECT_EQ(most.Read().body, "GET / ");
  TlsClient more(server.port());
  ASSERT_TRUE(more.Send(RequestOf(limits::kRequestOctets + 1)));
  const RawResponse response = more.Read();
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "net.http.framing");
  EXPECT_TRUE(more.AtCleanEnd());
}

TEST(Fairness, RefusesARequestWhoseFramingNeverEnds) {
  TestServer server;
  TlsClient client(server.port());
  ASSERT_TRUE(client.Send(kChunkedHead));
  for (size_t sent = 0; sent < 2 * limits::kRequestOctets; sent += kMostlyExtension.size()) ASSERT_TRUE(client.Send(kMostlyExtension));
  const RawResponse response = client.Read();
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "net.http.framing");
}

// The longest that another client of the only loop waits for an answer, in milliseconds, from when `flooder` starts to send `records` to
// when the server has taken them or has closed the connection.
int64_t LongestWait(TestServer& server, TlsClient& flooder, const std::string& records) {
  TlsClient other(server.port());
  std::atomic<bool> sending = true;
  std::thread flood([&] {
    for (size_t sent = 0; sent < records.size();) {
      const ssize_t octets = send(flooder.socket_fd(), records.data() + sent, records.size() - sent, MSG_NOSIGNAL);
      if (octets <= 0) break;
      sent += static_cast<size_t>(octets);
    }
    shutdown(flooder.socket_fd(), SHUT_WR);
    char octet[1000];
    while (recv(flooder.socket_fd(), octet, sizeof octet, 0) > 0) {
    }
    sending = false;
  });
  steady_clock::duration longest{};
  while (sending) {
    const auto start = steady_clock::now();
    other.Send(kGet);
    EXPECT_EQ(other.Read().status, 200);
    longest = std::max(longest, steady_clock::now() - start);
  }
  flood.join();
  return std::chrono::duration_cast<milliseconds>(longest).count();
}

TEST(Fairness, AnswersOthersWhileOneSendsChunkExtensionsOctetByOctet) {
  TestServer server(OneLoop());
  TlsClient flooder(server.port());
  const std::string records = flooder.Capture([&] {
    flooder.Send(kChunkedHead);
    for (int i = 0; i < 50; ++i) {
      for (const char c : kMostlyExtension) flooder.Send({&c, 1});
    }
  });
  EXPECT_LT(LongestWait(server, flooder, records), 200);
}

TEST(Fairness, EndsARequestThatArrivesOctetByOctetAtItsDeadline) {
  HttpServerSettings settings = OneLoop();
  settings.request_timeout = milliseconds(1);
  TestServer server(settings);
  TlsClient client(server.port());
  const std::string records = client.Capture([&] {
    client.Send(kChunkedHead);
    for (int i = 0; i < 20; ++i) {
      for (const char c : kMostlyExtension) client.Send({&c, 1});
    }
    client.Send("0\r\n\r\n");
  });
  std::thread sender([&] { send(client.socket_fd(), records.data(), records.size(), MSG_NOSIGNAL); });
  EXPECT_EQ(client.Read().status, 408);
  sender.join();
}

// RFC 8446 4.6.3 lets a client send KeyUpdate at any time.
TEST(Fairness, ServesAClientThatSendsTheMostKeyUpdatesAndDisconnectsOnePastIt) {
  TestServer server;
  TlsClient client(server.port());
  for (size_t i = 0; i < limits::kTlsControlRecords; ++i) {
    ASSERT_TRUE(client.UpdateKey());
    ASSERT_TRUE(client.Send(kGet));
    ASSERT_EQ(client.Read().status, 200) << i;
  }
  client.UpdateKey();
  client.Send(kGet);
  EXPECT_EQ(client.Read().status, 0);
  TlsClient at_once(server.port());
  for (size_t i = 0; i < limits::kTlsControlRecords; ++i) ASSERT_TRUE(at_once.UpdateKey());
  ASSERT_TRUE(at_once.Send(kGet));
  EXPECT_EQ(at_once.Read().status, 200);
}

TEST(Fairness, AnswersOthersWhileOneSendsKeyUpdates) {
  TestServer server(OneLoop());
  TlsClient flooder(server.port());
  const std::string records = flooder.Capture([&] {
    for (int i = 0; i < 100'000; ++i) ASSERT_TRUE(flooder.UpdateKey());
  });
  EXPECT_LT(LongestWait(server, flooder, records), 200);
}

// A loop on its own, on a port of its own.
class LoneLoop {
 public:
  explicit LoneLoop(const HttpServerSettings& settings) {
    shared_.settings = settings;
    shared_.handler = [](const HttpRequest&, const HttpReply& reply) { reply({200, {}, "here"}); };
    shared_.on_error = testing::TestErrorAnswer;
    auto identities = net::MakeTlsIdentities(settings.identities);
    EXPECT_TRUE(identities);
    if (identities) shared_.identities = *std::move(identities);
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener, 10), 0);
    EXPECT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    loop_.Adopt(listener, net::Tcp::v4(), {});
    thread_ = std::thread([this] { loop_.Run(); });
  }
  ~LoneLoop() {
    loop_.Stop();
    thread_.join();
  }
  net::EventLoop& loop() { return loop_; }
  uint16_t port() const { return port_; }

 private:
  net::ServerShared shared_;
  net::EventLoop loop_{shared_};
  uint16_t port_ = 0;
  std::thread thread_;
};

TEST(EventLoop, GoesOnAfterAnException) {
  HttpServerSettings settings = TestSettings();
  settings.idle_timeout = milliseconds(300);
  LoneLoop lone(settings);
  TlsClient before(lone.port());
  for (int i = 0; i < 3; ++i) net::asio::post(lone.loop().io(), [] { throw std::bad_alloc(); });
  TlsClient after(lone.port());
  for (TlsClient* client : {&before, &after}) {
    client->Send(kGet);
    EXPECT_EQ(client->Read().body, "here");
  }
  EXPECT_TRUE(after.AtCleanEnd());  // the clock still runs
}

}  // namespace
}  // namespace vidimus
