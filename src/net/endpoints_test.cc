// Where a server listens, and which certificate it shows to whom.
#include <atomic>
#include <string>
#include <thread>

#include <gmock/gmock.h>

#include "net/test_server.h"
#include "tests/support/tls_client.h"

namespace vidimus {
namespace {

using ::testing::HasSubstr;
using testing::TestServer;
using testing::TestSettings;
using testing::TlsClient;

const std::string kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST(HttpEndpoints, ServesSeveralEndpointsAndTellsTheHandlerWhich) {
  HttpServerSettings settings = TestSettings();
  settings.endpoints = {{"127.0.0.1", 0, "public"}, {"127.0.0.1", 0, "operator"}, {"127.0.0.1", 0, ""}};
  TestServer server(settings);
  EXPECT_NE(server.port(0), server.port(1));
  const char* const names[] = {"public", "operator", ""};
  for (int round = 0; round < 4; ++round) {  // so that both loops have had some of each
    for (size_t i = 0; i < 3; ++i) {
      TlsClient client(server.port(i));
      client.Send(kGet);
      EXPECT_THAT(client.Read().head, HasSubstr("\r\nX-Endpoint: " + std::string(names[i]) + "\r\n"));
    }
  }
}

TEST(HttpEndpoints, ListensOnAllItsEndpointsOrOnNone) {
  TestServer other;
  HttpServerSettings settings = TestSettings();
  const auto start = [&] { return HttpServer::Start(settings, [](HttpRequest, const HttpReply&) {}, testing::TestErrorAnswer); };
  settings.endpoints = {{}, {"127.0.0.1", other.port(), ""}};
  auto taken = start();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().where, "net.listen");
  settings.endpoints.clear();
  auto nowhere = start();
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().where, "net.listen");
}

TlsIdentity Identity(const std::string& common_name, const std::string& names) {
  const testing::TlsCertificate made = testing::MakeTlsCertificate(common_name, names);
  return {made.certificate_pem, made.private_key_pem};
}

HttpServerSettings SettingsOfThreeIdentities() {
  HttpServerSettings settings = TestSettings();
  settings.identities = {Identity("first", "DNS:first.example"), Identity("second", "DNS:a.second.example,DNS:b.second.example"),
                         Identity("wild", "DNS:*.wild.example,DNS:*.second.example")};
  return settings;
}

// RFC 6066 section 3; both versions, whose handshakes differ.
TEST(TlsIdentities, ShowsTheFirstCertificateThatCoversTheNameAskedFor) {
  TestServer server(SettingsOfThreeIdentities());
  for (const int version : {TLS1_2_VERSION, 0}) {
    const auto shown = [&](const char* name) {
      TlsClient client(server.port(), version, name);
      EXPECT_TRUE(client.connected()) << name;
      client.Send(kGet);
      EXPECT_EQ(client.Read().status, 200);
      return client.server_name();
    };
    EXPECT_EQ(shown("first.example"), "first");
    EXPECT_EQ(shown("b.second.example"), "second");
    EXPECT_EQ(shown("B.Second.EXAMPLE"), "second");
    EXPECT_EQ(shown("c.second.example"), "wild");
    EXPECT_EQ(shown(nullptr), "first");
    EXPECT_EQ(shown("unknown.example"), "first");
    EXPECT_EQ(shown("second.example"), "first");
  }
}

// RFC 6125 6.4.3: a wildcard stands for one whole label.
TEST(TlsIdentities, LetsAWildcardCoverOneLabel) {
  HttpServerSettings settings = SettingsOfThreeIdentities();
  settings.identities.push_back(Identity("partial", "DNS:x*.part.example"));
  TestServer server(settings);
  EXPECT_EQ(TlsClient(server.port(), 0, "any.wild.example").server_name(), "wild");
  EXPECT_EQ(TlsClient(server.port(), 0, "two.labels.wild.example").server_name(), "first");
  EXPECT_EQ(TlsClient(server.port(), 0, "wild.example").server_name(), "first");
  EXPECT_EQ(TlsClient(server.port(), 0, "xy.part.example").server_name(), "first");
}

TEST(TlsIdentities, ShowsReplacedCertificatesToNewConnectionsWhileOldOnesGoOn) {
  TestServer server(SettingsOfThreeIdentities());
  TlsClient before(server.port(), 0, "b.second.example");
  before.Send(kGet);
  EXPECT_EQ(before.Read().status, 200);
  ASSERT_TRUE(server.ReplaceIdentities({Identity("new", "DNS:new.example"), Identity("renewed", "DNS:b.second.example")}));
  EXPECT_EQ(TlsClient(server.port(), 0, "b.second.example").server_name(), "renewed");
  EXPECT_EQ(TlsClient(server.port()).server_name(), "new");
  before.Send(kGet);
  EXPECT_EQ(before.Read().status, 200);
  EXPECT_EQ(before.server_name(), "second");
}

TEST(TlsIdentities, ReplacesCertificatesUnderLoad) {
  TestServer server(SettingsOfThreeIdentities());
  std::atomic<bool> stop = false;
  std::thread replacing([&] {
    while (!stop) EXPECT_TRUE(server.ReplaceIdentities(SettingsOfThreeIdentities().identities));
  });
  for (int i = 0; i < 50; ++i) EXPECT_EQ(TlsClient(server.port(), 0, "b.second.example").server_name(), "second");
  stop = true;
  replacing.join();
}

TEST(TlsIdentities, KeepsItsCertificatesWhenTheirReplacementIsRefused) {
  TestServer server(SettingsOfThreeIdentities());
  const TlsIdentity good = Identity("new", "DNS:first.example");
  TlsIdentity bad = good;
  bad.private_key_pem = Identity("other", "DNS:first.example").private_key_pem;
  const std::vector<TlsIdentity> replacements[] = {{}, {bad}, {good, bad}};
  for (const std::vector<TlsIdentity>& replacement : replacements) {
    const Status status = server.ReplaceIdentities(replacement);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().where, "net.tls.certificate");
    EXPECT_EQ(status.error().detail.starts_with("identity 2: "), replacement.size() == 2) << status.error().detail;
    EXPECT_EQ(TlsClient(server.port(), 0, "first.example").server_name(), "first");
    EXPECT_EQ(TlsClient(server.port(), 0, "b.second.example").server_name(), "second");
  }
}

}  // namespace
}  // namespace vidimus
