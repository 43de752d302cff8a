#include <boost/json.hpp>
#include <iostream>

#include "access/roles.hpp"
#include "accounts/change_status.hpp"
#include "accounts/create_account.hpp"
#include "accounts/delete_account.hpp"
#include "accounts/forget_factors.hpp"
#include "accounts/manage_accounts.hpp"
#include "accounts/set_password.hpp"
#include "accounts/verify_by_operator.hpp"
#include "assembly.hpp"
#include "base/encoding.hpp"
#include "cli/complaint.hpp"
#include "cli/password.hpp"
#include "cli/table.hpp"
#include "limits/email_address.hpp"
#include "manage.hpp"
#include "sessions/end_sessions.hpp"

namespace ostiary {

namespace {

namespace json = boost::json;
using accounts::Account;

/// All rooms, for one command. Mail that a command orders is sent by the server, if one runs, or by the next.
struct Office {
  Office(const Config& config, Log& log, Storage::Use use = Storage::Use::visitor)
      : geoip(open_geoip(config)), foundation(config, use, log), rooms(config, foundation, geoip, log, [] {}) {}

  std::optional<adapters::GeoIp> geoip;
  Foundation foundation;
  Rooms rooms;

  /// The call that the audit log shows: an operator at the machine.
  Call call() const {
    Call call;
    call.received_at = foundation.clock.now();
    call.method = "ostiary user";
    call.address = "local";
    call.user_agent = "ostiary command line";
    call.caller = Operator{};
    return call;
  }

  Result<Account> find(std::string_view name) { return accounts::find_account(rooms.accounts, name); }
};

cli::ExitStatus fail(const Refused& refused) {
  cli::complain(refused.detail.empty() ? std::string(name_of(refused.why)) : refused.detail);
  return cli::failed;
}

std::string words(const std::vector<std::string>& list) {
  std::string text;
  for (const auto& word : list) text += (text.empty() ? "" : " ") + word;
  return text;
}

template <class Text>
json::value text_or_null(const std::optional<Text>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

json::object as_json(const Account& account) {
  const auto& row = account.row;
  json::object user{{"user_id", to_string(row.id)}, {"email", text_or_null(row.email)}};
  user["email_verified"] = row.email_verified;
  user["username"] = text_or_null(row.username);
  user["status"] = row.status;
  user["roles"] = json::array(account.roles.begin(), account.roles.end());
  user["display_name"] = row.display_name;
  user["avatar_url"] = row.avatar_url;
  user["locale"] = row.locale;
  user["time_zone"] = row.time_zone;
  user["created_at"] = to_rfc3339(row.created_at);
  user["updated_at"] = to_rfc3339(row.updated_at);
  user["last_login_at"] = row.last_login_at ? json::value(to_rfc3339(*row.last_login_at)) : json::value(nullptr);
  return user;
}

void print_text(const Account& account) {
  const auto& row = account.row;
  const auto line = [](std::string_view name, std::string_view value) {
    std::cout << name << std::string(16 - name.size(), ' ') << value << '\n';
  };
  line("id", to_string(row.id));
  line("email", row.email.value_or("-"));
  line("email verified", row.email_verified ? "yes" : "no");
  line("username", row.username.value_or("-"));
  line("status", row.status);
  line("roles", account.roles.empty() ? "-" : words(account.roles));
  line("display name", row.display_name.empty() ? "-" : row.display_name);
  line("locale", row.locale);
  line("time zone", row.time_zone);
  line("created", to_rfc3339(row.created_at));
  line("last login", row.last_login_at ? to_rfc3339(*row.last_login_at) : "-");
}

void print_text(const std::vector<Account>& page) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [row, roles] : page) {
    rows.push_back({to_string(row.id), row.email.value_or(""), row.email_verified ? "yes" : "no",
                    row.username.value_or(""), row.status, words(roles)});
  }
  std::cout << cli::table({"ID", "EMAIL", "VERIFIED", "USERNAME", "STATUS", "ROLES"}, rows);
}

std::string counted_sessions(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " session" : " sessions");
}

