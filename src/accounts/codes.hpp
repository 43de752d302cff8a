#pragma once

#include <string>
#include <string_view>

#include "accounts/deps.hpp"
#include "accounts/statements.hpp"

namespace ostiary::accounts {

/// A fresh six-digit code and link token, and what storage keeps of them: an HMAC of the code under a server key, bound
/// to the challenge, its purpose and its subject (a bare hash of six digits is guessed in no time), and the token's
/// SHA-256.
struct FreshCode {
  Secret code;
  Secret link_token;
  Digest code_mac;
  Digest link_hash;
  KeyId key_id;
};
FreshCode make_code(const Deps& deps, std::string_view purpose, VerificationId challenge, std::string_view subject);

/// A code and a link that nobody knows: what a decoy has.
FreshCode make_unknowable_code(const Deps& deps);

Digest link_hash_of(std::string_view link_token);

struct NewChallenge {
  VerificationId id;
  std::string_view purpose;
  std::optional<UserId> user;  ///< whose account it is about, where there is one
  std::string subject;
  Digest device_hash;  ///< the device that asked for it
  std::chrono::seconds lifetime;
};

/// When the code and its link expire, and when another may be asked for.
struct CodeTimes {
  Time expires_at, resend_at;
};

CodeTimes write_challenge(Transaction& tx, const Deps& deps, const NewChallenge& challenge, const FreshCode& fresh,
                          Time now);

/// Puts `fresh` in the place of the challenge's code and link, with attempts of its own.
CodeTimes renew_code(Transaction& tx, const Deps& deps, VerificationId challenge, const FreshCode& fresh, Time now);

/// Judges a code that somebody says, and writes what follows: a wrong guess is counted for the code and for its
/// subject, and what was refused for its age stays refused. A refusal must keep that (`tx.keep`).
CodeVerdict try_code(Transaction& tx, const Deps& deps, const statements::ChallengeRow& challenge,
                     std::string_view code, Time now);

/// How a verdict other than `unknown` and `right` is told.
std::unexpected<Refused> refusal_for(Transaction& tx, const Deps& deps, const statements::ChallengeRow& challenge,
                                     CodeVerdict verdict, Time now);

/// What was refused for its age stays refused, also when the clock is set back.
void expire(Transaction& tx, const statements::ChallengeRow& challenge);

}  // namespace ostiary::accounts
