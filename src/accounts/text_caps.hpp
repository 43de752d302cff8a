#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace ostiary::accounts {

/// Whether texts are sent, and to whom.
struct TextPolicy {
  bool enabled = true;
  std::string domain;                  ///< of the page where codes are typed: browsers fill them in there only
  std::vector<std::string> countries;  ///< what numbers may begin with, in digits; empty: anything

  // Caps against toll fraud: the most texts in any 24 hours.
  std::int64_t per_account = 10;
  std::int64_t per_number = 5;
  std::int64_t per_prefix = 50;
  std::int64_t per_day = 1000;
};

inline constexpr std::chrono::hours text_window{24};

/// What a text is for: to prove a number that anybody may enter, or to complete a login whose password was right.
enum class TextUse { proof, login };

/// The caps for one use. A fifth of the caps for a prefix and for a day is kept for logins, so that proofs of numbers
/// keep nobody out.
TextPolicy caps_for(TextPolicy policy, TextUse use);

/// Numbers that have these many first digits in common count as alike: ranges that fraudsters rent are of a thousand to
/// a hundred thousand numbers.
inline constexpr std::size_t prefix_digits = 7;

/// For each cap that is reached: when the oldest text that must age before another one may go was ordered.
struct ReachedCaps {
  std::optional<Time> per_account, per_number, per_prefix, per_day;
};

/// Ordered by precedence: the first that applies wins.
enum class CapVerdict { account_capped, number_capped, prefix_capped, day_capped, sent };

struct CapJudgment {
  CapVerdict verdict = CapVerdict::sent;
  std::chrono::seconds wait{0};  ///< until no cap is reached; at most the window, even if the clock was set back
};

CapJudgment judge_caps(const ReachedCaps& reached, Time now);

/// The setting of the cap that a verdict names, in lower case: "sms_per_number".
std::string_view name_of(CapVerdict verdict);

}  // namespace ostiary::accounts
