// Gathering as a service does it: what a source gives is verified, kept and never replaced by anything older; who lacks endorsements waits
// for one fetch of each document, however many they are (design section 3, invariant 10).
#include <condition_variable>
#include <filesystem>
#include <future>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hex.h"
#include "service/attestation_service.h"
#include "tests/support/simulated_sgx.h"
#include "tests/support/test_service.h"

namespace vidimus {
namespace {

using testing::GoodVendor;
using ::testing::HasSubstr;
using testing::kSimulatedNow;
using testing::Spoiled;

using Kind = IntelDocumentKind;
using Answer = tl::expected<std::vector<NamedDocument>, SourceFailure>;

const std::string kFmspc = HexEncode(GoodVendor().spec().platform.fmspc);

IntelDocumentKey Info(std::optional<int64_t> number = std::nullopt) { return {Kind::kTcbInfo, IntelTee::kSgx, kFmspc, number}; }
const IntelDocumentKey kPckCrl{Kind::kPckCrl, IntelTee::kSgx, "platform", {}};

// The document of a vendor that answers `key`, and its issuers.
std::vector<NamedDocument> DocumentsFor(const SimulatedIntel& vendor, UnixTime now, const IntelDocumentKey& key) {
  const std::string tee = key.tee == IntelTee::kTdx ? "tdx-" : "";
  const std::string number = std::to_string(key.evaluation_data_number.value_or(20)) + ".json";
  const std::map<Kind, std::pair<std::string, std::string>> names = {
      {Kind::kTcbInfo, {tee + "tcb-info-" + number, "tcb-signing-chain.pem"}},
      {Kind::kQeIdentity, {tee + "qe-identity-" + number, "tcb-signing-chain.pem"}},
      {Kind::kEvaluationNumbers, {tee + "evaluation-numbers.json", "tcb-signing-chain.pem"}},
      {Kind::kPckCrl, {"pck-ca.crl", "pck-ca-chain.pem"}},
      {Kind::kRootCrl, {"root-ca.crl", ""}}};
  const auto& [document, chain] = names.at(key.kind);
  const std::vector<NamedDocument> all = vendor.Documents(now).value();
  std::vector<NamedDocument> out;
  for (const std::string& name : {document, chain})
    for (const NamedDocument& one : all)
      if (one.name == name) out.push_back(one);
  return out;
}

class VendorSource : public IntelSource {
 public:
  const std::string& name() const override { return name_; }
  Answer Fetch(const IntelDocumentKey& key) override {
    std::function<Answer(const IntelDocumentKey&)> answer;
    {
      const std::lock_guard lock(mutex_);
      ++asked_[IntelDocumentName(key)];
      answer = answer_;
    }
    return answer(key);
  }
  // From now on; what it refers to must live until the service has stopped.
  void AnswerBy(std::function<Answer(const IntelDocumentKey&)> answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  std::map<std::string, int> Asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> asked_;
  std::function<Answer(const IntelDocumentKey&)> answer_ = [](const IntelDocumentKey& key) {
    return DocumentsFor(GoodVendor(), kSimulatedNow, key);
  };
  std::string name_ = "vendor";
};

Answer Down(const IntelDocumentKey&) { return tl::unexpected(SourceFailure{{ErrorCode::kIo, "net.fetch.connect", "refused"}, {}}); }

std::unique_ptr<EndorsementCache> OpenCache() {
  EndorsementCache::Settings settings;
  settings.anchors = {GoodVendor().Anchor().value()};
  settings.files_suffice = false;
  settings.clock = [] { return kSimulatedNow; };
  return EndorsementCache::Open(std::move(settings)).value();
}

std::string Taken(EndorsementCache& cache, const IntelDocumentKey& key, const std::vector<NamedDocument>& documents) {
  const Result<Taking> taken = cache.Take(key, "test", documents);
  if (!taken) return std::string(taken.error().where);
  return *taken == Taking::kDue ? "due" : "taken";
}

TEST(EndorsementCacheTest, TakesWhatAnswersAndNothingElse) {
  const auto cache = OpenCache();
  EXPECT_EQ(Taken(*cache, Info(), DocumentsFor(GoodVendor(), kSimulatedNow, Info(19))), "taken") << "any number does where none is named";
  EXPECT_EQ(Taken(*cache, Info(20), DocumentsFor(GoodVendor(), kSimulatedNow, Info(19))), "gather.other_document");
  IntelDocumentKey other = Info();
  other.subject = "000000000000";
  EXPECT_EQ(Taken(*cache, other, DocumentsFor(GoodVendor(), kSimulatedNow, Info())), "gather.other_document");
  EXPECT_EQ(Taken(*cache, kPckCrl, DocumentsFor(GoodVendor(), kSimulatedNow, Info())), "gather.other_document");
  EXPECT_EQ(Taken(*cache, Info(), {}), "gather.other_document");
  auto two = DocumentsFor(GoodVendor(), kSimulatedNow, Info());
  for (const NamedDocument& more : DocumentsFor(GoodVendor(), kSimulatedNow, kPckCrl)) two.push_back(more);
  EXPECT_EQ(Taken(*cache, Info(), two), "gather.other_document") << "and nothing beside it";
  const SimulatedIntel stranger = SimulatedIntel::Create().value();
  EXPECT_EQ(Taken(*cache, Info(), DocumentsFor(stranger, kSimulatedNow, Info())), "intel.tcb_signer.signature");
  auto wrong = DocumentsFor(GoodVendor(), kSimulatedNow, Info());
  wrong[0].content[wrong[0].content.size() / 2] ^= 1;
  EXPECT_NE(Taken(*cache, Info(), wrong), "taken");
  EXPECT_EQ(cache->Endorsements()->Held().size(), 1U);
}

TEST(EndorsementCacheTest, TakesNothingOlderThanWhatItHolds) {
  const auto cache = OpenCache();
  ASSERT_EQ(Taken(*cache, Info(), DocumentsFor(GoodVendor(), kSimulatedNow, Info())), "taken");
  EXPECT_EQ(Taken(*cache, Info(), DocumentsFor(GoodVendor(), kSimulatedNow - 1, Info())), "endorsement.rollback");
  EXPECT_EQ(cache->rollbacks(), 1U);
  EXPECT_EQ(Taken(*cache, Info(), DocumentsFor(GoodVendor(), kSimulatedNow, Info())), "taken") << "the same again";
  EXPECT_EQ(Taken(*cache, Info(), DocumentsFor(GoodVendor(), kSimulatedNow + 1, Info())), "taken");
  EXPECT_EQ(Taken(*cache, Info(19), DocumentsFor(GoodVendor(), kSimulatedNow - 9, Info(19))), "taken") << "of another number";
}

// Documents of the simulated vendor live for 30 days.
TEST(EndorsementCacheTest, SaysOfWhatItHoldsAndIsHalfOverThatAnotherMayHaveANewer) {
  const auto cache = OpenCache();
  const auto late = DocumentsFor(GoodVendor(), kSimulatedNow - 20 * 86400, Info());
  EXPECT_EQ(Taken(*cache, Info(), late), "taken") << "it will do for those who wait";
  EXPECT_EQ(Taken(*cache, Info(), late), "due");
  EXPECT_EQ(Taken(*cache, Info(), DocumentsFor(GoodVendor(), kSimulatedNow, Info())), "taken");
}

TEST(EndorsementCacheTest, TakesNoCrlThatNobodyHasVerified) {
  const auto cache = OpenCache();
  auto documents = DocumentsFor(GoodVendor(), kSimulatedNow, kPckCrl);
  documents.resize(1);
  EXPECT_EQ(Taken(*cache, kPckCrl, documents), "endorsement.unsigned_crl");
  EXPECT_EQ(Taken(*cache, kPckCrl, DocumentsFor(GoodVendor(), kSimulatedNow, kPckCrl)), "taken");
}

TEST(EndorsementCacheTest, TakesTheCertificatesOfACrlThatItHoldsUnverified) {
  EndorsementCache::Settings settings;
  settings.anchors = {GoodVendor().Anchor().value()};
  const auto documents = DocumentsFor(GoodVendor(), kSimulatedNow, kPckCrl);  // signed once: it must be the very same
  settings.files = {documents[0]};
  settings.files_suffice = false;
  settings.clock = [] { return kSimulatedNow; };
  const auto cache = EndorsementCache::Open(std::move(settings)).value();
  ASSERT_TRUE(cache->Endorsements()->Held().at(0).issuer_chain.empty());
  EXPECT_EQ(Taken(*cache, kPckCrl, documents), "taken");
  EXPECT_FALSE(cache->Endorsements()->Held().at(0).issuer_chain.empty());
}

// intel-dcap section 4.8: mirrors serve documents past their nextUpdate. One is kept, for those who accept it, and a better looked for.
TEST(EndorsementCacheTest, KeepsAStaleDocumentAndAsksForABetter) {
  const auto cache = OpenCache();
  EXPECT_EQ(Taken(*cache, Info(), DocumentsFor(GoodVendor(), kSimulatedNow - 40 * 86400, Info())), "gather.stale");
  EXPECT_EQ(cache->Endorsements()->Held().size(), 1U);
}

TEST(EndorsementCacheTest, OpensOnlyOnFilesThatSufficeWhereNothingElseIsAsked) {
  EndorsementCache::Settings settings;
  settings.anchors = {GoodVendor().Anchor().value()};
  settings.clock = [] { return kSimulatedNow; };
  EXPECT_EQ(EndorsementCache::Open(settings).error().where, "intel.held");
  settings.files = GoodVendor().Documents(kSimulatedNow).value();
  const auto cache = EndorsementCache::Open(settings).value();
  EXPECT_EQ(cache->ReplaceFiles({}, kSimulatedNow).error().where, "intel.held");
  EXPECT_FALSE(cache->Endorsements()->Held().empty()) << "what is not right changes nothing";
}

// A store in a folder of its own.
class Kept {
 public:
  Kept() {
    std::string folder = (std::filesystem::temp_directory_path() / "vidimus-gathering-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
    store = Store::Open("sqlite:" + (folder_ / "vidimus.db").string()).value();
  }
  ~Kept() {
    store.reset();
    std::filesystem::remove_all(folder_);
  }
  std::unique_ptr<Store> store;

 private:
  std::filesystem::path folder_;
};

TEST(EndorsementCacheTest, WhatOneNodeTakesTheOthersHaveAndSoHasTheNextStart) {
  const Kept kept;
  const auto one = OpenCache(), other = OpenCache();
  ASSERT_TRUE(one->Attach(*kept.store));
  ASSERT_TRUE(other->Attach(*kept.store));
  ASSERT_EQ(Taken(*one, Info(), DocumentsFor(GoodVendor(), kSimulatedNow, Info())), "taken");
  ASSERT_EQ(Taken(*one, kPckCrl, DocumentsFor(GoodVendor(), kSimulatedNow, kPckCrl)), "taken");
  EXPECT_TRUE(other->Endorsements()->Held().empty());
  ASSERT_TRUE(other->CatchUp());
  EXPECT_EQ(other->Endorsements()->Held().size(), 2U);
  const auto next = OpenCache();
  ASSERT_TRUE(next->Attach(*kept.store));
  ASSERT_EQ(next->Endorsements()->Held().size(), 2U);
  for (const HeldIntelDocument& held : next->Endorsements()->Held()) EXPECT_TRUE(held.anchor) << "its issuers were kept with it";
}

// Everything is verified on load as on fetch.
TEST(EndorsementCacheTest, WhatWasSpoiledInTheStoreIsLeftOutAndTheRestIsRead) {
  const Kept kept;
  {
    const auto cache = OpenCache();
    ASSERT_TRUE(cache->Attach(*kept.store));
    ASSERT_EQ(Taken(*cache, Info(), DocumentsFor(GoodVendor(), kSimulatedNow, Info())), "taken");
  }
  const auto spoil = kept.store->Write([](StoreTransaction& transaction) -> Status {
    VIDIMUS_TRY(auto records, transaction.EndorsementsAfter(0, 10));
    records.at(0).content.at(300) ^= 1;
    records.at(0).digest = "spoiled";
    return transaction.AddEndorsement(records.at(0), 10);
  });
  ASSERT_TRUE(spoil) << spoil.error().detail;
  const auto cache = OpenCache();
  ASSERT_TRUE(cache->Attach(*kept.store));
  EXPECT_EQ(cache->Endorsements()->Held().size(), 1U);
}

// A service that holds nothing, with one source.
class Gathering : public ::testing::Test {
 protected:
  Gathering() {
    auto source = std::make_unique<VendorSource>();
    vendor = source.get();
    sources_.push_back(std::move(source));
  }

