#pragma once

#include <optional>
#include <string>

#include "accounts/deps.hpp"
#include "limits/email_address.hpp"
#include "limits/username.hpp"
#include "sessions/statements.hpp"

namespace ostiary::accounts {

/// What an account begins with.
struct NewAccount {
  UserId id{};
  std::optional<limits::EmailAddress> email = std::nullopt;
  bool email_verified = false;
  std::optional<limits::Username> username = std::nullopt;
  std::optional<std::string> password_hash = std::nullopt;  ///< without one nobody signs in by a password
  std::string display_name{};
  std::string locale{};
};

/// Makes the user, their data key and the profile as part of `tx`, announces `user.registered` and, where it is,
/// `user.verified`, and writes the audit rows; without an `actor` it was who makes the call. The address and name are
/// free: the caller has looked.
sessions::statements::UserRow create_account(Transaction& tx, const Deps& deps, const Call& call,
                                             const NewAccount& account, std::optional<UserId> actor, Time now);

/// Whether a username, or one that looks like it, is somebody's, or reserved by a live registration of another address.
bool is_username_taken(Transaction& tx, const limits::Username& username, const std::string& email_canonical, Time now);

/// The same of accounts only.
bool has_account(Transaction& tx, const limits::Username& username);

/// A username as asked for, judged: its forms, or a refusal that says what is wrong with it.
Result<limits::Username> checked_username(std::string_view username);

/// Refuses a password that can be guessed with weak_password, one that is too short or too long with invalid_field;
/// both say what would make it better.
Result<void> check_password(const Deps& deps, std::string_view password, const std::vector<std::string>& own_words);

}  // namespace ostiary::accounts
