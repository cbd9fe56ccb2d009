// Every prefix and every bit (design section 10): no prefix of a good quote is accepted, no flipped bit of anything signed verifies.
#include <algorithm>

#include <gtest/gtest.h>

#include "codec/pem.h"
#include "tests/support/simulated_sgx.h"

namespace vidimus {
namespace {

using testing::GoodVendor;
using testing::Judge;
using testing::SgxCase;
using testing::WhereOf;

constexpr size_t kChain = 1052;  // the offset of the PEM text, section 1.5 with QE auth data of 32 bytes

bool Verifies(const SgxCase& c, const IntelEndorsements& endorsements, const ByteVector& quote) {
  return VerifySgx({quote, {}, {}, {}}, endorsements, {}, c.settings, c.now).verified.has_value();
}

TEST(SimulatedSgxBits, NoPrefixOfAQuoteIsAccepted) {
  const SgxCase c;
  const auto endorsements = IntelEndorsements::Load(c.documents, c.anchors).value();
  ASSERT_TRUE(Verifies(c, endorsements, c.quote));
  for (size_t size = 0; size < c.quote.size(); ++size)
    EXPECT_FALSE(Verifies(c, endorsements, {c.quote.begin(), c.quote.begin() + static_cast<std::ptrdiff_t>(size)})) << size;
}

// Header, report, signature, attestation key, QE report, its signature, the QE auth data, and all lengths and types between them.
TEST(SimulatedSgxBits, NoFlippedBitOfAQuoteBeforeItsChainVerifies) {
  const SgxCase c;
  const auto endorsements = IntelEndorsements::Load(c.documents, c.anchors).value();
  ByteVector quote = c.quote;
  for (size_t bit = 0; bit < kChain * 8; ++bit) {
    const auto flip = static_cast<uint8_t>(1U << (bit % 8));
    quote[bit / 8] ^= flip;
    EXPECT_FALSE(Verifies(c, endorsements, quote)) << "byte " << bit / 8 << " bit " << bit % 8;
    quote[bit / 8] ^= flip;
  }
  EXPECT_TRUE(Verifies(c, endorsements, quote));
}

// One bit of every byte of each certificate, the outer signature included.
TEST(SimulatedSgxBits, NoFlippedByteOfTheChainVerifies) {
  const SgxCase c;
  const auto endorsements = IntelEndorsements::Load(c.documents, c.anchors).value();
  const auto blocks = ParsePem(GoodVendor().PckChainPem(), 3).value();
  const auto with = [&](size_t which, const ByteVector& der) {
    std::string text;
    for (size_t i = 0; i < blocks.size(); ++i) text += WritePem("CERTIFICATE", i == which ? der : blocks[i].der);
    ByteVector quote = c.quote;
    std::copy(text.begin(), text.end(), quote.begin() + kChain);  // of the same length as before
    return quote;
  };
  for (size_t which = 0; which < blocks.size(); ++which) {
    ASSERT_EQ(with(which, blocks[which].der), c.quote);
    for (size_t i = 0; i < blocks[which].der.size(); ++i) {
      ByteVector der = blocks[which].der;
      der[i] ^= static_cast<uint8_t>(1U << (i % 8));
      EXPECT_FALSE(Verifies(c, endorsements, with(which, der))) << "certificate " << which << " byte " << i;
    }
  }
}

// One bit of every byte of every document, alone enough to refuse the quote or the load.
TEST(SimulatedSgxBits, NoFlippedByteOfADocumentVerifies) {
  testing::SgxCase c(testing::Spoiled([](SimulatedIntelSpec& s) { s.evaluation_data_numbers = {20}; }));
  ASSERT_EQ(WhereOf(c), "");
  for (NamedDocument& document : c.documents) {
    if (document.name.ends_with(".pem")) continue;  // its text has bits that mean nothing; its certificates follow
    const bool json = document.name.ends_with(".json");
    for (size_t i = 0; i < document.content.size(); ++i) {
      auto flip = static_cast<uint8_t>(1U << (i % 8));
      // Flipping 0x20 of a letter only changes the case of hexadecimal digits, which both are accepted in the signature's text.
      if (json && flip == 0x20) flip = 0x40;
      document.content[i] ^= flip;
      EXPECT_NE(WhereOf(c), "") << document.name << " byte " << i;
      document.content[i] ^= flip;
    }
  }
  const auto blocks = ParsePem(GoodVendor().TcbSigningChainPem(), 2).value();
  for (size_t i = 0; i < blocks[0].der.size(); ++i) {
    ByteVector der = blocks[0].der;
    der[i] ^= static_cast<uint8_t>(1U << (i % 8));
    c.documents[0].content = der;
    EXPECT_NE(WhereOf(c), "") << "TCB signing certificate byte " << i;
  }
}

}  // namespace
}  // namespace vidimus
