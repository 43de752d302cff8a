#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "config_values.hpp"
#include "crypto/jws.hpp"
#include "crypto/password_hash.hpp"
#include "limits/limits.hpp"
#include "ports/log.hpp"

namespace ostiary {

/// What a number or a duration in seconds may be.
struct Bounds {
  std::int64_t lowest = 1;
  std::int64_t highest = std::numeric_limits<std::int64_t>::max();
};

/// A setting: the name it is read under, its value (the default until it is read), and what it means. It stands for
/// its value: `*config.port`.
template <class T>
struct Setting {
  std::string_view name;
  T value;
  std::string_view meaning;
  Bounds bounds{};
  /// What the manual says, in Markdown, in place of a default that depends on something else.
  std::string_view usually{};
  /// Reads a text that is more than its type says. The error is what was expected, as in "a port number".
  std::expected<T, std::string> (*read)(std::string_view text) = nullptr;
  /// "default", "environment", ".env line 3" or the file that NAME_FILE named.
  std::string origin = "default";

  const T& operator*() const { return value; }
  const T* operator->() const { return &value; }
};

/// Begins a part of the manual.
struct Heading {
  std::string_view title;
  std::string_view text;
};

/// The contract's table of rates, each overridable: LIMIT_SIGN_IN_PER_ADDRESS and so on.
struct RateSettings {
  std::map<RateClass, limits::ClassRates> value = limits::contract_rates();
  std::map<std::string, std::string, std::less<>> origins{};

  const std::map<RateClass, limits::ClassRates>& operator*() const { return value; }
};

/// All that can be set. This is the manual: `ostiary config --markdown` prints it, docs/configuration.md is that print.
/// What is not read has its default; what depends on other settings is filled in by `read_config`.
struct Config {
  Heading reaching{"Reaching it", "Where it listens, and under which address people and programs know it."};
  Setting<std::string> public_url{
      .name = "PUBLIC_URL",
      .value = "",
      .meaning = "The address that people see: mailed links lead there, tokens name it as their issuer, cookies and "
                 "cross-site checks go by it. Anything but a host on this machine needs https.",
      .usually = "`http://localhost:PORT`, `https://` with TLS_CERT_FILE",
      .read = reading::public_url};
  Setting<std::uint16_t> port{
      .name = "PORT", .value = 8001, .meaning = "Where HTTP listens. 0 lets the machine choose.", .bounds = {0, 65535}};
  Setting<std::vector<std::string>> listen_address{
      .name = "LISTEN_ADDRESS",
      .value = {},
      .meaning =
          "The addresses that HTTP listens on, separated by commas. `localhost` stands for 127.0.0.1 and ::1, `*` "
          "for every address.",
      .usually = "`localhost` while PUBLIC_URL is on this machine, else `*`",
      .read = reading::addresses};
  Setting<std::string> tls_cert_file{
      .name = "TLS_CERT_FILE",
      .value = "",
      .meaning =
          "The certificate chain in PEM: HTTP then speaks TLS and nothing else, and gRPC does beyond the loopback "
          "addresses. Read again when it changes. Without it a proxy has to speak TLS."};
  Setting<std::string> tls_key_file{
      .name = "TLS_KEY_FILE", .value = "", .meaning = "The certificate's private key in PEM, not encrypted."};
  Setting<std::uint16_t> grpc_port{.name = "GRPC_PORT",
                                   .value = 9001,
                                   .meaning = "Where gRPC listens. 0 lets the machine choose.",
                                   .bounds = {0, 65535}};
  Setting<std::vector<std::string>> grpc_listen_address{
      .name = "GRPC_LISTEN_ADDRESS",
      .value = {"127.0.0.1"},
      .meaning = "The addresses that gRPC listens on, separated by commas.",
      .read = reading::addresses};
  Setting<bool> grpc_plaintext{
      .name = "GRPC_PLAINTEXT",
      .value = false,
      .meaning = "Without TLS_CERT_FILE gRPC listens beyond the loopback addresses only when this says `on`: then "
                 "something else has to protect that network."};
  Setting<std::vector<std::string>> trusted_proxies{
      .name = "TRUSTED_PROXIES",
      .value = {},
      .meaning =
          "Networks (`10.0.0.0/8`) or addresses of proxies, separated by commas, whose X-Forwarded-For is believed, "
          "over HTTP and gRPC.",
      .read = reading::networks};
  Setting<std::vector<std::string>> cors_origins{
      .name = "CORS_ORIGINS",
      .value = {},
      .meaning =
          "Origins (`https://app.example.org`) besides PUBLIC_URL, separated by commas, whose pages may call the "
          "API with cookies.",
      .read = reading::origins};
  Setting<std::vector<std::string>> metrics_networks{
      .name = "METRICS_NETWORKS",
      .value = {"127.0.0.1", "::1"},
      .meaning = "Networks or addresses, separated by commas, that may read /metrics, and only straight: what a proxy "
                 "passed on gets 404, as does everybody else.",
      .read = reading::networks};
  Setting<std::string> cookie_domain{
      .name = "COOKIE_DOMAIN",
      .value = "",
      .meaning =
          "Gives the cookies to this domain and all hosts below it. Empty: to the host of PUBLIC_URL alone, which "
          "is safer.",
      .read = reading::host_name};
  Setting<std::string> service_name{.name = "SERVICE_NAME",
                                    .value = "Ostiary",
                                    .meaning = "What mails and pages call the service.",
                                    .read = reading::short_name};

