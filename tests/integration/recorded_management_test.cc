// What the real service answered to policy and certificate calls is what ours says of the same requests (maa-rest-api section 2.10).
#include <filesystem>
#include <map>

#include "base/base64url.h"
#include "tests/support/vectors.h"
#include "token/jws.h"
#include "token/management_claims.h"
#include "token/management_jws.h"
#include "token/policy_jws.h"

namespace vidimus {
namespace {

std::string Text(const Json& exchange, std::string_view name) {
  const Json* member = exchange.Find(name);
  return member == nullptr || member->AsString() == nullptr ? std::string() : *member->AsString();
}

// Ours for the request; none for a call that answers nothing of the request.
std::optional<ManagementClaims> Answer(const std::string& path, const std::string& method, const std::string& body) {
  if (path.starts_with("/policies/") && method == "PUT") {
    const std::string jws(UnquotedJws(body));
    const auto signature = ReadJwsSignature(jws);
    EXPECT_TRUE(signature) << path;
    if (!signature || signature->unsecured()) return ManagementClaims::PolicyUpdated(jws, std::nullopt);
    const auto signer = FindSelfNamedSigner(*signature);
    EXPECT_TRUE(signer) << path;
    return ManagementClaims::PolicyUpdated(jws, signer ? std::optional(*signer) : std::nullopt);
  }
  if (path.ends_with(":reset")) {
    const std::string jws(UnquotedJws(body));
    EXPECT_TRUE(CheckResetJws(jws)) << body.substr(0, 80);
    return ManagementClaims::PolicyRemoved();
  }
  if (!path.starts_with("/certificates:")) return std::nullopt;
  const auto certificate = CertificateToChange(*JwsOfCertificateBody(body));
  EXPECT_TRUE(certificate) << path;
  if (!certificate) return std::nullopt;
  return path.ends_with("add") ? ManagementClaims::SignerPresent(*certificate) : ManagementClaims::SignerAbsent(*certificate);
}

TEST(RecordedManagement, GetsTheRecordedResultsHashesSignersAndThumbprints) {
  const std::string folder = testing::VectorFolder() + "/maa/recordings-cpp";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "SKIPPED: no recorded exchanges in " << folder;
  std::map<std::string, int> compared;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".json") continue;
    const Json recording = *ParseJson(AsText(testing::ReadFile(file.path().string())));
    for (const Json& exchange : *recording.Find("exchanges")->AsArray()) {
      // Two recordings, of batches, are without what was sent; their answers are text.
      const Json* body = exchange.Find("responseBody");
      const Json* token = body == nullptr ? nullptr : body->Find("token");
      const std::string path = Text(exchange, "path").substr(0, Text(exchange, "path").find('?'));
      if (token == nullptr || token->AsString()->empty()) continue;
      const auto recorded = ParseJws(*token->AsString());
      ASSERT_TRUE(recorded) << file.path();
      const auto ours = Answer(path, Text(exchange, "method"), Text(exchange, "requestBody"));
      if (!ours) continue;
      for (const auto& [name, value] : ours->members()) {
        const Json* theirs = recorded->payload.Find(name);
        ASSERT_NE(theirs, nullptr) << path << ' ' << name;
        EXPECT_EQ(WriteJson(*theirs, JsonOrder::kSorted), WriteJson(value, JsonOrder::kSorted)) << file.path() << ' ' << name;
        ++compared[name];
      }
    }
  }
  EXPECT_EQ(compared["x-ms-policy-token-hash"], 6);
  EXPECT_EQ(compared["x-ms-policy-signer"], 2);
  EXPECT_EQ(compared["x-ms-policy-result"], 12);
  EXPECT_EQ(compared["x-ms-certificate-thumbprint"], 1);
}

}  // namespace
}  // namespace vidimus
