#include "base/bytes.h"

#include <gtest/gtest.h>

namespace vidimus {
namespace {

TEST(Bytes, EqualComparesLengthAndContent) {
  EXPECT_TRUE(Equal({}, {}));
  EXPECT_TRUE(Equal(AsBytes("abc"), AsBytes("abc")));
  EXPECT_FALSE(Equal(AsBytes("abc"), AsBytes("abd")));
  EXPECT_FALSE(Equal(AsBytes("abc"), AsBytes("ab")));
  EXPECT_FALSE(Equal(AsBytes("ab"), AsBytes("abc")));
  EXPECT_FALSE(Equal({}, AsBytes("a")));
}

TEST(Bytes, AllZeroSeesOneBitAnywhere) {
  EXPECT_TRUE(AllZero({}));
  const ByteVector zeros(4, 0);
  EXPECT_TRUE(AllZero(zeros));
  for (size_t bit = 0; bit < 32; ++bit) {
    ByteVector bytes = zeros;
    bytes[bit / 8] = static_cast<uint8_t>(1U << bit % 8);
    EXPECT_FALSE(AllZero(bytes)) << bit;
  }
}

TEST(Bytes, TextAndOctetsAreViewsOfTheSameMemory) {
  const std::string text("a\0\xff", 3);
  const Bytes bytes = AsBytes(text);
  ASSERT_EQ(bytes.size(), 3U);
  EXPECT_EQ(bytes[2], 0xff);
  EXPECT_EQ(AsText(bytes).data(), text.data());
  EXPECT_EQ(AsText(bytes), text);
}

}  // namespace
}  // namespace vidimus
