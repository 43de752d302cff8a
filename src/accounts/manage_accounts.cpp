#include "accounts/manage_accounts.hpp"

#include "accounts/create_account.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::accounts {

namespace {

std::optional<UserId> id_of(Transaction& tx, std::string_view name) {
  if (const auto id = parse_id<UserId>(name)) return id;
  if (const auto email = limits::parse_email(name)) {
    const auto owner = tx.optional(statements::find_forgetful, email->canonical);
    return owner ? std::optional(owner->id) : std::nullopt;
  }
  const auto user = tx.optional(statements::find_username, limits::username_canonical(name));
  return user ? std::optional(user->id) : std::nullopt;
}

}  // namespace

Result<CheckedOrder> check_order(const AccountOrder& order, crypto::PasswordParameters::Algorithm algorithm,
                                 const std::string& service_name) {
  const auto email = limits::parse_email(order.email);
  if (!email) return refuse(Refusal::invalid_field, "This is not an email address.", "email");
  CheckedOrder checked{*email, std::nullopt};
  if (order.username) {
    auto username = checked_username(*order.username);
    if (!username) return std::unexpected(username.error());
    checked.username = *std::move(username);
  }
  const auto password =
      check_password(algorithm, order.password.reveal(), {email->given, order.username.value_or(""), service_name});
  if (!password) return std::unexpected(password.error());
  return checked;
}

Result<UserId> create_by_operator(Deps& deps, const Call& call, const AccountOrder& order) {
  const auto checked = check_order(order, deps.sessions.hasher.parameters().algorithm, deps.service_name);
  if (!checked) return std::unexpected(checked.error());
  const auto& [email, username] = *checked;
  const std::string password_hash = deps.sessions.hasher.hash(order.password);
  const Time now = deps.sessions.clock.now();
  return deps.sessions.db.transaction([&](Transaction& tx) -> Result<UserId> {
    if (tx.optional(statements::find_holder, email.canonical, now)) {
      return refuse(Refusal::email_taken, "This address has an account.", "email");
    }
    if (username && is_username_taken(tx, *username, email.canonical, now)) {
      return refuse(Refusal::username_taken, "This username is taken, or looks too much like a taken one.", "username");
    }
    const auto id = deps.sessions.ids.make<UserId>();
    create_account(tx, deps, call, {id, email, true, username, password_hash, "", "en"}, std::nullopt, now);
    return id;
  });
}

Result<Account> find_account(Deps& deps, std::string_view name) {
  return deps.sessions.db.read([&](Transaction& tx) -> Result<Account> {
    const auto id = id_of(tx, name);
    auto row = id ? tx.optional(statements::find_account, *id) : std::nullopt;
    if (!row) return refuse(Refusal::not_found, "There is no account '" + std::string(name) + "'.");
    return Account{*std::move(row), sessions::roles_of(tx, *id)};
  });
}

std::string name_in_list(const Account& account) { return account.row.email.value_or(to_string(account.row.id)); }

std::vector<Account> list_accounts(Deps& deps, std::string_view after, std::int64_t count) {
  const auto email = limits::parse_email(after);
  const std::string behind = email ? email->canonical : std::string(after);
  const auto behind_id = parse_id<UserId>(after);
  return *deps.sessions.db.read([&](Transaction& tx) -> Result<std::vector<Account>> {
    std::vector<statements::AccountRow> rows;
    if (!behind_id) rows = tx.all(statements::list_accounts, behind, count);
    if (const auto left = count - static_cast<std::int64_t>(rows.size()); left > 0) {
      for (auto& row : tx.all(statements::list_accounts_without_email, behind_id.value_or(UserId{}), left)) {
        rows.push_back(std::move(row));
      }
    }
    std::vector<Account> accounts;
    for (auto& row : rows) {
      auto roles = sessions::roles_of(tx, row.id);
      accounts.push_back({std::move(row), std::move(roles)});
    }
    return accounts;
  });
}

}  // namespace ostiary::accounts
