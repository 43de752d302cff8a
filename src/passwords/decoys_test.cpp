#include "passwords/decoys.hpp"

#include <gmock/gmock.h>

#include <map>

#include "crypto/password_hash.hpp"

namespace ostiary::passwords {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr std::string_view todays = "$argon2id$v=19$m=64,t=1,p=1$";
constexpr std::string_view older = "$2b$04$";

Digest draw_of(std::uint32_t number) {
  Digest draw{};
  for (int i = 0; i < 4; ++i) draw[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return draw;
}

std::vector<std::pair<std::string, std::int64_t>> pairs(const std::vector<CostInUse>& costs) {
  std::vector<std::pair<std::string, std::int64_t>> pairs;
  for (const auto& [cost, accounts] : costs) pairs.emplace_back(cost, accounts);
  return pairs;
}

TEST(DecoyCosts, AreWeighedByAnEstimateBeyondWhatIsCounted) {
  struct Row {
    std::int64_t accounts;
    std::int64_t least, most;
    int counts;
  };
  const Row table[] = {
      {0, 0, 0, 1},
      {1, 1, 1, 1},
      {9'999, 9'999, 9'999, 1},
      {10'000, 9'984, 10'000, 2},
      {150'000, 149'984, 150'000, 2},
      {3'000'000, 2'995'000, 3'000'000, 4},
      {10'000'000, 9'990'000, 10'000'000, 4},
      {40'000'000, 39'990'000, 40'000'000, 4},
      {400'000'000, 40'960'000, 40'960'000, 4},
  };
  for (const auto& row : table) {
    int counts = 0;
    const auto estimate = estimate_accounts([&](std::int64_t among) {
      ++counts;
      return std::min(most_counted, row.accounts * among / samples);
    });
    EXPECT_GE(estimate, row.least) << row.accounts;
    EXPECT_LE(estimate, row.most) << row.accounts;
    EXPECT_EQ(counts, row.counts) << row.accounts;
  }
}

TEST(DecoyCosts, AreCountedInSamplesOfOneSize) {
  SystemRandom random;
  SystemClock clock;
  for (const auto order : {IdSource::Order::by_time, IdSource::Order::random}) {
    const IdSource ids(clock, random, order);
    int low = 0;
    for (int i = 0; i < 10'000; ++i) {
      const auto sample = sample_of(ids.make<UserId>());
      ASSERT_GE(sample, 0);
      ASSERT_LT(sample, samples);
      low += sample < samples / 2 ? 1 : 0;
    }
    EXPECT_NEAR(low, 5'000, 500) << "ten standard deviations";
  }
}

TEST(DecoyCosts, AreThoseInUseAndTodays) {
  using Pair = std::pair<std::string, std::int64_t>;
  EXPECT_THAT(pairs(decoy_costs({}, "b")), ElementsAre(Pair("b", 1)));
  EXPECT_THAT(pairs(decoy_costs({{"b", 7}}, "b")), ElementsAre(Pair("b", 7)));
  EXPECT_THAT(pairs(decoy_costs({{"c", 5}, {"a", 0}}, "b")), ElementsAre(Pair("a", 1), Pair("b", 1), Pair("c", 5)));
}

TEST(DecoyCosts, AreDrawnAsOftenAsAccountsHaveThem) {
  const std::vector<CostInUse> costs{{"a", 1}, {"b", 2}, {"c", 1}};
  struct Row {
    std::uint32_t number;
    std::size_t expected;
  };
  const Row table[] = {
      {0, 0},          {0x3FFFFFFF, 0}, {0x40000000, 1}, {0x7FFFFFFF, 1},
      {0x80000000, 1}, {0xBFFFFFFF, 1}, {0xC0000000, 2}, {0xFFFFFFFF, 2},
  };
  for (const auto& row : table) EXPECT_EQ(drawn(costs, draw_of(row.number)), row.expected) << row.number;
  EXPECT_EQ(drawn({{"a", 1}}, draw_of(0)), 0U);
  EXPECT_EQ(drawn({{"a", 1}}, draw_of(0xFFFFFFFF)), 0U);
  EXPECT_EQ(drawn({{"a", 10'000}, {"b", 1}}, draw_of(0xFFFFFFFF)), 1U) << "also where few have it";
}

TEST(Decoys, HaveACostInUseTheSameForTheSameDrawB1) {
  SystemRandom random;
  Decoys decoys{std::string(todays), random};
  EXPECT_EQ(crypto::cost_of(decoys.for_draw(draw_of(0))), todays);
  decoys.use({{std::string(older), 300}, {std::string(todays), 100}});
  std::map<std::string_view, int> costs;
  for (std::uint32_t i = 0; i < 400; ++i) {
    const Digest draw = draw_of(i * (UINT32_MAX / 400));
    const std::string decoy = decoys.for_draw(draw);
    EXPECT_EQ(decoys.for_draw(draw), decoy);
    EXPECT_FALSE(i < 5 && crypto::verify_password(Secret(std::string("password")), decoy));
    ++costs[crypto::cost_of(decoy) == older ? older : todays];
  }
  EXPECT_NEAR(costs[older], 300, 2);
  EXPECT_NEAR(costs[todays], 100, 2);
}

TEST(Decoys, AreRefreshedByOneCallerAMinute) {
  SystemRandom random;
  Decoys decoys{std::string(todays), random};
  const Time now = Time(std::chrono::days(20'000));
  EXPECT_TRUE(decoys.is_refresh_due(now));
  EXPECT_FALSE(decoys.is_refresh_due(now));
  EXPECT_FALSE(decoys.is_refresh_due(now + 1min - 1us));
  EXPECT_TRUE(decoys.is_refresh_due(now + 1min));
  EXPECT_TRUE(decoys.is_refresh_due(now)) << "the clock was set back";
}

}  // namespace
}  // namespace ostiary::passwords
