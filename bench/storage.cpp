#include "storage.hpp"

#include <signal.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "scaffolding/debian_postgres.hpp"

namespace ostiary::bench {

using namespace std::chrono_literals;

PostgresCluster::PostgresCluster() {
  const std::filesystem::path programs = testing::debian_postgres_programs();
  std::filesystem::permissions(folder(), std::filesystem::perms(0777));
  const auto data = (folder() / "data").string();
  Process make({.words = {programs / "initdb", "-D", data, "-U", "ostiary", "-A", "trust", "-E", "UTF8", "--locale=C"},
                .folder = folder(),
                .as_postgres = true});
  if (make.wait() != 0) throw std::runtime_error("initdb failed:\n" + read_file(folder() / "log"));
  process_ = std::make_unique<Process>(
      Command{.words = {programs / "postgres", "-D", data, "-k", folder(), "-c", "listen_addresses=", "-c",
                        "max_connections=200", "-c", "shared_buffers=512MB", "-c", "max_wal_size=8GB", "-c",
                        "checkpoint_timeout=30min", "-c", "log_min_messages=fatal"},
              .folder = folder(),
              .as_postgres = true});
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (PQping(conninfo("postgres").c_str()) != PQPING_OK) {
    if (!process_->is_running() || std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("PostgreSQL did not start:\n" + read_file(folder() / "log"));
    std::this_thread::sleep_for(10ms);
  }
}

PostgresCluster::~PostgresCluster() { process_->stop(SIGINT); }

std::string PostgresCluster::conninfo(const std::string& database) const {
  return "host=" + folder().string() + " user=ostiary dbname=" + database;
}

void PostgresCluster::administer(const std::string& sql) const {
  const PostgresHandle connection(PQconnectdb(conninfo("postgres").c_str()));
  const PostgresResult result(PQexec(connection.get(), sql.c_str()));
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK)
    throw std::runtime_error(sql + ": " + PQerrorMessage(connection.get()));
}

Place::Place(const PostgresCluster* cluster) : cluster_(cluster) {
  if (is_sqlite()) return;
  static int number = 0;
  name_ = "bench_" + std::to_string(++number);
  cluster_->administer("CREATE DATABASE " + name_);
}

Place::~Place() {
  if (is_sqlite()) return;
  try {
    cluster_->administer("DROP DATABASE " + name_ + " WITH (FORCE)");
  } catch (const std::exception&) {
    // It goes with the cluster.
  }
}

std::unique_ptr<Place> Place::copy() const {
  auto other = std::make_unique<Place>(cluster_);
  if (is_sqlite()) {
    std::filesystem::copy(folder() / "data", other->folder() / "data");
  } else {
    cluster_->administer("DROP DATABASE " + other->name_);
    cluster_->administer("CREATE DATABASE " + other->name_ + " TEMPLATE " + name_);
  }
  return other;
}

std::map<std::string, std::string> Place::settings() const {
  std::map<std::string, std::string> settings{{"DATA_DIR", folder() / "data"}};
  if (!is_sqlite()) {
    settings["POSTGRES_HOST"] = cluster_->folder();
    settings["POSTGRES_DB"] = name_;
    settings["POSTGRES_USER"] = "ostiary";
  }
  return settings;
}

}  // namespace ostiary::bench