  Heading storing{"Storing", "Without POSTGRES_HOST and DATABASE_URL everything lies in an SQLite file in DATA_DIR."};
  Setting<std::string> data_dir{
      .name = "DATA_DIR",
      .value = "./data",
      .meaning = "The folder of the SQLite file, of the development mailbox and of the development master key."};
  Setting<Secret> database_url{
      .name = "DATABASE_URL",
      .value = Secret(),
      .meaning = "PostgreSQL or CockroachDB, as `postgresql://user:password@host:5432/name?sslmode=verify-full`. Goes "
                 "before the POSTGRES_ settings.",
      .read = reading::database_url};
  Setting<std::string> postgres_host{
      .name = "POSTGRES_HOST", .value = "", .meaning = "PostgreSQL's host, or the folder of its socket."};
  Setting<std::uint16_t> postgres_port{
      .name = "POSTGRES_PORT", .value = 5432, .meaning = "PostgreSQL's port.", .bounds = {1, 65535}};
  Setting<std::string> postgres_user{.name = "POSTGRES_USER", .value = "ostiary", .meaning = "The role to connect as."};
  Setting<Secret> postgres_password{.name = "POSTGRES_PASSWORD", .value = Secret(), .meaning = "Its password."};
  Setting<std::string> postgres_db{.name = "POSTGRES_DB", .value = "ostiary", .meaning = "The database's name."};
  Setting<std::string> postgres_sslmode{
      .name = "POSTGRES_SSLMODE",
      .value = "",
      .meaning =
          "`disable`, `require`, `verify-ca` or `verify-full`. Modes that fall back to plain text without a word "
          "are not taken. Also holds for a DATABASE_URL that names none.",
      .usually = "`disable` for a host on this machine, else `require`",
      .read = reading::ssl_mode};
  Setting<std::string> database_serving_role{
      .name = "DATABASE_SERVING_ROLE",
      .value = "",
      .meaning =
          "The role that servers connect as, where it is not the one that owns the tables: `ostiary migrate`, run "
          "as the owner, grants it what serving needs, and nothing that would change the audit log."};
  Setting<bool> migrate_on_start{
      .name = "MIGRATE_ON_START",
      .value = false,
      .meaning =
          "Brings an older PostgreSQL schema forward at the start. An empty database and SQLite are in any case; "
          "for everything else there is `ostiary migrate`."};
  Setting<Secret> master_key{
      .name = "OSTIARY_MASTER_KEY",
      .value = Secret(),
      .meaning =
          "What everything secret in the database is sealed under: 32 random bytes in hexadecimal or base64url, "
          "as `openssl rand -hex 32` makes them. Whoever loses it loses what it sealed. Without it a key is kept "
          "in DATA_DIR, which is for development only.",
      .read = reading::master_key};

