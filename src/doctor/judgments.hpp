#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http_sms_gateway.hpp"
#include "adapters/smtp_mailer.hpp"
#include "base/time.hpp"
#include "config.hpp"
#include "doctor/finding.hpp"
#include "storage/migrate.hpp"
#include "storage/statements.hpp"
#include "vault/server_keys.hpp"

// What the doctor thinks of what it has seen: pure judgments on values, each with a row in a table test.
namespace ostiary::doctor {

/// Judges valid settings and their warnings.
Findings judge_settings(const Config& config, const std::vector<std::string>& warnings);

/// What the running server has seen, from its metrics: forwarding headers of a peer that is not trusted. Empty if there
/// were none.
Findings judge_forwarding(std::string_view metrics);

/// `needed` is the maximum number of connections that one server opens.
Findings judge_postgres(const storage::statements::PostgresConditionRow& condition, std::int64_t needed);

/// Compares the role's rights with what the schema needs.
Findings judge_rights(const storage::statements::PostgresRightsRow& rights, storage::SchemaState state,
                      bool migrate_on_start);

/// A usable certificate, and the host of PUBLIC_URL.
struct CertificateFacts {
  std::string path;
  std::string host;
  bool names_host = false;
  Time begins{};
  Time ends{};
};
Findings judge_certificate(const CertificateFacts& certificate, Time now);

/// The folder of an SQLite file.
struct FolderFacts {
  std::string path;
  bool exists = false;  ///< if not, the following is about the nearest existing parent folder
  bool writable = false;
  std::uint64_t free_bytes = 0;
  std::vector<std::string> unwritable = {};  ///< files that a server must be able to write but cannot
};
Findings judge_folder(const FolderFacts& folder);

Findings judge_journal(bool is_write_ahead_log);

/// `pending` has the names of migrations that are not applied.
Findings judge_schema(storage::SchemaState state, Engine engine, bool migrate_on_start,
                      const std::vector<std::string>& pending);

/// `role`: the one that we connect as; `serving`: DATABASE_SERVING_ROLE, or empty. Says nothing where all is well.
Findings judge_serving_role(const std::string& role, const std::string& serving);

/// `noted`: the PUBLIC_URL of the server that started last, if one did. Says nothing where all is well.
Findings judge_issuer(const std::optional<std::string>& noted, const std::string& public_url);

/// `has_old`: whether the system knows the names that zones had before, such as Asia/Calcutta. Says nothing where all
/// is well.
Findings judge_time_zones(bool has_zones, bool has_old);

/// `outdated`: whether another version of Unicode made some of the skeletons that keep usernames apart. Says nothing
/// where all is well.
Findings judge_skeletons(bool outdated);

/// What is known about the clock.
struct ClockFacts {
  Time now;
  std::optional<Duration> ahead_of_database =
      std::nullopt;  ///< this machine's clock minus the database's; empty if it is the same clock
  Duration uncertainty{};  ///< half the round trip
  bool synchronised = true;  ///< the kernel reports that it is synchronised
  bool leap_second_is_near = false;
};
Findings judge_clock(const ClockFacts& facts);

/// Without SMTP_URL. Beyond this machine a server does not start without it, which the settings have said.
Findings judge_mailbox(const std::string& data_dir, bool is_local);

Findings judge_mail(const std::string& server, const adapters::SmtpGreeting& greeting);

/// The gateway for texts, after an attempt to connect.
Findings judge_gateway(const std::string& gateway, const adapters::SmsReach& reach);

Findings judge_keys(const vault::KeysFound& found, crypto::JwsAlgorithm chosen);

struct MasterKeyFacts {
  bool is_given = false;
  bool development_key_exists = false;
  bool is_needed = false;  ///< the database has keys that a master key encrypted
  bool is_local = true;
};
Findings judge_master_key(const MasterKeyFacts& facts);

/// The state of a port that the server would listen on.
enum class PortState {
  free,
  ostiary,  ///< an Ostiary server
  another_ostiary,  ///< an Ostiary server with another data folder
  taken,  ///< another program
  forbidden,  ///< not permitted for this user
  no_such_address,
};
Findings judge_port(const std::string& protocol, const std::string& place, PortState state);

}  // namespace ostiary::doctor
