#pragma once

#include <string>
#include <string_view>

#include "accounts/deps.hpp"
#include "accounts/statements.hpp"

namespace ostiary::accounts {

/// A new six-digit code and link token, and what is stored of them: the token's SHA-256, and an HMAC of the code under
/// a server key that covers the challenge, its purpose and its subject. (A plain hash of six digits can be
/// brute-forced.)
struct FreshCode {
  Secret code;
  Secret link_token;
  Digest code_mac;
  Digest link_hash;
  KeyId key_id;
};
FreshCode make_code(const Deps& deps, std::string_view purpose, VerificationId challenge, std::string_view subject);

/// A code and a link that nobody knows, for a decoy.
FreshCode make_unknowable_code(const Deps& deps);

Digest link_hash_of(std::string_view link_token);

/// A code as it was mailed, however it was typed.
std::string digits_of(std::string_view typed);

struct NewChallenge {
  VerificationId id;
  std::string_view purpose;
  std::optional<UserId> user;  ///< whose account it is about, where there is one
  std::string subject;
  Digest device_hash;  ///< the device that requested it
  std::chrono::seconds lifetime;
};

/// When the code and link expire, and when another can be requested.
struct CodeTimes {
  Time expires_at, resend_at;
};

CodeTimes write_challenge(Transaction& tx, const Deps& deps, const NewChallenge& challenge, const FreshCode& fresh,
                          Time now);

/// Replaces the challenge's code and link by `fresh` and resets its attempts.
CodeTimes renew_code(Transaction& tx, const Deps& deps, VerificationId challenge, const FreshCode& fresh, Time now);

/// Deletes the challenges of a purpose and subject except the newest `kept`; no more than a hundred.
void drop_challenges(Transaction& tx, std::string_view purpose, const std::string& subject, std::int64_t kept = 0);

/// Checks a presented code and writes the consequences: a wrong guess is counted for the code and for its subject, and
/// an expired code stays expired. A refusal must commit this (`tx.keep`).
CodeVerdict try_code(Transaction& tx, const Deps& deps, const statements::ChallengeRow& challenge,
                     std::string_view code, Time now);

/// The refusal for a verdict other than `unknown` and `right`.
std::unexpected<Refused> refusal_for(Transaction& tx, const Deps& deps, const statements::ChallengeRow& challenge,
                                     CodeVerdict verdict, Time now);

/// Makes an expired challenge stay expired if the clock is set back.
void expire(Transaction& tx, const statements::ChallengeRow& challenge);

}  // namespace ostiary::accounts
