// Every statement finds its rows by an index, and reads no more than it needs, also where a table has ten million rows
// (R3.3). The engines tell: SQLite of an empty database as of a full one; PostgreSQL, whose planner goes by what the
// tables hold, of tables that it takes for large, and with every kind of scan allowed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <boost/json.hpp>
#include <deque>
#include <map>
#include <memory>
#include <regex>
#include <set>

#include "every_engine.hpp"
#include "statement_list.hpp"

namespace ostiary::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Faults = std::vector<std::string>;

/// Tables that stay small, and why.
const std::map<std::string, std::string, std::less<>> may_be_read_whole{
    {"sqlite_master", "the engine's own: a row a table"},
    {"schema_migrations", "a row a migration"},
};

DeclaredStatement select_by_unindexed_column() {
  static constexpr Statement<void(std::string)> statement{"SELECT id FROM jobs WHERE last_error = $1"};
  return declare("select_by_unindexed_column", statement);
}

struct PlanRow {
  std::int64_t id;
  std::int64_t parent;
  std::int64_t unused;
  std::string detail;
};

Faults faults_on_sqlite(Database& database, const DeclaredStatement& statement) {
  static std::deque<std::string> texts;  // a prepared statement is found by its text's address
  const Statement<PlanRow()> explain{texts.emplace_back("EXPLAIN QUERY PLAN " + std::string(statement.text))};
  const auto plan =
      database.read([&](Transaction& tx) -> Result<std::vector<PlanRow>> { return tx.all(explain); }).value();
  Faults faults;
  std::set<std::string> subqueries;  // what comes of them was looked at where they stand
  static const std::regex subquery("(?:CO-ROUTINE|MATERIALIZE) (\\S+)");
  static const std::regex scan("SCAN (\\S+)(?: VIRTUAL TABLE.*)?");
  for (const auto& [id, parent, unused, step] : plan) {
    std::smatch found;
    if (std::regex_match(step, found, subquery)) subqueries.insert(found[1]);
    if (!std::regex_match(step, found, scan) || found[1] == "CONSTANT") continue;
    if (!may_be_read_whole.contains(found[1].str()) && !subqueries.contains(found[1])) faults.push_back(step);
  }
  return faults;
}

class SqlitePlans : public ::testing::Test {
 protected:
  EngineDatabase database{TestedEngine::sqlite};
};

TEST_F(SqlitePlans, EveryStatementRunsByAnIndex) {
  for (const auto& statement : all_statements()) {
    if (!statement.on_sqlite || statement.text.find("pragma_") != std::string_view::npos) continue;
    EXPECT_THAT(faults_on_sqlite(*database, statement), IsEmpty()) << statement.name;
  }
}

TEST_F(SqlitePlans, AStatementWithoutAnIndexIsFound) {
  EXPECT_THAT(faults_on_sqlite(*database, select_by_unindexed_column()), ElementsAre("SCAN jobs"));
}

/// Fills each table with rows made up from its columns' types, or from the words that a check allows, and has the
/// planner believe that there are 5000 times as many. What would refuse such rows goes first.
constexpr const char* make_tables_look_large = R"sql(
  CREATE FUNCTION drop_constraints(its_table regclass, kind text) RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    its_name text;
  BEGIN
    FOR its_name IN SELECT conname FROM pg_constraint WHERE conrelid = its_table AND contype::text = kind LOOP
      EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', its_table, its_name);
    END LOOP;
  END $$;

  CREATE FUNCTION made_up(c pg_attribute) RETURNS text LANGUAGE plpgsql AS $$
  DECLARE
    words text;
    value text;
  BEGIN
    SELECT 'ARRAY[' || string_agg(quoted.word[1], ', ') || ']' INTO words
    FROM pg_constraint, regexp_matches(pg_get_constraintdef(oid), '''[^'']*''', 'g') AS quoted (word)
    WHERE conrelid = c.attrelid AND contype = 'c' AND conkey = ARRAY[c.attnum];
    value := CASE format_type(c.atttypid, NULL)
      WHEN 'uuid' THEN 'gen_random_uuid()'
      WHEN 'text' THEN coalesce('(' || words || ')[1 + i % cardinality(' || words || ')]', 'md5(i::text)')
      WHEN 'bytea' THEN 'sha256(i::text::bytea)'
      WHEN 'bigint' THEN 'i'
      WHEN 'boolean' THEN 'i % 3 = 0'
      WHEN 'timestamp with time zone' THEN 'timestamptz ''2026-01-01'' + i * interval ''1 minute'''
    END;
    RETURN CASE WHEN c.attnotnull THEN value ELSE 'CASE WHEN i % 7 < 3 THEN ' || value || ' END' END;
  END $$;

  DO $$
  DECLARE
    its_table regclass;
    names text;
    expressions text;
  BEGIN
    PERFORM drop_constraints(oid, 'f') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r';
    FOR its_table IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
      SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum), string_agg(made_up(c), ', ' ORDER BY attnum)
      INTO names, expressions FROM pg_attribute AS c WHERE attrelid = its_table AND attnum > 0 AND NOT attisdropped;
      PERFORM drop_constraints(its_table, 'c');
      EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM generate_series(1, 2000) AS i ON CONFLICT DO NOTHING',
                     its_table, names, expressions);
    END LOOP;
  END $$;
  ANALYZE;
  UPDATE pg_class SET reltuples = reltuples * 5000
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')
)sql";

/// What is read beyond this is not bounded by the statement.
constexpr std::int64_t most_rows = 100'000;

