#include "base/hex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidimus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string_view Refusal(std::string_view text) {
  const auto result = HexDecode(text);
  return result ? "accepted" : result.error().where;
}

TEST(Hex, EncodesLowerCaseWithTwoDigitsAnOctet) {
  const ByteVector bytes{0x00, 0x01, 0x9f, 0xa0, 0xff};
  EXPECT_EQ(HexEncode(bytes), "00019fa0ff");
}

TEST(Hex, EncodesNothingAsNothing) { EXPECT_EQ(HexEncode({}), ""); }

TEST(Hex, DecodesBothCases) { EXPECT_THAT(HexDecode("00fFAa9b").value(), ElementsAre(0x00, 0xff, 0xaa, 0x9b)); }

TEST(Hex, DecodesNothingAsNothing) { EXPECT_THAT(HexDecode("").value(), IsEmpty()); }

TEST(Hex, ReadsBackEveryOctet) {
  ByteVector bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<uint8_t>(i));
  EXPECT_EQ(HexDecode(HexEncode(bytes)).value(), bytes);
}

TEST(Hex, RefusesAnOddNumberOfDigits) {
  EXPECT_EQ(Refusal("0"), "hex.length");
  EXPECT_EQ(Refusal("abc"), "hex.length");
}

TEST(Hex, RefusesEveryCharacterThatIsNoDigitInEitherPlace) {
  for (int c = 0; c < 256; ++c) {
    const char character = static_cast<char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) continue;
    EXPECT_EQ(Refusal(std::string{character, '0'}), "hex.digit") << c;
    EXPECT_EQ(Refusal(std::string{'0', character}), "hex.digit") << c;
  }
}

TEST(Hex, RefusesPrefixAndWhiteSpace) {
  EXPECT_EQ(Refusal("0x00"), "hex.digit");
  EXPECT_EQ(Refusal("00 0"), "hex.digit");
  EXPECT_EQ(Refusal("00\r\n"), "hex.digit");
}

}  // namespace
}  // namespace vidimus
