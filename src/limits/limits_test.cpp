#include "limits/limits.hpp"

#include <gtest/gtest.h>

#include <set>

#include "ports/gcra.hpp"

namespace ostiary::limits {
namespace {

using namespace std::chrono_literals;

constexpr Time now = Time(std::chrono::days(20'000));

/// Buckets in a map, for a look inside.
class Buckets final : public RateLimiter {
 public:
  std::optional<Duration> take(std::string_view key, const Rate& rate, Time at) override {
    auto& full_at = buckets.try_emplace(std::string(key), at).first->second;
    const auto verdict = gcra::take_one(full_at, rate, at);
    full_at = verdict.full_at;
    return verdict.wait;
  }
  void give_back(std::string_view key, const Rate& rate) override {
    auto& full_at = buckets.at(std::string(key));
    full_at = gcra::put_one_back(full_at, rate);
  }
  int taken() const {
    return static_cast<int>(std::ranges::count_if(buckets, [](const auto& bucket) { return bucket.second > now; }));
  }
  std::map<std::string, Time> buckets;
};

std::string shown(const std::vector<Rate>& rates) {
  std::string text;
  for (const auto& rate : rates) {
    text += std::to_string(rate.count) + '/' + std::to_string(rate.period.count()) + "s burst " +
            std::to_string(rate.burst) + ' ';
  }
  return text;
}

// The table that the documentation shows.
TEST(Limits, AreThoseOfTheContract) {
  const auto table = contract_rates();
  const auto row = [&table](RateClass rate) {
    const auto& rates = table.at(rate);
    return shown(rates.per_identifier) + "| " + shown(rates.per_address) + "| " + shown(rates.per_pair) + "| " +
           shown(rates.per_session) + (rates.refund_unless_wrong ? "| wrong ones only" : "|");
  };
  EXPECT_EQ(row(UNLIMITED), "| | | |");
  EXPECT_EQ(row(SIGN_IN), "20/3600s burst 10 | 120/60s burst 120 | 10/3600s burst 5 | | wrong ones only");
  EXPECT_EQ(row(REGISTER), "| 60/3600s burst 20 | | |");
  EXPECT_EQ(row(CODE), "| 60/3600s burst 20 | | | wrong ones only");
  EXPECT_EQ(row(MAIL), "5/3600s burst 5 10/86400s burst 10 | 60/3600s burst 20 | | |");
  EXPECT_EQ(row(REFRESH), "| 50/1s burst 200 | | 2/1s burst 60 |");
  EXPECT_EQ(row(READ), "| 100/1s burst 400 | | 50/1s burst 200 |");
  EXPECT_EQ(row(WRITE), "| 100/1s burst 400 | | 50/1s burst 200 |");
  EXPECT_EQ(row(PROBE), "| 10/1s burst 100 | | |");
}

class TakenLimits : public testing::Test {
 protected:
  Buckets buckets;
  Limits limits{buckets, contract_rates(), true};
  Taken taken;
};

TEST_F(TakenLimits, TakeAllOrNone) {
  // Mail: 5 at once by the hour, 10 by the day.
  for (int hour = 0; hour < 2; ++hour) {
    for (int i = 0; i < 5; ++i) {
      EXPECT_FALSE(limits.take_identifier(MAIL, "ada", "192.0.2.1", std::nullopt, now + hour * 1h, taken));
    }
    EXPECT_TRUE(limits.take_identifier(MAIL, "ada", "192.0.2.1", std::nullopt, now + hour * 1h, taken));
  }
  const auto before = buckets.buckets;
  const auto held = taken.buckets.size();
  const auto wait = limits.take_identifier(MAIL, "ada", "192.0.2.1", std::nullopt, now + 2h, taken);
  ASSERT_TRUE(wait) << "the day's are spent";
  EXPECT_EQ(*wait, 144min - 2h) << "one more each 144 minutes";
  EXPECT_EQ(taken.buckets.size(), held);
  for (const auto& [key, full_at] : before) EXPECT_LE(buckets.buckets.at(key), std::max(full_at, now + 2h)) << key;
}

TEST_F(TakenLimits, GiveBackTheAccountsWhenThePairHasNone) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(limits.take_identifier(SIGN_IN, "ada", "192.0.2.1", std::nullopt, now, taken));
  }
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(limits.take_identifier(SIGN_IN, "ada", "192.0.2.1", std::nullopt, now, taken));
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(limits.take_identifier(SIGN_IN, "ada", "192.0.2.2", std::nullopt, now, taken))
        << "what the pair refused cost the account nothing";
  }
  EXPECT_TRUE(limits.take_identifier(SIGN_IN, "ada", "192.0.2.3", std::nullopt, now, taken));
}

TEST_F(TakenLimits, GiveBackEverythingThatWasTaken) {
  EXPECT_FALSE(limits.take_address(SIGN_IN, "192.0.2.1", now, taken));
  EXPECT_FALSE(limits.take_identifier(SIGN_IN, "ada", "192.0.2.1", std::nullopt, now, taken));
  EXPECT_FALSE(limits.take_session(READ, "session", now, taken));
  EXPECT_EQ(taken.buckets.size(), 4u);
  EXPECT_EQ(buckets.taken(), 4);
  limits.give_back(taken);
  EXPECT_EQ(buckets.taken(), 0);
}

TEST_F(TakenLimits, KeepApartWhatIsApart) {
  EXPECT_FALSE(limits.take_address(READ, "192.0.2.1", now, taken));
  EXPECT_FALSE(limits.take_address(WRITE, "192.0.2.1", now, taken));
  EXPECT_FALSE(limits.take_session(READ, "192.0.2.1", now, taken));
  EXPECT_FALSE(limits.take_identifier(SIGN_IN, "ada", "192.0.2.1", std::nullopt, now, taken));
  EXPECT_FALSE(limits.take_identifier(SIGN_IN, "ada", "192.0.2.1", std::string("device"), now, taken));
  EXPECT_FALSE(limits.take_identifier(SIGN_IN, "eve", "192.0.2.1", std::string("device"), now, taken));
  std::set<std::string> keys;
  for (const auto& [key, rate] : taken.buckets) keys.insert(key);
  EXPECT_EQ(keys.size(), 7u);
}

TEST_F(TakenLimits, LetEverythingThroughWhenTheyAreOff) {
  Limits off(buckets, contract_rates(), false);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(off.take_address(REGISTER, "192.0.2.1", now, taken));
    EXPECT_FALSE(off.take_identifier(SIGN_IN, "ada", "192.0.2.1", std::nullopt, now, taken));
    EXPECT_FALSE(off.take_session(READ, "session", now, taken));
  }
  EXPECT_TRUE(taken.buckets.empty());
}

}  // namespace
}  // namespace ostiary::limits