  AttestationService& service() {
    if (!service_) {
      Collateral::Settings settings;
      settings.clock = clock;
      settings.random = [] { return 1.0; };
      settings.patience = patience;
      settings.look = std::chrono::milliseconds(20);
      collateral = std::make_unique<Collateral>(*cache, std::move(sources_), std::move(settings));
      service_ = std::make_unique<AttestationService>(*collateral, clock, clock);
    }
    return *service_;
  }
  static AttestRequest Request() {
    AttestRequest request;
    request.evidence.type = AttestationType::kSgxEnclave;
    request.evidence.evidence = GoodVendor().Quote({}).value();
    return request;
  }
  // Where it was refused, or "accepted"; `detail` says more.
  std::string Attest(const std::shared_ptr<const Instance>& instance, const AttestRequest& request = Request()) {
    std::promise<std::string> told;
    service().Attest(instance, request, [&](const AttestResult& result) {
      detail = result ? "" : result.error().error.detail;
      told.set_value(result ? "accepted" : std::string(result.error().error.where));
    });
    return told.get_future().get();
  }

  std::atomic<UnixTime> now = kSimulatedNow;
  const std::function<UnixTime()> clock = [this] { return now.load(); };
  std::chrono::milliseconds patience = std::chrono::seconds(20);
  std::string detail;
  testing::TestService owner;
  const std::shared_ptr<const Instance> open = owner.With(JsonObject{{"gatherForAnyone", true}});
  std::unique_ptr<EndorsementCache> cache = OpenCache();
  VendorSource* vendor;
  std::unique_ptr<Collateral> collateral;

