// One fetch of a document at a time; sources in their order; patience after a failure.
#include "gather/gatherer.h"

#include <condition_variable>
#include <future>
#include <latch>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidimus {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

using Answer = tl::expected<std::vector<NamedDocument>, SourceFailure>;

Answer Given() { return std::vector<NamedDocument>{{"document", {'{', '}'}}}; }
Answer Failing(ErrorCode code, std::string_view where, std::optional<seconds> retry_after = std::nullopt) {
  return tl::unexpected(SourceFailure{{code, where, "found nothing"}, retry_after});
}

class ScriptedSource : public IntelSource {
 public:
  ScriptedSource(std::string name, std::function<Answer(const IntelDocumentKey&)> answer)
      : name_(std::move(name)), answer_(std::move(answer)) {}
  const std::string& name() const override { return name_; }
  Answer Fetch(const IntelDocumentKey& key) override { return answer_(key); }

 private:
  std::string name_;
  std::function<Answer(const IntelDocumentKey&)> answer_;
};

IntelDocumentKey For(const std::string& fmspc) { return {IntelDocumentKind::kTcbInfo, IntelTee::kSgx, fmspc, std::nullopt}; }

// A gatherer over sources that count how often each was asked, with a clock that tests move.
class Gathering {
 public:
  using Clock = IntelGatherer::Clock;

  void AddSource(std::string name, std::function<Answer(const IntelDocumentKey&)> answer) {
    const size_t index = asked.size();
    asked.emplace_back(0);
    sources_.push_back(
        std::make_unique<ScriptedSource>(std::move(name), [this, index, answer = std::move(answer)](const IntelDocumentKey& r) {
          ++asked[index];
          return answer(r);
        }));
  }
  IntelGatherer& gatherer() {
    if (!gatherer_) {
      IntelGatherer::Settings settings;
      settings.clock = [this] { return Clock::time_point(seconds(now.load())); };
      settings.random = [] { return 1.0; };
      settings.most_documents = most;
      gatherer_ = std::make_unique<IntelGatherer>(
          std::move(sources_),
          [this](const IntelDocumentKey&, const std::string& source, const std::vector<NamedDocument>&) { return take(source); }, settings);
    }
    return *gatherer_;
  }
  Status Fetch(const std::string& fmspc = "00606a000000") {
    std::promise<Status> told;
    gatherer().Fetch(For(fmspc), [&](const Status& status) { told.set_value(status); });
    return told.get_future().get();
  }
  void End() { gatherer_.reset(); }

  std::deque<std::atomic<int>> asked;
  std::atomic<int64_t> now = 1'000'000;
  size_t most = 100;
  std::function<Result<Taking>(const std::string& source)> take = [](const std::string&) { return Taking::kUsable; };

 private:
  std::vector<std::unique_ptr<IntelSource>> sources_;
  std::unique_ptr<IntelGatherer> gatherer_;
};

TEST(IntelGatherer, AsksTheNextSourceWhereOneHasNone) {
  Gathering gathering;
  gathering.AddSource("first", [](const auto&) { return Failing(ErrorCode::kMissing, "gather.source.missing"); });
  gathering.AddSource("second", [](const auto&) { return Given(); });
  EXPECT_TRUE(gathering.Fetch());
  EXPECT_EQ(gathering.asked[0], 1);
  EXPECT_EQ(gathering.asked[1], 1);
  const auto counts = gathering.gatherer().counts();
  EXPECT_EQ(counts[0].missing, 1U);
  EXPECT_EQ(counts[1].fetched, 1U);
}

TEST(IntelGatherer, StopsAtTheFirstSourceThatHasIt) {
  Gathering gathering;
  gathering.AddSource("first", [](const auto&) { return Given(); });
  gathering.AddSource("second", [](const auto&) { return Given(); });
  EXPECT_TRUE(gathering.Fetch());
  EXPECT_EQ(gathering.asked[1], 0);
}

