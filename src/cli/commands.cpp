#include "cli/commands.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>
#include <vector>

#include "base/spelling.hpp"

namespace ostiary::cli {
namespace {

constexpr const char* general_examples = R"(Examples:
  ostiary serve                                   http://localhost:8001, everything in ./data
  PORT=9000 ostiary serve                         the same on another port
  ostiary config                                  all settings, what they are and where that comes from
  ostiary doctor                                  what is wrong, and what to do about it
  ostiary user create --email ada@example.org --verified

Settings come from the environment or from .env in the working folder; any NAME may be given as NAME_FILE.
Exit status: 0 done, 1 failed, 2 wrong arguments or settings.)";

constexpr const char* serve_examples = R"(Runs until SIGTERM or SIGINT, then lets what has begun finish.

Examples:
  ostiary serve
  POSTGRES_HOST=localhost POSTGRES_USER=ostiary POSTGRES_PASSWORD_FILE=/run/secrets/postgres ostiary serve)";

constexpr const char* worker_examples =
    R"(Needs PostgreSQL: an SQLite file belongs to one server, which runs its jobs itself.

Examples:
  DATABASE_URL=postgresql://ostiary@localhost/ostiary ostiary worker)";

constexpr const char* migrate_examples = R"(Safe to run from several processes at once, and beside a server.

Examples:
  ostiary migrate --dry-run                       what would be done
  ostiary migrate                                 do it
  ostiary migrate status                          what was done, and when
  ostiary migrate status --json | jq '.pending | length')";

constexpr const char* config_examples = R"(Secrets are never shown.

Examples:
  ostiary config
  ostiary config | grep POSTGRES
  ostiary config --json | jq '.settings[] | select(.origin != "default")'
  ostiary config --markdown > docs/configuration.md)";

constexpr const char* openapi_examples =
    R"(The document that a server with the same settings gives under /openapi.json and /openapi.yaml. Reads PUBLIC_URL
and what else shows in it; needs no database, and writes nothing.

Examples:
  ostiary openapi > openapi.json
  PUBLIC_URL=https://id.example.org ostiary openapi --yaml > openapi.yaml)";

constexpr const char* doctor_examples =
    R"(Looks at settings, storage, clock, mail, keys and ports, and changes nothing; beside a running server, too.
Exit status: 0 no problem, 1 at least one. Warnings are no problem.

Examples:
  ostiary doctor
  ostiary doctor --json | jq '.checks[] | select(.level == "problem")')";

constexpr const char* user_examples =
    R"(A running server knows of it at once. `ostiary user COMMAND --help` tells more.

Examples:
  ostiary user create --email ada@example.org --verified
  ostiary user list
  ostiary user show ada@example.org
  ostiary user disable ada)";

constexpr const char* create_examples =
    R"(The password is asked for twice on a terminal, else it is the first line of standard input. Where there is no
database yet, this makes it.

Examples:
  ostiary user create --email ada@example.org
  ostiary user create --email ada@example.org --username ada --verified < password.txt
  ostiary user create --email ada@example.org --json < password.txt | jq -r .user.user_id)";

constexpr const char* list_examples = R"(In the order of the addresses.

Examples:
  ostiary user list
  ostiary user list --limit 200 --after marie@example.org
  ostiary user list --json | jq -r '.users[].email, .next')";

constexpr const char* show_examples = R"(Examples:
  ostiary user show ada@example.org
  ostiary user show ada
  ostiary user show 0193a5b0-7c1e-7d3f-9a55-3f1f0d9e8c21
  ostiary user show ada --json | jq -r .user.status)";

constexpr const char* disable_examples =
    R"(Nobody signs in with it any more, and all its sessions end, on every running server at once.

Examples:
  ostiary user disable ada@example.org)";

constexpr const char* enable_examples = R"(Its owner may sign in again. Sessions that ended stay ended.

Examples:
  ostiary user enable ada@example.org)";

constexpr const char* end_sessions_examples =
    R"(On every running server at once. The account stays as it is: its owner may sign in again.

Examples:
  ostiary user end-sessions ada@example.org
  ostiary user end-sessions ada --json | jq .ended_sessions)";

constexpr const char* admin_examples = R"(Open sessions know of it when they are refreshed.

Examples:
  ostiary user make-admin ada@example.org)";

CLI::App* add(CLI::App& parent, const char* name, const char* description, const char* examples) {
  CLI::App* app = parent.add_subcommand(name, description);
  app->footer(examples);
  return app;
}

/// The options of all commands, to be read after parsing.
struct Options {
  Migrate migrate;
  ShowMigrations migrations;
  ShowConfig config;
  bool manual = false;
  DescribeApi describe_api;
  Doctor doctor;
  CreateUser create;
  ListUsers list;
  ShowUser show;
  DisableUser disable;
  EnableUser enable;
  EndSessions end_sessions;
  MakeAdmin make_admin;
  std::optional<Command> chosen;
};

