#include "base/worker_pool.h"

#include <atomic>
#include <future>
#include <new>

#include <gtest/gtest.h>

namespace vidimus {
namespace {

TEST(WorkerPool, FinishesWhatWasPostedBeforeItEnds) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool(2);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(pool.Post([&] { ++done; }));
  }
  EXPECT_EQ(done, 100);
}

TEST(WorkerPool, OutlivesWorkThatThrows) {
  std::promise<void> done;
  WorkerPool pool(1);
  ASSERT_TRUE(pool.Post([] { throw std::bad_alloc(); }));
  ASSERT_TRUE(pool.Post([&] { done.set_value(); }));
  done.get_future().wait();
}

TEST(WorkerPool, RefusesWorkPastItsQueue) {
  std::promise<void> started, release;
  WorkerPool pool(1, 2);
  ASSERT_TRUE(pool.Post([&] {
    started.set_value();
    release.get_future().wait();
  }));
  started.get_future().wait();
  EXPECT_TRUE(pool.Post([] {}));
  EXPECT_TRUE(pool.Post([] {}));
  EXPECT_FALSE(pool.Post([] {}));
  release.set_value();
}

}  // namespace
}  // namespace vidimus
