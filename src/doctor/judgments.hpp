#pragma once

#include <optional>
#include <string>
#include <string_view>
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

/// What the running server has seen, by its text for Prometheus: forwarding headers of a peer that is not trusted. Says
/// nothing where there were none.
Findings judge_forwarding(std::string_view metrics);

/// `needed`: how many connections one server opens at most.
Findings judge_postgres(const storage::statements::PostgresConditionRow& condition, std::int64_t needed);

/// What the role may do, beside what the schema asks for.
Findings judge_rights(const storage::statements::PostgresRightsRow& rights, storage::SchemaState state,
                      bool migrate_on_start);

/// A certificate that can be used, beside the host that people ask for.
struct CertificateFacts {
  std::string path;
  std::string host;
  bool names_host = false;
  Time begins{};
  Time ends{};
};
Findings judge_certificate(const CertificateFacts& certificate, Time now);

/// The folder of an SQLite file, as it is.
struct FolderFacts {
  std::string path;
  bool exists = false;       ///< else what follows is about the nearest folder above it that does
  bool writable = false;
  std::uint64_t free_bytes = 0;
  std::vector<std::string> unwritable = {};  ///< files in it that a server has to write
};
Findings judge_folder(const FolderFacts& folder);

Findings judge_journal(bool is_write_ahead_log);

/// `pending`: the names of migrations that are not applied.
Findings judge_schema(storage::SchemaState state, Engine engine, bool migrate_on_start,
                      const std::vector<std::string>& pending);

/// `outdated`: whether another version of Unicode made some of the skeletons that keep usernames apart. Says nothing
/// where all is well.
Findings judge_skeletons(bool outdated);

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

Findings judge_keys(const vault::KeysFound& found, crypto::JwsAlgorithm chosen);

struct MasterKeyFacts {
  bool is_given = false;
  bool development_key_exists = false;
  bool is_needed = false;  ///< the database holds keys that some master key sealed
  bool is_local = true;
};
Findings judge_master_key(const MasterKeyFacts& facts);

/// Who has a port that the server would listen on.
enum class PortState {
  free,
  ostiary,       ///< somebody who answers as an Ostiary does
  another_ostiary,  ///< one that serves from another data folder
  taken,         ///< somebody else
  forbidden,     ///< it is not this user's to take
  no_such_address,
};
Findings judge_port(const std::string& protocol, const std::string& place, PortState state);

}  // namespace ostiary::doctor
