// CRLs, compared with OpenSSL over every recorded one: ours may refuse more, and never reads anything else.
#include "crypto/crl.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/hex.h"
#include "base/limits.h"
#include "crypto/certificate.h"
#include "tests/support/der.h"
#include "tests/support/openssl_x509.h"
#include "tests/support/x509_vectors.h"

namespace vidimus {
namespace {

using namespace testing;

std::vector<ByteVector> RevokedBy(X509_CRL* crl) {
  std::vector<ByteVector> out;
  STACK_OF(X509_REVOKED)* list = X509_CRL_get_REVOKED(crl);
  for (int i = 0; i < sk_X509_REVOKED_num(list); ++i)
    out.push_back(NumberOf(X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(list, i))));
  return out;
}

// The name of the first thing read otherwise than by OpenSSL; empty when all agrees.
std::string Disagreement(const Crl& ours, X509_CRL* theirs) {
  if (theirs == nullptr) return "OpenSSL refuses it";
  if (X509_CRL_get_version(theirs) != 1) return "version";
  if (ours.issuer != DerOf(X509_CRL_get_issuer(theirs))) return "issuer";
  if (ours.issuer_common_name != CommonNameOf(X509_CRL_get_issuer(theirs))) return "issuer common name";
  if (ours.this_update != TimeOf(X509_CRL_get0_lastUpdate(theirs))) return "this update";
  if (ours.next_update != TimeOf(X509_CRL_get0_nextUpdate(theirs))) return "next update";
  const ASN1_BIT_STRING* signature = nullptr;
  X509_CRL_get0_signature(theirs, &signature, nullptr);
  if (!Equal(ours.signature, RawSignatureOf(signature))) return "signature";
  auto revoked = RevokedBy(theirs);
  std::sort(revoked.begin(), revoked.end());
  auto listed = ours.revoked;
  std::sort(listed.begin(), listed.end());
  if (listed != revoked) return "revoked serials";
  if (ours.has_authority_key_id != (X509_CRL_get_ext_by_NID(theirs, NID_authority_key_identifier, -1) >= 0)) return "authority key id";
  if (ours.has_number != (X509_CRL_get_ext_by_NID(theirs, NID_crl_number, -1) >= 0)) return "CRL number";
  auto* number = static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(theirs, NID_crl_number, nullptr, nullptr));
  const bool same = !ours.has_number || (number != nullptr && ours.number == NumberOf(number));
  ASN1_INTEGER_free(number);
  return same ? "" : "CRL number's value";
}

