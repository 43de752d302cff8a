#include "accounts/registration.hpp"

namespace ostiary::accounts {

CodeVerdict judge_code(const std::optional<PresentedCode>& code, const RegistrationPolicy& policy, Time now) {
  if (!code || now >= code->pending_expires_at) return CodeVerdict::unknown;
  if (code->guesses >= policy.guesses_per_window) return CodeVerdict::budget_spent;
  if (code->attempts >= policy.attempts_per_code) return CodeVerdict::attempts_spent;
  if (now >= code->code_expires_at) return CodeVerdict::expired;
  return code->right ? CodeVerdict::right : CodeVerdict::wrong;
}

LinkVerdict judge_link(const std::optional<PresentedLink>& link, Time now) {
  if (!link || now >= link->pending_expires_at || now >= link->link_expires_at) return LinkVerdict::invalid;
  if (link->same_device) return LinkVerdict::right;
  if (!link->password_right) return LinkVerdict::password_required;
  return *link->password_right ? LinkVerdict::right : LinkVerdict::wrong_password;
}

}  // namespace ostiary::accounts