std::string name_in_sql(ColumnType type) {
  switch (type) {
    case ColumnType::boolean: return "boolean";
    case ColumnType::bigint: return "bigint";
    case ColumnType::text: return "text";
    case ColumnType::bytea: return "bytea";
    case ColumnType::uuid: return "uuid";
    case ColumnType::timestamptz: return "timestamptz";
  }
  throw std::logic_error("an unknown column type");
}

std::string text_of(const boost::json::object& node, std::string_view key) {
  const auto* value = node.if_contains(key);
  return value == nullptr ? "" : std::string(value->as_string());
}

/// What is wrong with a step of a plan. `is_read_whole`: whether what it gives is read to its end.
void judge(const boost::json::object& node, bool is_read_whole, Faults& faults) {
  const std::string type = text_of(node, "Node Type");
  const std::string schema = text_of(node, "Schema");
  const std::string relation = text_of(node, "Relation Name");
  const bool is_ours = schema == "public" && !may_be_read_whole.contains(relation);
  if (is_ours && type == "Seq Scan") faults.push_back("reads all of " + relation);
  if (is_ours && type.starts_with("Index") && !node.contains("Index Cond") && node.contains("Filter"))
    faults.push_back("reads all of " + text_of(node, "Index Name"));
  const auto rows = node.at("Plan Rows").to_number<std::int64_t>();
  if (is_ours && is_read_whole && type.ends_with("Scan") && rows > most_rows)
    faults.push_back("reads " + std::to_string(rows) + " rows of " + relation);
  const auto* children = node.if_contains("Plans");
  if (children == nullptr) return;
  static const std::set<std::string> reads_all{"Sort", "Aggregate", "Hash", "Materialize", "ModifyTable"};
  for (const auto& child : children->as_array()) {
    const std::string relationship = text_of(child.as_object(), "Parent Relationship");
    const bool is_outer = relationship == "Outer" || relationship == "Inner" || relationship == "Subquery";
    const bool all = is_outer && type != "Limit" && (is_read_whole || reads_all.contains(type));
    judge(child.as_object(), all, faults);
  }
}

class PostgresPlans : public ::testing::TestWithParam<TestedEngine> {
 protected:
  using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

  void SetUp() override {
    run(make_tables_look_large);
    // Plans for whatever the parameters are, as a server's prepared statements come to have.
    run("SET plan_cache_mode = force_generic_plan");
    const Answer small = run("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                             "AND relkind = 'r' AND reltuples < 5000000");
    ASSERT_STREQ(PQgetvalue(small.get(), 0, 0), "0") << "tables that would not look large";
  }

  Answer run(const std::string& sql) {
    Answer answer(PQexec(connection_.get(), sql.c_str()), &PQclear);
    const auto status = PQresultStatus(answer.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
      throw std::runtime_error(sql + ": " + PQerrorMessage(connection_.get()));
    return answer;
  }

  Faults faults_of(const DeclaredStatement& statement) {
    std::string types;
    std::string nulls;
    for (const auto& parameter : statement.parameters) {
      types += (types.empty() ? "" : ", ") + name_in_sql(parameter.type);
      nulls += nulls.empty() ? "NULL" : ", NULL";
    }
    const auto in_brackets = [](const std::string& list) { return list.empty() ? "" : " (" + list + ")"; };
    run("PREPARE explained" + in_brackets(types) + " AS " + std::string(statement.text));
    const Answer answer = run("EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE explained" + in_brackets(nulls));
    run("DEALLOCATE explained");
    const boost::json::value plan = boost::json::parse(PQgetvalue(answer.get(), 0, 0));
    Faults faults;
    judge(plan.at(0).at("Plan").as_object(), true, faults);
    return faults;
  }

 private:
  EngineDatabase database_{GetParam()};
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_{PQconnectdb(database_.conninfo().c_str()), &PQfinish};
};
INSTANTIATE_TEST_SUITE_P(Versions, PostgresPlans,
                         ::testing::Values(TestedEngine::postgres_debian, TestedEngine::postgres_newer),
                         [](const auto& info) { return name_of(info.param); });

TEST_P(PostgresPlans, EveryStatementRunsByAnIndexAndReadsNoMoreThanItNeeds) {
  for (const auto& statement : all_statements()) {
    if (statement.on_postgres) {
      EXPECT_THAT(faults_of(statement), IsEmpty()) << statement.name;
    }
  }
}

TEST_P(PostgresPlans, AStatementThatReadsTooMuchIsFound) {
  static constexpr Statement<void(Time)> unbounded{"DELETE FROM jobs WHERE state = 'done' AND finished_at < $1"};
  static constexpr Statement<void(std::int64_t)> walk{
      "SELECT id FROM jobs WHERE attempts = $1 AND state = 'ready' ORDER BY kind, run_at LIMIT 10"};
  static constexpr Statement<void(Time)> sort{
      "SELECT id FROM jobs WHERE state = 'done' AND finished_at < $1 ORDER BY last_error LIMIT 10"};
  EXPECT_THAT(faults_of(select_by_unindexed_column()), ElementsAre("reads all of jobs"));
  EXPECT_THAT(faults_of(declare("unbounded", unbounded)), ElementsAre(HasSubstr("rows of jobs")));
  EXPECT_THAT(faults_of(declare("walk", walk)), ElementsAre("reads all of jobs_ready"));
  EXPECT_THAT(faults_of(declare("sort", sort)), ElementsAre(HasSubstr("rows of jobs")));
}

}  // namespace
}  // namespace ostiary::testing
