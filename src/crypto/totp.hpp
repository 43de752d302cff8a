#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace ostiary::crypto {

// Time-based one-time passwords (RFC 6238) with SHA-1, six digits and steps of 30 seconds, which every authenticator
// app knows.

inline constexpr std::size_t totp_secret_bytes = 20;  ///< RFC 4226, section 4, R6

/// The time step at `now`.
std::int64_t totp_step(Time now);

/// The code of a step.
std::string totp_code(BytesView secret, std::int64_t step);

/// What a presented code is.
struct TotpMatch {
  enum class Verdict {
    wrong,
    used,   ///< right, but of the step `last_step` or an earlier one
    right,
  };
  Verdict verdict = Verdict::wrong;
  std::int64_t step = 0;  ///< where it is right
  bool operator==(const TotpMatch&) const = default;
};

/// Compares six digits with the codes of the current step and of one step either side. A code counts only if its step
/// is later than `last_step`, the last one that was accepted, so none is accepted twice, even if the clock is set back.
TotpMatch match_totp(BytesView secret, std::string_view code, std::int64_t last_step, Time now);

/// Base32 without padding (RFC 4648, section 6).
std::string to_base32(BytesView bytes);

}  // namespace ostiary::crypto