  Heading mailing{"Mail",
                  "Without SMTP_URL mail goes to the development mailbox at /dev/mailbox, on this machine only."};
  Setting<Secret> smtp_url{
      .name = "SMTP_URL",
      .value = Secret(),
      .meaning = "The mail server, as `smtp://user:password@host:587` (STARTTLS) or `smtps://user:password@host:465`. "
                 "`?starttls=off` allows plain text, `?ca_file=/path` trusts another authority.",
      .read = reading::smtp_url};
  Setting<std::string> mail_from{
      .name = "MAIL_FROM",
      .value = "",
      .meaning = "The sender, as `no-reply@example.org` or `Example <no-reply@example.org>`.",
      .usually = "`no-reply@` the host of PUBLIC_URL",
      .read = reading::sender};
  Setting<std::string> mail_templates{
      .name = "MAIL_TEMPLATES",
      .value = "",
      .meaning = "A folder with templates that stand in place of the program's, or add a language."};

  Heading accounts{"Registration and passwords", ""};
  Setting<bool> registration_verify_email{
      .name = "REGISTRATION_VERIFY_EMAIL",
      .value = true,
      .meaning = "Whether an account begins when its address is proven. With `off` it begins at once, and registration "
                 "tells anybody whether an address has an account."};
  Setting<std::chrono::seconds> code_lifetime{.name = "CODE_LIFETIME",
                                              .value = std::chrono::minutes{10},
                                              .meaning = "How long a mailed code or link can be used.",
                                              .bounds = {1, 3600}};
  Setting<std::chrono::seconds> resend_pause{.name = "RESEND_PAUSE",
                                             .value = std::chrono::seconds{60},
                                             .meaning = "How long to wait before a code is sent again.",
                                             .bounds = {0, 3600}};
  Setting<crypto::PasswordParameters::Algorithm> password_algorithm{
      .name = "PASSWORD_ALGORITHM",
      .value = crypto::PasswordParameters::Algorithm::argon2id,
      .meaning =
          "How new passwords are hashed: `argon2id` or `bcrypt`. Both are always verified; a login with the other "
          "one, or with weaker parameters, hashes again."};
  Setting<std::uint32_t> argon2_memory_kib{.name = "ARGON2_MEMORY_KIB",
                                           .value = 19 * 1024,
                                           .meaning = "Memory of one Argon2id hash, in KiB.",
                                           .bounds = {7 * 1024, 256 * 1024}};
  Setting<std::uint32_t> argon2_passes{
      .name = "ARGON2_PASSES", .value = 2, .meaning = "Passes of one Argon2id hash.", .bounds = {1, 10}};
  Setting<std::uint32_t> bcrypt_cost{
      .name = "BCRYPT_COST", .value = 12, .meaning = "The cost of one bcrypt hash.", .bounds = {10, 14}};

