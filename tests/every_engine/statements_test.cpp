// Every statement is what its C++ types say, on every engine (R3.3). The engines are asked, not trusted: the same test
// is then told of two swapped columns for each pair there is, and has to notice.
#include <cxxabi.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "every_engine.hpp"
#include "source_folder.hpp"
#include "statement_list.hpp"

namespace ostiary::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

// Columns whose values have a type of their own in C++; "*." stands for every table. All others have the plain type of
// their column: bool, std::int64_t, std::string, Bytes, Uuid, Time.
const std::map<std::string, std::type_index, std::less<>>& special_columns() {
  static const std::map<std::string, std::type_index, std::less<>> columns{
      {"users.id", typeid(UserId)},
      {"*.user_id", typeid(UserId)},
      {"*.owner_id", typeid(UserId)},
      {"*.audit_id", typeid(AuditId)},
      {"*.key_owner", typeid(UserId)},
      {"roles.id", typeid(RoleId)},
      {"*.role_id", typeid(RoleId)},
      {"challenges.id", typeid(VerificationId)},
      {"pending_registrations.id", typeid(VerificationId)},
      {"pending_logins.id", typeid(PendingLoginId)},
      {"remembered_devices.id", typeid(RememberedDeviceId)},
      {"sessions.id", typeid(SessionId)},
      {"*.session_id", typeid(SessionId)},
      {"login_attempts.id", typeid(AttemptId)},
      {"server_keys.id", typeid(KeyId)},
      {"*.key_id", typeid(KeyId)},
      {"*.wrapping_key_id", typeid(KeyId)},
      {"audit_log.id", typeid(AuditId)},
      {"outbox.id", typeid(EventId)},
      {"jobs.id", typeid(JobId)},
      {"*.device_hash", typeid(Digest)},
      {"*.identifier_hash", typeid(Digest)},
      {"*.link_hash", typeid(Digest)},
      {"*.code_mac", typeid(Digest)},
      {"refresh_chains.id", typeid(ChainId)},
      {"refresh_chains.current_hash", typeid(Digest)},
      {"refresh_chains.previous_hash", typeid(Digest)},
      {"audit_log.details_hash", typeid(Digest)},
      {"audit_log.row_hash", typeid(Digest)},
      {"schema_migrations.checksum", typeid(Digest)},
  };
  return columns;
}

std::type_index plain_type(ColumnType type) {
  switch (type) {
    case ColumnType::boolean: return typeid(bool);
    case ColumnType::bigint: return typeid(std::int64_t);
    case ColumnType::text: return typeid(std::string);
    case ColumnType::bytea: return typeid(Bytes);
    case ColumnType::uuid: return typeid(Uuid);
    case ColumnType::timestamptz: return typeid(Time);
  }
  throw std::logic_error("an unknown column type");
}

std::type_index type_of_column(const std::string& origin, ColumnType type) {
  const auto& columns = special_columns();
  if (const auto found = columns.find(origin); found != columns.end()) return found->second;
  const auto anywhere = "*" + origin.substr(std::min(origin.find('.'), origin.size()));
  if (const auto found = columns.find(anywhere); found != columns.end()) return found->second;
  return plain_type(type);
}

std::string readable(std::type_index type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                         &std::free);
  return name ? name.get() : type.name();
}

/// Whether the column is of a table that an outer join may leave out.
bool is_outer_joined(std::string_view statement, const StatementDescription::Column& column) {
  const auto table = column.origin.substr(0, column.origin.find('.'));
  return statement.find("LEFT JOIN " + table + ' ') != std::string_view::npos;
}

/// What is wrong with one column; nothing when the engine and C++ agree.
std::vector<std::string> column_faults(const DeclaredType& declared, const StatementDescription::Column& column,
                                       bool outer_joined) {
  std::vector<std::string> faults;
  const std::string what = "column " + column.name + " (" + column.origin + " " + column.type_name + ") ";
  if (!column.type) {
    // SQLite knows no type of an expression: what is not a number could be anything.
    const bool may_be_expression = column.type_name.empty() && !declared.nullable &&
                                   (declared.cpp == typeid(std::int64_t) || declared.cpp == typeid(bool));
    if (!may_be_expression) faults.push_back(what + "has no type that fits " + readable(declared.cpp));
    return faults;
  }
  const auto expected = type_of_column(column.origin, *column.type);
  if (declared.cpp != expected) faults.push_back(what + "is " + readable(declared.cpp) + ", not " + readable(expected));
  if (outer_joined && !declared.nullable) faults.push_back(what + "is null where the join finds nothing");
  if (outer_joined || !column.nullable) return faults;
  if (*column.nullable && !declared.nullable) faults.push_back(what + "can be null");
  if (!*column.nullable && declared.nullable) faults.push_back(what + "is never null");
  return faults;
}

