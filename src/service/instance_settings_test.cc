// What owners may set, and what they may not (design section 7).
#include "service/instance_settings.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "service/intel_settings.h"

namespace vidimus {
namespace {

const InstanceSettings kDefaults{};

InstanceSettings Read(const std::string& json) {
  const auto read = SettingsFromJson(*ParseJson(json), kDefaults);
  EXPECT_TRUE(read) << json << ": " << read.error().detail;
  return read.value_or(InstanceSettings{});
}

std::string Where(const std::string& json) {
  const auto read = SettingsFromJson(*ParseJson(json), kDefaults);
  return read ? "" : std::string(read.error().where);
}

std::string Patched(const std::string& settings, const std::string& patch) {
  const auto out = PatchedSettings(*ParseJson(settings), *ParseJson(patch));
  return out ? WriteJson(*out) : std::string(out.error().where);
}

std::string Grants(size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i)
    out +=
        (i == 0 ? "" : ",") + std::string(R"({"issuer":"https://i","claim":"sub","value":")") + std::to_string(i) + R"(","role":"reader"})";
  return R"({"grants":[)" + out + "]}";
}

TEST(InstanceSettings, AreTheDefaultsWhereNothingIsSaid) {
  InstanceSettings defaults;
  defaults.explain = ExplainSetting::kBrief;
  defaults.token_lifetime = 61;
  const auto read = SettingsFromJson(JsonObject{}, defaults);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->grants.empty());  // nobody may manage it
  EXPECT_EQ(read->explain, ExplainSetting::kBrief);
  EXPECT_EQ(read->token_lifetime, 61);
  EXPECT_EQ(read->attest_needs_token, std::set<AttestationType>{AttestationType::kTpm});
}

TEST(InstanceSettings, AreReadWhole) {
  const InstanceSettings read = Read(R"({"grants":[{"issuer":"https://i","claim":"roles","value":"x","role":"owner"}],
      "attestNeedsToken":["SgxEnclave","Tpm"],"explain":"brief","draftPolicies":false,"tokenLifetime":60,"keyBits":4096,"keySource":"pkcs11",
      "rotationLead":0,"sgx":{"acceptTcb":["OutOfDate"],"expiry":"ignore","refuse":["debug"]}})");
  ASSERT_EQ(read.grants.size(), 1U);
  EXPECT_EQ(read.grants.front(), (Grant{{"https://i", "roles", "x"}, Role::kOwner}));
  EXPECT_EQ(read.attest_needs_token, (std::set{AttestationType::kSgxEnclave, AttestationType::kTpm}));
  EXPECT_EQ(read.explain, ExplainSetting::kBrief);
  EXPECT_FALSE(read.draft_policies);
  EXPECT_EQ(read.token_lifetime, 60);
  EXPECT_EQ(read.key_bits, 4096);
  EXPECT_EQ(read.key_source, KeyRecord::Source::kPkcs11);
  EXPECT_EQ(read.rotation_lead, 0);
  EXPECT_TRUE(read.appraisal.sgx.expiry.ignored);
  EXPECT_EQ(read.appraisal.sgx.accepted_tcb, std::set<TcbStatus>{TcbStatus::kOutOfDate});
  EXPECT_EQ(read.appraisal.sgx.refused_attributes, std::set<SgxAttribute>{SgxAttribute::kDebug});
}

TEST(InstanceSettings, RefuseMembersTheyDoNotKnow) {
  for (const char* json : {R"({"Grants":[]})", R"({"grant":[]})", R"({"":1})", R"({"sgx":{"accept":[]}})", R"({"sgx":{"expiry":1}})"})
    EXPECT_EQ(Where(json), "settings.member") << json;
}

TEST(InstanceSettings, RefuseValuesOfAnotherKind) {
  for (const char* json :
       {"[]", "1", R"({"attestNeedsToken":"Tpm"})", R"({"attestNeedsToken":["Sgx"]})", R"({"attestNeedsToken":[1]})",
        R"({"explain":"none"})", R"({"explain":true})", R"({"draftPolicies":"false"})", R"({"draftPolicies":0})", R"({"keyBits":1024})",
        R"({"keyBits":"2048"})", R"({"keyBits":8192})", R"({"keySource":"file"})", R"({"sgx":[]})", R"({"sgx":{"refuse":"debug"}})",
        R"({"tokenLifetime":"3600"})", R"({"tokenLifetime":3600.5})", R"({"rotationLead":null})"})
    EXPECT_EQ(Where(json), "settings.value") << json;
}

TEST(InstanceSettings, KeepTimesWithinTheirBounds) {
  for (const auto& [json, where] :
       std::vector<std::pair<std::string, std::string>>{{R"({"tokenLifetime":59})", "settings.value"},
                                                        {R"({"tokenLifetime":60})", ""},
                                                        {R"({"tokenLifetime":2592000})", ""},
                                                        {R"({"tokenLifetime":2592001})", "settings.value"},
                                                        {R"({"tokenLifetime":-1})", "settings.value"},
                                                        {R"({"tokenLifetime":18446744073709551615})", "settings.value"},
                                                        {R"({"rotationLead":-1})", "settings.value"},
                                                        {R"({"rotationLead":0})", ""},
                                                        {R"({"rotationLead":2592000})", ""},
                                                        {R"({"rotationLead":2592001})", "settings.value"}})
    EXPECT_EQ(Where(json), where) << json;
}

TEST(InstanceSettings, HoldSoManyGrantsAndNoMore) {
  EXPECT_EQ(Where(Grants(limits::kGrants)), "");
  EXPECT_EQ(Where(Grants(limits::kGrants + 1)), "auth.grants");
}

