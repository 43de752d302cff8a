#include "cli/commands.hpp"

#include <CLI/CLI.hpp>
#include <ostream>

namespace ostiary::cli {
namespace {

constexpr const char* general_examples = R"(Examples:
  ostiary serve                                   http://localhost:8001, everything in ./data
  PORT=9000 ostiary serve                         the same on another port
  ostiary config                                  all settings, what they are and where that comes from
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
  ostiary migrate status                          what was done, and when)";

constexpr const char* config_examples = R"(Secrets are never shown.

Examples:
  ostiary config
  ostiary config | grep POSTGRES
  ostiary config --markdown > docs/configuration.md)";

constexpr const char* create_examples =
    R"(The password is asked for twice on a terminal, else it is the first line of standard input.

Examples:
  ostiary user create --email ada@example.org
  ostiary user create --email ada@example.org --username ada --verified < password.txt)";

constexpr const char* list_examples = R"(In the order of the addresses.

Examples:
  ostiary user list
  ostiary user list --limit 200 --after marie@example.org)";

constexpr const char* show_examples = R"(Examples:
  ostiary user show ada@example.org
  ostiary user show ada
  ostiary user show 0193a5b0-7c1e-7d3f-9a55-3f1f0d9e8c21)";

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
  ShowConfig config;
  CreateUser create;
  ListUsers list;
  ShowUser show;
  MakeAdmin make_admin;
  std::optional<Command> chosen;
};

void add_user_commands(CLI::App& user, Options& options) {
  auto* create = add(user, "create", "Make an account", create_examples);
  create->add_option("--email", options.create.email, "Its address")->required();
  create->add_option("--username", options.create.username, "Its username");
  create->add_flag("--verified", options.create.verified, "The address needs no proof");
  create->callback([&options] { options.chosen = options.create; });

  auto* list = add(user, "list", "List accounts", list_examples);
  list->add_option("--limit", options.list.count, "How many at most")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  list->add_option("--after", options.list.after, "Begin behind this address");
  list->callback([&options] { options.chosen = options.list; });

  auto* show = add(user, "show", "Show an account", show_examples);
  show->add_option("name", options.show.name, "An email, a username or an id")->required();
  show->callback([&options] { options.chosen = options.show; });

  auto* make_admin = add(user, "make-admin", "Give an account the administrator's role", admin_examples);
  make_admin->add_option("name", options.make_admin.name, "An email, a username or an id")->required();
  make_admin->callback([&options] { options.chosen = options.make_admin; });
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
  auto* status = migrate->add_subcommand("status", "Show what was done, and what is missing");
  migrate->callback([&options, status] {
    if (status->parsed()) {
      options.chosen = ShowMigrations{};
    } else {
      options.chosen = options.migrate;
    }
  });

  auto* config = add(app, "config", "Show the settings, where they come from and what they mean", config_examples);
  config->add_flag("--markdown", options.config.manual, "Print the manual of the settings instead");
  config->callback([&options] { options.chosen = options.config; });

  auto* user = app.add_subcommand("user", "Work on accounts");
  user->require_subcommand(1);
  add_user_commands(*user, options);
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
  } catch (const CLI::ParseError& problem) {
    return std::unexpected(app.exit(problem, out, error) == 0 ? done : wrong_request);
  }
  return *options.chosen;
}

}  // namespace ostiary::cli
