#pragma once

#include <optional>
#include <string>

#include "accounts/deps.hpp"
#include "sessions/statements.hpp"

namespace ostiary::accounts {

/// What an account begins with.
struct NewAccount {
  UserId id{};
  std::optional<std::string> email = std::nullopt;
  std::optional<std::string> email_canonical = std::nullopt;  ///< there is one exactly where there is an `email`
  bool email_verified = false;
  std::optional<std::string> username = std::nullopt;
  std::optional<std::string> username_skeleton = std::nullopt;
  std::optional<std::string> password_hash = std::nullopt;  ///< without one nobody signs in by a password
  std::string display_name{};
  std::string locale{};
};

/// Makes the user and the profile as part of `tx`, announces `user.registered` and, where it is, `user.verified`, and
/// writes the audit rows; `actor` is nobody for an operator at the machine. The address and name are free: the caller
/// has looked. The data key exists.
sessions::statements::UserRow create_account(Transaction& tx, const Deps& deps, const Call& call,
                                             const NewAccount& account, std::optional<UserId> actor, Time now);

/// Whether a username is somebody's, or reserved by a live registration of another address.
bool is_username_taken(Transaction& tx, const std::string& skeleton, const std::string& email_canonical, Time now);

/// A username as asked for, judged: its skeleton, or a refusal that says what is wrong with it.
Result<std::string> checked_skeleton(std::string_view username);

/// Refuses a password that can be guessed with weak_password, one that is too short or too long with invalid_field;
/// both say what would make it better.
Result<void> check_password(const Deps& deps, std::string_view password, const std::vector<std::string>& own_words);

}  // namespace ostiary::accounts
