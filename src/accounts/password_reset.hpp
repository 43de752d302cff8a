#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace ostiary::accounts {

/// How long the token lives that a code of a reset is exchanged for.
inline constexpr std::chrono::minutes reset_token_lifetime{10};

/// Whether a code is mailed to an address whose owner forgot the password. Ordered by precedence: the first that
/// applies wins. Strangers cannot tell them apart.
enum class ForgottenVerdict {
  nobody,    ///< no account has the address; at most a pending registration
  disabled,  ///< an operator has disabled the account
  mails,     ///< also if the account has no password yet, or if its address was never verified
};

/// `status`: that of the account with the address, if there is one.
ForgottenVerdict judge_forgotten(std::optional<std::string_view> status);

/// What is stored about a reset whose token was presented: the mailed one, or that of an exchanged code.
struct PresentedReset {
  Time challenge_expires_at{};
  Time token_expires_at{};
  bool still_owner = false;  ///< the address belongs to the account that it belonged to when the code was mailed
  std::string_view status{};  ///< of that account
};

/// Ordered by precedence: the first that applies wins.
enum class ResetVerdict {
  invalid,   ///< no such token, too old, or not the account's address any more
  disabled,  ///< the account was disabled after the code was mailed
  right,
};

ResetVerdict judge_reset(const std::optional<PresentedReset>& reset, Time now);

}  // namespace ostiary::accounts
