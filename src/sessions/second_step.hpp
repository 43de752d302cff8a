#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::sessions {

/// The administrator role.
inline constexpr std::string_view admin_role = "admin";

/// Who must have a second factor.
enum class MfaRequired { off, roles, all };

/// The rules for second factors.
struct SecondStepPolicy {
  MfaRequired required = MfaRequired::off;
  std::vector<std::string> required_roles = {std::string(admin_role)};  ///< with `roles`: who has one of these
  bool sms = false;  ///< whether a texted code is one
  std::chrono::seconds time_to_complete{std::chrono::minutes{5}};  ///< of a login that waits for its second step
  std::chrono::seconds remember_lifetime{std::chrono::days{30}};  ///< of a remembered device
};

/// Whether somebody with these roles must have a second factor.
bool must_have_factor(const SecondStepPolicy& policy, const std::vector<std::string>& roles);

/// What is known about an account whose password was right.
struct SecondStepFacts {
  bool has_factor = false;
  bool must_have_factor = false;
  bool device_remembered = false;
  bool is_administrator = false;
};

/// Ordered by precedence: the first that applies wins.
enum class SecondStep {
  enrol,  ///< a factor has to be enrolled first
  verify,  ///< a factor has to be presented
  none,  ///< the login is complete
};

/// What a login needs after the right password. A remembered device replaces the factor, but never an administrator's.
SecondStep judge_second_step(const SecondStepFacts& facts);

}  // namespace ostiary::sessions
