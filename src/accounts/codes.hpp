#pragma once

#include <string>
#include <string_view>

#include "accounts/deps.hpp"
#include "accounts/statements.hpp"

namespace ostiary::accounts {

/// A fresh six-digit code and link token, and what storage keeps of them: an HMAC of the code under a server key, bound
/// to the registration and its address (a bare hash of six digits is guessed in no time), and the token's SHA-256.
struct FreshCode {
  Secret code;
  Secret link_token;
  Digest code_mac;
  Digest link_hash;
  KeyId key_id;
};
FreshCode make_code(const Deps& deps, VerificationId registration, std::string_view email_canonical);

/// A code and a link that nobody knows: what a decoy has.
FreshCode make_unknowable_code(const Deps& deps);

bool is_code(const Deps& deps, const statements::PendingRow& pending, std::string_view code);

Digest link_hash_of(std::string_view link_token);

/// Whom wrong guesses are counted for.
Digest guess_key(const Deps& deps, std::string_view email_canonical);

/// Orders the mail with the code and the link, as part of `tx`, for the person that `owner` is or will be.
void order_code_mail(Transaction& tx, const Deps& deps, const FreshCode& fresh, UserId owner, const std::string& email,
                     const std::string& display_name, const std::string& locale, Time now);

/// Tells the owner of an address, at most once a day, that somebody tried to register it.
void order_registration_notice(Transaction& tx, const Deps& deps, const statements::OwnerRow& owner, Time now);

}  // namespace ostiary::accounts
