#include "cli/commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace ostiary::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Outcome {
  std::expected<Command, ExitStatus> parsed;
  std::string out, error;
};

Outcome run(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "ostiary");
  std::ostringstream out, error;
  auto parsed = parse(static_cast<int>(arguments.size()), arguments.data(), out, error);
  return {std::move(parsed), out.str(), error.str()};
}

template <class C>
C parsed_as(std::vector<const char*> arguments) {
  const Outcome outcome = run(std::move(arguments));
  if (!outcome.parsed) throw std::runtime_error(outcome.error);
  return std::get<C>(*outcome.parsed);
}

TEST(CommandLine, KnowsItsCommands) {
  EXPECT_NO_THROW(parsed_as<Serve>({"serve"}));
  EXPECT_NO_THROW(parsed_as<Work>({"worker"}));
  EXPECT_FALSE(parsed_as<Migrate>({"migrate"}).dry_run);
  EXPECT_TRUE(parsed_as<Migrate>({"migrate", "--dry-run"}).dry_run);
  EXPECT_NO_THROW(parsed_as<ShowMigrations>({"migrate", "status"}));
  EXPECT_NO_THROW(parsed_as<ShowConfig>({"config"}));
  EXPECT_NO_THROW(parsed_as<ShowManual>({"config", "--markdown"}));
  EXPECT_FALSE(parsed_as<DescribeApi>({"openapi"}).yaml);
  EXPECT_TRUE(parsed_as<DescribeApi>({"openapi", "--yaml"}).yaml);
  EXPECT_NO_THROW(parsed_as<Doctor>({"doctor"}));
  EXPECT_EQ(parsed_as<ShowUser>({"user", "show", "ada"}).name, "ada");
  EXPECT_EQ(parsed_as<DisableUser>({"user", "disable", "ada"}).name, "ada");
  EXPECT_EQ(parsed_as<EnableUser>({"user", "enable", "ada"}).name, "ada");
  EXPECT_EQ(parsed_as<EndSessions>({"user", "end-sessions", "ada"}).name, "ada");
  EXPECT_EQ(parsed_as<RemoveFactors>({"user", "remove-factors", "ada"}).name, "ada");
  EXPECT_EQ(parsed_as<MakeAdmin>({"user", "make-admin", "ada@example.org"}).name, "ada@example.org");
  EXPECT_EQ(parsed_as<VerifyUser>({"user", "verify", "ada"}).name, "ada");
  EXPECT_EQ(parsed_as<SetPassword>({"user", "set-password", "ada"}).name, "ada");
  EXPECT_EQ(parsed_as<DeleteUser>({"user", "delete", "ada"}).name, "ada");
  EXPECT_FALSE(parsed_as<DeleteUser>({"user", "delete", "ada"}).yes);
  EXPECT_TRUE(parsed_as<DeleteUser>({"user", "delete", "ada", "--yes"}).yes);
  const auto remove = parsed_as<RemoveRole>({"user", "remove-role", "ada", "admin"});
  EXPECT_EQ(remove.name, "ada");
  EXPECT_EQ(remove.role, "admin");
}

TEST(CommandLine, PrintsJsonWhereAScriptWantsIt) {
  EXPECT_TRUE(parsed_as<Migrate>({"migrate", "--json"}).json);
  EXPECT_TRUE(parsed_as<ShowMigrations>({"migrate", "status", "--json"}).json);
  EXPECT_TRUE(parsed_as<ShowMigrations>({"migrate", "--json", "status"}).json);
  EXPECT_TRUE(parsed_as<ShowConfig>({"config", "--json"}).json);
  EXPECT_TRUE(parsed_as<Doctor>({"doctor", "--json"}).json);
  EXPECT_TRUE(parsed_as<CreateUser>({"user", "create", "a@b.c", "--verified", "--json"}).json);
  EXPECT_TRUE(parsed_as<ListUsers>({"user", "list", "--json"}).json);
  EXPECT_TRUE(parsed_as<ShowUser>({"user", "show", "ada", "--json"}).json);
  EXPECT_TRUE(parsed_as<DisableUser>({"user", "disable", "--json", "ada"}).json);
  EXPECT_TRUE(parsed_as<EnableUser>({"user", "enable", "ada", "--json"}).json);
  EXPECT_TRUE(parsed_as<EndSessions>({"user", "end-sessions", "ada", "--json"}).json);
  EXPECT_TRUE(parsed_as<MakeAdmin>({"user", "make-admin", "ada", "--json"}).json);
  EXPECT_TRUE(parsed_as<VerifyUser>({"user", "verify", "ada", "--json"}).json);
  EXPECT_TRUE(parsed_as<SetPassword>({"user", "set-password", "ada", "--json"}).json);
  EXPECT_TRUE(parsed_as<DeleteUser>({"user", "delete", "ada", "--json"}).json);
  EXPECT_TRUE(parsed_as<RemoveRole>({"user", "remove-role", "ada", "admin", "--json"}).json);
  EXPECT_FALSE(parsed_as<ListUsers>({"user", "list"}).json);
}

TEST(CommandLine, CreatesUsersWhoseAddressTheOperatorVouchesFor) {
  const auto create = parsed_as<CreateUser>({"user", "create", "ada@example.org", "--verified"});
  EXPECT_EQ(create.email, "ada@example.org");
  EXPECT_FALSE(create.username);
  const auto more = parsed_as<CreateUser>({"user", "create", "a@b.c", "--username", "ada", "--verified"});
  EXPECT_EQ(more.email, "a@b.c");
  EXPECT_EQ(more.username, "ada");
  EXPECT_THAT(run({"user", "create", "ada@example.org"}).error, HasSubstr("--verified is required"));
  EXPECT_THAT(run({"user", "create", "--verified"}).error, HasSubstr("email is required"));
}

