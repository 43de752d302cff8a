// R4.2, B9, B10, B37: every verdict on a code and on a mailed link.
#include "accounts/challenge.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace ostiary::accounts {
namespace {

using namespace std::chrono_literals;

constexpr Time now{std::chrono::days{20'000}};

TEST(Code, VerdictsB10) {
  const PresentedCode good{now + 23h, now + 9min, 0, 0, true};
  const auto with = [&](auto change) {
    PresentedCode code = good;
    change(code);
    return std::optional(code);
  };
  struct Row {
    std::string_view name;
    std::optional<PresentedCode> code;
    CodeVerdict verdict;
  };
  const Row table[] = {
      {"no such challenge", std::nullopt, CodeVerdict::unknown},
      {"its time is over", with([](auto& code) { code.challenge_expires_at = now; }), CodeVerdict::unknown},
      {"right", good, CodeVerdict::right},
      {"wrong", with([](auto& code) { code.right = false; }), CodeVerdict::wrong},
      {"right at the third attempt", with([](auto& code) { code.attempts = 2; }), CodeVerdict::right},
      {"right after three wrong ones", with([](auto& code) { code.attempts = 3; }), CodeVerdict::attempts_spent},
      {"right after nine wrong ones in a day", with([](auto& code) { code.guesses = 9; }), CodeVerdict::right},
      {"right after ten wrong ones in a day", with([](auto& code) { code.guesses = 10; }), CodeVerdict::budget_spent},
      {"the budget wins over the attempts", with([](auto& code) { code.guesses = 10, code.attempts = 3; }),
       CodeVerdict::budget_spent},
      {"one tick before it expires", with([](auto& code) { code.code_expires_at = now + 1us; }), CodeVerdict::right},
      {"the moment it expires", with([](auto& code) { code.code_expires_at = now; }), CodeVerdict::expired},
      {"wrong and expired", with([](auto& code) { code.code_expires_at = now, code.right = false; }),
       CodeVerdict::expired},
  };
  for (const auto& row : table) EXPECT_EQ(judge_code(row.code, CodePolicy{}, now), row.verdict) << row.name;
  for (int verdict = 0; verdict <= static_cast<int>(CodeVerdict::right); ++verdict) {
    EXPECT_TRUE(std::any_of(std::begin(table), std::end(table),
                            [&](const auto& row) { return static_cast<int>(row.verdict) == verdict; }));
  }
}

TEST(Link, VerdictsB9B37) {
  struct Row {
    std::string_view name;
    std::optional<PresentedLink> link;
    LinkVerdict verdict;
  };
  const Row table[] = {
      {"no such link", std::nullopt, LinkVerdict::invalid},
      {"the challenge's time is over", PresentedLink{now, now + 1min, true}, LinkVerdict::invalid},
      {"one tick before it expires", PresentedLink{now + 1h, now + 1us, true}, LinkVerdict::right},
      {"the moment it expires", PresentedLink{now + 1h, now, true}, LinkVerdict::invalid},
      {"the browser that asked for it", PresentedLink{now + 1h, now + 1min, true}, LinkVerdict::right},
      {"another browser", PresentedLink{now + 1h, now + 1min, false}, LinkVerdict::password_required},
      {"another browser, a wrong password", PresentedLink{now + 1h, now + 1min, false, false},
       LinkVerdict::wrong_password},
      {"another browser, the right password", PresentedLink{now + 1h, now + 1min, false, true}, LinkVerdict::right},
  };
  for (const auto& row : table) EXPECT_EQ(judge_link(row.link, now), row.verdict) << row.name;
}

TEST(Code, IsSentAgainAfterAPauseR42) {
  struct Row {
    std::string_view name;
    Time resend_at;
    std::optional<std::chrono::seconds> wait;
  };
  const Row table[] = {
      {"just sent", now + 60s, 60s},
      {"one tick before the pause ends", now + 1us, 1s},
      {"the moment the pause ends", now, std::nullopt},
      {"long ago", now - 1h, std::nullopt},
      {"the clock was set back", now + 60s + 1us, std::nullopt},
  };
  for (const auto& row : table) EXPECT_EQ(wait_for_resend(row.resend_at, CodePolicy{}, now), row.wait) << row.name;
}

}  // namespace
}  // namespace ostiary::accounts