TEST(Crl, EveryRecordedOneReadsAsOpenSslReadsIt) {
  VIDIMUS_REQUIRE_VECTORS();
  const auto vectors = ReadX509Vectors();
  std::vector<P256PublicKey> keys;
  std::vector<OpenSslCertificate> issuers;
  for (const ByteVector& der : vectors.certificates) {
    const Certificate certificate = ParseCertificate(der).value();
    const auto key = P256PublicKey::FromRaw(certificate.public_key).value();
    if (!certificate.is_ca || std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    keys.push_back(key);
    issuers.push_back(ReadOpenSslCertificate(der));
  }
  int verified = 0;
  for (const ByteVector& der : vectors.crls) {
    const auto theirs = ReadOpenSslCrl(der);
    const auto ours = ParseCrl(der);
    if (!ours) {
      EXPECT_TRUE(theirs == nullptr || X509_CRL_get_version(theirs.get()) != 1 || X509_CRL_get0_nextUpdate(theirs.get()) == nullptr)
          << ours.error().where << " " << ours.error().detail;
      continue;
    }
    EXPECT_EQ(Disagreement(*ours, theirs.get()), "");
    for (size_t i = 0; i < keys.size(); ++i) {
      const bool good = IsSignedBy(*ours, keys[i]);
      EXPECT_EQ(good, X509_CRL_verify(theirs.get(), X509_get0_pubkey(issuers[i].get())) == 1);
      verified += good ? 1 : 0;
    }
  }
  EXPECT_GE(vectors.crls.size(), 30U);
  EXPECT_GE(verified, 25);
}

TEST(Crl, SerialsAreRevokedExactlyWhenListed) {
  VIDIMUS_REQUIRE_VECTORS();
  const ByteVector der = ReadVector("intel/collateral/crl/pck_platform_20260812T235711Z.der");
  const Crl crl = ParseCrl(der).value();
  EXPECT_EQ(crl.size(), 57U);
  for (const ByteVector& serial : RevokedBy(ReadOpenSslCrl(der).get())) {
    EXPECT_TRUE(crl.IsRevoked(serial));
    EXPECT_TRUE(crl.IsRevoked(Join({{0, 0}, serial}))) << "leading zeros say nothing";
    ByteVector other = serial;
    other.back() ^= 1;
    EXPECT_FALSE(crl.IsRevoked(other));
    EXPECT_FALSE(crl.IsRevoked(Bytes(serial).first(serial.size() - 1)));
  }
  EXPECT_FALSE(crl.IsRevoked({}));
}

TEST(Crl, NoPrefixIsAcceptedAndNothingMayFollow) {
  VIDIMUS_REQUIRE_VECTORS();
  for (const char* name : {"rootca_20250320T112157Z.der", "pck_platform_20250619T100035Z.der"}) {
    const ByteVector der = ReadVector(std::string("intel/collateral/crl/") + name);
    for (size_t size = 0; size < der.size(); ++size) ASSERT_FALSE(ParseCrl(Bytes(der).first(size))) << size;
    EXPECT_EQ(ParseCrl(Join({der, {0}})).error().where, "x509.crl.trailing");
  }
}

TEST(Crl, NoFlippedBitVerifiesAndWhatStillParsesReadsAsOpenSslReadsIt) {
  VIDIMUS_REQUIRE_VECTORS();
  const auto key_of = [](const char* chain, size_t at) {
    const auto certificate =
        ParseCertificate(PemWithin(AsText(ReadVector(std::string("intel/collateral/chains/") + chain))).at(at)).value();
    return P256PublicKey::FromRaw(certificate.public_key).value();
  };
  const std::vector<std::pair<std::string, P256PublicKey>> cases = {
      {"rootca_20250320T112157Z.der", key_of("intel_sgx_root_ca.pem", 0)},
      {"pck_platform_20250619T100035Z.der", key_of("pck_crl_issuer_platform.pem", 0)}};
  for (const auto& [name, issuer] : cases) {
    const ByteVector good = ReadVector("intel/collateral/crl/" + name);
    ASSERT_TRUE(IsSignedBy(ParseCrl(good).value(), issuer)) << name;
    const size_t step = good.size() < 1000 ? 1 : 11;  // every bit of the small one, a sample of the large one's
    for (size_t bit = 0; bit < good.size() * 8; bit += step) {
      ByteVector der = good;
      der[bit / 8] ^= static_cast<uint8_t>(1U << bit % 8);
      const auto ours = ParseCrl(der);
      if (!ours) continue;
      ASSERT_FALSE(IsSignedBy(*ours, issuer)) << name << " " << bit;
      ASSERT_EQ(Disagreement(*ours, ReadOpenSslCrl(der).get()), "") << name << " octet " << bit / 8 << " bit " << bit % 8;
    }
  }
}

// A CRL built here, so that one field at a time can be spoiled.
struct Parts {
  ByteVector version = Der(0x02, ByteVector{1});
  ByteVector times = Join({Der(0x17, "240101000000Z"), Der(0x17, "250101000000Z")});
  ByteVector entries;     // content of revokedCertificates; absent when empty
  ByteVector extensions;  // content of the SEQUENCE OF; absent when empty
};

ByteVector Build(const Parts& parts) {
  const ByteVector algorithm = Der(0x30, Der(0x06, "\x2a\x86\x48\xce\x3d\x04\x03\x02"));
  const ByteVector name = Der(0x30, Der(0x31, Der(0x30, Join({Der(0x06, "\x55\x04\x03"), Der(0x0c, "A")}))));
  const ByteVector revoked = parts.entries.empty() ? ByteVector() : Der(0x30, parts.entries);
  const ByteVector extensions = parts.extensions.empty() ? ByteVector() : Der(0xa0, Der(0x30, parts.extensions));
  const ByteVector signature = Join({{0}, Der(0x30, Join({Der(0x02, ByteVector{1}), Der(0x02, ByteVector{2})}))});
  return Der(0x30,
             Join({Der(0x30, Join({parts.version, algorithm, name, parts.times, revoked, extensions})), algorithm, Der(0x03, signature)}));
}

std::string_view Refusal(const Parts& parts) {
  const auto crl = ParseCrl(Build(parts));
  return crl ? "accepted" : crl.error().where;
}

ByteVector Entry(uint32_t serial, const ByteVector& extensions = {}) {
  const ByteVector number{1, static_cast<uint8_t>(serial >> 16), static_cast<uint8_t>(serial >> 8), static_cast<uint8_t>(serial)};
  return Der(0x30, Join({Der(0x02, number), Der(0x17, "240101000000Z"), extensions}));
}

TEST(Crl, EntriesAreAcceptedUpToTheLimitAndNotOnePast) {
  Parts parts;
  for (uint32_t i = 0; i < limits::kCrlEntries; ++i) {
    const ByteVector entry = Entry(i);
    parts.entries.insert(parts.entries.end(), entry.begin(), entry.end());
  }
  const Crl crl = ParseCrl(Build(parts)).value();
  EXPECT_EQ(crl.size(), limits::kCrlEntries);
  EXPECT_TRUE(crl.IsRevoked(ByteVector{1, 0, 0, 0}));
  parts.entries = Join({parts.entries, Entry(0)});
  EXPECT_EQ(Refusal(parts), "x509.crl.entries");
}

TEST(Crl, SizeIsAcceptedUpToTheLimitAndNotOnePast) {
  const auto of_size = [](size_t size) {
    Parts parts;
    parts.extensions = Der(0x30, Join({Der(0x06, "\x2a\x03"), Der(0x04, ByteVector(size, 0))}));
    return parts;
  };
  const size_t fill = limits::kCrlBytes - (Build(of_size(70'000)).size() - 70'000);
  const ByteVector largest = Build(of_size(fill));
  ASSERT_EQ(largest.size(), limits::kCrlBytes);
  EXPECT_TRUE(ParseCrl(largest));
  EXPECT_EQ(Refusal(of_size(fill + 1)), "x509.crl.size");
}

TEST(Crl, VersionAndNextUpdateAreRequired) {
  EXPECT_EQ(Refusal({}), "accepted");
  Parts parts;
  parts.version = Der(0x02, ByteVector{0});
  EXPECT_EQ(Refusal(parts), "x509.crl.version");
  parts = {};
  parts.version = {};
  EXPECT_EQ(Refusal(parts), "der.tag");
  parts = {};
  parts.times = Der(0x17, "240101000000Z");
  EXPECT_EQ(Refusal(parts), "der.truncated");
}

TEST(Crl, SerialsAreOrderedAsNumbersWhateverTheirLength) {
  Parts parts;
  for (const ByteVector& serial : {ByteVector{1, 0}, ByteVector{0, 0xff}, ByteVector{2}, ByteVector{0}, ByteVector{0, 0x80, 0}})
    parts.entries = Join({parts.entries, Der(0x30, Join({Der(0x02, serial), Der(0x17, "240101000000Z")}))});
  const Crl crl = ParseCrl(Build(parts)).value();
  for (const char* hex : {"", "00", "02", "ff", "00ff", "0100", "8000"}) EXPECT_TRUE(crl.IsRevoked(HexDecode(hex).value())) << hex;
  for (const char* hex : {"01", "fe", "0101", "80", "010000"}) EXPECT_FALSE(crl.IsRevoked(HexDecode(hex).value())) << hex;
}

// RFC 5280 section 5.3: an entry whose critical extension is not known makes the list unusable.
TEST(Crl, UnknownCriticalExtensionsAreNotedWhereverTheyStand) {
  const auto extension = [](std::string_view oid, bool critical) {
    return Der(0x30, Join({Der(0x06, oid), critical ? ByteVector{1, 1, 0xff} : ByteVector(), Der(0x04, ByteVector{0x0a, 1, 1})}));
  };
  Parts parts;
  parts.entries = Join({Entry(1, Der(0x30, extension("\x55\x1d\x15", true))), Entry(2, Der(0x30, extension("\x2a\x03", false)))});
  EXPECT_FALSE(ParseCrl(Build(parts)).value().unknown_critical_extension);
  parts.entries = Entry(1, Der(0x30, extension("\x2a\x03", true)));
  EXPECT_TRUE(ParseCrl(Build(parts)).value().unknown_critical_extension);
  parts.entries = {};
  parts.extensions = extension("\x2a\x03", true);
  EXPECT_TRUE(ParseCrl(Build(parts)).value().unknown_critical_extension);
}

TEST(Crl, NothingMayFollowAnEntryOrANumber) {
  Parts parts;
  parts.entries = Entry(1, Join({Der(0x30, ByteVector()), Der(0x05, "")}));
  EXPECT_EQ(Refusal(parts), "x509.crl.entry");
  parts.entries = {};
  parts.extensions = Der(0x30, Join({Der(0x06, "\x55\x1d\x14"), Der(0x04, ByteVector{2, 1, 1, 5, 0})}));
  EXPECT_EQ(Refusal(parts), "x509.crl.number");
}

}  // namespace
}  // namespace vidimus
