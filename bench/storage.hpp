#pragma once

#include <libpq-fe.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/id.hpp"
#include "process.hpp"
#include "vault/server_keys.hpp"

namespace ostiary::bench {

struct FinishConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using PostgresHandle = std::unique_ptr<PGconn, FinishConnection>;

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PostgresResult = std::unique_ptr<PGresult, ClearResult>;

/// A cluster of Debian's PostgreSQL 15 in a temporary folder, durable as it comes (fsync, full_page_writes).
class PostgresCluster {
 public:
  PostgresCluster();
  ~PostgresCluster();

  const std::filesystem::path& folder() const { return folder_.path(); }
  std::string conninfo(const std::string& database) const;
  void administer(const std::string& sql) const;

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Process> process_;
};

/// Where one database lies: an SQLite file in a folder of its own, or a database of the cluster. Gone with its owner.
class Place {
 public:
  /// An empty one; on SQLite for no cluster.
  explicit Place(const PostgresCluster* cluster);
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  /// Another one that holds the same. Nobody may be connected.
  std::unique_ptr<Place> copy() const;

  bool is_sqlite() const { return cluster_ == nullptr; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  std::filesystem::path sqlite_file() const { return folder() / "data" / "ostiary.db"; }
  std::string conninfo() const { return cluster_->conninfo(name_); }
  /// The settings by which the program finds it.
  std::map<std::string, std::string> settings() const;

 private:
  const PostgresCluster* cluster_;
  TemporaryFolder folder_;
  std::string name_;
};

inline const std::string password = "correct horse battery staple";

/// What a filled database holds, computed rather than kept.
class Seed {
 public:
  Seed(std::size_t users, vault::ServerKey chain_key) : users_(users), chain_key_(std::move(chain_key)) {}

  std::size_t users() const { return users_; }
  static std::string email(std::size_t user) { return "user" + std::to_string(user) + "@example.org"; }
  /// The chain of the person's session, and its token of a generation; the first is ready to be refreshed.
  static ChainId chain(std::size_t user);
  std::string refresh_token(std::size_t user, std::int64_t generation = 1) const;

 private:
  std::size_t users_;
  vault::ServerKey chain_key_;
};

/// Makes the schema, the service's keys, and people with a device and a session each, by SQL in bulk.
Seed fill(const Place& place, std::size_t users);

}  // namespace ostiary::bench
