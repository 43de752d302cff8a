#include "http/pace.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace ostiary::http {
namespace {

using namespace std::chrono_literals;

struct PaceLook {
  std::chrono::milliseconds at;
  std::uint64_t bytes;
};
struct PaceRow {
  const char* what;
  std::vector<PaceLook> looks;
  bool is_too_slow;  ///< at the last look; at none before
};

TEST(Pace, CutsWhoeverStallsOrIsTooSlow) {
  constexpr PaceLimits limits{.stall = 20s, .period = 30s, .least_rate = 500};
  const PaceRow rows[] = {
      {"nothing, just before the limit", {{19'999ms, 0}}, false},
      {"nothing for too long", {{20s, 0}}, true},
      {"one byte begins the wait anew", {{19s, 1}, {29s, 1}}, false},
      {"a stall after a fast start", {{1s, 1'000'000}, {20s, 1'000'000}, {21s, 1'000'000}}, true},
      {"dripping, until the period ends", {{10s, 10}, {20s, 20}, {29'999ms, 30}}, false},
      {"dripping", {{10s, 10}, {20s, 20}, {30s, 30}}, true},
      {"just fast enough", {{15s, 7'500}, {30s, 15'000}}, false},
      {"one byte too slow", {{15s, 7'500}, {30s, 14'999}}, true},
      {"a fast start does not pay for a slow end",
       {{15s, 1'000'000}, {30s, 1'000'100}, {45s, 1'000'200}, {60s, 1'000'300}},
       true},
      {"1.7 MB over a slow line",
       {{15s, 150'000}, {30s, 300'000}, {45s, 450'000}, {60s, 600'000}, {75s, 750'000}},
       false},
  };
  for (const auto& row : rows) {
    Pace pace;
    const Pace::Moment began{1h};
    pace.begin(began, 5);
    for (std::size_t i = 0; i < row.looks.size(); ++i) {
      const bool is_last = i + 1 == row.looks.size();
      const auto& look = row.looks[i];
      EXPECT_EQ(pace.is_too_slow(began + look.at, look.bytes + 5, limits), is_last && row.is_too_slow)
          << row.what << ", look " << i;
    }
  }
}

}  // namespace
}  // namespace ostiary::http
