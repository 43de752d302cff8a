#include "ports/gcra.hpp"

#include <gtest/gtest.h>

namespace ostiary::gcra {
namespace {

using namespace std::chrono_literals;

constexpr Time now = Time(std::chrono::days(20'000));
/// 20 an hour, 10 at once: one more each three minutes.
constexpr Rate rate{20, 3600s, 10};

struct Row {
  const char* what;
  Time full_at;
  std::optional<Duration> wait;
  Time full_afterwards;
};

TEST(Gcra, JudgesByTheMomentABucketIsFull) {
  const Row rows[] = {
      {"a full bucket", now, std::nullopt, now + 3min},
      {"one that was full long ago", now - 24h, std::nullopt, now + 3min},
      {"one that is full in a moment", now + 1us, std::nullopt, now + 3min + 1us},
      {"one with a single place", now + 27min, std::nullopt, now + 30min},
      {"one that lacks a moment for it", now + 27min + 1us, Duration(1us), now + 27min + 1us},
      {"an empty one", now + 30min, Duration(3min), now + 30min},
      {"one of a clock that was set back", now + 5h, Duration(3min), now + 30min},
  };
  for (const auto& row : rows) {
    const auto verdict = take_one(row.full_at, rate, now);
    EXPECT_EQ(verdict.wait, row.wait) << row.what;
    EXPECT_EQ(verdict.full_at, row.full_afterwards) << row.what;
  }
}

TEST(Gcra, LetsABurstThroughAndThenItsRate) {
  Time full_at = now, time = now;
  int taken = 0;
  for (; !take_one(full_at, rate, time).wait; ++taken) full_at = take_one(full_at, rate, time).full_at;
  EXPECT_EQ(taken, 10);
  for (taken = 0; time < now + 1h; time += 1min) {
    const auto verdict = take_one(full_at, rate, time);
    full_at = verdict.full_at;
    if (!verdict.wait) ++taken;
  }
  EXPECT_EQ(taken, 19) << "20 an hour, the last of them when the hour is over";
  EXPECT_FALSE(take_one(full_at, rate, now + 1h).wait);
}

TEST(Gcra, WaitsExactlyAsLongAsItSays) {
  Time full_at = now;
  for (int i = 0; i < 10; ++i) full_at = take_one(full_at, rate, now).full_at;
  const auto wait = take_one(full_at, rate, now).wait;
  ASSERT_TRUE(wait);
  EXPECT_TRUE(take_one(full_at, rate, now + *wait - 1us).wait);
  EXPECT_FALSE(take_one(full_at, rate, now + *wait).wait);
}

TEST(Gcra, GivesBackWhatWasTaken) {
  Time full_at = now + 30min;
  EXPECT_TRUE(take_one(full_at, rate, now).wait);
  full_at = put_one_back(full_at, rate);
  EXPECT_FALSE(take_one(full_at, rate, now).wait);
  full_at = put_one_back(put_one_back(now, rate), rate);
  for (int i = 0; i < 10; ++i) full_at = take_one(full_at, rate, now).full_at;
  EXPECT_TRUE(take_one(full_at, rate, now).wait) << "a bucket holds no more than its burst";
}

TEST(Gcra, KnowsRatesOfLessThanOneASecond) {
  EXPECT_EQ(interval_of({10, 86400s, 10}), 8640s);
  EXPECT_EQ(interval_of({50, 1s, 200}), 20ms);
  EXPECT_EQ(interval_of({0, 60s, 1}), 60s) << "none at all is one a period";
  EXPECT_TRUE(take_one(now, {1, 60s, 0}, now).wait) << "no burst lets nothing through";
}

}  // namespace
}  // namespace ostiary::gcra