  Heading sessions{"Sessions and tokens", ""};
  Setting<std::chrono::seconds> access_token_lifetime{.name = "ACCESS_TOKEN_LIFETIME",
                                                      .value = std::chrono::minutes{15},
                                                      .meaning = "How long an access token is good for.",
                                                      .bounds = {1, 86400}};
  Setting<std::chrono::seconds> refresh_token_lifetime{
      .name = "REFRESH_TOKEN_LIFETIME",
      .value = std::chrono::hours{7 * 24},
      .meaning = "How long a refresh token is good for: a session that is not refreshed for so long ends.",
      .bounds = {1, 400 * 86400}};
  Setting<std::chrono::seconds> session_lifetime{.name = "SESSION_LIFETIME",
                                                 .value = std::chrono::hours{30 * 24},
                                                 .meaning = "When a session ends however much it is used.",
                                                 .bounds = {1, 400 * 86400}};
  Setting<std::chrono::seconds> refresh_grace{
      .name = "REFRESH_GRACE",
      .value = std::chrono::seconds{10},
      .meaning =
          "How long a used refresh token is still answered with its successor: for a second tab or a retry. Only "
          "the token used last is; one used before it is theft even within this time, and ends the session.",
      .bounds = {0, 300}};
  Setting<bool> refresh_lost_reply{
      .name = "REFRESH_LOST_REPLY",
      .value = true,
      .meaning =
          "Whether a later second use, from the session's own device and while the successor is unused, counts as "
          "a lost reply once in three tokens. With `off` it is theft, and ends the session."};
  Setting<std::uint32_t> max_sessions_per_account{
      .name = "MAX_SESSIONS_PER_ACCOUNT",
      .value = 100,
      .meaning = "How many live sessions an account may have. Another login ends those that began first.",
      .bounds = {1, 1000}};
  Setting<std::chrono::seconds> fresh_login_within{
      .name = "FRESH_LOGIN_WITHIN",
      .value = std::chrono::minutes{10},
      .meaning = "How lately somebody must have proven who they are for a sensitive change.",
      .bounds = {1, 86400}};
  Setting<crypto::JwsAlgorithm> token_algorithm{
      .name = "TOKEN_ALGORITHM",
      .value = crypto::JwsAlgorithm::es256,
      .meaning = "How new access tokens are signed: `ES256`, `EdDSA` or `RS256`."};
  Setting<std::string> token_audience{
      .name = "TOKEN_AUDIENCE", .value = "", .meaning = "What access tokens say in `aud`.", .usually = "PUBLIC_URL"};
  Setting<std::string> geoip_file{.name = "GEOIP_FILE",
                                  .value = "",
                                  .meaning = "A MaxMind database of cities (`.mmdb`): session lists then name places."};

  Heading limiting{"Limits",
                   "A limit is `20/1h burst 10`: twenty an hour, of which ten may come at once. Several are separated "
                   "by commas, and "
                   "all of them hold. The defaults are the contract's."};
  Setting<bool> rate_limits{.name = "RATE_LIMITS",
                            .value = true,
                            .meaning = "`off` counts nothing. For measurements: PUBLIC_URL has to be on this machine."};
  RateSettings rates{};

  Heading running{"Running", ""};
  Setting<int> workers{
      .name = "WORKERS",
      .value = 0,
      .meaning = "Threads that answer calls; each may hold a connection to the database. 0: three a processor, "
                 "at least 6, at most 48. More are of use where the database is far away.",
      .bounds = {0, 512},
      .usually = "three a processor"};
  Setting<int> hash_threads{.name = "HASH_THREADS",
                            .value = 0,
                            .meaning =
                                "Threads that hash passwords. 0: one fewer than processors, at least one, so that "
                                "whoever floods the logins slows down nobody else.",
                            .bounds = {0, 256},
                            .usually = "one fewer than processors"};
  Setting<std::chrono::seconds> drain_delay{
      .name = "DRAIN_DELAY",
      .value = std::chrono::seconds{0},
      .meaning = "How long calls are still taken after SIGTERM, while `/health/ready` says 503 already: as long as a "
                 "load balancer needs to see that. A second signal ends it at once.",
      .bounds = {0, 300}};
  Setting<LogFormat> log_format{.name = "LOG_FORMAT",
                                .value = LogFormat::automatic,
                                .meaning = "`text`, `json`, or `auto`: text on a terminal, JSON elsewhere."};
  Setting<LogLevel> log_level{
      .name = "LOG_LEVEL", .value = LogLevel::info, .meaning = "`debug`, `info`, `warning` or `error`."};