template <class Chosen>
CLI::Option* add_json(CLI::App& app, Chosen& command) {
  return app.add_flag("--json", command.json, "Print one JSON document");
}

/// A command about one account.
template <class Chosen>
void add_named(CLI::App& user, const char* name, const char* description, const char* examples, Chosen& command,
               std::optional<Command>& chosen) {
  auto* app = add(user, name, description, examples);
  app->add_option("name", command.name, "An email, a username or an id")->required();
  add_json(*app, command);
  app->callback([&command, &chosen] { chosen = command; });
}

void add_user_commands(CLI::App& user, Options& options) {
  auto* create = add(user, "create", "Make an account", create_examples);
  create->add_option("--email", options.create.email, "Its address")->required();
  create->add_option("--username", options.create.username, "Its username");
  create->add_flag("--verified", options.create.verified, "The address needs no proof");
  add_json(*create, options.create);
  create->callback([&options] { options.chosen = options.create; });

  auto* list = add(user, "list", "List accounts", list_examples);
  list->add_option("--limit", options.list.count, "How many at most")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  list->add_option("--after", options.list.after, "Begin behind this address, or this id of an account without one");
  add_json(*list, options.list);
  list->callback([&options] { options.chosen = options.list; });

  add_named(user, "show", "Show an account", show_examples, options.show, options.chosen);
  add_named(user, "disable", "Keep an account out, and end its sessions", disable_examples, options.disable,
            options.chosen);
  add_named(user, "enable", "Let a disabled account in again", enable_examples, options.enable, options.chosen);
  add_named(user, "end-sessions", "End all sessions of an account", end_sessions_examples, options.end_sessions,
            options.chosen);
  add_named(user, "make-admin", "Give an account the administrator's role", admin_examples, options.make_admin,
            options.chosen);
}

void add_commands(CLI::App& app, Options& options) {
  add(app, "serve", "Serve HTTP and gRPC, and run the jobs", serve_examples)->callback([&options] {
    options.chosen = Serve{};
  });
  add(app, "worker", "Run the jobs alone: mail and clean-up", worker_examples)->callback([&options] {
    options.chosen = Work{};
  });

  auto* migrate = add(app, "migrate", "Bring the database's schema forward", migrate_examples);
  migrate->add_flag("--dry-run", options.migrate.dry_run, "Only say what would be done");
  add_json(*migrate, options.migrate);
  auto* status = migrate->add_subcommand("status", "Show what was done, and what is missing");
  add_json(*status, options.migrations);
  migrate->callback([&options, status] {
    if (status->parsed()) {
      options.migrations.json = options.migrations.json || options.migrate.json;
      options.chosen = options.migrations;
    } else {
      options.chosen = options.migrate;
    }
  });

  auto* config = add(app, "config", "Show the settings, where they come from and what they mean", config_examples);
  auto* markdown = config->add_flag("--markdown", options.manual, "Print the manual of the settings instead");
  add_json(*config, options.config)->excludes(markdown);
  config->callback([&options] {
    if (options.manual) {
      options.chosen = ShowManual{};
    } else {
      options.chosen = options.config;
    }
  });

  auto* openapi = add(app, "openapi", "Print the description of the HTTP interface", openapi_examples);
  openapi->add_flag("--yaml", options.describe_api.yaml, "As YAML, not as JSON");
  openapi->callback([&options] { options.chosen = options.describe_api; });

  auto* doctor = add(app, "doctor", "Look for what is wrong, and say what to do", doctor_examples);
  add_json(*doctor, options.doctor);
  doctor->callback([&options] { options.chosen = options.doctor; });

  auto* user = add(app, "user", "Work on accounts", user_examples);
  user->require_subcommand(1);
  add_user_commands(*user, options);
}

/// The command that the arguments lead to, as far as they name one.
const CLI::App& chosen_by(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : chosen_by(*parsed.back());
}

/// What stands where the name of a command should, as a complaint; nothing where nothing does.
std::optional<std::string> unknown_command(const CLI::App& app) {
  const CLI::App& parent = chosen_by(app);
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

}  // namespace

std::expected<Command, ExitStatus> parse(int argc, const char* const* argv, std::ostream& out, std::ostream& error) {
  Options options;
  CLI::App app("Ostiary keeps an organisation's accounts and answers who someone is.", "ostiary");
  app.footer(general_examples);
  app.set_version_flag("--version", "ostiary " OSTIARY_VERSION);
  app.require_subcommand(1);
  add_commands(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& problem) {
    if (const auto complaint = unknown_command(app)) {
      error << *complaint;
      return std::unexpected(wrong_request);
    }
    return std::unexpected(app.exit(problem, out, error) == 0 ? done : wrong_request);
  } catch (const CLI::ParseError& problem) {
    return std::unexpected(app.exit(problem, out, error) == 0 ? done : wrong_request);
  }
  return *options.chosen;
}

}  // namespace ostiary::cli