/// Prints what was done to an account, as it is now: a sentence, or `facts` beside the account.
cli::ExitStatus print_change(Office& office, const Account& before, bool as_document, const std::string& sentence,
                             json::object facts) {
  if (!as_document) {
    std::cout << name_in_list(before) << ' ' << sentence << '\n';
    return cli::done;
  }
  const auto now = office.find(to_string(before.row.id));
  if (!now) return fail(now.error());
  facts["user"] = as_json(*now);
  std::cout << facts << '\n';
  return cli::done;
}

}  // namespace

cli::ExitStatus create_user(const Config& config, Log& log, const cli::CreateUser& command) {
  // Nobody wants to type a password twice for an address that is none.
  if (!limits::parse_email(command.email))
    return fail(refuse(Refusal::invalid_field, "email: this is not an email address").error());
  if (command.username) {
    if (const auto checked = accounts::checked_username(*command.username); !checked) return fail(checked.error());
  }
  auto password = cli::read_new_password();
  if (!password) {
    cli::complain(password.error());
    return cli::failed;
  }
  const accounts::AccountOrder order{command.email, command.username, *std::move(password)};
  // Before a database is made: nothing is left of a command that is refused.
  const auto checked = accounts::check_order(order, *config.password_algorithm, *config.service_name);
  if (!checked) return fail(checked.error());
  Office office(config, log, Storage::Use::founder);
  const auto id = accounts::create_by_operator(office.rooms.accounts, office.call(), order);
  if (!id) return fail(id.error());
  if (!command.json) {
    std::cout << to_string(*id) << '\n';
    return cli::done;
  }
  const auto account = office.find(to_string(*id));
  if (!account) return fail(account.error());
  std::cout << json::object{{"user", as_json(*account)}} << '\n';
  return cli::done;
}

cli::ExitStatus list_users(const Config& config, Log& log, const cli::ListUsers& command) {
  Office office(config, log);
  // One more than asked for tells whether there are more.
  auto page = accounts::list_accounts(office.rooms.accounts, command.after, command.count + 1);
  const bool more = static_cast<std::int64_t>(page.size()) > command.count;
  if (more) page.pop_back();
  if (!command.json) {
    print_text(page);
    if (more) {
      const std::string limit =
          command.count == cli::ListUsers{}.count ? "" : " --limit " + std::to_string(command.count);
      std::cerr << "more: ostiary user list" + limit + " --after " + name_in_list(page.back()) + "\n";
    }
    return cli::done;
  }
  json::array users;
  for (const auto& account : page) users.push_back(as_json(account));
  json::object document{{"users", std::move(users)}, {"next", nullptr}};
  if (more) document["next"] = name_in_list(page.back());
  std::cout << document << '\n';
  return cli::done;
}

cli::ExitStatus show_user(const Config& config, Log& log, const cli::ShowUser& command) {
  Office office(config, log);
  const auto account = office.find(command.name);
  if (!account) return fail(account.error());
  if (command.json) {
    std::cout << json::object{{"user", as_json(*account)}} << '\n';
  } else {
    print_text(*account);
  }
  return cli::done;
}

cli::ExitStatus verify_user(const Config& config, Log& log, const cli::VerifyUser& command) {
  Office office(config, log);
  const auto account = office.find(command.name);
  if (!account) return fail(account.error());
  const auto verified = accounts::verify_by_operator(office.rooms.accounts, office.call(), account->row.id);
  if (!verified) return fail(verified.error());
  return print_change(office, *account, command.json, *verified ? "is verified now" : "was verified already",
                      {{"changed", *verified}});
}

cli::ExitStatus set_password(const Config& config, Log& log, const cli::SetPassword& command) {
  Office office(config, log);
  // Nobody wants to type a password twice for an account that does not exist.
  const auto account = office.find(command.name);
  if (!account) return fail(account.error());
  const auto password = cli::read_new_password();
  if (!password) {
    cli::complain(password.error());
    return cli::failed;
  }
  const auto ended = accounts::set_password(office.rooms.accounts, office.call(), account->row.id, *password);
  if (!ended) return fail(ended.error());
  return print_change(office, *account, command.json, "has a new password; " + counted_sessions(*ended) + " ended",
                      {{"ended_sessions", *ended}});
}

