#include <chrono>
#include <cstring>
#include <functional>
#include <span>
#include <stdexcept>

#include "bare_sqlite.hpp"
#include "base/encoding.hpp"
#include "crypto/digest.hpp"
#include "crypto/password_hash.hpp"
#include "limits/username.hpp"
#include "master_key.hpp"
#include "passwords/decoys.hpp"
#include "sessions/tokens.hpp"
#include "storage.hpp"
#include "storage/data_folder.hpp"
#include "storage/database.hpp"
#include "storage/migrate.hpp"
#include "vault/data_keys.hpp"
#include "vault/server_keys.hpp"

namespace ostiary::bench {
namespace {

using namespace std::chrono_literals;

/// The same for the same name and number; in the order of the numbers, as ids by time are.
Uuid uuid_for(std::string_view name, std::size_t number) {
  const Digest digest = crypto::sha256(as_bytes(std::string(name) + ' ' + std::to_string(number)));
  Uuid uuid;
  std::memcpy(uuid.bytes.data(), digest.data(), uuid.bytes.size());
  const auto milliseconds = 1'700'000'000'000 + number;
  for (int i = 0; i < 6; ++i)
    uuid.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(milliseconds >> (40 - 8 * i));
  uuid.bytes[6] = (uuid.bytes[6] & 0x0f) | 0x70;
  uuid.bytes[8] = (uuid.bytes[8] & 0x3f) | 0x80;
  return uuid;
}

Digest device_hash(std::size_t user) { return crypto::sha256(as_bytes("device " + std::to_string(user))); }

/// A table, its columns, and the row of a person.
struct Table {
  std::string name, columns;
  std::function<void(std::size_t user, std::vector<Parameter>& row)> fill_row;
};

/// What the rows borrow from; made anew for each row.
struct Person {
  std::string email;
  limits::Username username;
  Bytes wrapped_key;
  Digest hash, device;
};

class Filler {
 public:
  Filler(const vault::ServerKeys& keys, const Seed& seed, Random& random)
      : keys_(keys), seed_(seed), random_(random), hash_(crypto::hash_password(Secret(password), {}, random)) {}

  std::vector<Table> tables() {
    return {
        {"users",
         "id, email, email_canonical, email_verified, username, username_canonical, username_skeleton, "
         "skeleton_version, status, created_at, updated_at, version",
         [this](std::size_t user, std::vector<Parameter>& row) {
           person_.email = Seed::email(user);
           person_.username = limits::username_forms("user" + std::to_string(user));
           row = {uuid_for("user", user),
                  text(person_.email),
                  text(person_.email),
                  true,
                  text(person_.username.given),
                  text(person_.username.canonical),
                  text(person_.username.skeleton),
                  text(skeleton_version_),
                  text("active"),
                  now_,
                  now_,
                  std::int64_t{1}};
         }},
        {"password_credentials", "user_id, hash, cost, sample, changed_at",
         [this](std::size_t user, std::vector<Parameter>& row) {
           const UserId id{uuid_for("user", user)};
           row = {id.uuid, text(hash_), text(crypto::cost_of(hash_)), passwords::sample_of(id), now_};
         }},
        {"user_profiles", "user_id, display_name, avatar_url, locale, time_zone, updated_at",
         [this](std::size_t user, std::vector<Parameter>& row) {
           row = {uuid_for("user", user), text("Somebody"), text(""), text("en"), text("UTC"), now_};
         }},
        {"data_keys", "owner_id, scope, wrapped, wrapping_key_id, created_at",
         [this](std::size_t user, std::vector<Parameter>& row) {
           const vault::ServerKey& key = keys_.wrapping_key();
           const UserId owner{uuid_for("user", user)};
           person_.wrapped_key = vault::make_wrapped_data_key(owner, key, random_);
           row = {owner.uuid, text("person"), BytesView(person_.wrapped_key), key.id.uuid, now_};
         }},
        {"devices", "user_id, device_hash, first_seen_at, last_seen_at",
         [this](std::size_t user, std::vector<Parameter>& row) {
           person_.device = device_hash(user);
           row = {uuid_for("user", user), BytesView(person_.device), now_, now_};
         }},
        {"sessions",
         "id, user_id, device_hash, user_agent, device_name, address, amr, auth_time, created_at, expires_at, version",
         [this](std::size_t user, std::vector<Parameter>& row) {
           person_.device = device_hash(user);
           row = {uuid_for("session", user),
                  uuid_for("user", user),
                  BytesView(person_.device),
                  text("bench"),
                  text("bench"),
                  text("127.0.0.1"),
                  text("pwd"),
                  now_,
                  now_,
                  now_ + 30 * 24h,
                  std::int64_t{1}};
         }},
        {"refresh_chains", "id, session_id, key_id, generation, current_hash, issued_at, expires_at",
         [this, key = keys_.current(vault::KeyPurpose::refresh_chain).id](std::size_t user,
                                                                          std::vector<Parameter>& row) {
           person_.hash = sessions::refresh_token_hash(seed_.refresh_token(user));
           row = {Seed::chain(user).uuid, uuid_for("session", user), key.uuid,
                  std::int64_t{1},        BytesView(person_.hash),   now_,
                  now_ + 7 * 24h};
         }},
    };
  }

