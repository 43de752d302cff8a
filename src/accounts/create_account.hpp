#pragma once

#include <optional>
#include <string>

#include "accounts/deps.hpp"
#include "crypto/password_hash.hpp"
#include "limits/email_address.hpp"
#include "limits/username.hpp"
#include "sessions/statements.hpp"

namespace ostiary::accounts {

/// The initial data of an account.
struct NewAccount {
  UserId id{};
  std::optional<limits::EmailAddress> email = std::nullopt;
  bool email_verified = false;
  std::optional<limits::Username> username = std::nullopt;
  std::optional<std::string> password_hash = std::nullopt;  ///< without it, sign-in by password is not possible
  std::string display_name{};
  std::string locale{};
};

/// Creates the user, the data key and the profile in `tx`, announces `user.registered` and, if the address is verified,
/// `user.verified`, and writes the audit rows. Without an `actor` it is the caller. The caller must have checked that
/// address and name are free.
sessions::statements::UserRow create_account(Transaction& tx, const Deps& deps, const Call& call,
                                             const NewAccount& account, std::optional<UserId> actor, Time now);

/// The refusal to whom has just got an account that must have a second factor: it is enrolled at the first login.
std::unexpected<Refused> enrolment_required();

/// Whether a username, or one that looks like it, is taken or reserved by a live registration of another address.
bool is_username_taken(Transaction& tx, const limits::Username& username, const std::string& email_canonical, Time now);

/// The same for accounts only.
bool has_account(Transaction& tx, const limits::Username& username);

/// Checks a requested username. Returns its forms, or a refusal that says what is wrong with it.
Result<limits::Username> checked_username(std::string_view username);

/// Refuses a guessable password with weak_password, and one that is too short or too long with invalid_field. Both say
/// how to improve it. `field`: which one of the request it is.
Result<void> check_password(crypto::PasswordParameters::Algorithm algorithm, std::string_view password,
                            const std::vector<std::string>& own_words, std::string_view field = "password");

}  // namespace ostiary::accounts
