#include "accounts/password_reset.hpp"

#include "accounts/status.hpp"

namespace ostiary::accounts {

ForgottenVerdict judge_forgotten(std::optional<std::string_view> status) {
  if (!status) return ForgottenVerdict::nobody;
  return *status == disabled_status ? ForgottenVerdict::disabled : ForgottenVerdict::mails;
}

ResetVerdict judge_reset(const std::optional<PresentedReset>& reset, Time now) {
  if (!reset || now >= reset->challenge_expires_at || now >= reset->token_expires_at || !reset->still_owner) {
    return ResetVerdict::invalid;
  }
  return reset->status == disabled_status ? ResetVerdict::disabled : ResetVerdict::right;
}

}  // namespace ostiary::accounts
