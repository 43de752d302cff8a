#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crypto/password_hash.hpp"

namespace ostiary::passwords {

/// Ordered by precedence: the first that applies wins.
enum class PasswordVerdict { contains_nul, too_short, too_long, too_guessable, acceptable };

struct PasswordJudgment {
  PasswordVerdict verdict;
  std::string advice;  ///< how to improve it, in a sentence or two; empty if it is acceptable
};

/// Judges a new password (NIST SP 800-63B, section 5.1.1.2): at least 8 characters, at most `longest` bytes, and a
/// zxcvbn score of at least 3 over its first 100 characters, which assumes that an attacker knows the user's
/// `own_words` (address, names, the service's name). Takes up to 4 ms, so do not call it on an I/O thread.
PasswordJudgment judge_password(std::string_view password, const std::vector<std::string>& own_words,
                                std::size_t longest);

}  // namespace ostiary::passwords
