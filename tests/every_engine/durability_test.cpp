// D1, B30: what was acknowledged survives kill -9 of the program.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "every_engine.hpp"
#include "rows.hpp"

namespace ostiary::testing {
namespace {

inline constexpr Statement<Number()> count_roles{"SELECT count(*) FROM roles"};
inline constexpr Statement<void(Uuid, std::int64_t)> insert_version{
    "INSERT INTO outbox (id, topic, type, aggregate_id, aggregate_version, payload, occurred_at) "
    "SELECT $1, 't', 't', $1, $2, '{}', applied_at FROM schema_migrations WHERE number = 1"};
inline constexpr Statement<Number()> count_events{"SELECT count(*) FROM outbox"};

// Where the child finds its database, and where it writes a line for each commit that was acknowledged to it.
constexpr const char* file_variable = "OSTIARY_TEST_CHILD_FILE";
constexpr const char* conninfo_variable = "OSTIARY_TEST_CHILD_CONNINFO";
constexpr int report_descriptor = 3;

/// The child's part: two rows a transaction, and a line when it is committed, until it is killed.
TEST(DurabilityChild, DISABLED_WritesUntilItIsKilled) {
  const char* file = std::getenv(file_variable);
  const char* conninfo = std::getenv(conninfo_variable);
  ASSERT_TRUE(file != nullptr || conninfo != nullptr);
  const auto database = file != nullptr ? open_sqlite({.path = file}) : open_postgres({.conninfo = conninfo});
  for (std::int64_t number = 1;; ++number) {
    Uuid id;
    std::memcpy(id.bytes.data(), &number, sizeof number);
    const auto done = database->transaction([&](Transaction& tx) -> Result<void> {
      tx.execute(insert_role, id, std::to_string(number));
      tx.execute(insert_version, id, number);
      return {};
    });
    const std::string line = std::to_string(number) + "\n";
    if (!done || write(report_descriptor, line.data(), line.size()) < 0) return;
  }
}

struct Child {
  pid_t process;
  int reports;
};

/// This program again, told to be the child.
Child start_child(const EngineDatabase& database) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe can be made");
  const std::string setting = database.is_sqlite() ? std::string(file_variable) + "=" + database.file().string()
                                                   : std::string(conninfo_variable) + "=" + database.conninfo();
  const char* arguments[] = {"/proc/self/exe", "--gtest_filter=DurabilityChild.*", "--gtest_also_run_disabled_tests",
                             nullptr};
  const char* environment[] = {setting.c_str(), nullptr};
  const pid_t process = fork();
  if (process == 0) {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(ends[1], report_descriptor);
    execve(arguments[0], const_cast<char**>(arguments), const_cast<char**>(environment));
    _exit(127);
  }
  close(ends[1]);
  return {process, ends[0]};
}

/// Reads until so many lines have come, or the end. Gives how many there were.
std::int64_t read_lines(int descriptor, std::int64_t enough) {
  std::int64_t lines = 0;
  char byte = 0;
  while (lines < enough && read(descriptor, &byte, 1) == 1) lines += byte == '\n' ? 1 : 0;
  return lines;
}

class Durability : public OnEveryEngine {};
ON_EVERY_ENGINE(Durability);

TEST_P(Durability, WhatWasAcknowledgedSurvivesAKill) {
  const Child child = start_child(database);
  std::int64_t acknowledged = read_lines(child.reports, 30);
  kill(child.process, SIGKILL);
  waitpid(child.process, nullptr, 0);
  acknowledged += read_lines(child.reports, INT64_MAX);
  close(child.reports);
  ASSERT_GE(acknowledged, 30);

  database.reopen();
  const auto there = *database->read([](Transaction& tx) -> Result<std::pair<std::int64_t, std::int64_t>> {
    return std::pair(tx.one(count_roles).value, tx.one(count_events).value);
  });
  EXPECT_GE(there.first, acknowledged);
  EXPECT_LE(there.first, acknowledged + 1);  // committed, but killed before saying so
  EXPECT_EQ(there.first, there.second) << "nothing half done";
}

}  // namespace
}  // namespace ostiary::testing
