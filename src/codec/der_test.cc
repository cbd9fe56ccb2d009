#include "codec/der.h"

#include <gtest/gtest.h>

#include "tests/support/der.h"

namespace vidimus {
namespace {

using testing::Der;
using testing::Join;

std::string_view Refusal(const ByteVector& input) {
  DerReader reader(input);
  const auto element = reader.Read();
  return element ? "accepted" : element.error().where;
}

std::string_view UnsignedRefusal(const ByteVector& content) {
  const ByteVector input = Der(0x02, content);
  DerReader reader(input);
  const auto number = reader.ReadUnsigned();
  return number ? "accepted" : number.error().where;
}

Result<UnixTime> Time(uint8_t tag, std::string_view text) {
  const ByteVector input = Der(tag, text);
  return DerReader(input).ReadTime();
}

std::string_view TimeRefusal(uint8_t tag, std::string_view text) {
  const auto time = Time(tag, text);
  return time ? "accepted" : time.error().where;
}

TEST(Der, ReadsElementsOneAfterTheOther) {
  const ByteVector input = Join({Der(0x04, "ab"), Der(0x05, ""), Der(0x30, ByteVector(200, 7))});
  DerReader reader(input);
  EXPECT_TRUE(reader.NextIs(0x04));
  const DerElement first = reader.Read(0x04).value();
  EXPECT_EQ(AsText(first.value), "ab");
  EXPECT_EQ(AsText(first.raw),
            "\x04\x02"
            "ab");
  EXPECT_TRUE(reader.Read(0x05).value().value.empty());
  const DerElement last = reader.Read().value();
  EXPECT_EQ(last.tag, 0x30);
  EXPECT_EQ(last.value.size(), 200U);
  EXPECT_EQ(last.raw.size(), 203U);
  EXPECT_TRUE(reader.empty());
  EXPECT_FALSE(reader.NextIs(0x30));
}

TEST(Der, ViewsAliasTheInput) {
  const ByteVector input = Der(0x04, "ab");
  DerReader reader(input);
  EXPECT_EQ(reader.Read().value().value.data(), input.data() + 2);
}

TEST(Der, NoPrefixOfAnElementIsAccepted) {
  for (const size_t size : {0U, 1U, 0x7fU, 0x80U, 0xffU, 0x100U, 0x1000U}) {
    const ByteVector good = Der(0x30, ByteVector(size, 1));
    ASSERT_EQ(Refusal(good), "accepted");
    for (size_t cut = 0; cut < good.size(); ++cut)
      EXPECT_EQ(Refusal({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(cut)}), "der.truncated");
  }
}

TEST(Der, AFailedReadConsumesNothing) {
  const ByteVector input = Der(0x04, "ab");
  DerReader reader(input);
  EXPECT_EQ(reader.Read(0x30).error().where, "der.tag");
  EXPECT_TRUE(reader.Read(0x04));
}

TEST(Der, AnotherTagThanExpectedIsRefusedAndNothingIsTruncated) {
  const ByteVector input = Der(0x04, "ab");
  EXPECT_EQ(DerReader(input).Read(0x24).error().where, "der.tag");
  EXPECT_EQ(DerReader({}).Read(0x04).error().where, "der.truncated");
}

// X.690 section 8.1.2.4
TEST(Der, HighTagNumbersAreRefused) {
  for (const int tag : {0x1f, 0x3f, 0x5f, 0x7f, 0x9f, 0xbf, 0xdf, 0xff})
    EXPECT_EQ(Refusal({static_cast<uint8_t>(tag), 0x00, 0x00}), "der.tag");
}

// X.690 section 10.1
TEST(Der, IndefiniteLengthIsRefused) { EXPECT_EQ(Refusal({0x30, 0x80, 0x05, 0x00, 0x00, 0x00}), "der.length"); }

TEST(Der, LengthsMustBeInTheirShortestForm) {
  const auto with_length = [](const ByteVector& length, size_t size) { return Join({{0x04}, length, ByteVector(size, 0)}); };
  EXPECT_EQ(Refusal(with_length({0x7f}, 0x7f)), "accepted");
  EXPECT_EQ(Refusal(with_length({0x81, 0x7f}, 0x7f)), "der.length");
  EXPECT_EQ(Refusal(with_length({0x81, 0x00}, 0)), "der.length");
  EXPECT_EQ(Refusal(with_length({0x81, 0x80}, 0x80)), "accepted");
  EXPECT_EQ(Refusal(with_length({0x82, 0x00, 0x80}, 0x80)), "der.length");
  EXPECT_EQ(Refusal(with_length({0x82, 0x00, 0xff}, 0xff)), "der.length");
  EXPECT_EQ(Refusal(with_length({0x82, 0x01, 0x00}, 0x100)), "accepted");
  EXPECT_EQ(Refusal(with_length({0x83, 0x00, 0x01, 0x00}, 0x100)), "der.length");
  EXPECT_EQ(Refusal(with_length({0x83, 0x01, 0x00, 0x00}, 0x10000)), "accepted");
  EXPECT_EQ(Refusal(with_length({0x84, 0x00, 0x01, 0x00, 0x00}, 0x10000)), "der.length");
}

TEST(Der, LengthsThatCannotBeThereAreRefused) {
  EXPECT_EQ(Refusal({0x04, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00}), "der.truncated");
  EXPECT_EQ(Refusal({0x04, 0x85, 0x01, 0x00, 0x00, 0x00, 0x00}), "der.length");
  EXPECT_EQ(Refusal({0x04, 0xff}), "der.length");
}

// X.690 section 8.3
TEST(Der, IntegersMustBeNonNegativeAndInTheirShortestForm) {
  EXPECT_EQ(UnsignedRefusal({}), "der.integer");
  EXPECT_EQ(UnsignedRefusal({0x80}), "der.integer");
  EXPECT_EQ(UnsignedRefusal({0xff, 0xff}), "der.integer");
  EXPECT_EQ(UnsignedRefusal({0x00, 0x00}), "der.integer");
  EXPECT_EQ(UnsignedRefusal({0x00, 0x7f}), "der.integer");
  EXPECT_EQ(UnsignedRefusal({0x00, 0x80}), "accepted");
  EXPECT_EQ(UnsignedRefusal({0x7f}), "accepted");
}

TEST(Der, IntegersComeWithoutLeadingZerosAndZeroIsEmpty) {
  const ByteVector input = Join({Der(0x02, ByteVector{0x00, 0x80}), Der(0x02, ByteVector{0x00}), Der(0x02, ByteVector{0x12, 0x00})});
  DerReader reader(input);
  EXPECT_TRUE(Equal(reader.ReadUnsigned().value(), ByteVector{0x80}));
  EXPECT_TRUE(reader.ReadUnsigned().value().empty());
  EXPECT_TRUE(Equal(reader.ReadUnsigned().value(), ByteVector{0x12, 0x00}));
}

// RFC 5280 section 4.1.2.5
TEST(Der, TimesAreReadInBothForms) {
  EXPECT_EQ(Time(0x17, "700101000000Z").value(), 0);
  EXPECT_EQ(Time(0x18, "19700101000000Z").value(), 0);
  EXPECT_EQ(Time(0x17, "500101000000Z").value(), TimeFromParts(1950, 1, 1, 0, 0, 0).value());
  EXPECT_EQ(Time(0x17, "491231235959Z").value(), TimeFromParts(2049, 12, 31, 23, 59, 59).value());
  EXPECT_EQ(Time(0x18, "99991231235959Z").value(), TimeFromParts(9999, 12, 31, 23, 59, 59).value());
}

TEST(Der, TimesMustExist) {
  EXPECT_EQ(TimeRefusal(0x17, "240229000000Z"), "accepted");
  EXPECT_EQ(TimeRefusal(0x18, "20000229000000Z"), "accepted");
  EXPECT_EQ(TimeRefusal(0x17, "230229000000Z"), "time.range");
  EXPECT_EQ(TimeRefusal(0x18, "21000229000000Z"), "time.range");
  for (const std::string_view text : {"241301000000Z", "240001000000Z", "240100000000Z", "240132000000Z", "240431000000Z", "240101240000Z",
                                      "240101006000Z", "240101000060Z"})
    EXPECT_EQ(TimeRefusal(0x17, text), "time.range") << text;
}

TEST(Der, TimesHaveSecondsAndZAndNothingElse) {
  for (const std::string_view text : {"", "Z", "2401010000Z", "240101000000", "240101000000+0000", "240101000000z", "24010100000 Z",
                                      "-40101000000Z", "240101000000.5Z", "20240101000000Z"})
    EXPECT_EQ(TimeRefusal(0x17, text), "der.time") << text;
  for (const std::string_view text : {"240101000000Z", "20240101000000.5Z", "20240101000000", "2024010100000aZ"})
    EXPECT_EQ(TimeRefusal(0x18, text), "der.time") << text;
  EXPECT_EQ(TimeRefusal(0x16, "240101000000Z"), "der.tag");
  EXPECT_EQ(DerReader({}).ReadTime().error().where, "der.truncated");
}

}  // namespace
}  // namespace vidimus
