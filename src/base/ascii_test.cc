#include "base/ascii.h"

#include <gtest/gtest.h>

namespace vidimus {
namespace {

TEST(AsciiLower, ChangesTheLettersOfAsciiAndNothingElse) {
  EXPECT_EQ(AsciiLower("AZaz09@[`{-."), "azaz09@[`{-.");
  EXPECT_EQ(AsciiLower("\xc3\x84"), "\xc3\x84");  // not the A with dots either
  EXPECT_EQ(AsciiLower(std::string("A\0B", 3)), std::string("a\0b", 3));
  EXPECT_EQ(AsciiLower(""), "");
}

}  // namespace
}  // namespace vidimus
