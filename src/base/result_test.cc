#include "base/result.h"

#include <gtest/gtest.h>

namespace vidimus {
namespace {

TEST(Fail, KeepsADetailToItsLimit) {
  const auto detail = [](size_t size) { return Fail(ErrorCode::kUsage, "a.b", std::string(size, 'x')).value().detail; };
  EXPECT_EQ(detail(limits::kErrorDetailBytes).size(), limits::kErrorDetailBytes);
  EXPECT_EQ(detail(limits::kErrorDetailBytes + 1), std::string(limits::kErrorDetailBytes, 'x') + "…");
}

TEST(Shortened, DoesNotCutACharacterInTwo) {
  EXPECT_EQ(Shortened("aäb", 2), "a…");
  EXPECT_EQ(Shortened("aäb", 3), "aä…");
  EXPECT_EQ(Shortened("aäb", 4), "aäb");
}

}  // namespace
}  // namespace vidimus
