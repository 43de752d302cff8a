#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/smtp_mailer.hpp"
#include "base/time.hpp"
#include "config.hpp"
#include "doctor/finding.hpp"
#include "storage/migrate.hpp"
#include "storage/statements.hpp"
#include "vault/server_keys.hpp"

// What the doctor thinks of what it has seen: pure judgments on values, each with a row in a table test.
namespace ostiary::doctor {

/// Settings that were read, with the warnings that came with them.
Findings judge_settings(const Config& config, const std::vector<std::string>& warnings);

/// `needed`: how many connections one server opens at most.
Findings judge_postgres(const storage::statements::PostgresConditionRow& condition, std::int64_t needed);

/// The folder of an SQLite file, as it is.
struct FolderFacts {
  std::string path;
  bool exists = false;       ///< else what follows is about the nearest folder above it that does
  bool writable = false;
  std::uint64_t free_bytes = 0;
};
Findings judge_folder(const FolderFacts& folder);

Findings judge_journal(bool is_write_ahead_log);

/// `pending`: the names of migrations that are not applied.
Findings judge_schema(storage::SchemaState state, Engine engine, bool migrate_on_start,
                      const std::vector<std::string>& pending);

/// What the clock looks like from here.
struct ClockFacts {
  Time now;
  std::optional<Duration> ahead_of_database =
      std::nullopt;  ///< ours minus the database's; nothing where they are one clock
  Duration uncertainty{};                     ///< half the way there and back
  bool synchronised = true;                   ///< the kernel says that something keeps it right
  bool leap_second_is_near = false;
};
Findings judge_clock(const ClockFacts& facts);

Findings judge_mail(const std::string& server, const adapters::SmtpGreeting& greeting);

/// `is_development`: the master key is the one in the data folder.
Findings judge_keys(const vault::KeysFound& found, crypto::JwsAlgorithm chosen);
Findings judge_master_key(bool is_given, bool development_key_exists, bool is_local);

/// Who has a port that the server would listen on.
enum class PortState {
  free,
  ostiary,       ///< somebody who answers as an Ostiary does
  taken,         ///< somebody else
  forbidden,     ///< it is not this user's to take
  no_such_address,
};
Findings judge_port(const std::string& protocol, const std::string& place, PortState state);

}  // namespace ostiary::doctor