/// In one row, two expressions of different C++ types could be swapped without SQLite's noticing.
bool has_ambiguous_expressions(const DeclaredStatement& declared, const StatementDescription& described) {
  std::set<std::type_index> types;
  for (std::size_t i = 0; i < described.columns.size(); ++i)
    if (!described.columns[i].type) types.insert(declared.columns[i].cpp);
  return types.size() > 1;
}

std::vector<std::string> faults_of(const DeclaredStatement& declared, const StatementDescription& described) {
  std::vector<std::string> faults;
  if (declared.parameters.size() != described.parameters.size()) faults.push_back("another number of parameters");
  if (declared.columns.size() != described.columns.size()) faults.push_back("another number of columns");
  if (!faults.empty()) return faults;
  for (std::size_t i = 0; i < described.parameters.size(); ++i) {
    const auto& told = described.parameters[i];
    if (told && *told != declared.parameters[i].type)
      faults.push_back("parameter $" + std::to_string(i + 1) + " is " + readable(plain_type(*told)) +
                       " for the engine");
  }
  for (std::size_t i = 0; i < described.columns.size(); ++i)
    for (auto& fault :
         column_faults(declared.columns[i], described.columns[i], is_outer_joined(declared.text, described.columns[i])))
      faults.push_back(std::move(fault));
  if (has_ambiguous_expressions(declared, described)) faults.push_back("expressions of several types in one row");
  return faults;
}

class Statements : public OnEveryEngine {
 protected:
  bool runs_here(const DeclaredStatement& statement) const {
    return database.is_sqlite() ? statement.on_sqlite : statement.on_postgres;
  }
};
ON_EVERY_ENGINE(Statements);

TEST_P(Statements, AreWhatTheirTypesSay) {
  for (const auto& statement : all_statements()) {
    if (!runs_here(statement)) continue;
    try {
      EXPECT_THAT(faults_of(statement, database->describe(statement.text)), IsEmpty()) << statement.name;
    } catch (const StorageError& error) {
      ADD_FAILURE() << statement.name << ": " << error.what();
    }
  }
}

TEST_P(Statements, ASwapOfTwoColumnsIsNoticedInEveryRow) {
  int swaps = 0;
  for (const auto& statement : all_statements()) {
    if (!runs_here(statement)) continue;
    const auto described = database->describe(statement.text);
    for (std::size_t i = 0; i < statement.columns.size(); ++i) {
      for (std::size_t j = i + 1; j < statement.columns.size(); ++j) {
        if (statement.columns[i] == statement.columns[j]) continue;
        auto swapped = statement;
        std::swap(swapped.columns[i], swapped.columns[j]);
        EXPECT_THAT(faults_of(swapped, described), Not(IsEmpty())) << statement.name << ", columns " << i << ", " << j;
        ++swaps;
      }
    }
  }
  EXPECT_GT(swaps, 100);
}

// SQLite's parameters have no types.
TEST_P(Statements, ASwapOfTwoParametersIsNoticedOnPostgres) {
  if (database.is_sqlite()) return;
  for (const auto& statement : all_statements()) {
    if (!runs_here(statement)) continue;
    const auto described = database->describe(statement.text);
    for (std::size_t i = 0; i < statement.parameters.size(); ++i) {
      for (std::size_t j = i + 1; j < statement.parameters.size(); ++j) {
        if (statement.parameters[i].type == statement.parameters[j].type) continue;
        auto swapped = statement;
        std::swap(swapped.parameters[i], swapped.parameters[j]);
        EXPECT_THAT(faults_of(swapped, described), Not(IsEmpty()))
            << statement.name << ", $" << i + 1 << ", $" << j + 1;
      }
    }
  }
}

// The same by hand, so that it does not depend on what statements there are.

struct Right {
  SessionId id;
  UserId user_id;
  Digest device_hash;
  std::string address;
  Time created_at;
  std::optional<Time> ended_at;
  std::int64_t version;
};
struct IdsSwapped {
  UserId id;
  SessionId user_id;
  Digest device_hash;
  std::string address;
  Time created_at;
  std::optional<Time> ended_at;
  std::int64_t version;
};
struct NullSwapped {
  SessionId id;
  UserId user_id;
  Digest device_hash;
  std::string address;
  std::optional<Time> created_at;
  Time ended_at;
  std::int64_t version;
};
struct BytesSwapped {
  SessionId id;
  UserId user_id;
  std::string device_hash;
  Digest address;
  Time created_at;
  std::optional<Time> ended_at;
  std::int64_t version;
};
struct TimeSwapped {
  SessionId id;
  UserId user_id;
  Digest device_hash;
  std::string address;
  std::int64_t created_at;
  std::optional<Time> ended_at;
  Time version;
};
struct OneTooFew {
  SessionId id;
  UserId user_id;
  Digest device_hash;
  std::string address;
  Time created_at;
  std::optional<Time> ended_at;
};

template <class Row>
DeclaredStatement select_session() {
  static constexpr Statement<Row(SessionId)> statement{
      "SELECT id, user_id, device_hash, address, created_at, ended_at, version FROM sessions WHERE id = $1"};
  return declare("select_session", statement);
}

