#include "cli/commands.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>
#include <vector>

#include "base/spelling.hpp"

namespace ostiary::cli {
namespace {

constexpr const char* general_examples = R"(Examples:
  ostiary serve                                   serve http://localhost:8001, with all data in ./data
  PORT=9000 ostiary serve                         the same on another port
  ostiary config                                  show all settings and where they come from
  ostiary doctor                                  find problems and how to fix them
  ostiary user create ada@example.org --verified

Settings come from the environment or from .env in the working directory. NAME_FILE reads NAME from a file.
Exit status: 0 success, 1 failure, 2 wrong arguments or settings.)";

constexpr const char* serve_examples = R"(Runs until SIGTERM or SIGINT, then finishes running calls and stops.

Examples:
  ostiary serve
  POSTGRES_HOST=localhost POSTGRES_USER=ostiary POSTGRES_PASSWORD_FILE=/run/secrets/postgres ostiary serve)";

constexpr const char* worker_examples =
    R"(Needs PostgreSQL. With SQLite the server runs the jobs itself.

Examples:
  DATABASE_URL=postgresql://ostiary@localhost/ostiary ostiary worker)";

constexpr const char* migrate_examples = R"(Safe to run in several processes at once, and while a server runs.

Examples:
  ostiary migrate --dry-run                       show what would be done
  ostiary migrate                                 migrate
  ostiary migrate status                          show which migrations were applied, and when
  ostiary migrate status --json | jq '.pending | length')";

constexpr const char* config_examples = R"(Secrets are never shown.

Examples:
  ostiary config
  ostiary config | grep POSTGRES
  ostiary config --json | jq '.settings[] | select(.origin != "default")'
  ostiary config --markdown > docs/configuration.md)";

constexpr const char* openapi_examples =
    R"(Prints the document that a server with the same settings serves at /openapi.json and /openapi.yaml. Needs no
database and writes nothing.

Examples:
  ostiary openapi > openapi.json
  PUBLIC_URL=https://id.example.org ostiary openapi --yaml > openapi.yaml)";

constexpr const char* doctor_examples =
    R"(Checks settings, storage, clock, mail, keys and ports, and changes nothing. It can run while a server runs.
Exit status: 0 no problem (warnings do not count), 1 at least one problem.

Examples:
  ostiary doctor
  ostiary doctor --json | jq '.checks[] | select(.level == "problem")')";

constexpr const char* user_examples =
    R"(Changes take effect on running servers within two seconds. See `ostiary user COMMAND --help`.

Examples:
  ostiary user create ada@example.org --verified
  ostiary user list
  ostiary user show ada@example.org
  ostiary user set-password ada
  ostiary user disable ada)";

constexpr const char* create_examples =
    R"(On a terminal it asks for the password twice; otherwise it reads the first line of standard input. It creates the
database if there is none yet. --verified is required: no mail is sent, so you vouch for the address. People who should
prove their address register themselves.

Examples:
  ostiary user create ada@example.org --verified
  ostiary user create ada@example.org --username ada --verified < password.txt
  ostiary user create ada@example.org --verified --json < password.txt | jq -r .user.user_id)";

constexpr const char* list_examples = R"(Sorted by email address.

Examples:
  ostiary user list
  ostiary user list --limit 200 --after marie@example.org
  ostiary user list --json | jq -r '.users[].email, .next')";

constexpr const char* show_examples = R"(Examples:
  ostiary user show ada@example.org
  ostiary user show ada
  ostiary user show 0193a5b0-7c1e-7d3f-9a55-3f1f0d9e8c21
  ostiary user show ada --json | jq -r .user.status)";

constexpr const char* verify_examples =
    R"(You vouch for the address: no mail is sent. For accounts that were created without verification
(REGISTRATION_VERIFY_EMAIL=off).

Examples:
  ostiary user verify ada@example.org
  ostiary user verify ada --json | jq .changed)";

constexpr const char* password_examples =
    R"(On a terminal it asks for the password twice; otherwise it reads the first line of standard input. The password
must satisfy the same rules as at registration. All sessions of the account end within two seconds, on every running
server.

Examples:
  ostiary user set-password ada@example.org
  ostiary user set-password ada < password.txt
  openssl rand -base64 18 | tee password.txt | ostiary user set-password ada)";

constexpr const char* delete_examples =
    R"(Cannot be undone. On a terminal it asks for the name again; elsewhere --yes is required. All sessions of the
account end within two seconds; its address and username become available again. Its personal data is deleted, and so
is the key that encrypts the details of its audit rows; the rows themselves stay. If the command is interrupted, run it
again.

