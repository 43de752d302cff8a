#include "sessions/second_step.hpp"

#include <gtest/gtest.h>

#include "sessions/pending_login.hpp"

namespace ostiary::sessions {
namespace {

TEST(SecondStep, Verdicts) {
  struct Row {
    std::string_view name;
    SecondStepFacts facts;
    SecondStep verdict;
  };
  const Row table[] = {
      {"no factor", {}, SecondStep::none},
      {"no factor, and one is required", {.must_have_factor = true}, SecondStep::enrol},
      {"no factor, required, on a device remembered with an earlier one",
       {.must_have_factor = true, .device_remembered = true},
       SecondStep::enrol},
      {"a factor", {.has_factor = true}, SecondStep::verify},
      {"a factor that is required", {.has_factor = true, .must_have_factor = true}, SecondStep::verify},
      {"a remembered device", {.has_factor = true, .device_remembered = true}, SecondStep::none},
      {"a remembered device where a factor is required",
       {.has_factor = true, .must_have_factor = true, .device_remembered = true},
       SecondStep::none},
      {"an administrator's remembered device",
       {.has_factor = true, .device_remembered = true, .is_administrator = true},
       SecondStep::verify},
      {"an administrator without a factor", {.is_administrator = true}, SecondStep::none},
  };
  for (const auto& row : table) EXPECT_EQ(judge_second_step(row.facts), row.verdict) << row.name;
}

TEST(SecondStep, WhoMustHaveAFactor) {
  const std::vector<std::string> nothing, admin{"admin"}, staff{"staff", "support"};
  struct Row {
    std::string_view name;
    MfaRequired required;
    std::vector<std::string> roles;
    bool must;
  };
  const Row table[] = {
      {"nobody", MfaRequired::off, admin, false},
      {"an administrator", MfaRequired::roles, admin, true},
      {"one of another role", MfaRequired::roles, {"reader"}, false},
      {"one of several roles", MfaRequired::roles, staff, true},
      {"one without a role", MfaRequired::roles, nothing, false},
      {"everybody", MfaRequired::all, nothing, true},
  };
  for (const auto& row : table) {
    const SecondStepPolicy policy{.required = row.required, .required_roles = {"admin", "support"}};
    EXPECT_EQ(must_have_factor(policy, row.roles), row.must) << row.name;
  }
}

TEST(SecondStep, BackupCodesCountOnlyBesideAFactor) {
  using Methods = std::vector<std::string>;
  EXPECT_EQ(
      methods_of({.totp = false, .webauthn = false, .backup_code = false, .sms = false, .device_remembered = true}),
      Methods{});
  EXPECT_EQ(
      methods_of({.totp = false, .webauthn = false, .backup_code = true, .sms = false, .device_remembered = false}),
      Methods{});
  EXPECT_EQ(
      methods_of({.totp = true, .webauthn = false, .backup_code = false, .sms = false, .device_remembered = false}),
      Methods{"totp"});
  EXPECT_EQ(
      methods_of({.totp = true, .webauthn = false, .backup_code = true, .sms = false, .device_remembered = false}),
      (Methods{"totp", "backup_code"}));
  EXPECT_EQ(
      methods_of({.totp = false, .webauthn = false, .backup_code = true, .sms = true, .device_remembered = false}),
      (Methods{"sms", "backup_code"}));
}

}  // namespace
}  // namespace ostiary::sessions
