// The role that serves does not own the tables: it can do all that the program does, and can't touch what the audit log
// has (B32). On PostgreSQL; what the grants say is in CockroachDB's grammar too.
#include <gmock/gmock.h>

#include <thread>

#include "access/roles.hpp"
#include "accounts/change_status.hpp"
#include "accounts/manage_accounts.hpp"
#include "delivery/clean_up.hpp"
#include "postgres_server.hpp"
#include "statement_list.hpp"
#include "storage/migrate.hpp"
#include "storage/missing_privilege.hpp"
#include "storage/serving_role.hpp"
#include "world.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class ServingRole : public ::testing::TestWithParam<TestedEngine> {
 protected:
  static constexpr const char* role = "serving-role";  // one that has to be quoted

  ServingRole() {
    server().administer(R"(DO $$ BEGIN CREATE ROLE "serving-role" LOGIN; EXCEPTION WHEN duplicate_object THEN END $$)");
  }

  PostgresServer& server() const {
    return GetParam() == TestedEngine::postgres_debian ? PostgresServer::debian() : PostgresServer::newer();
  }

  std::unique_ptr<Database> opened_by_the_role() const {
    std::string conninfo = owned.conninfo();
    const std::string owner = "user=ostiary";
    conninfo.replace(conninfo.find(owner), owner.size(), std::string("user=") + role);
    return open_postgres({.conninfo = conninfo, .connections = 4});
  }

  void owner_runs(const std::string& sql) {
    bool done = false;
    owned->change_schema([&](Connection& connection) {
      if (!done) connection.run_script(sql);
      return !std::exchange(done, true);
    });
  }

  /// What becomes of a statement by the role: "done", or the error.
  static std::string outcome_of(Database& db, const std::string& sql) {
    try {
      db.change_schema([&](Connection& connection) {
        connection.run_script(sql);
        return false;
      });
      return "done";
    } catch (const StorageError& error) {
      return error.what();
    }
  }

  EngineDatabase owned{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(EveryPostgres, ServingRole,
                         ::testing::Values(TestedEngine::postgres_debian, TestedEngine::postgres_newer),
                         [](const auto& info) { return name_of(info.param); });

TEST_P(ServingRole, MayRunEveryStatementOfTheProgram) {
  storage::grant_serving(*owned, role, SystemClock());
  const auto serving = opened_by_the_role();
  for (const auto& statement : all_statements()) {
    if (!statement.on_postgres || statement.name == "storage.insert_applied") continue;  // that one is the owner's
    std::vector<ColumnType> types;
    for (const auto& parameter : statement.parameters) types.push_back(parameter.type);
    const std::vector<Parameter> nulls(types.size());
    const std::string explain = "EXPLAIN " + std::string(statement.text);
    try {
      serving->change_schema([&](Connection& connection) {
        connection.run(explain, types, nulls, [](const RowView&) {});
        return false;
      });
    } catch (const StorageError& error) {
      ADD_FAILURE() << statement.name << ": " << error.what();
    }
  }
}

TEST_P(ServingRole, ServesPeopleOperatorsAndCleanUp) {
  storage::grant_serving(*owned, role, SystemClock());
  const auto serving = opened_by_the_role();
  storage::Migrator(*serving).prepare_to_serve(false, SystemClock());
  World world(*serving);
  Person alice(world, "alice@example.org");
  alice.settles_in();
  EXPECT_FALSE(alice.logs_in("wrong"));
  EXPECT_TRUE(alice.logs_in());
  EXPECT_TRUE(alice.refreshes());
  const auto account = accounts::find_account(world.accounts, "alice@example.org");
  ASSERT_TRUE(account);
  EXPECT_TRUE(access::grant_role(world.sessions, alice.call(), account->row.id, access::admin_role));
  EXPECT_TRUE(alice.logs_out());
  EXPECT_TRUE(accounts::disable_account(world.accounts, alice.call(), account->row.id));
  world.clock.advances(2 * 366 * 24h);
  EXPECT_NO_THROW(delivery::clean_up(*serving, {}, world.clock.now(), [] { return false; }));
}

TEST_P(ServingRole, CanNotChangeTheAuditLog) {
  storage::grant_serving(*owned, role, SystemClock());
  const auto serving = opened_by_the_role();
  World world(*serving);
  Person(world, "alice@example.org").settles_in();
  for (const char* sql : {"UPDATE audit_log SET outcome = 'refused'", "DELETE FROM audit_log", "TRUNCATE audit_log"}) {
    EXPECT_THAT(outcome_of(*serving, sql), HasSubstr("permission denied")) << sql;
  }
  for (const char* sql :
       {"ALTER TABLE audit_log DISABLE TRIGGER ALL", "DROP TABLE audit_log",
        "DROP TRIGGER audit_log_append_only ON audit_log", "ALTER TABLE audit_log OWNER TO \"serving-role\"",
        "CREATE OR REPLACE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RETURN NULL; END'"}) {
    EXPECT_THAT(outcome_of(*serving, sql), ::testing::AnyOf(HasSubstr("must be owner"), HasSubstr("permission denied")))
        << sql;
  }
  EXPECT_EQ(outcome_of(*serving, "GRANT ALL ON audit_log TO \"serving-role\""), "done") << "PostgreSQL only warns";
  EXPECT_THAT(outcome_of(*serving, "DELETE FROM audit_log"), HasSubstr("permission denied"));
  EXPECT_THAT(outcome_of(*serving, "INSERT INTO schema_migrations VALUES (99, 'x', 'x', now())"),
              HasSubstr("permission denied"));
}

TEST_P(ServingRole, WithoutGrantsIsToldApartFromAnEmptyDatabase) {
  const auto serving = opened_by_the_role();
  EXPECT_THROW(storage::Migrator(*serving).state(), MissingPrivilege);
  EXPECT_THROW(storage::Migrator(*serving).prepare_to_serve(true, SystemClock()), MissingPrivilege);
  EXPECT_EQ(storage::role_of(*serving), role);
}

TEST_P(ServingRole, IsJudgedBeforeAnythingIsMade) {
  const auto refusal = [this](const std::string& name) -> std::string {
    try {
      storage::expect_grantable(*owned, name);
      return "";
    } catch (const StartupError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(refusal(role), "");
  EXPECT_THAT(refusal(storage::role_of(*owned)), HasSubstr("may act as the owner of the table"));
  EXPECT_THAT(refusal("nobody"), HasSubstr("does not exist"));
  EngineDatabase empty{GetParam(), EngineDatabase::Content::empty};
  EXPECT_NO_THROW(storage::expect_grantable(*empty, role));
  EXPECT_THROW(storage::expect_grantable(*empty, storage::role_of(*empty)), StartupError);
}

TEST_P(ServingRole, LosesWhatItHadBesides) {
  owner_runs(R"(GRANT ALL ON audit_log, users TO "serving-role")");
  storage::grant_serving(*owned, role, SystemClock());
  EXPECT_THAT(outcome_of(*opened_by_the_role(), "DELETE FROM audit_log"), HasSubstr("permission denied"));
  EXPECT_NO_THROW(storage::grant_serving(*owned, role, SystemClock())) << "safe to repeat";
}

TEST_P(ServingRole, IsGrantedByTwoAtOnce) {
  const SystemClock clock;
  std::vector<std::unique_ptr<Database>> owners;
  for (int i = 0; i < 3; ++i) owners.push_back(owned.open());
  for (int round = 0; round < 3; ++round) {
    owner_runs(R"(REVOKE ALL ON ALL TABLES IN SCHEMA public FROM "serving-role")");
    std::vector<std::jthread> threads;
    for (const auto& owner : owners) {
      threads.emplace_back([&] { EXPECT_NO_THROW(storage::grant_serving(*owner, role, clock)); });
    }
    threads.clear();
    EXPECT_EQ(outcome_of(*opened_by_the_role(), "SELECT id FROM users"), "done");
  }
}

TEST_P(ServingRole, GetsWhatALaterTableNeeds) {
  storage::grant_serving(*owned, role, SystemClock());
  owner_runs("CREATE TABLE later (id uuid PRIMARY KEY)");
  const auto serving = opened_by_the_role();
  EXPECT_THAT(outcome_of(*serving, "SELECT id FROM later"), HasSubstr("permission denied"));
  storage::grant_serving(*owned, role, SystemClock());
  EXPECT_EQ(outcome_of(*serving, "SELECT id FROM later"), "done");
}

TEST_P(ServingRole, IsRefusedWhereNoGrantBindsIt) {
  const auto refusal_of_grant = [&](const std::string& to) -> std::string {
    try {
      storage::grant_serving(*owned, to, SystemClock());
      return "granted";
    } catch (const StartupError& error) {
      return error.what();
    }
  };
  EXPECT_THAT(refusal_of_grant("ostiary"), HasSubstr("may act as the owner of the table"));
  owner_runs("GRANT UPDATE ON audit_log TO PUBLIC");
  EXPECT_THAT(refusal_of_grant(role), HasSubstr("other rights on the table audit_log"));
  EXPECT_THROW(storage::grant_serving(*owned, "no such role", SystemClock()), StorageError);
}

}  // namespace
}  // namespace ostiary::testing