TEST_P(Statements, ARowThatDoesNotFitIsReported) {
  const auto faults = [&](const DeclaredStatement& statement) {
    return faults_of(statement, database->describe(statement.text));
  };
  EXPECT_THAT(faults(select_session<Right>()), IsEmpty());
  EXPECT_THAT(faults(select_session<IdsSwapped>()), Not(IsEmpty()));
  EXPECT_THAT(faults(select_session<NullSwapped>()), Not(IsEmpty()));
  EXPECT_THAT(faults(select_session<BytesSwapped>()), Not(IsEmpty()));
  EXPECT_THAT(faults(select_session<TimeSwapped>()), Not(IsEmpty()));
  EXPECT_THAT(faults(select_session<OneTooFew>()), Not(IsEmpty()));
}

struct Judged {
  bool is_there;
  std::int64_t version;
};
struct JudgedSwapped {
  std::int64_t is_there;
  bool version;
};
struct TextExpression {
  std::string address;
};
struct Counted {
  bool is_there;
  std::int64_t count;
};

TEST_P(Statements, ExpressionsAreHeldToWhatTheEngineKnows) {
  static constexpr Statement<Judged()> judged{"SELECT version > 0, version FROM sessions"};
  static constexpr Statement<JudgedSwapped()> swapped{"SELECT version > 0, version FROM sessions"};
  static constexpr Statement<TextExpression()> text{"SELECT lower(address) FROM sessions"};
  static constexpr Statement<Counted()> ambiguous{"SELECT count(*) > 0, count(*) FROM sessions"};
  EXPECT_THAT(faults_of(declare("judged", judged), database->describe(judged.text)), IsEmpty());
  EXPECT_THAT(faults_of(declare("swapped", swapped), database->describe(swapped.text)), Not(IsEmpty()));
  const auto text_faults = faults_of(declare("text", text), database->describe(text.text));
  const auto ambiguous_faults = faults_of(declare("ambiguous", ambiguous), database->describe(ambiguous.text));
  EXPECT_EQ(text_faults.empty(), !database.is_sqlite());
  EXPECT_EQ(ambiguous_faults.empty(), !database.is_sqlite());
}

TEST_P(Statements, AParameterOfAnotherTypeIsReportedOnPostgres) {
  static constexpr Statement<void(SessionId, std::string)> wrong{"UPDATE sessions SET ended_at = $2 WHERE id = $1"};
  static constexpr Statement<void(SessionId)> missing{"UPDATE sessions SET ended_at = $2 WHERE id = $1"};
  EXPECT_EQ(faults_of(declare("wrong", wrong), database->describe(wrong.text)).empty(), database.is_sqlite());
  EXPECT_THAT(faults_of(declare("missing", missing), database->describe(missing.text)), Not(IsEmpty()));
}

TEST_P(Statements, AnUnknownColumnIsRefused) {
  EXPECT_THROW(database->describe("SELECT no_such_column FROM sessions"), StorageError);
  EXPECT_THAT(faults_of(select_session<Right>(), database->describe(select_session<Right>().text)), IsEmpty());
}

// A statement that stands in the program but not in the list would go untested.
TEST(StatementList, HasEveryStatementOfTheProgram) {
  std::set<std::string> listed;
  for (const auto& statement : all_statements()) {
    EXPECT_TRUE(listed.insert(statement.name).second) << statement.name << " stands twice";
  }
  const std::regex declaration(R"(constexpr\s+(?:\w+::)*Statement<[^;{]*?\s(\w+)\s*[{=(])");
  const auto source = std::filesystem::path(OSTIARY_SOURCE_DIR) / "src";
  std::size_t found = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source)) {
    const auto path = entry.path();
    if ((path.extension() != ".hpp" && path.extension() != ".cpp") || path.stem().string().ends_with("_test")) continue;
    std::ostringstream content;
    content << std::ifstream(path).rdbuf();
    const std::string text = content.str();
    for (std::sregex_iterator match(text.begin(), text.end(), declaration), end; match != end; ++match, ++found) {
      const auto name = path.parent_path().filename().string() + "." + (*match)[1].str();
      EXPECT_TRUE(listed.contains(name)) << name << " is missing in tests/every_engine/statement_list.cpp";
    }
  }
  EXPECT_EQ(found, listed.size());
}

// tests/more/cockroach_parser parses what this writes: for every statement but SQLite's own its name and text, each
// ended by a NUL.
TEST(StatementList, IsWrittenForTheCockroachParserWhereItAsks) {
  const char* path = std::getenv("OSTIARY_STATEMENT_TEXTS");
  std::ofstream file(path == nullptr ? "/dev/null" : path, std::ios::binary);
  for (const auto& statement : all_statements())
    if (statement.on_postgres) file << statement.name << '\0' << statement.text << '\0';
  EXPECT_TRUE(file.flush());
}

}  // namespace
}  // namespace ostiary::testing