// A mirror that lags behind must not keep newer documents from being seen.
TEST(IntelGatherer, AsksTheNextSourceWhereWhatOneGaveIsHeldAndDue) {
  Gathering gathering;
  gathering.AddSource("behind", [](const auto&) { return Given(); });
  gathering.AddSource("newer", [](const auto&) { return Given(); });
  gathering.AddSource("not needed", [](const auto&) { return Given(); });
  gathering.take = [](const std::string& source) { return source == "behind" ? Taking::kDue : Taking::kUsable; };
  EXPECT_TRUE(gathering.Fetch());
  EXPECT_EQ(gathering.asked[1], 1);
  EXPECT_EQ(gathering.asked[2], 0);
}

TEST(IntelGatherer, IsContentWhereNoSourceHasANewerOne) {
  Gathering gathering;
  gathering.AddSource("same", [](const auto&) { return Given(); });
  gathering.AddSource("down", [](const auto&) { return Failing(ErrorCode::kIo, "net.fetch.connect"); });
  gathering.take = [](const std::string&) { return Taking::kDue; };
  EXPECT_TRUE(gathering.Fetch());
  EXPECT_EQ(gathering.asked[1], 1);
  EXPECT_EQ(gathering.gatherer().counts()[0].fetched, 1U);
}

TEST(IntelGatherer, AsksTheNextSourceWhereWhatOneGaveIsRefused) {
  Gathering gathering;
  gathering.AddSource("liar", [](const auto&) { return Given(); });
  gathering.AddSource("honest", [](const auto&) { return Given(); });
  gathering.take = [](const std::string& source) -> Result<Taking> {
    if (source == "liar") return Fail(ErrorCode::kUntrusted, "intel.tcb_info.signature", "wrongly signed");
    return Taking::kUsable;
  };
  EXPECT_TRUE(gathering.Fetch());
  EXPECT_EQ(gathering.gatherer().counts()[0].refused, 1U);
}

TEST(IntelGatherer, SaysOfEverySourceWhyItDidNotDo) {
  Gathering gathering;
  gathering.AddSource("first", [](const auto&) { return Failing(ErrorCode::kMissing, "gather.source.missing"); });
  gathering.AddSource("second", [](const auto&) { return Failing(ErrorCode::kIo, "net.fetch.connect"); });
  const Status told = gathering.Fetch();
  EXPECT_EQ(told.error().where, "gather.unavailable");
  EXPECT_EQ(told.error().code, ErrorCode::kBusy);
  EXPECT_THAT(told.error().detail, HasSubstr("SGX TCB info of FMSPC 00606a000000"));
  EXPECT_THAT(told.error().detail, HasSubstr("first: gather.source.missing"));
  EXPECT_THAT(told.error().detail, HasSubstr("second: net.fetch.connect"));
}

TEST(IntelGatherer, SaysThatItIsMissingWhereNoSourceHasIt) {
  Gathering gathering;
  gathering.AddSource("only", [](const auto&) { return Failing(ErrorCode::kMissing, "gather.source.missing"); });
  EXPECT_EQ(gathering.Fetch().error().where, "gather.missing");
}

TEST(IntelGatherer, MakesOneFetchForAThousandWhoWantTheSame) {
  Gathering gathering;
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  gathering.AddSource("slow", [gone](const auto&) {
    gone.wait();
    return Given();
  });
  std::latch told(1000);
  for (int i = 0; i < 1000; ++i)
    gathering.gatherer().Fetch(For("00606a000000"), [&](const Status& status) {
      EXPECT_TRUE(status);
      told.count_down();
    });
  go.set_value();
  told.wait();
  EXPECT_EQ(gathering.asked[0], 1);
}

TEST(IntelGatherer, TellsTheSameForAWhileAfterAFetch) {
  Gathering gathering;
  gathering.AddSource("only", [](const auto&) { return Given(); });
  EXPECT_TRUE(gathering.Fetch());
  gathering.now += limits::kGatherAgainSeconds - 1;
  EXPECT_TRUE(gathering.Fetch());
  EXPECT_EQ(gathering.asked[0], 1);
  gathering.now += 1;
  EXPECT_TRUE(gathering.Fetch());
  EXPECT_EQ(gathering.asked[0], 2);
}

TEST(IntelGatherer, RemembersForAWhileThatThereIsNone) {
  Gathering gathering;
  gathering.AddSource("only", [](const auto&) { return Failing(ErrorCode::kMissing, "gather.source.missing"); });
  EXPECT_FALSE(gathering.Fetch());
  gathering.now += limits::kGatherMissingSeconds - 1;
  EXPECT_EQ(gathering.Fetch().error().where, "gather.missing");
  EXPECT_EQ(gathering.asked[0], 1);
  gathering.now += 1;
  EXPECT_FALSE(gathering.Fetch());
  EXPECT_EQ(gathering.asked[0], 2);
}

