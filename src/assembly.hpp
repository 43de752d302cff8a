#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "accounts/deps.hpp"
#include "adapters/geoip.hpp"
#include "adapters/mailbox.hpp"
#include "adapters/memory_rate_limiter.hpp"
#include "config.hpp"
#include "delivery/executor.hpp"
#include "delivery/templates.hpp"
#include "gateway/cookies.hpp"
#include "pages/openapi.hpp"
#include "sessions/deps.hpp"
#include "storage/data_folder.hpp"
#include "storage/migrate.hpp"

namespace ostiary {

/// The database that the settings name, opened; the channel that tells of its changes; the folder of an embedded one.
/// Members are made in this order and unmade in the other, as everywhere in this file.
class Storage {
 public:
  /// What for. Beside a server on an SQLite file there may be commands, and no other server.
  enum class Use {
    server,   ///< makes a database where there is none, and hears what other servers revoke
    worker,   ///< makes one too, and hears nothing
    founder,  ///< a command that makes one
    visitor,  ///< a command that does not: where there is none, StartupError says where it has looked
  };

  /// Throws StartupError.
  Storage(const Config& config, Use use, Log& log);

  Database& db() { return *db_; }
  Invalidation& invalidation() { return *invalidation_; }

 private:
  std::optional<storage::FolderLock> lock_;
  std::unique_ptr<Invalidation> invalidation_;
  std::unique_ptr<Database> db_;
};

/// Says in the log for whom a change of the schema waits, and for how long: a killed process's lease lasts 30 s.
storage::Migrator::OnWait waits_to_log(const Clock& clock, Log& log);

/// The database that the settings name, for who changes nothing; nothing where there is no SQLite file. Throws
/// StartupError.
std::unique_ptr<Database> look_at_database(const Config& config);

/// What every command that touches accounts stands on. Throws StartupError.
struct Foundation {
  /// A server or worker brings the schema forward, as the settings say; a founder makes one where there is none; else
  /// a command works on a current one.
  Foundation(const Config& config, Storage::Use use, Log& log);

  SystemClock clock;
  SystemRandom random;
  Storage storage;
  IdSource ids;
  vault::ServerKeys keys;
  vault::DataKeys data_keys;
  audit::AuditLog audit;
};

/// The mail that the settings ask for, and the jobs that send it.
struct Mailing {
  Mailing(const Config& config, Foundation& foundation, Log& log);

  delivery::MailTemplates templates;
  adapters::Mailbox* mailbox = nullptr;  ///< where mail goes without SMTP_URL
  std::unique_ptr<Mailer> mailer;
  delivery::Executor executor;
};

/// The rooms, each with what it works with.
struct Rooms {
  Rooms(const Config& config, Foundation& foundation, Log& log, std::function<void()> wake_executor);

  std::optional<adapters::GeoIp> geoip;
  passwords::Hasher hasher;
  sessions::AccessTokens tokens;
  sessions::Devices devices;
  sessions::SessionCache cache;
  adapters::MemoryRateLimiter limiter;
  limits::Limits limits;
  sessions::Deps sessions;
  accounts::Deps accounts;
};

/// How session cookies are set.
gateway::CookieOptions cookie_options(const Config& config);

/// What the description of the HTTP interface says of this server.
pages::OpenApiFacts openapi_facts(const Config& config);

}  // namespace ostiary
