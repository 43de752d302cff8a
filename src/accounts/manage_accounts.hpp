#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/deps.hpp"
#include "accounts/statements.hpp"
#include "crypto/password_hash.hpp"
#include "limits/email_address.hpp"
#include "limits/username.hpp"

namespace ostiary::accounts {

/// The account that `ostiary user create` creates.
struct AccountOrder {
  std::string email;
  std::optional<std::string> username;
  Secret password;
};

/// An order that needs the database to be judged further.
struct CheckedOrder {
  limits::EmailAddress email;
  std::optional<limits::Username> username;
};

/// Refuses a wrong address, username or password like `create_by_operator`, without the database.
Result<CheckedOrder> check_order(const AccountOrder& order, crypto::PasswordParameters::Algorithm algorithm,
                                 const std::string& service_name);

/// Makes an account whose address an operator vouches for. Refuses what registration refuses, and an address that has
/// one.
Result<UserId> create_by_operator(Deps& deps, const Call& call, const AccountOrder& order);

struct Account {
  statements::AccountRow row;
  std::vector<std::string> roles;
};

/// The name of an account for `list_accounts`: its address, or its id if it has none.
std::string name_in_list(const Account& account);

/// Finds an account by email, username or id. Refuses with not_found.
Result<Account> find_account(Deps& deps, std::string_view name);

/// A page of accounts: first those with an address, sorted by address, then those without, sorted by id. It starts
/// after `after`: an address, the id of an account without one, or empty.
std::vector<Account> list_accounts(Deps& deps, std::string_view after, std::int64_t count);

}  // namespace ostiary::accounts
