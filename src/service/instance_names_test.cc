// Names of instances in URLs and Host headers (design section 7).
#include "service/instance_names.h"

#include <gtest/gtest.h>

namespace vidimus {
namespace {

TEST(InstanceName, IsThreeToTwentyFourLettersDigitsAndHyphensInLowerCase) {
  EXPECT_EQ(*NormalInstanceName("abc"), "abc");
  EXPECT_EQ(*NormalInstanceName("My-Tenant-01"), "my-tenant-01");
  EXPECT_EQ(*NormalInstanceName(std::string(24, 'a')), std::string(24, 'a'));
  for (const std::string& wrong :
       {std::string(), std::string("ab"), std::string(25, 'a'), std::string("-ab"), std::string("ab-"), std::string("a.b.c"),
        std::string("a_bc"), std::string("a/../b"), std::string("abc\0", 4), std::string("äbc"), std::string(100'000, 'a')}) {
    const auto name = NormalInstanceName(wrong);
    ASSERT_FALSE(name) << wrong.substr(0, 30);
    EXPECT_EQ(name.error().where, "instance.name");
    EXPECT_LE(name.error().detail.size(), 256U);
  }
}

TEST(HostHeader, IsAHostNameOrAddressWithAnOptionalPort) {
  EXPECT_EQ(*HostOf("Tenant.Attest.Example:8443"), "tenant.attest.example");
  EXPECT_EQ(*HostOf("tenant.attest.example."), "tenant.attest.example");
  EXPECT_EQ(*HostOf("127.0.0.1:1"), "127.0.0.1");
  EXPECT_EQ(*HostOf("[::1]:8443"), "[::1]");
  EXPECT_EQ(*HostOf("[::1]"), "[::1]");
}

TEST(HostHeader, IsRefusedWithAnythingElseInIt) {
  for (const std::string& wrong : {std::string(),          std::string("a/b"),      std::string("../etc"),
                                   std::string("a b"),     std::string("a@b"),      std::string("a:b"),
                                   std::string("a:"),      std::string("a:123456"), std::string("[::1"),
                                   std::string("[x]"),     std::string("[::1]x"),   std::string("a..b"),
                                   std::string(".a"),      std::string("-a"),       std::string("a\r\nb"),
                                   std::string("a%2e"),    std::string("a?b"),      std::string("a#b"),
                                   std::string("a\0b", 3), std::string(254, 'a'),   std::string(1 << 20, 'a')}) {
    const auto host = HostOf(wrong);
    ASSERT_FALSE(host) << wrong.substr(0, 30);
    EXPECT_EQ(host.error().where, "request.host");
  }
  EXPECT_TRUE(HostOf(std::string(253, 'a')));
}

TEST(UrlTemplate, GivesAnInstanceItsUrlAndFindsItsNameInAHost) {
  const auto made = InstanceUrlTemplate::Parse("https://{name}.attest.example.com:8443");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->UrlOf("mine"), "https://mine.attest.example.com:8443");
  EXPECT_EQ(made->Wildcard(), "*.attest.example.com");
  EXPECT_EQ(*made->NameIn("mine.attest.example.com"), "mine");
  EXPECT_EQ(*made->NameIn("a.b.attest.example.com"), "a.b");  // under the domain, and no instance can be called that
  EXPECT_FALSE(made->NameIn("attest.example.com"));
  EXPECT_FALSE(made->NameIn(".attest.example.com"));
  EXPECT_FALSE(made->NameIn("mine.attest.example.com.evil.test"));
  EXPECT_FALSE(made->NameIn("mineattest.example.com"));
}

TEST(UrlTemplate, HasTheNameAsTheFirstLabelAndNothingElse) {
  for (const std::string wrong :
       {"", "https://attest.example.com", "http://{name}.example.com", "https://x{name}.example.com", "https://{name}", "https://{name}.",
        "https://{name}.example.com/", "https://{name}.example.com/path", "https://{name}.{name}.com", "https://{name}.example.com:x"}) {
    const auto made = InstanceUrlTemplate::Parse(wrong);
    ASSERT_FALSE(made) << wrong;
    EXPECT_EQ(made.error().where, "instance.url_template");
  }
}

}  // namespace
}  // namespace vidimus
