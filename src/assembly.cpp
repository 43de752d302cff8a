#include "assembly.hpp"

#include <algorithm>
#include <utility>

#include "accounts/renew_skeletons.hpp"
#include "adapters/http_sms_gateway.hpp"
#include "adapters/invalidation_postgres.hpp"
#include "adapters/invalidation_sqlite.hpp"
#include "adapters/smtp_mailer.hpp"
#include "base/encoding.hpp"
#include "contract/json.hpp"
#include "site.hpp"
#include "storage/look.hpp"
#include "storage/serving_role.hpp"
#include "vault/master_key.hpp"

namespace ostiary {

storage::OnWait waits_to_log(const Clock& clock, Log& log, WhileWaiting while_waiting) {
  return [&clock, &log, while_waiting = std::move(while_waiting)](const auto& lease, bool first) {
    if (while_waiting) while_waiting();
    if (!first) return;
    const auto left = std::chrono::ceil<std::chrono::seconds>(lease.leased_until - clock.now());
    log.write(LogLevel::warning, "schema.waiting",
              {{"holder", lease.holder},
               {"text", "it changes the schema, or was killed while it did: waiting until it is done, or for " +
                            std::to_string(left.count()) + " s if it is gone"}});
  };
}

namespace {

std::filesystem::path data_folder(const Config& config) { return std::filesystem::path(*config.data_dir); }

IdSource::Order id_order(Engine engine) {
  return engine == Engine::cockroach ? IdSource::Order::random : IdSource::Order::by_time;
}

void expect_schema(const Config& config, Database* db) {
  if (db && storage::Migrator(*db).is_current()) return;
  throw StartupError("there is no database yet (looked at " + config.database_place() +
                     "); `ostiary serve` and `ostiary user create` create one");
}

void prepare_skeletons(const Config& config, Database& db, Log& log) {
  if (db.engine() == Engine::sqlite || *config.migrate_on_start) {
    accounts::renew_skeletons(db);
  } else if (accounts::has_skeletons_to_renew(db)) {
    log.write(LogLevel::warning, "usernames.skeletons_outdated",
              {{"text", "some usernames' skeletons are from another version of Unicode: run `ostiary migrate`"}});
  }
}

/// A server that owns the tables could change the audit log.
void warn_of_role(const Config& config, Database& db, Log& log) {
  if (db.engine() == Engine::sqlite || config.database_serving_role->empty()) return;
  const auto role = storage::role_of(db);
  if (role == *config.database_serving_role) return;
  log.write(LogLevel::warning, "database.not_serving_role",
            {{"role", role},
             {"serving_role", *config.database_serving_role},
             {"text", "this server connects as another role than DATABASE_SERVING_ROLE: its rights are not limited"}});
}

void prepare_schema(const Config& config, Storage::Use use, Database& db, const Clock& clock, Log& log,
                    const WhileWaiting& while_waiting) {
  storage::Migrator migrator(db);
  const auto on_wait = waits_to_log(clock, log, while_waiting);
  switch (use) {
    case Storage::Use::server:
    case Storage::Use::worker:
      migrator.prepare_to_serve(*config.migrate_on_start, clock, on_wait);
      prepare_skeletons(config, db, log);
      warn_of_role(config, db, log);
      return;
    case Storage::Use::founder:
      if (!migrator.is_current()) migrator.migrate(clock, on_wait);
      return;
    case Storage::Use::visitor: return expect_schema(config, &db);
  }
}

/// A new key would open nothing in a database that holds keys already.
Secret master_key(const Config& config, Database& db, Random& random) {
  if (!config.master_key->empty()) return *config.master_key;
  const auto folder = data_folder(config);
  if (const auto file = folder / "master.key"; !std::filesystem::exists(file) && vault::holds_keys(db)) {
    throw vault::WrongMasterKey("OSTIARY_MASTER_KEY is not set, and " + file.string() +
                                " does not exist: one of them encrypted the keys in this database");
  }
  storage::prepare_data_folder(folder);
  return vault::development_master_key(folder, random);
}

vault::ServerKeys open_keys(const Config& config, Storage::Use use, Database& db, const Clock& clock,
                            const IdSource& ids, Random& random, Log& log, const WhileWaiting& while_waiting) {
  prepare_schema(config, use, db, clock, log, while_waiting);
  const bool is_server = use == Storage::Use::server;
  return {db,
          clock,
          ids,
          random,
          master_key(config, db, random),
          *config.token_algorithm,
          is_server ? vault::ServerKeys::Use::signer : vault::ServerKeys::Use::visitor};
}

crypto::PasswordParameters password_parameters(const Config& config) {
  return {*config.password_algorithm, *config.argon2_memory_kib, *config.argon2_passes, *config.bcrypt_cost};
}

sessions::SessionPolicy session_policy(const Config& config) {
  return {*config.access_token_lifetime, *config.refresh_token_lifetime, *config.session_lifetime,
          *config.refresh_grace,         *config.refresh_lost_reply,     *config.max_sessions_per_account};
}

accounts::RegistrationPolicy registration_policy(const Config& config) {
  accounts::RegistrationPolicy policy;
  policy.verify_email = *config.registration_verify_email;
  return policy;
}

accounts::CodePolicy code_policy(const Config& config) {
  accounts::CodePolicy policy;
  policy.code_lifetime = *config.code_lifetime;
  policy.resend_pause = *config.resend_pause;
  return policy;
}

accounts::TextPolicy text_policy(const Config& config) {
  return {.enabled = config.sends_texts(),
          .domain = host_of(config.app_url->empty() ? *config.public_url : *config.app_url),
          .countries = *config.sms_countries,
          .per_account = *config.sms_per_account,
          .per_number = *config.sms_per_number,
          .per_prefix = *config.sms_per_prefix,
          .per_day = *config.sms_per_day};
}

std::string render(const v1::CheckSessionReply& reply) {
  std::string bytes;
  contract::write_json(reply, bytes);
  return bytes;
}

/// The domain of the sender, in which mails get their ids.
std::string mail_domain(const Config& config) {
  const std::string address = config.mail_sender().address;
  return address.substr(address.find('@') + 1);
}

}  // namespace

Storage::Storage(const Config& config, Use use, Log& log) {
  if (const auto conninfo = config.postgres_conninfo()) {
    const PostgresOptions options{.conninfo = std::string(conninfo->reveal()),
                                  .connections = config.postgres_connections()};
    db_ = open_postgres(options);
    using Part = adapters::PostgresInvalidation::Part;
    invalidation_ = std::make_unique<adapters::PostgresInvalidation>(
        options, db_->engine(), log, use == Use::server ? Part::listens : Part::only_tells);
    return;
  }
  // To open it for writing would make it.
  if (use == Use::visitor) expect_schema(config, look_at_database(config).get());
  storage::prepare_data_folder(data_folder(config));
  if (use == Use::server) lock_.emplace(data_folder(config));
  auto invalidation = std::make_unique<adapters::SqliteInvalidation>();
  SqliteOptions options{.path = config.sqlite_file(), .readers = *config.workers};
  if (use == Use::server) {
    options.on_look = [&looker = *invalidation](bool changed, auto asked_at) { looker.looked(changed, asked_at); };
  }
  invalidation_ = std::move(invalidation);
  db_ = open_sqlite(options);
}

std::unique_ptr<Database> look_at_database(const Config& config) {
  if (const auto conninfo = config.postgres_conninfo()) {
    return open_postgres({.conninfo = std::string(conninfo->reveal()), .connections = 1});
  }
  std::error_code error;
  if (!std::filesystem::exists(config.sqlite_file(), error)) return nullptr;
  return storage::look_at_sqlite(config.sqlite_file());
}

Foundation::Foundation(const Config& config, Storage::Use use, Log& log, const WhileWaiting& while_waiting)
    : storage(config, use, log),
      ids(clock, random, id_order(storage.db().engine())),
      keys(open_keys(config, use, storage.db(), clock, ids, random, log, while_waiting)),
      data_keys(keys, clock, random),
      audit(data_keys, ids, random, log) {}

namespace {

std::shared_ptr<adapters::Mailbox> make_mailbox(const Config& config, const Clock& clock) {
  if (config.smtp_server() && (config.sms_server() || !config.is_local())) return nullptr;
  return std::make_shared<adapters::Mailbox>(data_folder(config) / "mailbox", clock);
}

std::shared_ptr<Mailer> make_mailer(const Config& config, const Clock& clock,
                                    const std::shared_ptr<adapters::Mailbox>& mailbox) {
  if (config.smtp_url->empty()) return mailbox;
  return std::make_shared<adapters::SmtpMailer>(*config.smtp_server(), config.mail_sender(), clock);
}

/// Refuses what was ordered while there was a gateway.
class NoGateway final : public SmsGateway {
 public:
  DeliveryOutcome send(const TextMessage&, const std::function<void()>&) override {
    return {Delivery::refused_for_now, "SMS_URL is not set"};
  }
  std::string description() const override { return "none"; }
};

std::shared_ptr<SmsGateway> make_gateway(const Config& config, const std::shared_ptr<adapters::Mailbox>& mailbox) {
  if (auto server = config.sms_server()) return std::make_shared<adapters::HttpSmsGateway>(*std::move(server));
  if (config.sends_texts()) return mailbox;
  return std::make_shared<NoGateway>();
}

}  // namespace

std::optional<adapters::GeoIp> open_geoip(const Config& config) {
  if (config.geoip_file->empty()) return std::nullopt;
  return adapters::GeoIp(*config.geoip_file);
}

Mailing::Mailing(const Config& config, Foundation& foundation, const delivery::MailTemplates& templates, Log& log)
    : mailbox(make_mailbox(config, foundation.clock)),
      mailer(make_mailer(config, foundation.clock, mailbox)),
      texts(make_gateway(config, mailbox)),
      executor({foundation.storage.db(), foundation.data_keys, templates, *mailer, *texts, foundation.clock,
                foundation.random, log},
               mail_domain(config)) {}

namespace {

/// Whether pages of the origin may name WEBAUTHN_RP_ID without asking `/.well-known/webauthn`.
bool is_in_rp_id(const Config& config, const std::string& origin) {
  const std::string host = host_of(origin);
  return host == *config.webauthn_rp_id || host.ends_with("." + *config.webauthn_rp_id);
}

crypto::RelyingParty relying_party(const Config& config) {
  crypto::RelyingParty party{*config.webauthn_rp_id, {*config.public_url}};
  for (const auto& origin : *config.cors_origins) {
    if (is_in_rp_id(config, origin)) party.origins.push_back(origin);
  }
  party.origins.insert(party.origins.end(), config.webauthn_origins->begin(), config.webauthn_origins->end());
  return party;
}

std::vector<std::string> related_origins(const Config& config) {
  std::vector<std::string> related;
  for (const auto& origin : *config.webauthn_origins) {
    if (!origin.starts_with("android:") && !is_in_rp_id(config, origin)) related.push_back(origin);
  }
  return related;
}

}  // namespace

Rooms::Rooms(const Config& config, Foundation& foundation, const std::optional<adapters::GeoIp>& geoip, Log& log,
             std::function<void()> wake_executor)
    : hasher(password_parameters(config), *config.hash_threads, foundation.random),
      tokens(foundation.keys, foundation.ids, {*config.public_url, *config.token_audience, *config.token_client_id}),
      devices(foundation.keys, foundation.random),
      cache(foundation.storage.invalidation(), render),
      limiter(foundation.random),
      limits(limiter, *config.rates, *config.rate_limits),
      sessions{
          foundation.clock,
          foundation.ids,
          foundation.random,
          foundation.storage.db(),
          foundation.keys,
          foundation.audit,
          foundation.storage.invalidation(),
          hasher,
          tokens,
          devices,
          cache,
          limits,
          log,
          session_policy(config),
          [&geoip](std::string_view address) { return geoip ? geoip->place_of(address) : std::nullopt; },
          {.required = *config.mfa_required, .required_roles = *config.mfa_required_roles, .sms = *config.mfa_sms}},
      accounts{sessions,
               foundation.data_keys,
               registration_policy(config),
               code_policy(config),
               *config.public_url,
               *config.service_name,
               *config.app_url,
               std::move(wake_executor),
               *config.fresh_login_within,
               text_policy(config)},
      factors{accounts, relying_party(config), related_origins(config)} {}

gateway::CookieOptions cookie_options(const Config& config) {
  return {.secure = config.public_url->starts_with("https://"),
          .domain = *config.cookie_domain,
          .domains_above = cookie_domains(host_of(*config.public_url)),
          .refresh_lifetime = *config.refresh_token_lifetime,
          .access_lifetime = *config.access_token_lifetime};
}

pages::OpenApiFacts openapi_facts(const Config& config) {
  return {OSTIARY_VERSION, *config.public_url, cookie_options(config)};
}

}  // namespace ostiary