TEST(IntelGatherer, LeavesASourceAloneForAsLongAsItAsksFor) {
  Gathering gathering;
  gathering.AddSource("limited", [](const auto&) { return Failing(ErrorCode::kBusy, "gather.source.status", seconds(60)); });
  EXPECT_FALSE(gathering.Fetch("00606a000000"));
  EXPECT_THAT(gathering.Fetch("00806f050000").error().detail, HasSubstr("60 s"));  // of another document too
  EXPECT_EQ(gathering.asked[0], 1);
  gathering.now += 61;
  EXPECT_FALSE(gathering.Fetch("00906ed50000"));
  EXPECT_EQ(gathering.asked[0], 2);
}

TEST(IntelGatherer, LeavesAFailingSourceAloneForLongerEachTime) {
  Gathering gathering;
  gathering.AddSource("down", [](const auto&) { return Failing(ErrorCode::kIo, "net.fetch.connect"); });
  const auto pause = [&] {
    const int before = gathering.asked[0];
    int64_t waited = 0;
    while (gathering.asked[0] == before) {
      ++waited;
      ++gathering.now;
      static_cast<void>(gathering.Fetch());
    }
    return waited;
  };
  static_cast<void>(gathering.Fetch());
  const int64_t first = pause();
  const int64_t second = pause();
  EXPECT_GT(second, first);
  for (int i = 0; i < 20; ++i) EXPECT_LE(pause(), limits::kBackoffGreatestSeconds);
}

TEST(IntelGatherer, AsksForOtherDocumentsAfterOneThatWasMalformed) {
  Gathering gathering;
  gathering.AddSource("odd", [](const IntelDocumentKey& key) {
    return key.subject == "00606a000000" ? Failing(ErrorCode::kMalformed, "gather.source.chain") : Given();
  });
  EXPECT_FALSE(gathering.Fetch("00606a000000"));
  EXPECT_TRUE(gathering.Fetch("00806f050000"));
}

TEST(IntelGatherer, TellsThoseWhoWaitThatASourceThrew) {
  Gathering gathering;
  gathering.AddSource("short of memory", [](const auto&) -> Answer { throw std::bad_alloc(); });
  EXPECT_EQ(gathering.Fetch().error().where, "gather.failed");
  gathering.End();  // does not wait for ever
}

TEST(IntelGatherer, KnowsSoManyDocumentsAndNoMore) {
  Gathering gathering;
  gathering.most = 2;
  gathering.AddSource("only", [](const auto&) { return Given(); });
  EXPECT_TRUE(gathering.Fetch("000000000001"));
  EXPECT_TRUE(gathering.Fetch("000000000002"));
  EXPECT_EQ(gathering.Fetch("000000000003").error().where, "gather.busy");
  gathering.now += limits::kGatherAgainSeconds;  // when anybody may ask for the first again, it makes room
  EXPECT_TRUE(gathering.Fetch("000000000003"));
}

TEST(IntelGatherer, TellsThoseWhoWaitThatItStops) {
  Gathering gathering;
  std::promise<void> go, asked;
  const std::shared_future<void> gone = go.get_future().share();
  gathering.AddSource("slow", [&asked, gone](const IntelDocumentKey& key) {
    if (key.subject == "000000000000") asked.set_value();  // the other may be asked for too, before it stops
    gone.wait();
    return Given();
  });
  std::vector<std::future<Status>> told;
  for (int i = 0; i < 20; ++i) {
    auto promise = std::make_shared<std::promise<Status>>();
    told.push_back(promise->get_future());
    gathering.gatherer().Fetch(For(i == 0 ? "000000000000" : "000000000001"),
                               [promise](const Status& status) { promise->set_value(status); });
    if (i == 0) asked.get_future().wait();
  }
  go.set_value();
  gathering.End();
  for (auto& one : told) EXPECT_EQ(one.wait_for(seconds(0)), std::future_status::ready);
}

}  // namespace
}  // namespace vidimus
