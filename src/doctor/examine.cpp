#include "doctor/examine.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/timex.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <functional>
#include <utility>

#include "accounts/renew_skeletons.hpp"
#include "adapters/geoip.hpp"
#include "adapters/http_sms_gateway.hpp"
#include "adapters/smtp_mailer.hpp"
#include "base/random.hpp"
#include "delivery/templates.hpp"
#include "doctor/judgments.hpp"
#include "doctor/port.hpp"
#include "http/tls_certificate.hpp"
#include "sessions/issuer.hpp"
#include "storage/data_folder.hpp"
#include "storage/look.hpp"
#include "storage/migrate.hpp"
#include "storage/missing_privilege.hpp"
#include "storage/serving_role.hpp"
#include "vault/master_key.hpp"

namespace ostiary::doctor {

namespace {

namespace fs = std::filesystem;

void append(Findings& findings, Findings more) {
  for (auto& finding : more) findings.push_back(std::move(finding));
}

/// What `look` finds, or the outage that it met.
void append_or_say(Findings& findings, const std::string& check, const std::string& advice,
                   const std::function<Findings()>& look) {
  try {
    append(findings, look());
  } catch (const MissingPrivilege& error) {
    findings.push_back({check, Level::problem, error.what(), std::string(advice_on_privileges)});
  } catch (const std::exception& error) {
    findings.push_back({check, Level::problem, error.what(), advice});
  }
}

template <class Row>
Row ask(Database& db, const Statement<Row()>& statement) {
  return *db.read([&](Transaction& tx) -> Result<Row> { return tx.one(statement); });
}

FolderFacts look_at_folder(const fs::path& folder) {
  std::error_code error;
  FolderFacts facts{.path = folder.string(), .exists = fs::is_directory(folder, error)};
  fs::path nearest = fs::absolute(folder, error);
  while (!fs::exists(nearest, error) && nearest.has_relative_path()) nearest = nearest.parent_path();
  facts.writable = access(nearest.c_str(), R_OK | W_OK | X_OK) == 0 && fs::is_directory(nearest, error);
  for (const char* name : {"ostiary.db", "ostiary.db-wal", "ostiary.db-shm", "ostiary.lock"}) {
    const auto file = folder / name;
    if (fs::exists(file, error) && access(file.c_str(), R_OK | W_OK) != 0) facts.unwritable.emplace_back(name);
  }
  const auto space = fs::space(nearest, error);
  if (!error) facts.free_bytes = space.available;
  return facts;
}

Time time_of(const ASN1_TIME* time) {
  std::tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  return Time(std::chrono::seconds(timegm(&parts)));
}

CertificateFacts look_at_certificate(const Config& config) {
  const auto context = http::read_tls_files({*config.tls_cert_file, *config.tls_key_file});
  const X509* certificate = SSL_CTX_get0_certificate(context->native_handle());
  CertificateFacts facts{.path = *config.tls_cert_file, .host = host_of(*config.public_url)};
  auto* const mutable_certificate = const_cast<X509*>(certificate);  // X509_check_host caches what it parses
  facts.names_host = X509_check_host(mutable_certificate, facts.host.data(), facts.host.size(),
                                     X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1 ||
                     X509_check_ip_asc(mutable_certificate, facts.host.c_str(), 0) == 1;
  facts.begins = time_of(X509_get0_notBefore(certificate));
  facts.ends = time_of(X509_get0_notAfter(certificate));
  return facts;
}

Findings look_at_schema(Database& db, storage::SchemaState state, const Config& config) {
  const bool migrate_on_start = *config.migrate_on_start;
  storage::Migrator migrator(db);
  std::vector<std::string> pending;
  if (state == storage::SchemaState::older) {
    for (const auto& migration : migrator.pending()) pending.push_back(migration.name);
  }
  auto findings = judge_schema(state, db.engine(), migrate_on_start, pending);
  if (db.engine() == Engine::postgres) {
    append(findings, judge_rights(ask(db, storage::statements::ask_postgres_rights), state, migrate_on_start));
  }
  if (db.engine() != Engine::sqlite) {
    append(findings, judge_serving_role(storage::role_of(db), *config.database_serving_role));
  }
  if (state == storage::SchemaState::current) {
    append(findings, judge_skeletons(accounts::has_skeletons_to_renew(db)));
    append(findings, judge_issuer(sessions::noted_issuer(db), *config.public_url));
  }
  return findings;
}

ClockFacts look_at_clock(Database* db) {
  const SystemClock clock;
  ClockFacts facts;
  if (db && db->engine() != Engine::sqlite) {
    facts = *db->read([&](Transaction& tx) -> Result<ClockFacts> {
      tx.one(storage::statements::ask_time);  // the connection is begun and the statement prepared
      const Time before = clock.now();
      const Time there = tx.one(storage::statements::ask_time).now;
      const Time after = clock.now();
      ClockFacts seen;
      seen.uncertainty = (after - before) / 2;
      seen.ahead_of_database = before + seen.uncertainty - there;
      return seen;
    });
  }
  facts.now = clock.now();
  timex kernel{};
  const int state = adjtimex(&kernel);
  facts.synchronised = state < 0 || (kernel.status & STA_UNSYNC) == 0;
  facts.leap_second_is_near = state == TIME_INS || state == TIME_DEL;
  return facts;
}

bool has_zone(const fs::path& name) {
  std::error_code error;
  return fs::exists("/usr/share/zoneinfo" / name, error);
}

/// One visit: what was opened on the way, and what was found.
class Visit {
 public:
  Visit(const Config& config, Findings findings) : config_(config), findings_(std::move(findings)) {}

  Findings run() {
    look_at_files();
    append(findings_, judge_time_zones(has_zone("Europe/Vienna"), has_zone("Asia/Calcutta")));
    look_at_storage();
    append_or_say(findings_, "clock", "check the storage", [this] { return judge_clock(look_at_clock(db_.get())); });
    look_at_keys();
    look_at_mail();
    look_at_texts();
    look_at_ports();
    return std::move(findings_);
  }

 private:
  /// Whatever a setting names and the server reads once, at its start.
  void look_at_files() {
    const auto say = [](std::string_view name, const std::string& path) {
      return Findings{{"settings", Level::ok, std::string(name) + ", " + path + ", is readable", ""}};
    };
    if (!config_.tls_cert_file->empty()) {
      append_or_say(findings_, "settings", "check TLS_CERT_FILE and TLS_KEY_FILE",
                    [this] { return judge_certificate(look_at_certificate(config_), SystemClock().now()); });
    }
    if (!config_.geoip_file->empty()) {
      append_or_say(findings_, "settings", "check GEOIP_FILE", [&] {
        const adapters::GeoIp geoip(*config_.geoip_file);
        return say("GEOIP_FILE", *config_.geoip_file);
      });
    }
    if (!config_.mail_templates->empty()) {
      append_or_say(findings_, "settings", "check the folder in MAIL_TEMPLATES", [&] {
        const delivery::MailTemplates templates(*config_.mail_templates);
        return say("MAIL_TEMPLATES", *config_.mail_templates);
      });
    }
  }

  void look_at_storage() {
    if (config_.postgres_conninfo()) {
      append_or_say(findings_, "storage", "check DATABASE_URL or the POSTGRES_ settings, and whether the database runs",
                    [this] { return open_postgres_server(); });
    } else {
      append_or_say(findings_, "storage",
                    "check whether " + config_.database_place() + " is an intact SQLite file; if not, restore a backup",
                    [this] { return open_file(); });
    }
    if (!db_) return;
    append_or_say(findings_, "schema", "check the database's error message", [this] {
      schema_ = storage::Migrator(*db_).state();
      return look_at_schema(*db_, *schema_, config_);
    });
  }

  Findings open_postgres_server() {
    db_ = open_postgres({.conninfo = std::string(config_.postgres_conninfo()->reveal()), .connections = 1});
    Findings findings{{"storage", Level::ok, db_->description() + " answers", ""}};
    if (db_->engine() == Engine::postgres) {
      constexpr int beside_the_pool = 2;  // one listens, one is asked about lost commits
      append(findings, judge_postgres(ask(*db_, storage::statements::ask_postgres_condition),
                                      config_.postgres_connections() + beside_the_pool));
    }
    return findings;
  }

  Findings open_file() {
    const fs::path folder(*config_.data_dir);
    serving_ = storage::serving_process(folder);
    append(findings_, judge_folder(look_at_folder(folder)));
    Findings findings;
    std::error_code error;
    if (!fs::exists(config_.sqlite_file(), error)) {
      findings.push_back({"storage", Level::ok, "no database yet: the first start creates it", ""});
      return findings;
    }
    db_ = storage::look_at_sqlite(config_.sqlite_file());
    findings.push_back({"storage", Level::ok, db_->description() + " opens the database", ""});
    append(findings, judge_journal(ask(*db_, storage::statements::ask_journal_mode).is_write_ahead_log));
    return findings;
  }

  void look_at_keys() {
    const fs::path folder(*config_.data_dir);
    std::error_code error;
    const bool is_given = !config_.master_key->empty();
    const bool is_made = fs::exists(folder / "master.key", error);
    MasterKeyFacts facts{.is_given = is_given, .development_key_exists = is_made, .is_local = config_.is_local()};
    append_or_say(findings_, "keys", "use the master key that this database was created with", [&]() -> Findings {
      const bool is_current = schema_ == storage::SchemaState::current;
      facts.is_needed = is_current && vault::holds_keys(*db_);
      append(findings_, judge_master_key(facts));
      if (!is_current || !(is_given || is_made)) return {};
      SystemRandom random;
      const Secret master_key = is_given ? *config_.master_key : vault::development_master_key(folder, random);
      return judge_keys(vault::look_at_keys(*db_, SystemClock(), master_key), *config_.token_algorithm);
    });
  }

  void look_at_mail() {
    if (config_.smtp_url->empty()) {
      append(findings_, judge_mailbox(*config_.data_dir, config_.is_local()));
      return;
    }
    append_or_say(findings_, "mail", "check SMTP_URL and MAIL_FROM", [this]() -> Findings {
      const SystemClock clock;
      const adapters::SmtpMailer mailer(*config_.smtp_server(), config_.mail_sender(), clock);
      return judge_mail(mailer.description(), mailer.greet());
    });
  }

  void look_at_texts() {
    const auto server = config_.sms_server();
    if (!server) return;
    append_or_say(findings_, "texts", "check SMS_URL", [&] {
      const adapters::HttpSmsGateway gateway(*server);
      return judge_gateway(gateway.description(), gateway.reach());
    });
  }

  void look_at_ports() {
    look_at("HTTP", *config_.listen_address, *config_.port, Protocol::http);
    look_at("gRPC", *config_.grpc_listen_address, *config_.grpc_port, Protocol::grpc);
    if (serving_.value_or(0) != 0 && *config_.port != 0 && !somebody_has_a_port_) {
      findings_.push_back({"storage", Level::problem,
                           "process " + std::to_string(*serving_) + " serves from DATA_DIR, but on other ports",
                           "stop it, or choose another DATA_DIR"});
    }
  }

  /// A server that runs knows what it has been sent.
  void look_at_running(const std::string& address, std::uint16_t port) {
    if (std::exchange(has_asked_running_, true)) return;
    append(findings_, judge_forwarding(metrics_at(address, port)));
  }

  PortState state_of(const std::string& address, std::uint16_t port, Protocol protocol) {
    const auto state = look_at_port(address, port, protocol);
    if (state == PortState::ostiary || state == PortState::taken) somebody_has_a_port_ = true;
    if (state == PortState::ostiary && protocol == Protocol::http) look_at_running(address, port);
    return state == PortState::ostiary && serving_ == 0 ? PortState::another_ostiary : state;
  }

  void look_at(const std::string& name, const std::vector<std::string>& addresses, std::uint16_t port,
               Protocol protocol) {
    if (port == 0) {
      findings_.push_back({"ports", Level::ok, name + ": a free port is picked at the start", ""});
      return;
    }
    for (const auto& address : addresses) {
      const bool is_name = address == "localhost" || address == "*";
      const std::string first = address == "localhost" ? "127.0.0.1" : address == "*" ? "0.0.0.0" : address;
      append(findings_, judge_port(name, first + " port " + std::to_string(port), state_of(first, port, protocol)));
      if (!is_name) continue;
      const std::string second = address == "localhost" ? "::1" : "::";
      const auto state = state_of(second, port, protocol);
      // A machine without IPv6 does without.
      if (state == PortState::no_such_address) continue;
      append(findings_, judge_port(name, second + " port " + std::to_string(port), state));
    }
  }

  const Config& config_;
  Findings findings_;
  std::unique_ptr<Database> db_;
  std::optional<storage::SchemaState> schema_;  ///< nothing where it could not be seen
  std::optional<pid_t> serving_;  ///< from an SQLite file; nothing elsewhere
  bool somebody_has_a_port_ = false;
  bool has_asked_running_ = false;
};

}  // namespace

Findings examine(const ConfigSources& sources) {
  Findings findings;
  const auto serving = read_config(sources, ConfigUse::serving);
  if (!serving) {
    for (const auto& error : serving.error()) {
      findings.push_back(
          {"settings", Level::problem, error, "see docs/configuration.md, or `ostiary config --markdown`"});
    }
  }
  // What a server lacks is no reason not to look at the rest.
  const auto read = read_config(sources, ConfigUse::looking);
  if (!read) return findings;
  append(findings, judge_settings(read->config, read->warnings));
  return Visit(read->config, std::move(findings)).run();
}

}  // namespace ostiary::doctor
