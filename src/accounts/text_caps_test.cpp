#include "accounts/text_caps.hpp"

#include <gtest/gtest.h>

namespace ostiary::accounts {
namespace {

using namespace std::chrono_literals;

TEST(TextCaps, AreJudgedInOrderAndTheLongestWaitIsTold) {
  const Time now{std::chrono::hours(1'000'000)};
  const auto ago = [now](Duration age) { return std::optional(now - age); };
  struct Row {
    const char* name;
    ReachedCaps reached;
    CapVerdict verdict;
    std::chrono::seconds wait;
  };
  const Row rows[] = {
      {"no cap is reached", {}, CapVerdict::sent, 0s},
      {"the account's", {ago(23h), {}, {}, {}}, CapVerdict::account_capped, 3600s},
      {"the number's", {{}, ago(24h - 1us), {}, {}}, CapVerdict::number_capped, 1s},
      {"the prefix's", {{}, {}, ago(0s), {}}, CapVerdict::prefix_capped, 86400s},
      {"that of all", {{}, {}, {}, ago(12h)}, CapVerdict::day_capped, 43200s},
      {"two: the first names it, the longer wait holds", {ago(23h), ago(1h), {}, {}}, CapVerdict::account_capped, 23h},
      {"all", {ago(23h), ago(22h), ago(21h), ago(20h)}, CapVerdict::account_capped, 4h},
      {"the clock was set back", {{}, ago(-48h), {}, {}}, CapVerdict::number_capped, 24h},
  };
  for (const auto& row : rows) {
    const auto judgment = judge_caps(row.reached, now);
    EXPECT_EQ(judgment.verdict, row.verdict) << row.name;
    EXPECT_EQ(judgment.wait, row.wait) << row.name;
  }
}

TEST(TextCaps, KeepAFifthForLogins) {
  TextPolicy policy;
  policy.per_prefix = 50;
  policy.per_day = 4;
  const auto of_proofs = caps_for(policy, TextUse::proof), of_logins = caps_for(policy, TextUse::login);
  EXPECT_EQ(of_proofs.per_prefix, 40);
  EXPECT_EQ(of_proofs.per_day, 4) << "too few to keep some";
  EXPECT_EQ(of_proofs.per_number, policy.per_number);
  EXPECT_EQ(of_logins.per_prefix, 50);
  EXPECT_EQ(of_logins.per_day, 4);
}

}  // namespace
}  // namespace ostiary::accounts
