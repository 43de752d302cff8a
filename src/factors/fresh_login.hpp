#pragma once

namespace ostiary::factors {

/// What an account signs in with, and what was presented.
struct FreshLoginFacts {
  bool has_password = false;
  bool has_factor = false;
  bool password_given = false;
  bool factor_given = false;
};

/// Ordered by precedence: the first that applies wins.
enum class FreshLoginVerdict {
  impossible,       ///< the account has neither
  password_needed,
  factor_needed,
  complete,         ///< all that the account has was presented; it remains to be verified
};

/// A fresh login needs all that a login needs (ASVS 7.5.1): who has stolen a session and the password, or a session and
/// the unlocked phone, can't change the second factors. A remembered device replaces nothing here.
FreshLoginVerdict judge_fresh_login(const FreshLoginFacts& facts);

}  // namespace ostiary::factors
