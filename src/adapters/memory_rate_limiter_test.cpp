#include "adapters/memory_rate_limiter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace ostiary::adapters {
namespace {

using namespace std::chrono_literals;

constexpr Time now = Time(std::chrono::days(20'000));
constexpr Rate rate{20, 3600s, 10};

class MemoryLimiter : public testing::Test {
 protected:
  SystemRandom random;
  MemoryRateLimiter limiter{random};
};

TEST_F(MemoryLimiter, CountsEachKeyByItself) {
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(limiter.take("ada", rate, now));
  EXPECT_EQ(limiter.take("ada", rate, now), Duration(3min));
  EXPECT_FALSE(limiter.take("grace", rate, now));
  EXPECT_FALSE(limiter.take("ada", rate, now + 3min));
  EXPECT_TRUE(limiter.take("ada", rate, now + 3min));
  limiter.give_back("ada", rate);
  EXPECT_FALSE(limiter.take("ada", rate, now + 3min));
}

// B31: neither blocks for an hour nor takes what is left.
TEST_F(MemoryLimiter, GoesOnCountingWhereAClockIsSetBack) {
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(limiter.take("ada", rate, now));
  EXPECT_FALSE(limiter.take("ada", rate, now - 1h));
  EXPECT_EQ(limiter.take("ada", rate, now - 1h), Duration(3min));
  EXPECT_EQ(limiter.take("ada", rate, now - 1h + 1min), Duration(2min));
  EXPECT_FALSE(limiter.take("ada", rate, now - 1h + 3min));
  EXPECT_EQ(limiter.take("ada", rate, now - 3h), Duration(3min));
}

TEST_F(MemoryLimiter, GivesNothingToABucketThatWasForgotten) {
  limiter.give_back("ada", rate);
  EXPECT_EQ(limiter.buckets(), 0u);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(limiter.take("ada", rate, now));
  EXPECT_TRUE(limiter.take("ada", rate, now));
}

// D14: buckets that are full again go as others come.
TEST_F(MemoryLimiter, ForgetsFullBuckets) {
  for (int i = 0; i < 1000; ++i) limiter.take("first " + std::to_string(i), rate, now);
  EXPECT_EQ(limiter.buckets(), 1000u);
  for (int i = 0; i < 2000; ++i) limiter.take("second " + std::to_string(i), rate, now + 4min);
  EXPECT_EQ(limiter.buckets(), 2000u);
}

// D14: whatever strangers send, memory is bounded, and who was refused most is remembered longest.
TEST_F(MemoryLimiter, BoundsItsBuckets) {
  MemoryRateLimiter small(random, 160);
  for (int i = 0; i < 10; ++i) small.take("ada", rate, now);
  for (int i = 0; i < 10'000; ++i) EXPECT_FALSE(small.take("stranger " + std::to_string(i), rate, now + 1s));
  EXPECT_LE(small.buckets(), 160u);
  EXPECT_TRUE(small.take("ada", rate, now + 1s));
}

TEST_F(MemoryLimiter, LosesNoCountBetweenThreads) {
  std::atomic<int> through = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        if (!limiter.take("ada", rate, now)) ++through;
        limiter.take("other " + std::to_string(i), rate, now);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(through, 10);
}

}  // namespace
}  // namespace ostiary::adapters