TEST(CommandLine, ListsUsersByThePage) {
  EXPECT_EQ(parsed_as<ListUsers>({"user", "list"}).count, 50);
  const auto page = parsed_as<ListUsers>({"user", "list", "--limit", "1000", "--after", "ada@example.org"});
  EXPECT_EQ(page.count, 1000);
  EXPECT_EQ(page.after, "ada@example.org");
}

class WrongArguments : public ::testing::TestWithParam<std::vector<const char*>> {};

TEST_P(WrongArguments, EndWithTwoAndSayWhy) {
  const Outcome outcome = run(GetParam());
  ASSERT_FALSE(outcome.parsed);
  EXPECT_EQ(outcome.parsed.error(), wrong_request);
  EXPECT_FALSE(outcome.error.empty());
  EXPECT_TRUE(outcome.out.empty());
}

using Arguments = std::vector<const char*>;
INSTANTIATE_TEST_SUITE_P(
    All, WrongArguments,
    ::testing::Values(
        Arguments{}, Arguments{"nonsense"}, Arguments{"serve", "now"}, Arguments{"serve", "--port", "80"},
        Arguments{"user"}, Arguments{"user", "create"}, Arguments{"user", "create", "ada", "bob", "--verified"},
        Arguments{"user", "show"}, Arguments{"user", "disable"}, Arguments{"user", "disable", "ada", "bob"},
        Arguments{"user", "enable"}, Arguments{"user", "create", "ada@example.org"}, Arguments{"user", "verify"},
        Arguments{"user", "set-password"}, Arguments{"user", "set-password", "ada", "secret"},
        Arguments{"user", "delete"}, Arguments{"user", "remove-role", "ada"}, Arguments{"user", "end-sessions"},
        Arguments{"config", "--json", "--markdown"}, Arguments{"openapi", "--json"}, Arguments{"serve", "--json"},
        Arguments{"user", "list", "--limit", "0"}, Arguments{"user", "list", "--limit", "1001"},
        Arguments{"user", "list", "--limit", "many"}, Arguments{"serve", "worker"}));

TEST(CommandLine, NamesAnUnknownCommandAndWhatMayBeMeant) {
  EXPECT_EQ(run({"serv"}).error,
            "ostiary: there is no command 'ostiary serv'; did you mean 'ostiary serve'?\n`ostiary --help` lists all\n");
  EXPECT_EQ(run({"user", "creat", "a@b.c"}).error,
            "ostiary: there is no command 'ostiary user creat'; did you mean 'ostiary user create'?\n"
            "`ostiary user --help` lists all\n");
  EXPECT_THAT(run({"user"}).error, HasSubstr("A subcommand is required"));
  EXPECT_THAT(run({"user", "create"}).error, HasSubstr("email is required"));
}

TEST(CommandLine, ListsItsCommandsAlsoToWhoeverAsksForNone) {
  const Outcome help = run({"help"});
  ASSERT_FALSE(help.parsed);
  EXPECT_EQ(help.parsed.error(), done);
  EXPECT_THAT(help.out, HasSubstr("Find problems and say how to fix them"));
  EXPECT_EQ(help.out, run({"--help"}).out);
  EXPECT_EQ(run({"help", "user", "create"}).out, run({"user", "create", "--help"}).out);
  EXPECT_THAT(run({}).error, HasSubstr("Find problems and say how to fix them"));
  EXPECT_THAT(run({"user"}).error, HasSubstr("make-admin"));
}

TEST(CommandLine, GivesExamplesOfTheUserCommands) {
  EXPECT_THAT(run({"user", "--help"}).out, HasSubstr("ostiary user show ada@example.org"));
  EXPECT_THAT(run({"user", "--help"}).out, Not(HasSubstr("ostiary serve")));
}

class Help : public ::testing::TestWithParam<std::vector<const char*>> {};

TEST_P(Help, IsPrintedWithExamples) {
  auto arguments = GetParam();
  arguments.push_back("--help");
  const Outcome outcome = run(arguments);
  ASSERT_FALSE(outcome.parsed);
  EXPECT_EQ(outcome.parsed.error(), done);
  EXPECT_THAT(outcome.out, HasSubstr("Examples:"));
  EXPECT_THAT(outcome.out, HasSubstr(arguments.size() == 1 ? "ostiary" : arguments[arguments.size() - 2]));
  EXPECT_TRUE(outcome.error.empty());
}

INSTANTIATE_TEST_SUITE_P(All, Help,
                         ::testing::Values(Arguments{}, Arguments{"serve"}, Arguments{"worker"}, Arguments{"migrate"},
                                           Arguments{"config"}, Arguments{"user", "create"}, Arguments{"user", "list"},
                                           Arguments{"user", "show"}, Arguments{"user", "make-admin"},
                                           Arguments{"user", "disable"}, Arguments{"user", "enable"},
                                           Arguments{"user", "end-sessions"}, Arguments{"user", "remove-factors"},
                                           Arguments{"user", "verify"}, Arguments{"user", "set-password"},
                                           Arguments{"user", "delete"}, Arguments{"user", "remove-role"},
                                           Arguments{"openapi"}, Arguments{"doctor"}));

TEST(CommandLine, TellsItsVersion) { EXPECT_EQ(run({"--version"}).out, "ostiary " OSTIARY_VERSION "\n"); }

}  // namespace
}  // namespace ostiary::cli
