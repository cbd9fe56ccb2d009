// Which grant is whose: design section 7; lists separated by spaces, RFC 9068 section 2.2.3.
#include "auth/grants.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace vidimus {
namespace {

const std::string kIssuer = "https://login.example.com";

bool MatchesIn(const std::string& claims, const std::string& claim, const std::string& value) {
  return Matches({kIssuer, claim, value}, {kIssuer, "subject", *ParseJson(claims)});
}

TEST(Grants, MatchAStringOrAMemberOfAList) {
  EXPECT_TRUE(MatchesIn(R"({"oid":"a"})", "oid", "a"));
  EXPECT_FALSE(MatchesIn(R"({"oid":"ab"})", "oid", "a"));
  EXPECT_FALSE(MatchesIn(R"({"oid":"A"})", "oid", "a"));
  EXPECT_TRUE(MatchesIn(R"({"roles":["x","a"]})", "roles", "a"));
  EXPECT_FALSE(MatchesIn(R"({"roles":["x",["a"]]})", "roles", "a"));
  EXPECT_FALSE(MatchesIn(R"({"roles":[]})", "roles", "a"));
  EXPECT_FALSE(MatchesIn(R"({})", "roles", "a"));
}

TEST(Grants, ReadScopesAsWordsAndOtherClaimsWhole) {
  for (const std::string claim : {"scp", "scope"}) {
    EXPECT_TRUE(MatchesIn("{\"" + claim + R"(":"read write"})", claim, "write"));
    EXPECT_TRUE(MatchesIn("{\"" + claim + R"(":"read"})", claim, "read"));
    EXPECT_FALSE(MatchesIn("{\"" + claim + R"(":"read write"})", claim, "read write"));
    EXPECT_FALSE(MatchesIn("{\"" + claim + R"(":"read  write"})", claim, ""));
    EXPECT_TRUE(MatchesIn("{\"" + claim + R"(":["read","write"]})", claim, "write"));
  }
  EXPECT_FALSE(MatchesIn(R"({"groups":"read write"})", "groups", "write"));
}

TEST(Grants, ReadANameThatIsNoClaimAsAPath) {
  EXPECT_TRUE(MatchesIn(R"({"realm_access":{"roles":["a"]}})", "realm_access.roles", "a"));
  EXPECT_FALSE(MatchesIn(R"({"realm_access.roles":"b","realm_access":{"roles":["a"]}})", "realm_access.roles", "a"));
  EXPECT_FALSE(MatchesIn(R"({"realm_access":"a"})", "realm_access.roles", "a"));
}

TEST(Grants, NeverTakeANumberOrABooleanForAString) {
  EXPECT_FALSE(MatchesIn(R"({"c":1})", "c", "1"));
  EXPECT_FALSE(MatchesIn(R"({"c":true})", "c", "true"));
  EXPECT_FALSE(MatchesIn(R"({"c":[1,true,null]})", "c", "1"));
  EXPECT_FALSE(MatchesIn(R"({"c":null})", "c", "null"));
  EXPECT_FALSE(MatchesIn(R"({"scp":1})", "scp", "1"));
}

TEST(Grants, AreOfOneIssuer) { EXPECT_FALSE(Matches({kIssuer, "oid", "a"}, {kIssuer + "/", "subject", JsonObject{{"oid", "a"}}})); }

TEST(Grants, GiveTheGreatestRole) {
  const Caller caller{kIssuer, "s", JsonObject{{"roles", JsonArray{"a", "b"}}}};
  const Grant reader{{kIssuer, "roles", "a"}, Role::kReader}, owner{{kIssuer, "roles", "b"}, Role::kOwner},
      other{{kIssuer, "roles", "c"}, Role::kOwner};
  EXPECT_EQ(RoleOf({reader, owner}, caller), Role::kOwner);
  EXPECT_EQ(RoleOf({owner, reader}, caller), Role::kOwner);
  EXPECT_EQ(RoleOf({reader, other}, caller), Role::kReader);
  EXPECT_EQ(RoleOf({other}, caller), std::nullopt);
  EXPECT_EQ(RoleOf({}, caller), std::nullopt);
}

std::string DetailOf(const std::string& json) {
  const auto grants = GrantsFromJson(*ParseJson(json));
  if (grants) return "accepted";
  EXPECT_EQ(grants.error().where, "auth.grants");
  return grants.error().detail;
}

TEST(Grants, AreReadAsTheyAreWritten) {
  const std::string json =
      R"([{"issuer":"i","claim":"c","value":"v","role":"contributor"},{"issuer":"i","claim":"c","value":"w","role":"owner"}])";
  const auto grants = GrantsFromJson(*ParseJson(json));
  ASSERT_TRUE(grants);
  EXPECT_EQ((*grants)[0], (Grant{{"i", "c", "v"}, Role::kContributor}));
  EXPECT_EQ(WriteJson(GrantsToJson(*grants)), json);
}

TEST(Grants, NameTheEntryThatIsWrong) {
  const std::string good = R"([{"issuer":"i","claim":"c","value":"v","role":"reader"},)";
  EXPECT_EQ(DetailOf(good + R"({"issuer":"i","claim":"c","value":"w","role":"Owner"}])"),
            "grant 1: found role \"Owner\", expected reader, contributor or owner");
  EXPECT_EQ(DetailOf(good + R"({"issuer":"i","claim":"c","value":"v","role":"owner"}])"),
            "grant 1: found the issuer, claim and value of grant 0 again");
  EXPECT_TRUE(DetailOf(good + "1]").starts_with("grant 1: "));
  EXPECT_TRUE(DetailOf(good + R"({"issuer":"i","claim":"c","role":"owner"}])").starts_with("grant 1: "));
  EXPECT_TRUE(DetailOf(good + R"({"issuer":"i","claim":"","value":"w","role":"owner"}])").starts_with("grant 1: "));
  EXPECT_TRUE(DetailOf(good + R"({"issuer":"i","claim":"c","value":1,"role":"owner"}])").starts_with("grant 1: "));
  EXPECT_TRUE(DetailOf(good + R"({"issuer":"i","claim":"c","value":"w","role":"owner","x":1}])").starts_with("grant 1: "));
  EXPECT_NE(DetailOf("{}"), "accepted");
}

TEST(Grants, HaveLimitsOfNumberAndOfTheirTexts) {
  const auto of = [](size_t count, const std::string& value) {
    std::vector<Grant> grants;
    for (size_t i = 0; i < count; ++i) grants.push_back({{"i", "c" + std::to_string(i), value}, Role::kReader});
    return GrantsFromJson(GrantsToJson(grants)).has_value();
  };
  EXPECT_TRUE(of(limits::kGrants, "v"));
  EXPECT_FALSE(of(limits::kGrants + 1, "v"));
  EXPECT_TRUE(of(1, std::string(limits::kGrantTextBytes, 'v')));
  EXPECT_FALSE(of(1, std::string(limits::kGrantTextBytes + 1, 'v')));
}

TEST(Roles, AreFoundByTheirNames) {
  for (const Role role : {Role::kReader, Role::kContributor, Role::kOwner}) EXPECT_EQ(FindRole(RoleName(role)), role);
  EXPECT_EQ(FindRole("admin"), std::nullopt);
}

}  // namespace
}  // namespace vidimus
