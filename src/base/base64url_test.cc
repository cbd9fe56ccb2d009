#include "base/base64url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidimus {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string_view StrictRefusal(std::string_view text) {
  const auto result = Base64UrlDecodeStrict(text);
  return result ? "accepted" : result.error().where;
}

std::string_view LenientRefusal(std::string_view text) {
  const auto result = Base64DecodeLenient(text);
  return result ? "accepted" : result.error().where;
}

struct Example {
  std::string_view plain, url, standard;
};
// RFC 4648 section 10.
constexpr Example kExamples[] = {
    {"", "", ""},
    {"f", "Zg", "Zg=="},
    {"fo", "Zm8", "Zm8="},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg", "Zm9vYg=="},
    {"fooba", "Zm9vYmE", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
};

TEST(Base64, EncodesTheExamplesOfTheRfc) {
  for (const auto& example : kExamples) {
    EXPECT_EQ(Base64UrlEncode(AsBytes(example.plain)), example.url);
    EXPECT_EQ(Base64Encode(AsBytes(example.plain)), example.standard);
  }
}

TEST(Base64, DecodesTheExamplesOfTheRfc) {
  for (const auto& example : kExamples) {
    EXPECT_EQ(AsText(Base64UrlDecodeStrict(example.url).value()), example.plain);
    EXPECT_EQ(AsText(Base64DecodeLenient(example.url).value()), example.plain);
    EXPECT_EQ(AsText(Base64DecodeLenient(example.standard).value()), example.plain);
  }
}

TEST(Base64, UsesTheAlphabetItsNameSays) {
  const ByteVector bytes{0xfb, 0xff, 0xfe};
  EXPECT_EQ(Base64UrlEncode(bytes), "-__-");
  EXPECT_EQ(Base64Encode(bytes), "+//+");
}

TEST(Base64, ReadsBackEveryOctetAtEveryLength) {
  ByteVector bytes;
  for (int i = 0; i < 256; ++i) {
    bytes.push_back(static_cast<uint8_t>(255 - i));
    EXPECT_EQ(Base64UrlDecodeStrict(Base64UrlEncode(bytes)).value(), bytes);
    EXPECT_EQ(Base64DecodeLenient(Base64Encode(bytes)).value(), bytes);
  }
}

TEST(Base64UrlStrict, RefusesTheStandardAlphabet) {
  EXPECT_EQ(StrictRefusal("+//+"), "base64url.character");
  EXPECT_EQ(StrictRefusal("AA/A"), "base64url.character");
}

TEST(Base64UrlStrict, RefusesPadding) {
  EXPECT_EQ(StrictRefusal("Zg=="), "base64url.character");
  EXPECT_EQ(StrictRefusal("Zm8="), "base64url.character");
  EXPECT_EQ(StrictRefusal("Zg="), "base64url.character");
}

TEST(Base64UrlStrict, RefusesALengthThatNoOctetsHave) {
  EXPECT_EQ(StrictRefusal("A"), "base64url.length");
  EXPECT_EQ(StrictRefusal("AAAAA"), "base64url.length");
}

TEST(Base64UrlStrict, RefusesEveryCharacterOutsideItsAlphabetInEveryPlace) {
  const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (int c = 0; c < 256; ++c) {
    const char character = static_cast<char>(c);
    const bool inside = alphabet.find(character) != std::string_view::npos;
    for (size_t place = 0; place < 4; ++place) {
      std::string text = "AAAA";
      text[place] = character;
      EXPECT_EQ(StrictRefusal(text), inside ? "accepted" : "base64url.character") << c << " at " << place;
    }
  }
}

TEST(Base64UrlStrict, AcceptsExactlyTheLastCharactersWithoutStrayBits) {
  const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (size_t value = 0; value < 64; ++value) {
    EXPECT_EQ(StrictRefusal(std::string("A") + alphabet[value]), value % 16 == 0 ? "accepted" : "base64url.stray_bits") << value;
    EXPECT_EQ(StrictRefusal(std::string("AA") + alphabet[value]), value % 4 == 0 ? "accepted" : "base64url.stray_bits") << value;
  }
}

TEST(Base64Lenient, TakesEitherAlphabet) {
  EXPECT_THAT(Base64DecodeLenient("+//+").value(), ElementsAre(0xfb, 0xff, 0xfe));
  EXPECT_THAT(Base64DecodeLenient("-__-").value(), ElementsAre(0xfb, 0xff, 0xfe));
}

TEST(Base64Lenient, TakesNothingAsNothing) { EXPECT_THAT(Base64DecodeLenient("").value(), IsEmpty()); }

TEST(Base64Lenient, RefusesStrayBitsWithAndWithoutPadding) {
  for (const std::string_view text : {"Zh", "Zh==", "Zm9", "Zm9="}) EXPECT_EQ(LenientRefusal(text), "base64url.stray_bits") << text;
}

TEST(Base64Lenient, RefusesPaddingOfTheWrongLength) {
  for (const std::string_view text :
       {"=", "==", "===", "====", "Zg=", "A===", "Zm8==", "Zm9v=", "Zm9v==", "Zm9v===", "Zm9v====", "Zg==Zg=="})
    EXPECT_NE(LenientRefusal(text), "accepted") << text;
}

TEST(Base64Lenient, RefusesWhiteSpace) {
  for (const std::string_view text : {" Zm9", "Zm9 ", "Zm\n9", "Zm9v\r\nZm", "Zg==\n"}) EXPECT_NE(LenientRefusal(text), "accepted") << text;
}

}  // namespace
}  // namespace vidimus