Examples:
  ostiary user delete ada@example.org
  ostiary user delete 0193a5b0-7c1e-7d3f-9a55-3f1f0d9e8c21 --yes
  ostiary user delete ada --yes --json | jq .ended_sessions)";

constexpr const char* disable_examples =
    R"(Nobody can sign in to the account, and all its sessions end, on every running server within two seconds.

Examples:
  ostiary user disable ada@example.org)";

constexpr const char* enable_examples = R"(The owner can sign in again. Ended sessions stay ended.

Examples:
  ostiary user enable ada@example.org)";

constexpr const char* end_sessions_examples =
    R"(Takes effect on every running server within two seconds. The account is not changed: the owner can sign in again.

Examples:
  ostiary user end-sessions ada@example.org
  ostiary user end-sessions ada --json | jq .ended_sessions)";

constexpr const char* remove_factors_examples =
    R"(Removes authenticator app, security keys and passkeys, backup codes and phone number, for an owner who lost them.
All sessions end, and the owner is told by mail. Make sure first that it is the owner who asks.

Examples:
  ostiary user remove-factors ada@example.org)";

constexpr const char* admin_examples =
    R"(The session check and access tokens then contain the role. Existing sessions get
it when they are refreshed. No call of this version requires the role: it is for your applications to read.

Examples:
  ostiary user make-admin ada@example.org)";

constexpr const char* remove_role_examples =
    R"(Existing sessions lose the role when they are refreshed. The only role of this version is admin.

Examples:
  ostiary user remove-role ada@example.org admin)";

CLI::App* add(CLI::App& parent, const char* name, const char* description, const char* examples) {
  CLI::App* app = parent.add_subcommand(name, description);
  app->footer(examples);
  return app;
}

/// The options of all commands, filled in by parsing.
struct Options {
  Migrate migrate;
  ShowMigrations migrations;
  ShowConfig config;
  bool manual = false;
  DescribeApi describe_api;
  Doctor doctor;
  CreateUser create;
  bool vouches = false;
  ListUsers list;
  ShowUser show;
  VerifyUser verify;
  SetPassword set_password;
  DisableUser disable;
  EnableUser enable;
  EndSessions end_sessions;
  RemoveFactors remove_factors;
  DeleteUser remove;
  MakeAdmin make_admin;
  RemoveRole remove_role;
  std::optional<Command> chosen;
};

template <class Chosen>
CLI::Option* add_json(CLI::App& app, Chosen& command) {
  return app.add_flag("--json", command.json, "Print one JSON document");
}

/// A command about one account.
template <class Chosen>
CLI::App* add_named(CLI::App& user, const char* name, const char* description, const char* examples, Chosen& command,
                    std::optional<Command>& chosen) {
  auto* app = add(user, name, description, examples);
  app->add_option("name", command.name, "An email address, a username or an id")->required();
  add_json(*app, command);
  app->callback([&command, &chosen] { chosen = command; });
  return app;
}

void add_user_commands(CLI::App& user, Options& options) {
  auto* create = add(user, "create", "Create an account", create_examples);
  create->add_option("email", options.create.email, "The email address")->required();
  create->add_option("--username", options.create.username, "The username");
  create->add_flag("--verified", options.vouches, "Treat the address as verified. Required");
  add_json(*create, options.create);
  create->callback([&options] {
    if (!options.vouches) {
      throw CLI::ValidationError("--verified is required: you vouch for the address, and no mail is sent");
    }
    options.chosen = options.create;
  });

  auto* list = add(user, "list", "List accounts", list_examples);
  list->add_option("--limit", options.list.count, "Maximum number of accounts")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  list->add_option("--after", options.list.after,
                   "Start after this address, or after this id of an account without an address");
  add_json(*list, options.list);
  list->callback([&options] { options.chosen = options.list; });

  add_named(user, "show", "Show an account", show_examples, options.show, options.chosen);
  add_named(user, "verify", "Mark an account's address as verified", verify_examples, options.verify, options.chosen);
  add_named(user, "set-password", "Set an account's password and end its sessions", password_examples,
            options.set_password, options.chosen);
  add_named(user, "disable", "Disable an account and end its sessions", disable_examples, options.disable,
            options.chosen);
  add_named(user, "enable", "Enable a disabled account", enable_examples, options.enable, options.chosen);
  add_named(user, "end-sessions", "End all sessions of an account", end_sessions_examples, options.end_sessions,
            options.chosen);
  add_named(user, "remove-factors", "Remove all second factors of an account", remove_factors_examples,
            options.remove_factors, options.chosen);
  add_named(user, "delete", "Delete an account and its personal data permanently", delete_examples, options.remove,
            options.chosen)
      ->add_flag("--yes", options.remove.yes, "Do not ask");
  add_named(user, "make-admin", "Grant an account the administrator role", admin_examples, options.make_admin,
            options.chosen);
  add_named(user, "remove-role", "Remove a role from an account", remove_role_examples, options.remove_role,
            options.chosen)
      ->add_option("role", options.remove_role.role, "The role")
      ->required();
}

