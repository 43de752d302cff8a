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

/// From one bucket.
std::optional<Duration> take(MemoryRateLimiter& limiter, const std::string& key, Time at) {
  const RateBucket bucket{key, rate};
  return limiter.take({&bucket, 1}, at);
}

class MemoryLimiter : public ::testing::Test {
 protected:
  std::optional<Duration> take(const std::string& key, Time at) { return adapters::take(limiter, key, at); }
  void give_back(const std::string& key) {
    const RateBucket bucket{key, rate};
    limiter.give_back({&bucket, 1});
  }

  SystemRandom random;
  MemoryRateLimiter limiter{random};
};

TEST_F(MemoryLimiter, CountsEachKeyByItself) {
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(take("ada", now));
  EXPECT_EQ(take("ada", now), Duration(3min));
  EXPECT_FALSE(take("grace", now));
  EXPECT_FALSE(take("ada", now + 3min));
  EXPECT_TRUE(take("ada", now + 3min));
  give_back("ada");
  EXPECT_FALSE(take("ada", now + 3min));
}

// B31: neither blocks for an hour nor takes what is left.
TEST_F(MemoryLimiter, GoesOnCountingWhereAClockIsSetBack) {
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(take("ada", now));
  EXPECT_FALSE(take("ada", now - 1h));
  EXPECT_EQ(take("ada", now - 1h), Duration(3min));
  EXPECT_EQ(take("ada", now - 1h + 1min), Duration(2min));
  EXPECT_FALSE(take("ada", now - 1h + 3min));
  EXPECT_EQ(take("ada", now - 3h), Duration(3min));
}

TEST_F(MemoryLimiter, TakesFromAllOrFromNone) {
  const std::vector<RateBucket> both{{"ada", rate}, {"ada by the day", {10, 86400s, 2}}};
  EXPECT_FALSE(limiter.take(both, now));
  EXPECT_FALSE(limiter.take(both, now));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(limiter.take(both, now), Duration(144min)) << "the day's are spent";
  for (int i = 0; i < 8; ++i) EXPECT_FALSE(take("ada", now)) << "what was refused took nothing from the other";
  EXPECT_EQ(take("ada", now), Duration(3min));
  EXPECT_EQ(limiter.take(both, now), Duration(144min)) << "until both have one";
  limiter.give_back(both);
  EXPECT_FALSE(limiter.take(both, now));
  EXPECT_EQ(limiter.buckets(), 2u);
  EXPECT_FALSE(limiter.take({}, now));
}

TEST_F(MemoryLimiter, GivesNothingToABucketThatWasForgotten) {
  give_back("ada");
  EXPECT_EQ(limiter.buckets(), 0u);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(take("ada", now));
  EXPECT_TRUE(take("ada", now));
}

// D14: buckets that are full again go as others come.
TEST_F(MemoryLimiter, ForgetsFullBuckets) {
  for (int i = 0; i < 1000; ++i) take("first " + std::to_string(i), now);
  EXPECT_EQ(limiter.buckets(), 1000u);
  for (int i = 0; i < 2000; ++i) take("second " + std::to_string(i), now + 4min);
  EXPECT_EQ(limiter.buckets(), 2000u);
}

// D14: whatever strangers send, memory is bounded, and who was refused most is remembered longest.
TEST_F(MemoryLimiter, BoundsItsBuckets) {
  MemoryRateLimiter small(random, 160);
  for (int i = 0; i < 10; ++i) adapters::take(small, "ada", now);
  for (int i = 0; i < 10'000; ++i) EXPECT_FALSE(adapters::take(small, "stranger " + std::to_string(i), now + 1s));
  EXPECT_LE(small.buckets(), 160u);
  EXPECT_TRUE(adapters::take(small, "ada", now + 1s));
}

TEST_F(MemoryLimiter, LosesNoCountBetweenThreads) {
  std::atomic<int> through = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        if (!take("ada", now)) ++through;
        take("other " + std::to_string(i), now);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(through, 10);
}

// Buckets that lie in many shards, asked for in every order: nobody waits for ever, and nobody sees half of a call.
TEST_F(MemoryLimiter, TakesFromAllOrFromNoneBetweenThreads) {
  std::vector<RateBucket> forward;
  for (int i = 0; i < 8; ++i) forward.push_back({"bucket " + std::to_string(i), rate});
  const std::vector<RateBucket> backward(forward.rbegin(), forward.rend());
  std::atomic<int> through = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 1000; ++i) {
        if (!limiter.take(t % 2 == 0 ? forward : backward, now)) ++through;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(through, 10);
  limiter.give_back(forward);
  for (const auto& bucket : forward) EXPECT_FALSE(take(bucket.key, now)) << "each had the one that was given back";
}

}  // namespace
}  // namespace ostiary::adapters
