// R0.8, B1: who may reset a password, and with which token.
#include "accounts/password_reset.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ostiary::accounts {
namespace {

using namespace std::chrono_literals;

constexpr Time asked_now{std::chrono::days{20'000}};

TEST(ForgottenPassword, Verdicts) {
  struct Row {
    std::string_view name;
    std::optional<std::string_view> status;
    ForgottenVerdict verdict;
  };
  const Row table[] = {
      {"no account, or only a pending registration", std::nullopt, ForgottenVerdict::nobody},
      {"disabled by an operator", "disabled", ForgottenVerdict::disabled},
      {"active", "active", ForgottenVerdict::mails},
      {"locked: the mailbox proves more than the guesses that locked it", "locked", ForgottenVerdict::mails},
  };
  for (const auto& row : table) EXPECT_EQ(judge_forgotten(row.status), row.verdict) << row.name;
}

TEST(PasswordReset, Verdicts) {
  const PresentedReset good{asked_now + 23h, asked_now + 10min, true, "active"};
  const auto with = [&](auto change) {
    PresentedReset reset = good;
    change(reset);
    return std::optional(reset);
  };
  struct Row {
    std::string_view name;
    std::optional<PresentedReset> reset;
    ResetVerdict verdict;
  };
  const Row table[] = {
      {"no such token", std::nullopt, ResetVerdict::invalid},
      {"the challenge's time is over", with([](auto& reset) { reset.challenge_expires_at = asked_now; }),
       ResetVerdict::invalid},
      {"one tick before it expires", with([](auto& reset) { reset.token_expires_at = asked_now + 1us; }),
       ResetVerdict::right},
      {"the moment it expires", with([](auto& reset) { reset.token_expires_at = asked_now; }), ResetVerdict::invalid},
      {"the account has another address now", with([](auto& reset) { reset.still_owner = false; }),
       ResetVerdict::invalid},
      {"the account was disabled", with([](auto& reset) { reset.status = "disabled"; }), ResetVerdict::disabled},
      {"disabled, and too old",
       with([](auto& reset) { reset.status = "disabled", reset.token_expires_at = asked_now; }), ResetVerdict::invalid},
      {"locked", with([](auto& reset) { reset.status = "locked"; }), ResetVerdict::right},
      {"right", good, ResetVerdict::right},
  };
  for (const auto& row : table) EXPECT_EQ(judge_reset(row.reset, asked_now), row.verdict) << row.name;
  for (int verdict = 0; verdict <= static_cast<int>(ResetVerdict::right); ++verdict) {
    EXPECT_TRUE(std::any_of(std::begin(table), std::end(table),
                            [&](const auto& row) { return static_cast<int>(row.verdict) == verdict; }));
  }
}

}  // namespace
}  // namespace ostiary::accounts
