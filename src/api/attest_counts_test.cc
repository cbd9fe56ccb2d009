#include "api/attest_counts.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace vidimus {
namespace {

TEST(AttestCounts, TellsTypesOutcomesAndPlacesApart) {
  AttestCounts counts;
  counts.Accept(AttestationType::kSgxEnclave, AttestCounts::Outcome::kAccepted);
  counts.Accept(AttestationType::kSgxEnclave, AttestCounts::Outcome::kDraft);
  counts.Refuse(AttestationType::kSgxEnclave, "policy.denied");
  counts.Refuse(AttestationType::kSgxEnclave, "policy.denied");
  counts.Refuse(AttestationType::kOpenEnclave, "policy.denied");
  EXPECT_EQ(counts.accepted(AttestationType::kSgxEnclave, AttestCounts::Outcome::kAccepted), 1);
  EXPECT_EQ(counts.accepted(AttestationType::kSgxEnclave, AttestCounts::Outcome::kDraft), 1);
  EXPECT_EQ(counts.accepted(AttestationType::kOpenEnclave, AttestCounts::Outcome::kAccepted), 0);
  const AttestCounts::Refusals expected = {{{AttestationType::kSgxEnclave, "policy.denied"}, 2},
                                           {{AttestationType::kOpenEnclave, "policy.denied"}, 1}};
  EXPECT_EQ(counts.refused(), expected);
}

TEST(AttestCounts, TellsNoMoreKindsApartThanItsLimit) {
  AttestCounts counts;
  for (size_t i = 0; i < limits::kRefusalKinds; ++i) counts.Refuse(AttestationType::kTpm, "a." + std::to_string(i));
  EXPECT_EQ(counts.refused().size(), limits::kRefusalKinds);
  EXPECT_FALSE(counts.refused().contains({AttestationType::kTpm, "other"}));
  counts.Refuse(AttestationType::kTpm, "one past it");
  counts.Refuse(AttestationType::kTpm, "two past it");
  counts.Refuse(AttestationType::kTpm, "a.0");
  EXPECT_EQ(counts.refused().size(), limits::kRefusalKinds + 1);
  EXPECT_EQ(counts.refused().at({AttestationType::kTpm, "other"}), 2);
  EXPECT_EQ(counts.refused().at({AttestationType::kTpm, "a.0"}), 2);
}

}  // namespace
}  // namespace vidimus
