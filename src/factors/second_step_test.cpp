#include "factors/second_step.hpp"

#include <gtest/gtest.h>

#include "factors/fresh_login.hpp"

namespace ostiary::factors {
namespace {

using namespace std::chrono_literals;

TEST(PendingLogins, Verdicts) {
  const Time now{1'000'000s};
  const PendingLoginFacts good{
      .expires_at = now + 1us, .completed = false, .same_device = true, .same_password = true, .may_sign_in = true};
  const auto with = [&](auto change) {
    auto facts = good;
    change(facts);
    return std::optional(facts);
  };
  using Facts = PendingLoginFacts;
  struct Row {
    std::string_view name;
    std::optional<PendingLoginFacts> facts;
    PendingLoginVerdict verdict;
  };
  const Row table[] = {
      {"no such token", std::nullopt, PendingLoginVerdict::unknown},
      {"the last moment", good, PendingLoginVerdict::good},
      {"the moment it ends", with([&](Facts& f) { f.expires_at = now; }), PendingLoginVerdict::expired},
      {"completed", with([](Facts& f) { f.completed = true; }), PendingLoginVerdict::unknown},
      {"another device", with([](Facts& f) { f.same_device = false; }), PendingLoginVerdict::unknown},
      {"the password was changed since", with([](Facts& f) { f.same_password = false; }), PendingLoginVerdict::unknown},
      {"the account was disabled since", with([](Facts& f) { f.may_sign_in = false; }), PendingLoginVerdict::unknown},
      {"expired, from another device", with([&](Facts& f) {
         f.expires_at = now;
         f.same_device = false;
       }),
       PendingLoginVerdict::unknown},
  };
  for (const auto& row : table) EXPECT_EQ(judge_pending_login(row.facts, now), row.verdict) << row.name;
}

TEST(FreshLogins, NeedAllThatTheAccountHas) {
  struct Row {
    std::string_view name;
    FreshLoginFacts facts;
    FreshLoginVerdict verdict;
  };
  const Row table[] = {
      {"neither", {false, false, true, true}, FreshLoginVerdict::impossible},
      {"a password, and none is given", {true, false, false, true}, FreshLoginVerdict::password_needed},
      {"a password, and it is given", {true, false, true, false}, FreshLoginVerdict::complete},
      {"a factor alone, and none is given", {false, true, true, false}, FreshLoginVerdict::factor_needed},
      {"a factor alone, and it is given", {false, true, false, true}, FreshLoginVerdict::complete},
      {"both, and neither is given", {true, true, false, false}, FreshLoginVerdict::password_needed},
      {"both, and the password is given", {true, true, true, false}, FreshLoginVerdict::factor_needed},
      {"both, and the factor is given", {true, true, false, true}, FreshLoginVerdict::password_needed},
      {"both, and both are given", {true, true, true, true}, FreshLoginVerdict::complete},
  };
  for (const auto& row : table) EXPECT_EQ(judge_fresh_login(row.facts), row.verdict) << row.name;
}

}  // namespace
}  // namespace ostiary::factors
