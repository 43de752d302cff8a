#include "accounts/challenge.hpp"

namespace ostiary::accounts {

CodeVerdict judge_code(const std::optional<PresentedCode>& code, const CodePolicy& policy, Time now) {
  if (!code || now >= code->challenge_expires_at) return CodeVerdict::unknown;
  if (code->guesses >= policy.guesses_per_window) return CodeVerdict::budget_spent;
  if (code->attempts >= policy.attempts_per_code) return CodeVerdict::attempts_spent;
  if (now >= code->code_expires_at) return CodeVerdict::expired;
  return code->right ? CodeVerdict::right : CodeVerdict::wrong;
}

LinkVerdict judge_link(const std::optional<PresentedLink>& link, Time now) {
  if (!link || now >= link->challenge_expires_at || now >= link->link_expires_at) return LinkVerdict::invalid;
  if (link->same_device) return LinkVerdict::right;
  if (!link->password_right) return LinkVerdict::password_required;
  return *link->password_right ? LinkVerdict::right : LinkVerdict::wrong_password;
}

std::optional<std::chrono::seconds> wait_for_resend(Time resend_at, const CodePolicy& policy, Time now) {
  // Longer than its pause it is never: then the clock was set back.
  if (now >= resend_at || resend_at > now + policy.resend_pause) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(resend_at - now);
}

}  // namespace ostiary::accounts