cli::ExitStatus delete_user(const Config& config, Log& log, const cli::DeleteUser& command) {
  Office office(config, log);
  const auto account = office.find(command.name);
  if (!account) return fail(account.error());
  if (!command.yes && !cli::is_confirmed("delete the account permanently", name_in_list(*account))) {
    cli::complain("nothing was deleted: confirm with --yes, or by typing the name on a terminal");
    return cli::failed;
  }
  const auto ended = accounts::delete_account(office.rooms.accounts, office.call(), account->row.id);
  if (!ended) return fail(ended.error());
  if (command.json) {
    std::cout << json::object{{"user_id", to_string(account->row.id)}, {"ended_sessions", *ended}} << '\n';
  } else {
    std::cout << name_in_list(*account) << " is deleted; " << counted_sessions(*ended) << " ended\n";
  }
  return cli::done;
}

cli::ExitStatus disable_user(const Config& config, Log& log, const cli::DisableUser& command) {
  Office office(config, log);
  const auto account = office.find(command.name);
  if (!account) return fail(account.error());
  const auto change = accounts::disable_account(office.rooms.accounts, office.call(), account->row.id);
  if (!change) return fail(change.error());
  std::string sentence = change->changed ? "is now disabled" : "was already disabled";
  if (change->ended_sessions > 0) sentence += "; " + counted_sessions(change->ended_sessions) + " ended";
  return print_change(office, *account, command.json, sentence,
                      {{"changed", change->changed}, {"ended_sessions", change->ended_sessions}});
}

cli::ExitStatus enable_user(const Config& config, Log& log, const cli::EnableUser& command) {
  Office office(config, log);
  const auto account = office.find(command.name);
  if (!account) return fail(account.error());
  const auto change = accounts::enable_account(office.rooms.accounts, office.call(), account->row.id);
  if (!change) return fail(change.error());
  return print_change(office, *account, command.json, change->changed ? "is now enabled" : "was already enabled",
                      {{"changed", change->changed}});
}

cli::ExitStatus end_sessions(const Config& config, Log& log, const cli::EndSessions& command) {
  Office office(config, log);
  const auto account = office.find(command.name);
  if (!account) return fail(account.error());
  const auto ended = sessions::revoke_all_sessions(office.rooms.sessions, office.call(), account->row.id);
  if (!ended) return fail(ended.error());
  return print_change(office, *account, command.json,
                      *ended == 0 ? "had no session" : "is signed out: " + counted_sessions(*ended) + " ended",
                      {{"ended_sessions", *ended}});
}

cli::ExitStatus remove_factors(const Config& config, Log& log, const cli::RemoveFactors& command) {
  Office office(config, log);
  const auto account = office.find(command.name);
  if (!account) return fail(account.error());
  const auto ended = accounts::remove_factors(office.rooms.accounts, office.call(), account->row.id);
  if (!ended) return fail(ended.error());
  return print_change(office, *account, command.json,
                      "has no second factors any more; " + counted_sessions(*ended) + " ended",
                      {{"ended_sessions", *ended}});
}

cli::ExitStatus make_admin(const Config& config, Log& log, const cli::MakeAdmin& command) {
  Office office(config, log);
  const auto account = office.find(command.name);
  if (!account) return fail(account.error());
  const auto granted = access::grant_role(office.rooms.sessions, office.call(), account->row.id, access::admin_role);
  if (!granted) return fail(granted.error());
  return print_change(office, *account, command.json,
                      *granted ? "is now an administrator" : "was already an administrator", {{"changed", *granted}});
}

cli::ExitStatus remove_role(const Config& config, Log& log, const cli::RemoveRole& command) {
  Office office(config, log);
  const auto account = office.find(command.name);
  if (!account) return fail(account.error());
  const auto removed = access::remove_role(office.rooms.sessions, office.call(), account->row.id, command.role);
  if (!removed) return fail(removed.error());
  return print_change(office, *account, command.json,
                      (*removed ? "no longer has the role " : "did not have the role ") + command.role,
                      {{"changed", *removed}});
}

}  // namespace ostiary
