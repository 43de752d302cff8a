#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace ostiary::accounts {

// A challenge is a proof that was mailed or texted: a code to type, and a link that does the same. Each has a purpose
// and a subject, which is what it proves: for the purposes here an address in its canonical form.

inline constexpr std::string_view verify_email_purpose = "verify_email";
inline constexpr std::string_view reset_password_purpose = "reset_password";

/// Texted, without a link. The subject is the account: whoever asks for somebody's number must not spend their guesses.
inline constexpr std::string_view verify_phone_purpose = "verify_phone", login_sms_purpose = "login_sms";

/// The policy for codes of every purpose.
struct CodePolicy {
  std::chrono::seconds code_lifetime{std::chrono::minutes{10}};  ///< of the code and the link (ASVS 6.5.5)
  std::chrono::seconds resend_pause{60};
  std::chrono::seconds guess_window{std::chrono::hours{24}};
  std::int64_t attempts_per_code = 3;
  std::int64_t guesses_per_window = 10;  ///< over all codes of a subject and purpose
};

/// What is stored about a challenge whose code is presented.
struct PresentedCode {
  Time challenge_expires_at{};
  Time code_expires_at{};
  std::int64_t attempts = 0;  ///< wrong guesses of this code
  std::int64_t guesses = 0;  ///< wrong guesses for the subject in the window, over all codes
  bool right = false;
};

/// Ordered by precedence: the first that applies wins.
enum class CodeVerdict {
  unknown,  ///< no such challenge, or it has expired
  budget_spent,  ///< too many wrong guesses for the subject: only the link works
  attempts_spent,  ///< too many wrong guesses of this code: request a new one
  expired,
  wrong,
  right,
};

CodeVerdict judge_code(const std::optional<PresentedCode>& code, const CodePolicy& policy, Time now);

/// What is stored about a challenge whose link was opened.
struct PresentedLink {
  Time challenge_expires_at{};
  Time link_expires_at{};
  bool same_device = false;  ///< the browser that requested it
  std::optional<bool> password_right = std::nullopt;  ///< empty if none was given
};

/// Ordered by precedence: the first that applies wins.
enum class LinkVerdict {
  invalid,  ///< no such link, or too old
  password_required,  ///< opened in another browser, so possibly by somebody else
  wrong_password,
  right,
};

LinkVerdict judge_link(const std::optional<PresentedLink>& link, Time now);

/// The time until a new code may be sent. Empty if it may be sent now.
std::optional<std::chrono::seconds> wait_for_resend(Time resend_at, const CodePolicy& policy, Time now);

}  // namespace ostiary::accounts
