#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/deps.hpp"
#include "accounts/statements.hpp"

namespace ostiary::accounts {

/// What `ostiary user create` makes.
struct AccountOrder {
  std::string email;
  std::optional<std::string> username;
  Secret password;
};

/// Makes an account whose address an operator vouches for. Refuses what registration refuses, and an address that has
/// one.
Result<UserId> create_by_operator(Deps& deps, const Call& call, const AccountOrder& order);

struct Account {
  statements::AccountRow row;
  std::vector<std::string> roles;
};

/// What names an account to `list_accounts`: its address, or its id where it has none.
std::string name_in_list(const Account& account);

/// The account under an email, a username or an id; not_found otherwise.
Result<Account> find_account(Deps& deps, std::string_view name);

/// A page of accounts: those with an address in the order of their addresses, then those without one in the order of
/// their ids. It begins behind `after`, which is an address, the id of an account without one, or empty.
std::vector<Account> list_accounts(Deps& deps, std::string_view after, std::int64_t count);

}  // namespace ostiary::accounts
