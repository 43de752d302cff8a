#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace ostiary::accounts {

struct RegistrationPolicy {
  bool verify_email = true;                                      ///< REGISTRATION_VERIFY_EMAIL
  std::chrono::seconds pending_lifetime{std::chrono::hours{24}};
  std::chrono::seconds code_lifetime{std::chrono::minutes{10}};  ///< of the code and the link (ASVS 6.5.5)
  std::chrono::seconds resend_pause{60};
  std::chrono::seconds guess_window{std::chrono::hours{24}};
  std::chrono::seconds notice_pause{std::chrono::hours{24}};     ///< between two notices to an owner
  std::int64_t attempts_per_code = 3;
  std::int64_t guesses_per_window = 10;                          ///< over all codes for an address and purpose
  std::int64_t pending_per_address = 5;
};

/// What storage knows of a pending registration whose code somebody says.
struct PresentedCode {
  Time pending_expires_at{};
  Time code_expires_at{};
  std::int64_t attempts = 0;          ///< wrong ones of this code
  std::int64_t guesses = 0;           ///< wrong ones for the address in the window, over all codes
  bool right = false;
};

/// Ordered by precedence: the first that applies wins.
enum class CodeVerdict {
  unknown,         ///< no such registration, or its day is over
  budget_spent,    ///< too many wrong guesses for the address: only the link helps
  attempts_spent,  ///< too many wrong guesses of this code: ask for a new one
  expired,
  wrong,
  right,
};

CodeVerdict judge_code(const std::optional<PresentedCode>& code, const RegistrationPolicy& policy, Time now);

/// What storage knows of a pending registration whose link somebody opened.
struct PresentedLink {
  Time pending_expires_at{};
  Time link_expires_at{};
  bool same_device = false;                ///< the browser that registered
  std::optional<bool> password_right = std::nullopt;  ///< nothing where none was given
};

/// Ordered by precedence: the first that applies wins.
enum class LinkVerdict {
  invalid,            ///< no such link, or too old
  password_required,  ///< another browser than the one that registered: who opened it may not be who registered
  wrong_password,
  right,
};

LinkVerdict judge_link(const std::optional<PresentedLink>& link, Time now);

}  // namespace ostiary::accounts
