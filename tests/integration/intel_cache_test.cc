// Verification with a cache: the same results and the same checks as without, whatever the cache has seen (design section 8).
#include <cstring>
#include <deque>
#include <vector>

#include <malloc.h>

#include "tests/support/simulated_sgx.h"

namespace vidimus {
namespace {

using testing::GoodVendor;
using testing::kSimulatedNow;
using testing::SgxCase;
using testing::Spoiled;

IntelEndorsements Load(const SgxCase& c) { return IntelEndorsements::Load(c.documents, c.anchors).value(); }

SgxVerification Verify(const SgxCase& c, const IntelEndorsements& endorsements, IntelVerificationCache* cache) {
  return VerifySgx({c.quote, c.custom_claims, c.runtime_data, c.init_time_data}, endorsements, c.number, c.settings, c.now, cache);
}

// Everything a verification says, as text.
std::string Shown(const SgxVerification& out) {
  std::string text;
  for (const Check& check : out.checks.all())
    text += std::string(check.name) + (check.passed ? " passed " : " FAILED ") + check.found + " | " + check.expected + "\n";
  if (out.tcb) text += std::string(TcbStatusName(out.tcb->status)) + " " + std::to_string(out.tcb->date) + "\n";
  if (out.verified) return text + "verified, " + out.verified->trust_anchor() + ", " + out.verified->root_pem();
  return text + std::string(out.verified.error().where) + ": " + out.verified.error().detail;
}

void ExpectSame(const SgxCase& c, const IntelEndorsements& endorsements, IntelVerificationCache& cache, const std::string& what) {
  const std::string expected = Shown(Verify(c, endorsements, nullptr));
  EXPECT_EQ(Shown(Verify(c, endorsements, &cache)), expected) << what;
  EXPECT_EQ(Shown(Verify(c, endorsements, &cache)), expected) << what << ", again";
}

IntelVerificationCache::Part* PartOf(IntelVerificationCache& cache) { return IntelVerificationCache::Lease(&cache).part(); }

// A quote of version 3 whose certification data ends in `count` more line ends, which PEM readers pass over.
ByteVector WithLineEnds(ByteVector quote, uint32_t count) {
  const auto grow = [&](size_t at) {
    uint32_t size = 0;
    std::memcpy(&size, quote.data() + at, sizeof size);
    size += count;
    std::memcpy(quote.data() + at, &size, sizeof size);
  };
  const SgxQuote parsed = ParseSgxQuote(quote).value();
  const auto data_at = static_cast<size_t>(parsed.certification_data.data() - quote.data());
  grow(432);  // intel-dcap section 1.5: the size of the auth data
  grow(data_at - 4);
  quote.insert(quote.end(), count, '\n');
  return quote;
}

// The same PCK CA and root above a certificate of its own.
SimulatedIntel AnotherPlatform() {
  SimulatedIntelSpec spec = GoodVendor().spec();
  spec.pck.serial = {0x52, 0x03};
  spec.platform.ppid[15] = 1;
  return GoodVendor().WithPlatform(spec.pck, spec.platform).value();
}

// With the certificates of the PCK chain in another order; PEM of one chain takes the same room in any.
ByteVector WithRootFirst(ByteVector quote, const SimulatedIntel& vendor) {
  const Bytes held = ParseSgxQuote(quote).value().certification_data;
  const std::string chain = vendor.PckChainPem(), root = vendor.RootPem();
  const std::string turned = root + chain.substr(0, chain.size() - root.size());
  std::memcpy(quote.data() + (held.data() - quote.data()), turned.data(), turned.size());
  return quote;
}

SgxCase WithoutPckCa() {
  SgxCase out;
  std::erase_if(out.documents, [](const NamedDocument& one) { return one.name == "pck-ca-chain.pem"; });
  return out;
}

TEST(IntelVerificationCache, GoodEvidenceGivesTheSameWithAndWithout) {
  IntelVerificationCache cache;
  const SgxCase c;
  ExpectSame(c, Load(c), cache, "good");
  const auto* part = PartOf(cache);
  EXPECT_EQ(part->platforms.size(), 1);
  EXPECT_EQ(part->issuers.size(), 1);
  EXPECT_EQ(part->attestation_keys.size(), 1);
  EXPECT_EQ(part->crls.size(), 0) << "both were checked when they were loaded";
}

TEST(IntelVerificationCache, ACrlWhoseCaIsNotHeldIsCheckedOnce) {
  IntelVerificationCache cache;
  const SgxCase c = WithoutPckCa();
  ExpectSame(c, Load(c), cache, "good");
  EXPECT_EQ(PartOf(cache)->crls.size(), 1);
}

TEST(IntelVerificationCache, APlatformOfKnownIssuersGivesTheSame) {
  IntelVerificationCache cache;
  const SgxCase known, unknown(AnotherPlatform());
  ExpectSame(known, Load(known), cache, "the first");
  ExpectSame(unknown, Load(unknown), cache, "another of the same issuers");
  EXPECT_TRUE(Verify(unknown, Load(unknown), &cache).verified);
  EXPECT_EQ(PartOf(cache)->platforms.size(), 2);
  EXPECT_EQ(PartOf(cache)->issuers.size(), 1);
}

TEST(IntelVerificationCache, KnownIssuersForgiveNoFlippedBitAndNoOtherRoot) {
  IntelVerificationCache cache({.parts = 1, .platforms = 0});  // of a chain only its issuers
  const SgxCase good;
  const IntelEndorsements endorsements = Load(good);
  ExpectSame(good, endorsements, cache, "good");
  EXPECT_EQ(PartOf(cache)->issuers.size(), 1);
  const Bytes chain = ParseSgxQuote(good.quote).value().certification_data;
  const auto chain_at = static_cast<size_t>(chain.data() - good.quote.data());
  for (size_t at = chain_at; at < good.quote.size(); ++at) {
    SgxCase flipped = good;
    flipped.quote[at] = static_cast<uint8_t>(flipped.quote[at] ^ 1U << at % 8);
    ExpectSame(flipped, endorsements, cache, "octet " + std::to_string(at));
  }
  SgxCase other(SimulatedIntel::Create().value());
  other.quote = good.quote;
  ExpectSame(other, Load(other), cache, "another vendor's endorsements");
  EXPECT_EQ(Verify(other, Load(other), &cache).verified.error().where, "intel.root.untrusted");
}

TEST(IntelVerificationCache, IssuersAreKnownByWhatFollowsThePlatformsCertificateOnly) {
  IntelVerificationCache cache;
  SgxCase c;
  c.quote = WithRootFirst(c.quote, GoodVendor());
  ExpectSame(c, Load(c), cache, "the root first");
  EXPECT_TRUE(Verify(c, Load(c), &cache).verified);
  EXPECT_EQ(PartOf(cache)->platforms.size(), 1);
  EXPECT_EQ(PartOf(cache)->issuers.size(), 0);
}

TEST(IntelVerificationCache, AWarmCacheForgivesNoFlippedBit) {
  IntelVerificationCache cache;
  const SgxCase good;
  const IntelEndorsements endorsements = Load(good);
  ExpectSame(good, endorsements, cache, "good");
  for (size_t at = 0; at < good.quote.size(); at += 3) {
    SgxCase flipped = good;
    flipped.quote[at] = static_cast<uint8_t>(flipped.quote[at] ^ 1U << at % 8);
    ExpectSame(flipped, endorsements, cache, "octet " + std::to_string(at));
  }
  EXPECT_EQ(PartOf(cache)->attestation_keys.size(), 1);  // a signed octet flipped never enters
}

TEST(IntelVerificationCache, DatesRevocationAndLevelsAreJudgedAnew) {
  IntelVerificationCache cache;
  SgxCase c;
  ExpectSame(c, Load(c), cache, "good");
  for (const int64_t days : {-36500, -1, 31, 36500}) {
    c.now = kSimulatedNow + days * 86400;
    ExpectSame(c, Load(c), cache, std::to_string(days) + " days on");
    EXPECT_FALSE(Verify(c, Load(c), &cache).verified);
  }
  c.now = kSimulatedNow;
  const auto refused = [&](const std::function<void(SimulatedIntelSpec&)>& spoil, const std::string& where) {
    c.documents = Spoiled(spoil).Documents(kSimulatedNow).value();
    ExpectSame(c, Load(c), cache, where);
    const auto out = Verify(c, Load(c), &cache);
    ASSERT_FALSE(out.verified);
    EXPECT_EQ(out.verified.error().where, where);
  };
  refused([](auto& spec) { spec.pck_revoked = {spec.pck.serial}; }, "sgx.pck.revoked");
  refused([](auto& spec) { spec.root_revoked = {spec.pck_ca.serial}; }, "sgx.pck_ca.revoked");
  refused([](auto& spec) { spec.tcb_levels[0].verdict.status = TcbStatus::kOutOfDate; }, "sgx.tcb.status");
}

TEST(IntelVerificationCache, AnEntryIsOfUseOnlyUnderARootThatTheCallerTrusts) {
  IntelVerificationCache cache;
  SgxCase c;
  ExpectSame(c, Load(c), cache, "good");
  SgxCase other(SimulatedIntel::Create().value());
  other.quote = c.quote;
  ExpectSame(other, Load(other), cache, "another vendor's endorsements");
  EXPECT_EQ(Verify(other, Load(other), &cache).verified.error().where, "intel.root.untrusted");
  c.anchors[0].name = "another name";
  ExpectSame(c, Load(c), cache, "renamed");
  EXPECT_EQ(Verify(c, Load(c), &cache).verified->trust_anchor(), "another name");
}

TEST(IntelVerificationCache, WhatWasNotFoundGoodDoesNotEnter) {
  IntelVerificationCache cache;
  const SgxCase good;
  const SgxQuote quote = ParseSgxQuote(good.quote).value();
  SgxCase c = good;
  c.quote[static_cast<size_t>(quote.qe_report_signature.data() - good.quote.data()) + 40] ^= 1;
  ExpectSame(c, Load(c), cache, "signature of the QE report");
  EXPECT_EQ(PartOf(cache)->attestation_keys.size(), 0);
  IntelVerificationCache empty;
  c = good;
  c.anchors = {SimulatedIntel::Create().value().Anchor().value()};
  c.documents.clear();
  ExpectSame(c, Load(c), empty, "untrusted root");
  EXPECT_EQ(PartOf(empty)->platforms.size(), 0);
}

TEST(IntelVerificationCache, HoldsPlatformsUpToItsLimit) {
  IntelVerificationCache cache;
  SgxCase c;
  const IntelEndorsements endorsements = Load(c);
  const ByteVector quote = c.quote;
  for (uint32_t i = 0; i <= limits::kIntelCachePlatforms; ++i) {
    EXPECT_EQ(PartOf(cache)->platforms.size(), i);
    c.quote = WithLineEnds(quote, i);
    ASSERT_TRUE(Verify(c, endorsements, &cache).verified) << i;
  }
  EXPECT_EQ(PartOf(cache)->platforms.size(), limits::kIntelCachePlatforms);
}

TEST(IntelVerificationCache, HoldsWhatItsBoundsSay) {
  for (const size_t bound : {size_t{0}, size_t{1}, size_t{2}}) {
    IntelVerificationCache cache({.parts = 1, .platforms = bound, .attestation_keys = bound, .crls = bound});
    SgxCase c = WithoutPckCa();
    const ByteVector quote = c.quote;
    for (uint32_t i = 0; i < 3; ++i) {
      c.quote = WithLineEnds(quote, i);
      ExpectSame(c, Load(c), cache, std::to_string(i) + " line ends");
    }
    EXPECT_EQ(PartOf(cache)->platforms.size(), bound);
    EXPECT_EQ(PartOf(cache)->attestation_keys.size(), std::min<size_t>(bound, 1));
    EXPECT_EQ(PartOf(cache)->crls.size(), std::min<size_t>(bound, 1));
    EXPECT_EQ(PartOf(cache)->issuers.size(), bound) << "as many as CRLs";
  }
}

TEST(IntelVerificationCache, WithoutPartsVerifiesAllTheSame) {
  IntelVerificationCache cache({.parts = 0});
  const SgxCase c;
  ExpectSame(c, Load(c), cache, "no parts");
  EXPECT_EQ(PartOf(cache), nullptr);
}

// One for each of a thousand instances, most of them idle.
TEST(IntelVerificationCache, CostsAlmostNothingUntilUsed) {
  constexpr size_t kInstances = 1000;
  EXPECT_LE(sizeof(IntelVerificationCache), 64);
  const size_t before = mallinfo2().uordblks;
  std::deque<IntelVerificationCache> caches(kInstances);
  EXPECT_LE(mallinfo2().uordblks - before, kInstances * 64);
}

TEST(IntelVerificationCache, HoldsCertificationDataUpToItsLimit) {
  IntelVerificationCache cache;
  SgxCase c;
  const IntelEndorsements endorsements = Load(c);
  const size_t size = ParseSgxQuote(c.quote).value().certification_data.size();
  const ByteVector quote = c.quote;
  c.quote = WithLineEnds(quote, static_cast<uint32_t>(limits::kIntelCacheChainBytes + 1 - size));
  ExpectSame(c, endorsements, cache, "one past the limit");
  EXPECT_EQ(PartOf(cache)->platforms.size(), 0);
  c.quote = WithLineEnds(quote, static_cast<uint32_t>(limits::kIntelCacheChainBytes - size));
  ExpectSame(c, endorsements, cache, "at the limit");
  EXPECT_EQ(PartOf(cache)->platforms.size(), 1);
}

TEST(IntelVerificationCache, GivesEachVerificationAPartOfItsOwnWhileThereIsOne) {
  IntelVerificationCache cache;
  {
    std::vector<std::unique_ptr<IntelVerificationCache::Lease>> leases;
    std::set<IntelVerificationCache::Part*> parts;
    for (size_t i = 0; i < limits::kIntelCacheParts; ++i) {
      leases.push_back(std::make_unique<IntelVerificationCache::Lease>(&cache));
      EXPECT_NE(leases.back()->part(), nullptr);
      parts.insert(leases.back()->part());
    }
    EXPECT_EQ(parts.size(), limits::kIntelCacheParts);
    EXPECT_EQ(IntelVerificationCache::Lease(&cache).part(), nullptr);
    const SgxCase c;
    EXPECT_TRUE(Verify(c, Load(c), &cache).verified);
  }
  EXPECT_NE(PartOf(cache), nullptr);
}

}  // namespace
}  // namespace vidimus
