// The committed page is what the catalogue says.
#include "tests/support/claims_page.h"

#include <gtest/gtest.h>

#include "tests/support/vectors.h"

namespace vidimus {
namespace {

TEST(ClaimsPage, IsGeneratedFromTheCatalogue) {
  const ByteVector committed = testing::ReadFile(VIDIMUS_CLAIMS_PAGE);
  EXPECT_TRUE(AsText(committed) == testing::ClaimsPage())
      << "docs/reference/claims.md is not what the catalogue says; run: cmake --build build/release --target claims_page_update";
}

}  // namespace
}  // namespace vidimus
