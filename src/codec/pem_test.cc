#include "codec/pem.h"

#include <gtest/gtest.h>

namespace vidimus {
namespace {

constexpr std::string_view kGood = "-----BEGIN A-----\nAQID\n-----END A-----\n";

std::string_view Refusal(std::string_view text, size_t max_blocks = 3) {
  const auto blocks = ParsePem(text, max_blocks);
  return blocks ? "accepted" : blocks.error().where;
}

std::string WithBody(std::string_view body) { return "-----BEGIN A-----\n" + std::string(body) + "\n-----END A-----\n"; }

TEST(Pem, ReadsLabelsAndOctetsInOrder) {
  const auto blocks = ParsePem("\r\n-----BEGIN X509 CRL-----\r\nAQ\r\nID\r\n-----END X509 CRL-----\r\n" + std::string(kGood), 2).value();
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[0].label, "X509 CRL");
  EXPECT_EQ(blocks[0].der, (ByteVector{1, 2, 3}));
  EXPECT_EQ(blocks[1].label, "A");
}

TEST(Pem, NoPrefixOfABlockIsAccepted) {
  const size_t whole = kGood.size() - 1;  // the last line end may be absent
  for (size_t size = 0; size < whole; ++size) EXPECT_EQ(Refusal(kGood.substr(0, size)), "pem.format") << size;
  EXPECT_EQ(Refusal(kGood.substr(0, whole)), "accepted");
}

TEST(Pem, BlocksAreAcceptedUpToTheLimitAndNotOnePast) {
  std::string text;
  for (int i = 0; i < 3; ++i) text += kGood;
  EXPECT_EQ(Refusal(text, 3), "accepted");
  EXPECT_EQ(Refusal(text, 2), "pem.blocks");
  EXPECT_EQ(Refusal(text + "x", 3), "pem.blocks");
}

TEST(Pem, OnlyWhiteSpaceMayStandAroundBlocks) {
  EXPECT_EQ(Refusal(" \t\r\n" + std::string(kGood) + " \t\r\n"), "accepted");
  EXPECT_EQ(Refusal("x" + std::string(kGood)), "pem.format");
  EXPECT_EQ(Refusal(std::string(kGood) + "x"), "pem.format");
  EXPECT_EQ(Refusal(std::string(kGood) + '\0'), "pem.format");
  EXPECT_EQ(Refusal("subject=CN\n" + std::string(kGood)), "pem.format");
}

TEST(Pem, TheEndMustNameWhatTheBeginNamed) {
  EXPECT_EQ(Refusal("-----BEGIN A-----\nAQID\n-----END B-----\n"), "pem.format");
  EXPECT_EQ(Refusal("-----BEGIN A-----\nAQID\n-----END A B-----\n"), "pem.format");
  EXPECT_EQ(Refusal("-----BEGIN A-----\nAQID\n-----END A----\n"), "pem.format");
}

// RFC 7468 section 3: padded standard base64.
TEST(Pem, TheBodyMustBePaddedStandardBase64) {
  for (const std::string_view body : {"AQID", "AQI=", "AQ==", "+/+/"}) EXPECT_EQ(Refusal(WithBody(body)), "accepted") << body;
  for (const std::string_view body :
       {"", "AQI", "AQ", "A", "AQ=", "AQ===", "AQID====", "AR==", "-_-_", "AQ==AQID", "AQ#D", "Proc-Type: 4\nAQID"})
    EXPECT_EQ(Refusal(WithBody(body)), "pem.format") << body;
}

TEST(Pem, WhatIsWrittenReadsBackTheSame) {
  for (const size_t size : {1U, 2U, 3U, 47U, 48U, 49U, 96U, 1000U}) {
    ByteVector der(size);
    for (size_t i = 0; i < size; ++i) der[i] = static_cast<uint8_t>(i * 7);
    const std::string text = WritePem("CERTIFICATE", der);
    const auto blocks = ParsePem(text, 1).value();
    EXPECT_EQ(blocks[0].label, "CERTIFICATE");
    EXPECT_EQ(blocks[0].der, der);
    EXPECT_EQ(WritePem(blocks[0].label, blocks[0].der), text);
  }
}

TEST(Pem, LinesHave64Characters) {
  EXPECT_EQ(WritePem("A", ByteVector(49)), "-----BEGIN A-----\n" + std::string(64, 'A') + "\nAA==\n-----END A-----\n");
}

}  // namespace
}  // namespace vidimus
