// Draft policies: anyone may send one, so they have smaller limits of their own.
#include "service/attestation_service.h"

#include <gtest/gtest.h>

#include "tests/support/test_service.h"

namespace vidimus {
namespace {

// Of a request without evidence whose policy was taken.
constexpr std::string_view kUndrafted = "sgx.quote.size";

std::string_view WhereOf(std::string draft) {
  static const testing::TestService owner;
  EndorsementCache::Settings settings;
  settings.files_suffice = false;
  settings.clock = [] { return UnixTime{0}; };
  const auto cache = EndorsementCache::Open(std::move(settings)).value();
  Collateral collateral(*cache, {}, {});
  const AttestationService service(collateral, [] { return UnixTime{0}; }, [] { return UnixTime{0}; });
  AttestRequest request;
  request.draft_policy = std::move(draft);
  std::string_view where;
  service.Attest(owner.instance(), request, [&](const AttestResult& result) { where = result.error().error.where; });
  return where;
}

std::string OfRules(size_t count) {
  std::string out = "version=1.0;authorizationrules{";
  for (size_t i = 0; i < count; ++i) out += "=>permit();";
  return out + "};";
}

TEST(DraftPolicy, HasALimitOfSize) {
  const std::string policy = OfRules(1);
  EXPECT_EQ(WhereOf(policy + std::string(limits::kDraftPolicyBytes - policy.size(), ' ')), kUndrafted);
  EXPECT_EQ(WhereOf(policy + std::string(limits::kDraftPolicyBytes - policy.size() + 1, ' ')), "policy.size");
}

TEST(DraftPolicy, HasALimitOfRules) {
  EXPECT_EQ(WhereOf(OfRules(limits::kDraftPolicyRules)), kUndrafted);
  EXPECT_EQ(WhereOf(OfRules(limits::kDraftPolicyRules + 1)), "policy.rules");
}

}  // namespace
}  // namespace vidimus