 private:
  static Parameter text(std::string_view value) { return value; }

  const vault::ServerKeys& keys_;
  const Seed& seed_;
  Random& random_;
  const std::string hash_;
  const std::string skeleton_version_ = limits::skeleton_version();
  const Time now_ = SystemClock().now();
  Person person_;
};

void check(bool good, const std::string& what) {
  if (!good) throw std::runtime_error("filling the database: " + what);
}

void fill_sqlite(const std::filesystem::path& file, const std::vector<Table>& tables, std::size_t users) {
  BareSqlite database(file);
  database.script("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; BEGIN");
  std::vector<Parameter> row;
  for (const Table& table : tables) {
    table.fill_row(0, row);
    std::string marks;
    for (std::size_t i = 1; i <= row.size(); ++i) marks += (i == 1 ? "$" : ", $") + std::to_string(i);
    const std::string sql = "INSERT INTO " + table.name + " (" + table.columns + ") VALUES (" + marks + ")";
    for (std::size_t user = 0; user < users; ++user) {
      table.fill_row(user, row);
      database.run(sql, row);
    }
    database.forget();
  }
  database.script("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
}

/// As COPY's text format has it. No value here holds a tab, a backslash or a line's end.
void append_copied(std::string& out, const Parameter& parameter) {
  struct Append {
    std::string& out;
    void operator()(std::monostate) const { out += "\\N"; }
    void operator()(bool value) const { out += value ? 't' : 'f'; }
    void operator()(std::int64_t value) const { out += std::to_string(value); }
    void operator()(std::string_view value) const { out += value; }
    void operator()(BytesView value) const { out += "\\\\x" + to_hex(value); }
    void operator()(const Uuid& value) const { out += to_string(value); }
    void operator()(Time value) const { out += to_rfc3339(value); }
  };
  std::visit(Append{out}, parameter);
}

void fill_postgres(const std::string& conninfo, const std::vector<Table>& tables, std::size_t users) {
  const PostgresHandle connection(PQconnectdb(conninfo.c_str()));
  const auto execute = [&](const std::string& sql, ExecStatusType expected) {
    const PostgresResult result(PQexec(connection.get(), sql.c_str()));
    check(PQresultStatus(result.get()) == expected, PQerrorMessage(connection.get()));
  };
  std::vector<Parameter> row;
  for (const Table& table : tables) {
    execute("COPY " + table.name + " (" + table.columns + ") FROM STDIN", PGRES_COPY_IN);
    std::string lines;
    for (std::size_t user = 0; user < users; ++user) {
      table.fill_row(user, row);
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (i > 0) lines += '\t';
        append_copied(lines, row[i]);
      }
      lines += '\n';
      if (lines.size() > 60'000 || user + 1 == users) {
        check(PQputCopyData(connection.get(), lines.data(), static_cast<int>(lines.size())) == 1, "COPY");
        lines.clear();
      }
    }
    check(PQputCopyEnd(connection.get(), nullptr) == 1, "COPY");
    const PostgresResult result(PQgetResult(connection.get()));
    check(PQresultStatus(result.get()) == PGRES_COMMAND_OK, PQerrorMessage(connection.get()));
    while (const PostgresResult rest{PQgetResult(connection.get())}) {
    }
  }
  execute("VACUUM ANALYZE", PGRES_COMMAND_OK);
  execute("CHECKPOINT", PGRES_COMMAND_OK);
}

std::unique_ptr<Database> open_database(const Place& place) {
  if (!place.is_sqlite()) return open_postgres({.conninfo = place.conninfo(), .connections = 1});
  storage::prepare_data_folder(place.sqlite_file().parent_path());
  return open_sqlite({.path = place.sqlite_file(), .readers = 1});
}

}  // namespace

ChainId Seed::chain(std::size_t user) { return {uuid_for("chain", user)}; }

std::string Seed::refresh_token(std::size_t user, std::int64_t generation) const {
  return sessions::make_refresh_token(chain(user), generation, chain_key_.bytes);
}

Seed fill(const Place& place, std::size_t users) {
  const SystemClock clock;
  SystemRandom random;
  auto database = open_database(place);
  storage::Migrator(*database).prepare_to_serve(true, clock);
  const IdSource ids(clock, random, IdSource::Order::by_time);
  const vault::ServerKeys keys(*database, clock, ids, random, master_key(), crypto::JwsAlgorithm::es256);
  const Seed seed(users, keys.current(vault::KeyPurpose::refresh_chain));
  Filler filler(keys, seed, random);
  place.is_sqlite() ? fill_sqlite(place.sqlite_file(), filler.tables(), users)
                    : fill_postgres(place.conninfo(), filler.tables(), users);
  return seed;
}

}  // namespace ostiary::bench