TEST(InstanceSettings, ArePatchedMemberByMember) {
  EXPECT_EQ(Patched(R"({"explain":"full","keyBits":2048})", R"({"explain":null,"draftPolicies":true})"),
            R"({"keyBits":2048,"draftPolicies":true})");
  EXPECT_EQ(Patched(R"({"keyBits":2048})", R"({"keyBits":4096})"), R"({"keyBits":4096})");
  EXPECT_EQ(Patched(R"({"sgx":{"expiry":"strict"}})", R"({"sgx":{"refuse":[]}})"),
            R"({"sgx":{"expiry":"strict","refuse":[]}})");  // RFC 7396
  EXPECT_EQ(Patched(R"({"sgx":{"expiry":"strict"}})", R"({"sgx":{"expiry":null}})"), R"({"sgx":{}})");
  EXPECT_EQ(Patched("{}", R"({"sgx":{"expiry":null,"refuse":[]}})"), R"({"sgx":{"refuse":[]}})");
  EXPECT_EQ(Patched("{}", "[]"), "settings.value");
  EXPECT_EQ(Patched("{}", "null"), "settings.value");
}

TEST(InstanceSettings, AreKeptUpToALimitOfSize) {
  const size_t frame = WriteJson(JsonObject{{"a", ""}}).size();
  const auto patch = [&](size_t size) { return PatchedSettings(JsonObject{}, JsonObject{{"a", std::string(size - frame, 'x')}}); };
  EXPECT_TRUE(patch(limits::kSettingsBytes));
  EXPECT_EQ(patch(limits::kSettingsBytes + 1).error().where, "settings.size");
}

// Where reading `change` of a text whose other members are the defaults fails.
template <typename Change>
std::string RefusedText(Change change) {
  IntelSettingsText text;
  change(text);
  const auto read = ReadSgxSettings(text);
  return read ? "accepted" : std::string(read.error().where);
}

TEST(SgxSettings, NeverAcceptARevokedPlatform) {
  EXPECT_EQ(RefusedText([](auto& text) { text.accept_tcb = {"Revoked"}; }), "option.accept_tcb");
  EXPECT_EQ(RefusedText([](auto& text) { text.accept_tcb = {"UpToDate", "Revoked"}; }), "option.accept_tcb");
  EXPECT_EQ(Where(R"({"sgx":{"acceptTcb":["Revoked"]}})"), "option.accept_tcb");
}

TEST(SgxSettings, NameWhatTheyDoNotKnow) {
  EXPECT_EQ(RefusedText([](auto& text) { text.accept_tcb = {"uptodate"}; }), "option.accept_tcb");
  EXPECT_EQ(RefusedText([](auto& text) { text.expiry = ""; }), "option.expiry");
  EXPECT_EQ(RefusedText([](auto& text) { text.expiry = "Ignore"; }), "option.expiry");
  EXPECT_EQ(RefusedText([](auto& text) { text.refuse = {"all"}; }), "option.refuse");
  EXPECT_EQ(RefusedText([](auto& text) { text.accept_advisories = {"SA-00615"}; }), "option.accept_advisories");
  EXPECT_EQ(RefusedText([](auto& text) { text.minimum_evaluation_number = -1; }), "option.evaluation_number");
  for (const std::string baseline : {"", "Early", "-1", "17 ", "0x11", "2147483648"})
    EXPECT_EQ(RefusedText([&](auto& text) { text.tcb_baseline = baseline; }), "option.tcb_baseline") << baseline;
}

TEST(SgxSettings, HoldAsManyAdvisoriesAsTheLimitAndNotOneMore) {
  const auto of = [](size_t count) {
    return RefusedText([&](auto& text) { text.accept_advisories = std::vector<std::string>(count, "INTEL-SA-00615"); });
  };
  EXPECT_EQ(of(limits::kAdvisoryIds), "accepted");
  EXPECT_EQ(of(limits::kAdvisoryIds + 1), "option.accept_advisories");
}

// maa-rest-api section 1.4.4: what azuredefault means is the instance's to say.
TEST(SgxSettings, SayWhichEvaluationNumberIsTheDefault) {
  using Kind = TcbBaseline::Kind;
  const auto baseline = [](const std::string& json) {
    return SettingsFromJson(ParseJson(json).value(), {}).value().appraisal.sgx.baseline;
  };
  EXPECT_EQ(baseline("{}").kind, Kind::kEarly);
  EXPECT_EQ(baseline(R"({"sgx":{"tcbBaseline":"early"}})").kind, Kind::kEarly);
  EXPECT_EQ(baseline(R"({"sgx":{"tcbBaseline":"standard"}})").kind, Kind::kStandard);
  for (const std::string json : {R"({"sgx":{"tcbBaseline":17}})", R"({"sgx":{"tcbBaseline":"17"}})"}) {
    EXPECT_EQ(baseline(json).kind, Kind::kNumber);
    EXPECT_EQ(baseline(json).number, 17);
  }
  EXPECT_EQ(Where(R"({"sgx":{"tcbBaseline":true}})"), "settings.value");
  EXPECT_EQ(Where(R"({"tdx":{"minimumEvaluationNumber":"17"}})"), "settings.value");
  EXPECT_EQ(Where(R"({"tdx":{"acceptAdvisories":"INTEL-SA-00615"}})"), "settings.value");
}

TEST(SgxSettings, LeaveTheDefaultWhereNothingIsAccepted) {
  const SgxSettings read = ReadSgxSettings({}).value();
  EXPECT_EQ(read.accepted_tcb, SgxSettings{}.accepted_tcb);
  EXPECT_FALSE(read.accepted_advisories);
  EXPECT_FALSE(read.least_evaluation_number);
  EXPECT_EQ(ExpiryText(read.expiry), "strict");
}

}  // namespace
}  // namespace vidimus