 private:
  std::vector<std::unique_ptr<IntelSource>> sources_;
  std::unique_ptr<AttestationService> service_;
};

TEST_F(Gathering, AColdPlatformIsAttestedOnceItsDocumentsHaveCome) {
  EXPECT_EQ(Attest(open), "accepted") << detail;
  // In the background the standard number's documents are asked for too.
  const auto asked = vendor->Asked();
  for (const std::string name :
       {"list of SGX evaluation numbers", "CRL of the root", "CRL of the PCK Platform CA", "identity of the SGX quoting enclave"})
    EXPECT_TRUE(asked.contains(name)) << name;
  EXPECT_EQ(Attest(open), "accepted");
  for (const auto& [name, count] : vendor->Asked()) EXPECT_EQ(count, 1) << name;
}

TEST_F(Gathering, AThousandAtOnceMakeOneFetchOfEachDocument) {
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  vendor->AnswerBy([&](const IntelDocumentKey& key) {
    gone.wait();
    return DocumentsFor(GoodVendor(), kSimulatedNow, key);
  });
  std::atomic<int> accepted = 0;
  std::promise<void> all;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 1000; ++i)
    service().Attest(open, Request(), [&](const AttestResult& result) {
      accepted += result.has_value();
      if (++answered == 1000) all.set_value();
    });
  EXPECT_EQ(collateral->waiting(), 1000U);
  go.set_value();
  all.get_future().wait();
  EXPECT_EQ(accepted, 1000);
  collateral->Stop();
  for (const auto& [name, count] : vendor->Asked()) EXPECT_EQ(count, 1) << name;
}

TEST_F(Gathering, AStrangerDoesNotMakeUsAskForAnUnknownPlatform) {
  const auto closed = owner.With(JsonObject{{"gatherForAnyone", false}});
  EXPECT_EQ(Attest(closed), "gather.anonymous");
  EXPECT_TRUE(vendor->Asked().empty());
  const auto with_token = owner.With(JsonObject{{"attestNeedsToken", JsonArray{"SgxEnclave"}}});
  EXPECT_EQ(Attest(with_token), "accepted") << "its callers are known";
  EXPECT_EQ(Attest(closed), "accepted") << "it is held now";
}

TEST_F(Gathering, NothingIsAskedForWhomNoTrustedRootVouches) {
  AttestRequest request = Request();
  request.evidence.evidence = SimulatedIntel::Create().value().Quote({}).value();
  EXPECT_EQ(Attest(open, request), "intel.root.untrusted");
  EXPECT_TRUE(vendor->Asked().empty());
}

TEST_F(Gathering, WithEverythingDownTheRefusalNamesTheDocument) {
  vendor->AnswerBy(Down);
  EXPECT_EQ(Attest(open), "gather.unavailable");
  EXPECT_THAT(detail, HasSubstr("could not be fetched"));
  EXPECT_THAT(detail, HasSubstr("net.fetch.connect"));
  EXPECT_THAT(detail, HasSubstr("no SGX TCB info held for FMSPC " + kFmspc));
}

TEST_F(Gathering, WhatNoSourceHasIsMissing) {
  vendor->AnswerBy([](const IntelDocumentKey& key) -> Answer {
    if (key.kind != Kind::kTcbInfo) return DocumentsFor(GoodVendor(), kSimulatedNow, key);
    return tl::unexpected(SourceFailure{{ErrorCode::kMissing, "gather.source.status", "404"}, {}});
  });
  EXPECT_EQ(Attest(open), "gather.missing");
  EXPECT_THAT(detail, HasSubstr("no source has the SGX TCB info of FMSPC " + kFmspc));
}

TEST_F(Gathering, WhoWaitsTooLongIsToldWhatHasNotCome) {
  patience = std::chrono::milliseconds(50);
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  vendor->AnswerBy([&](const IntelDocumentKey& key) {
    gone.wait();
    return DocumentsFor(GoodVendor(), kSimulatedNow, key);
  });
  EXPECT_EQ(Attest(open), "gather.slow");
  EXPECT_THAT(detail, HasSubstr("SGX TCB info of FMSPC " + kFmspc));
  go.set_value();
  collateral->Stop();
}

TEST_F(Gathering, WhoWaitsWhenItStopsIsTold) {
  std::promise<void> asked, go;
  const std::shared_future<void> gone = go.get_future().share();
  std::once_flag first;
  vendor->AnswerBy([&](const IntelDocumentKey& key) {
    std::call_once(first, [&] { asked.set_value(); });
    gone.wait();
    return DocumentsFor(GoodVendor(), kSimulatedNow, key);
  });
  std::promise<std::string> told;
  service().Attest(open, Request(),
                   [&](const AttestResult& result) { told.set_value(result ? "accepted" : std::string(result.error().error.where)); });
  asked.get_future().wait();
  const auto stopped = std::async(std::launch::async, [&] { collateral->Stop(); });
  go.set_value();
  stopped.wait();
  EXPECT_THAT(told.get_future().get(), ::testing::AnyOf("accepted", "gather.stopped")) << "what was under way ends, the rest is not begun";
}

TEST_F(Gathering, WhatIsHeldServesWhileEverySourceFails) {
  ASSERT_EQ(Attest(open), "accepted");
  vendor->AnswerBy(Down);
  now = kSimulatedNow + 20 * 86400;
  EXPECT_EQ(Attest(open), "accepted") << "past half of its life, and in force";
}

TEST_F(Gathering, TheStandardBaselineIsGatheredByTheListAndThenItsNumber) {
  EXPECT_EQ(Attest(owner.With(JsonObject{{"gatherForAnyone", true}, {"sgx", JsonObject{{"tcbBaseline", "standard"}}}})), "accepted")
      << detail;
  EXPECT_EQ(vendor->Asked()["SGX TCB info of FMSPC " + kFmspc + ", evaluation number 19"], 1);
}

}  // namespace
}  // namespace vidimus
