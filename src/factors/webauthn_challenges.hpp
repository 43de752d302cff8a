#pragma once

#include <string_view>

#include "factors/deps.hpp"

namespace ostiary::factors {

/// How long a challenge can be answered.
inline constexpr std::chrono::minutes challenge_lifetime{5};

/// What a challenge is for, and who may answer it.
struct ChallengeUse {
  enum class Purpose { add, sign_in, second_step, reauthenticate } purpose;
  BytesView holder;  ///< the id of the session, the device's hash, or the id of the login that waits
};

/// A new challenge of 32 random bytes, which can be answered once. Only its SHA-256 is stored.
Bytes make_challenge(Transaction& tx, const Deps& deps, const ChallengeUse& use, Time now);

/// Takes the challenge that a clientDataJSON names. Whether it was one of ours, for this use, and had not expired. The
/// caller must commit it whatever comes of the rest, so that nobody can try twice.
bool take_challenge(Transaction& tx, BytesView client_data_json, const ChallengeUse& use, Time now);

}  // namespace ostiary::factors
