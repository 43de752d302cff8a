#pragma once

#include <functional>
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
#include "factors/deps.hpp"
#include "gateway/cookies.hpp"
#include "pages/openapi.hpp"
#include "sessions/deps.hpp"
#include "storage/data_folder.hpp"
#include "storage/migrate.hpp"

namespace ostiary {

/// The opened database of the settings, its invalidation channel, and the folder of an embedded database. Members are
/// constructed in this order and destroyed in reverse, as everywhere in this file.
class Storage {
 public:
  /// The purpose. On an SQLite file there may be one server, and commands beside it.
  enum class Use {
    server,   ///< creates a missing database, and listens to revocations of other servers
    worker,   ///< creates a missing database, but does not listen
    founder,  ///< a command that creates a missing database
    visitor,  ///< a command that does not: throws StartupError with the location if it is missing
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

/// Is called again and again while the program waits for another process. May throw to end the wait.
using WhileWaiting = std::function<void()>;

/// Says once in the log for whom a change of the schema waits, and for how long: a killed process's lease lasts 30 s.
storage::OnWait waits_to_log(const Clock& clock, Log& log, WhileWaiting while_waiting = {});

/// The database that the settings name, for who changes nothing; nothing where there is no SQLite file. Throws
/// StartupError.
std::unique_ptr<Database> look_at_database(const Config& config);

/// The objects that every command on accounts needs. Throws StartupError.
struct Foundation {
  /// A server or worker migrates the schema as the settings say. A founder creates a missing one. Other commands need a
  /// current one. `while_waiting` is called while another process migrates it.
  Foundation(const Config& config, Storage::Use use, Log& log, const WhileWaiting& while_waiting = {});

  SystemClock clock;
  SystemRandom random;
  Storage storage;
  IdSource ids;
  vault::ServerKeys keys;
  vault::DataKeys data_keys;
  audit::AuditLog audit;
};

/// The database in GEOIP_FILE, if it is set. Throws WrongSetting.
std::optional<adapters::GeoIp> open_geoip(const Config& config);

/// The mailer and the gateway for texts of the settings, and the executor of their jobs. `templates` must outlive it.
struct Mailing {
  Mailing(const Config& config, Foundation& foundation, const delivery::MailTemplates& templates, Log& log);

  std::shared_ptr<adapters::Mailbox> mailbox;  ///< where mail goes without SMTP_URL, and texts without SMS_URL
  std::shared_ptr<Mailer> mailer;
  std::shared_ptr<SmsGateway> texts;
  delivery::Executor executor;
};

/// The rooms with their dependencies. `geoip` must outlive them.
struct Rooms {
  Rooms(const Config& config, Foundation& foundation, const std::optional<adapters::GeoIp>& geoip, Log& log,
        std::function<void()> wake_executor);

  passwords::Hasher hasher;
  sessions::AccessTokens tokens;
  sessions::Devices devices;
  sessions::SessionCache cache;
  adapters::MemoryRateLimiter limiter;
  limits::Limits limits;
  sessions::Deps sessions;
  accounts::Deps accounts;
  factors::Deps factors;
};

/// The options for session cookies.
gateway::CookieOptions cookie_options(const Config& config);

/// The facts about this server for the OpenAPI description.
pages::OpenApiFacts openapi_facts(const Config& config);

}  // namespace ostiary
