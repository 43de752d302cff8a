#include "manage.hpp"

#include <iostream>

#include "access/roles.hpp"
#include "accounts/manage_accounts.hpp"
#include "assembly.hpp"
#include "base/encoding.hpp"
#include "cli/password.hpp"

namespace ostiary {

namespace {

/// All rooms, for one command. Mail that a command orders is sent by the server, if one runs, or by the next.
struct Office {
  Office(const Config& config, Log& log)
      : foundation(config, Storage::Use::command, log), rooms(config, foundation, [] {}) {}

  Foundation foundation;
  Rooms rooms;

  /// The call that the audit log shows: an operator at the machine.
  Call call() const {
    Call call;
    call.received_at = foundation.clock.now();
    call.method = "ostiary user";
    call.address = "local";
    call.user_agent = "ostiary command line";
    return call;
  }
};

cli::ExitStatus fail(const Refused& refused) {
  std::cerr << "ostiary: " << (refused.detail.empty() ? std::string(name_of(refused.why)) : refused.detail) << '\n';
  return cli::failed;
}

std::string words(const std::vector<std::string>& list) {
  std::string text;
  for (const auto& word : list) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

cli::ExitStatus migrate(const Config& config, Log& log, const cli::Migrate& command) {
  const SystemClock clock;
  Storage storage(config, Storage::Use::command, log);
  storage::Migrator migrator(storage.db());
  const auto migrations = command.dry_run ? migrator.pending() : migrator.migrate(clock);
  for (const auto& migration : migrations) {
    std::cout << (command.dry_run ? "would apply " : "applied ") << migration.name << '\n';
  }
  if (migrations.empty()) std::cout << "nothing to do: the schema is current\n";
  return cli::done;
}

cli::ExitStatus show_migrations(const Config& config, Log& log) {
  Storage storage(config, Storage::Use::command, log);
  storage::Migrator migrator(storage.db());
  for (const auto& applied : migrator.applied()) {
    std::cout << applied.name << "  applied " << to_rfc3339(applied.applied_at) << '\n';
  }
  for (const auto& pending : migrator.pending()) std::cout << pending.name << "  pending\n";
  return cli::done;
}

cli::ExitStatus create_user(const Config& config, Log& log, const cli::CreateUser& command) {
  auto password = cli::read_new_password();
  if (!password) {
    std::cerr << "ostiary: " << password.error() << '\n';
    return cli::failed;
  }
  Office office(config, log);
  const auto id = accounts::create_by_operator(
      office.rooms.accounts, office.call(), {command.email, command.username, *std::move(password), command.verified});
  if (!id) return fail(id.error());
  std::cout << to_string(*id) << '\n';
  return cli::done;
}

cli::ExitStatus list_users(const Config& config, Log& log, const cli::ListUsers& command) {
  Office office(config, log);
  const auto accounts = accounts::list_accounts(office.rooms.accounts, command.after, command.count);
  for (const auto& account : accounts) {
    std::cout << to_string(account.row.id) << "  " << account.row.status << "  "
              << (account.row.email_verified ? "verified  " : "unverified") << "  " << account.row.email;
    if (!account.roles.empty()) std::cout << "  (" << words(account.roles) << ')';
    std::cout << '\n';
  }
  if (static_cast<std::int64_t>(accounts.size()) == command.count) {
    std::cerr << "more: ostiary user list --after " << accounts.back().row.email << '\n';
  }
  return cli::done;
}

cli::ExitStatus show_user(const Config& config, Log& log, const cli::ShowUser& command) {
  Office office(config, log);
  const auto account = accounts::find_account(office.rooms.accounts, command.name);
  if (!account) return fail(account.error());
  const auto& row = account->row;
  const auto line = [](std::string_view name, std::string_view value) {
    std::cout << name << std::string(16 - name.size(), ' ') << value << '\n';
  };
  line("id", to_string(row.id));
  line("email", row.email);
  line("email verified", row.email_verified ? "yes" : "no");
  line("username", row.username.value_or("-"));
  line("status", row.status);
  line("roles", account->roles.empty() ? "-" : words(account->roles));
  line("display name", row.display_name.empty() ? "-" : row.display_name);
  line("locale", row.locale);
  line("time zone", row.time_zone);
  line("created", to_rfc3339(row.created_at));
  line("last login", row.last_login_at ? to_rfc3339(*row.last_login_at) : "-");
  return cli::done;
}

cli::ExitStatus make_admin(const Config& config, Log& log, const cli::MakeAdmin& command) {
  Office office(config, log);
  const auto account = accounts::find_account(office.rooms.accounts, command.name);
  if (!account) return fail(account.error());
  const auto granted = access::grant_role(office.rooms.sessions, office.call(), account->row.id, access::admin_role);
  if (!granted) return fail(granted.error());
  std::cout << account->row.email << (*granted ? " is an administrator now\n" : " was an administrator already\n");
  return cli::done;
}

}  // namespace ostiary