  /// Whether PUBLIC_URL names this machine: then what is for development only may be used.
  bool is_local() const;

  /// How many connections to PostgreSQL a server opens for its transactions, at most; one more listens, and another
  /// witnesses what became of lost commits.
  int postgres_connections() const;

  /// What libpq connects to; nothing where everything lies in SQLite.
  std::optional<Secret> postgres_conninfo() const;

  /// The SQLite file, where everything lies in it.
  std::filesystem::path sqlite_file() const;

  /// Where the database is, for people: the whole path of the SQLite file, or "database x on db.example.org".
  std::string database_place() const;
};

/// Calls `visit` with each heading and setting, in the manual's order. A test proves that none is left out.
template <class Configuration, class Visitor>
void for_each_setting(Configuration& config, Visitor&& visit) {
  const auto each = [&visit](auto&... parts) { (visit(parts), ...); };
  each(config.reaching, config.public_url, config.port, config.listen_address, config.tls_cert_file,
       config.tls_key_file, config.grpc_port, config.grpc_listen_address, config.grpc_plaintext, config.trusted_proxies,
       config.cors_origins, config.metrics_networks, config.cookie_domain, config.service_name, config.storing,
       config.data_dir, config.database_url, config.postgres_host, config.postgres_port, config.postgres_user,
       config.postgres_password, config.postgres_db, config.postgres_sslmode, config.database_serving_role,
       config.migrate_on_start, config.master_key, config.mailing, config.smtp_url, config.mail_from,
       config.mail_templates, config.accounts, config.registration_verify_email, config.code_lifetime,
       config.resend_pause, config.password_algorithm, config.argon2_memory_kib, config.argon2_passes,
       config.bcrypt_cost, config.sessions, config.access_token_lifetime, config.refresh_token_lifetime,
       config.session_lifetime, config.refresh_grace, config.refresh_lost_reply, config.max_sessions_per_account,
       config.fresh_login_within, config.token_algorithm, config.token_audience, config.geoip_file, config.limiting,
       config.rate_limits, config.rates, config.running, config.workers, config.hash_threads, config.drain_delay,
       config.log_format, config.log_level);
}

/// Where settings are looked for.
struct ConfigSources {
  std::map<std::string, std::string, std::less<>> environment;
  bool has_dot_env = false;  ///< the working folder has a file .env
  /// The content of a file: .env, or what a NAME_FILE names. The error says why it can't be read.
  std::function<std::expected<std::string, std::string>(const std::string& path)> read_file;
};

/// The process's environment, its working folder and its files.
ConfigSources config_sources();

struct ReadConfig {
  Config config;
  std::vector<std::string> warnings;  ///< a line each
};

/// What the settings are read for. A server needs some that whoever only looks at them, or describes the server, can do
/// without: SMTP_URL and OSTIARY_MASTER_KEY where PUBLIC_URL is not on this machine.
enum class ConfigUse { serving, looking };

/// The settings as the environment has them, else .env. The errors are a line each, which names the setting, where it
/// stands and what was expected, and never shows a secret: a malformed value, a name that means nothing (in .env, or
/// beginning with OSTIARY_), settings that don't go together.
std::expected<ReadConfig, std::vector<std::string>> read_config(const ConfigSources& sources,
                                                                ConfigUse use = ConfigUse::serving);

/// One setting, as texts.
struct ConfigLine {
  std::string heading, heading_text;  ///< of the part it belongs to
  std::string name;
  std::string value;  ///< "********" for a secret that is set
  std::string default_value;  ///< in Markdown, as the manual shows it; empty where there is none
  std::string origin;
  std::string meaning;
};

/// All settings, in the manual's order.
std::vector<ConfigLine> describe(const Config& config);

}  // namespace ostiary
