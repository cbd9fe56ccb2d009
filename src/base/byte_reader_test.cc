#include "base/byte_reader.h"

#include <cstdint>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidimus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const ByteVector kFifteen{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff};

TEST(ByteReader, ReadsLittleEndianNumbersOneAfterTheOther) {
  ByteReader reader(kFifteen);
  EXPECT_EQ(reader.U8(), 0x01);
  EXPECT_EQ(reader.U16Le(), 0x0302);
  EXPECT_EQ(reader.U32Le(), 0x07060504U);
  EXPECT_EQ(reader.U64Le(), 0xff0e0d0c0b0a0908U);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.offset(), 15U);
  EXPECT_EQ(reader.remaining(), 0U);
}

TEST(ByteReader, ViewsAliasTheInput) {
  ByteReader reader(kFifteen);
  reader.Skip(2);
  const Bytes view = reader.View(3);
  EXPECT_EQ(view.data(), kFifteen.data() + 2);
  EXPECT_EQ(view.size(), 3U);
}

TEST(ByteReader, CopiesAnArray) {
  ByteReader reader(kFifteen);
  EXPECT_THAT(reader.Array<3>(), ElementsAre(1, 2, 3));
  EXPECT_EQ(reader.offset(), 3U);
}

TEST(ByteReader, TheRestIsWhatRemains) {
  ByteReader reader(kFifteen);
  reader.Skip(13);
  EXPECT_THAT(reader.Rest(), ElementsAre(14, 0xff));
  EXPECT_THAT(reader.Rest(), IsEmpty());
  EXPECT_TRUE(reader.ok());
}

TEST(ByteReader, ReadsUpToTheLastOctetAndNotOneFurther) {
  ByteReader at_the_end(kFifteen);
  EXPECT_EQ(at_the_end.View(15).size(), 15U);
  EXPECT_TRUE(at_the_end.ok());

  ByteReader past_the_end(kFifteen);
  EXPECT_THAT(past_the_end.View(16), IsEmpty());
  EXPECT_FALSE(past_the_end.ok());
}

TEST(ByteReader, AnEmptyViewAtTheEndIsNoFailure) {
  ByteReader reader{Bytes{}};
  EXPECT_THAT(reader.View(0), IsEmpty());
  reader.Skip(0);
  EXPECT_TRUE(reader.ok());
}

TEST(ByteReader, TheLargestSizeDoesNotWrapAround) {
  ByteReader reader(kFifteen);
  reader.Skip(1);
  EXPECT_THAT(reader.View(std::numeric_limits<size_t>::max()), IsEmpty());
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.offset(), 1U);
}

TEST(ByteReader, ANumberThatDoesNotFitIsZeroNotAPartOfItself) {
  const ByteVector seven(7, 0xff);
  ByteReader reader(seven);
  EXPECT_EQ(reader.U64Le(), 0U);
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, AfterTheFirstFailureEveryReadGivesNothing) {
  ByteReader reader(kFifteen);
  reader.Skip(16);
  EXPECT_EQ(reader.U8(), 0);
  EXPECT_EQ(reader.U16Le(), 0);
  EXPECT_EQ(reader.U32Le(), 0U);
  EXPECT_EQ(reader.U64Le(), 0U);
  EXPECT_THAT(reader.View(1), IsEmpty());
  EXPECT_THAT(reader.Rest(), IsEmpty());
  EXPECT_THAT(reader.Array<2>(), ElementsAre(0, 0));
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace vidimus
