#include "verify/lru_cache.h"

#include <gtest/gtest.h>

namespace vidimus {
namespace {

TEST(LruCache, HoldsAsManyAsItsLimit) {
  LruCache<int, int> cache(3);
  for (int i = 0; i < 3; ++i) cache.Insert(i, 10 * i);
  for (int i = 0; i < 3; ++i) {
    ASSERT_NE(cache.Find(i), nullptr);
    EXPECT_EQ(*cache.Find(i), 10 * i);
  }
}

TEST(LruCache, OnePastItsLimitTheLeastRecentlyUsedGivesWay) {
  LruCache<int, int> cache(3);
  for (int i = 0; i < 3; ++i) cache.Insert(i, i);
  EXPECT_NE(cache.Find(0), nullptr);  // now 1 is the one used longest ago
  cache.Insert(3, 3);
  EXPECT_EQ(cache.size(), 3);
  EXPECT_EQ(cache.Find(1), nullptr);
  for (const int i : {0, 2, 3}) EXPECT_NE(cache.Find(i), nullptr) << i;
}

TEST(LruCache, KeepsWhatItHoldsOfAKey) {
  LruCache<int, int> cache(2);
  cache.Insert(1, 1);
  cache.Insert(1, 2);
  EXPECT_EQ(cache.size(), 1);
  EXPECT_EQ(*cache.Find(1), 1);
}

TEST(LruCache, OfNoSizeHoldsNothing) {
  LruCache<int, int> cache(0);
  cache.Insert(1, 1);
  EXPECT_EQ(cache.size(), 0);
  EXPECT_EQ(cache.Find(1), nullptr);
}

}  // namespace
}  // namespace vidimus