void add_commands(CLI::App& app, Options& options) {
  add(app, "serve", "Serve HTTP and gRPC, and run background jobs", serve_examples)->callback([&options] {
    options.chosen = Serve{};
  });
  add(app, "worker", "Run background jobs only: mail and clean-up", worker_examples)->callback([&options] {
    options.chosen = Work{};
  });

  auto* migrate = add(app, "migrate", "Migrate the database schema", migrate_examples);
  migrate->add_flag("--dry-run", options.migrate.dry_run, "Only show what would be done");
  add_json(*migrate, options.migrate);
  auto* status = migrate->add_subcommand("status", "Show applied and pending migrations");
  add_json(*status, options.migrations);
  migrate->callback([&options, status] {
    if (status->parsed()) {
      options.migrations.json = options.migrations.json || options.migrate.json;
      options.chosen = options.migrations;
    } else {
      options.chosen = options.migrate;
    }
  });

  auto* config = add(app, "config", "Show the settings, their meaning and where they come from", config_examples);
  auto* markdown = config->add_flag("--markdown", options.manual, "Print the manual of all settings instead");
  add_json(*config, options.config)->excludes(markdown);
  config->callback([&options] {
    if (options.manual) {
      options.chosen = ShowManual{};
    } else {
      options.chosen = options.config;
    }
  });

  auto* openapi = add(app, "openapi", "Print the OpenAPI description of the HTTP API", openapi_examples);
  openapi->add_flag("--yaml", options.describe_api.yaml, "Print YAML instead of JSON");
  openapi->callback([&options] { options.chosen = options.describe_api; });

  auto* doctor = add(app, "doctor", "Find problems and say how to fix them", doctor_examples);
  add_json(*doctor, options.doctor);
  doctor->callback([&options] { options.chosen = options.doctor; });

  auto* user = add(app, "user", "Manage accounts", user_examples);
  user->require_subcommand(1);
  add_user_commands(*user, options);
}

/// The innermost command that the arguments name.
const CLI::App& chosen_by(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : chosen_by(*parsed.back());
}

bool has_commands(const CLI::App& app) {
  return !app.get_subcommands([](const CLI::App*) { return true; }).empty();
}

/// The error message for an unknown command name. Empty if the arguments have none.
std::optional<std::string> unknown_command(const CLI::App& app) {
  const CLI::App& parent = chosen_by(app);
  if (!has_commands(parent)) return std::nullopt;
  const auto words = app.remaining(true);
  const auto is_word = [](const std::string& text) { return !text.starts_with('-'); };
  const auto unknown = std::ranges::find_if(words, is_word);
  if (unknown == words.end()) return std::nullopt;
  std::vector<std::string> names;
  for (const auto* command : parent.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  const std::string path = &parent == &app ? "ostiary" : "ostiary " + parent.get_name();
  const auto meant = meant_by(*unknown, names);
  return "ostiary: there is no command '" + path + " " + *unknown + "'" +
         (meant ? "; did you mean '" + path + " " + *meant + "'?" : "") + "\n`" + path + " --help` lists all\n";
}

/// The arguments in reverse order, as CLI11 expects them. `help a b` becomes `a b --help`.
std::vector<std::string> words_of(int argc, const char* const* argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  std::ranges::reverse(words);
  return words;
}

}  // namespace

std::expected<Command, ExitStatus> parse(int argc, const char* const* argv, std::ostream& out, std::ostream& error) {
  Options options;
  CLI::App app("Ostiary stores user accounts and tells your applications who is signed in.", "ostiary");
  app.footer(general_examples);
  app.set_version_flag("--version", "ostiary " OSTIARY_VERSION);
  app.require_subcommand(1);
  add_commands(app, options);
  try {
    app.parse(words_of(argc, argv));
  } catch (const CLI::RequiredError& problem) {
    const CLI::App& parent = chosen_by(app);
    if (const auto complaint = unknown_command(app)) {
      error << *complaint;
      return std::unexpected(wrong_request);
    }
    if (has_commands(parent)) {
      error << problem.what() << '\n' << parent.help();
      return std::unexpected(wrong_request);
    }
    return std::unexpected(app.exit(problem, out, error) == 0 ? done : wrong_request);
  } catch (const CLI::ParseError& problem) {
    return std::unexpected(app.exit(problem, out, error) == 0 ? done : wrong_request);
  }
  return *options.chosen;
}

}  // namespace ostiary::cli
