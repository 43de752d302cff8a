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

#include "adapters/http_sms_gateway.hpp"
#include "adapters/smtp_mailer.hpp"
#include "base/secret.hpp"
#include "config_values.hpp"
#include "crypto/jws.hpp"
#include "crypto/password_hash.hpp"
#include "limits/limits.hpp"
#include "ports/log.hpp"
#include "sessions/second_step.hpp"

namespace ostiary {

/// The range of a number, or of a duration in seconds. Both ends are allowed.
struct Bounds {
  std::int64_t lowest = 1;
  std::int64_t highest = std::numeric_limits<std::int64_t>::max();
};

/// A setting: its name, its value (the default until it is read) and its meaning. It converts to its value with
/// `*config.port`.
template <class T>
struct Setting {
  std::string_view name;
  T value;
  std::string_view meaning;
  Bounds bounds{};
  /// The default in the manual, as Markdown, if it depends on something else.
  std::string_view usually{};
  /// Parses the text, if its type is not enough to tell how. The error says what was expected, as in "a port number".
  std::expected<T, std::string> (*read)(std::string_view text) = nullptr;
  /// "default", "environment", ".env line 3" or the file that NAME_FILE names.
  std::string origin = "default";

  const T& operator*() const { return value; }
  const T* operator->() const { return &value; }
};

/// Starts a section of the manual.
struct Heading {
  std::string_view title;
  std::string_view text;
};

/// The contract's rate limits, each of which a setting can override: LIMIT_SIGN_IN_PER_ADDRESS and so on.
struct RateSettings {
  std::map<RateClass, limits::ClassRates> value = limits::contract_rates();
  std::map<std::string, std::string, std::less<>> origins{};

  const std::map<RateClass, limits::ClassRates>& operator*() const { return value; }
};

/// All settings. This is the manual: `ostiary config --markdown` prints it, and docs/configuration.md is that output.
/// A setting that is not given has its default. `read_config` fills in defaults that depend on other settings.
struct Config {
  Heading reaching{"Network", "Where the server listens, and the address under which users and programs reach it."};
  Setting<std::string> public_url{
      .name = "PUBLIC_URL",
      .value = "",
      .meaning = "The address that users see. Mailed links point to it, access tokens name it as their issuer, "
                 "and cookies and cross-site checks use it. It must be https unless its host is this machine.",
      .usually = "`http://localhost:PORT`, or `https://` with TLS_CERT_FILE",
      .read = reading::public_url};
  Setting<std::uint16_t> port{
      .name = "PORT", .value = 8001, .meaning = "The HTTP port. 0 picks a free port.", .bounds = {0, 65535}};
  Setting<std::vector<std::string>> listen_address{
      .name = "LISTEN_ADDRESS",
      .value = {},
      .meaning = "The addresses on which HTTP listens, separated by commas. `localhost` means 127.0.0.1 and ::1, "
                 "`*` means every address.",
      .usually = "`localhost` if PUBLIC_URL is on this machine, else `*`",
      .read = reading::addresses};
  Setting<std::string> tls_cert_file{
      .name = "TLS_CERT_FILE",
      .value = "",
      .meaning = "The certificate chain in PEM. With it HTTP accepts only TLS, and gRPC uses TLS on all "
                 "addresses except loopback addresses. It is read again when it changes. Without it a proxy has "
                 "to provide TLS."};
  Setting<std::string> tls_key_file{
      .name = "TLS_KEY_FILE", .value = "", .meaning = "The certificate's private key in PEM, not encrypted."};
  Setting<std::uint16_t> grpc_port{
      .name = "GRPC_PORT", .value = 9001, .meaning = "The gRPC port. 0 picks a free port.", .bounds = {0, 65535}};
  Setting<std::vector<std::string>> grpc_listen_address{
      .name = "GRPC_LISTEN_ADDRESS",
      .value = {"127.0.0.1"},
      .meaning = "The addresses on which gRPC listens, separated by commas.",
      .read = reading::addresses};
  Setting<bool> grpc_plaintext{
      .name = "GRPC_PLAINTEXT",
      .value = false,
      .meaning = "Allows gRPC without TLS_CERT_FILE on addresses other than loopback addresses. Something else "
                 "must then protect that network."};
  Setting<std::uint32_t> max_connections{
      .name = "MAX_CONNECTIONS",
      .value = 0,
      .meaning = "The maximum number of HTTP connections. At the limit a new connection replaces the one that has been "
                 "silent longest; a connection whose call is in progress is never closed for it. 0: what three "
                 "quarters of the file descriptors and a quarter of the memory allow, at 64 KiB each.",
      .bounds = {0, 1'000'000},
      .usually = "by file descriptors and memory"};
  Setting<std::uint32_t> max_connections_per_address{
      .name = "MAX_CONNECTIONS_PER_ADDRESS",
      .value = 0,
      .meaning = "The maximum number of HTTP connections from one IPv4 address or IPv6 /64; further ones get 503. It "
                 "does not apply to TRUSTED_PROXIES. 0: a quarter of MAX_CONNECTIONS, but not more than 1024, so that "
                 "one address cannot use up all connections.",
      .bounds = {0, 1'000'000},
      .usually = "1024, or a quarter of MAX_CONNECTIONS"};
  Setting<std::vector<std::string>> trusted_proxies{
      .name = "TRUSTED_PROXIES",
      .value = {},
      .meaning = "Networks (`10.0.0.0/8`) or addresses of proxies, separated by commas, whose X-Forwarded-For or "
                 "Forwarded (RFC 7239) is trusted, over HTTP and gRPC. Such a proxy must set the header or append to "
                 "it. If both headers are there and differ, the proxy's own address is used.",
      .read = reading::networks};
  Setting<std::vector<std::string>> cors_origins{
      .name = "CORS_ORIGINS",
      .value = {},
      .meaning = "Origins (`https://app.example.org`) besides PUBLIC_URL, separated by commas, whose pages may "
                 "call the API. They must use https if PUBLIC_URL does. Browsers send cookies only from pages of the "
                 "same site, such as `*.example.org` for `id.example.org`; for other sites see BROWSER_TOKENS.",
      .read = reading::origins};
  Setting<BrowserTokens> browser_tokens{
      .name = "BROWSER_TOKENS",
      .value = BrowserTokens::cookie,
      .meaning = "How pages of CORS_ORIGINS get their tokens. `cookie`: only in HttpOnly cookies, which works only for "
                 "pages of the same site. `body`: in the body of the reply, if they ask for it with `token_delivery: "
                 "body`; they then send the access token as a bearer token. That works from every site, but a script "
                 "injected into such a page can steal the tokens. With `body`, CORS_ORIGINS can also contain the "
                 "origins of apps (`capacitor://localhost`, `tauri://localhost`) and of browser extensions "
                 "(`chrome-extension://...`)."};
  Setting<std::vector<std::string>> metrics_networks{
      .name = "METRICS_NETWORKS",
      .value = {"127.0.0.1", "::1"},
      .meaning =
          "Networks or addresses, separated by commas, that may read /metrics directly. Everybody else, "
          "and every request through a proxy, gets 404. A proxy is recognised by its headers, by TRUSTED_PROXIES "
          "and by the Host of PUBLIC_URL.",
      .read = reading::networks};
  Setting<std::string> cookie_domain{
      .name = "COOKIE_DOMAIN",
      .value = "",
      .meaning = "Sends the cookies to this domain and all hosts below it. If it is empty, only the host of "
                 "PUBLIC_URL gets them, which is safer. A public suffix such as co.uk is refused.",
      .read = reading::host_name};
  Setting<std::string> hsts{
      .name = "HSTS",
      .value = "",
      .meaning = "The value of the header Strict-Transport-Security, such as `max-age=31536000; includeSubDomains`. "
                 "Browsers then refuse plain HTTP to this host, and with includeSubDomains to all hosts below it, for "
                 "that many seconds. `max-age=0` takes it back. If it is empty, the header is not sent; nor is it "
                 "while PUBLIC_URL is on this machine.",
      .read = reading::hsts};
  Setting<std::string> service_name{.name = "SERVICE_NAME",
                                    .value = "Ostiary",
                                    .meaning = "The name of the service in mails and pages.",
                                    .read = reading::short_name};
  Setting<std::string> app_url{.name = "APP_URL",
                               .value = "",
                               .meaning = "The page of your application where users sign in, as "
                                          "`https://app.example.org/sign-in`. Mails and pages link to it. If it is not "
                                          "set, they have no link.",
                               .read = reading::app_url};

  Setting<std::string> webauthn_rp_id{
      .name = "WEBAUTHN_RP_ID",
      .value = "",
      .meaning = "The domain to which passkeys and security keys belong: the host of PUBLIC_URL or a domain above it. "
                 "Pages on this domain and below it can use them. All of them stop working if it is changed. Browsers "
                 "take no IP address for it.",
      .usually = "COOKIE_DOMAIN, or else the host of PUBLIC_URL",
      .read = reading::webauthn_rp_id};
  Setting<std::vector<std::string>> webauthn_origins{
      .name = "WEBAUTHN_ORIGINS",
      .value = {},
      .meaning =
          "Origins, separated by commas, whose pages may use passkeys and security keys, besides PUBLIC_URL and "
          "those of CORS_ORIGINS that lie in WEBAUTHN_RP_ID. Pages of other sites (`https://shop.example.com`) are "
          "told to browsers at `/.well-known/webauthn` of WEBAUTHN_RP_ID. Android apps are "
          "`android:apk-key-hash:...`.",
      .read = reading::webauthn_origins};

  Heading storing{"Storage",
                  "Without POSTGRES_HOST and DATABASE_URL Ostiary stores everything in an SQLite file in DATA_DIR."};
  Setting<std::string> data_dir{
      .name = "DATA_DIR",
      .value = "./data",
      .meaning = "The folder for the SQLite file, the development mailbox and the development master key."};
  Setting<Secret> database_url{
      .name = "DATABASE_URL",
      .value = Secret(),
      .meaning = "PostgreSQL or CockroachDB, as `postgresql://user:password@host:5432/name?sslmode=verify-full`. "
                 "Takes precedence over the POSTGRES_ settings.",
      .read = reading::database_url};
  Setting<std::string> postgres_host{
      .name = "POSTGRES_HOST", .value = "", .meaning = "PostgreSQL's host, or the folder of its socket."};
  Setting<std::uint16_t> postgres_port{
      .name = "POSTGRES_PORT", .value = 5432, .meaning = "PostgreSQL's port.", .bounds = {1, 65535}};
  Setting<std::string> postgres_user{.name = "POSTGRES_USER", .value = "ostiary", .meaning = "The role to connect as."};
  Setting<Secret> postgres_password{.name = "POSTGRES_PASSWORD", .value = Secret(), .meaning = "The role's password."};
  Setting<std::string> postgres_db{.name = "POSTGRES_DB", .value = "ostiary", .meaning = "The database's name."};
  Setting<std::string> postgres_sslmode{
      .name = "POSTGRES_SSLMODE",
      .value = "",
      .meaning = "`disable`, `require`, `verify-ca` or `verify-full`. Modes that silently fall back to plain "
                 "text are refused. Also used for a DATABASE_URL without sslmode.",
      .usually = "`disable` if the host is this machine, else `require`",
      .read = reading::ssl_mode};
  Setting<std::string> database_serving_role{
      .name = "DATABASE_SERVING_ROLE",
      .value = "",
      .meaning = "The role that servers connect as, if it is not the owner of the tables. `ostiary migrate`, run "
                 "as the owner, grants it what servers need, but no right to change the audit log. A server that "
                 "connects as another role logs a warning."};
  Setting<bool> migrate_on_start{
      .name = "MIGRATE_ON_START",
      .value = false,
      .meaning = "Migrates an older PostgreSQL schema at the start. An empty database and SQLite are always "
                 "migrated at the start. Otherwise run `ostiary migrate`."};
  Setting<Secret> master_key{
      .name = "OSTIARY_MASTER_KEY",
      .value = Secret(),
      .meaning = "Encrypts all secrets in the database: 32 random bytes in hexadecimal or base64url, as made by "
                 "`openssl rand -hex 32`. If you lose it, you lose what it encrypts. Without it Ostiary keeps a "
                 "key in DATA_DIR, which is for development only.",
      .read = reading::master_key};

  Heading mailing{"Mail",
                  "Without SMTP_URL mail goes to the development mailbox, which can be read only from this machine. "
                  "`ostiary serve` prints the mailbox's URL at the start. The URL contains a key, which is kept in "
                  "DATA_DIR."};
  Setting<Secret> smtp_url{
      .name = "SMTP_URL",
      .value = Secret(),
      .meaning = "The mail server, as `smtp://user:password@host:587` (STARTTLS) or "
                 "`smtps://user:password@host:465`. User and password are percent-encoded. Options are appended "
                 "as `?name=value&name=value`. `starttls=required` or `starttls=off`: without this option STARTTLS "
                 "is required, except for a mail server on this machine, where it is off unless `ca_file` is given. "
                 "`ca_file=/path` names the certificate authority to trust. `ehlo=name` sets the name in EHLO, which "
                 "otherwise is the host of PUBLIC_URL.",
      .read = reading::smtp_url};
  Setting<std::string> mail_from{
      .name = "MAIL_FROM",
      .value = "",
      .meaning = "The sender, as `no-reply@example.org` or `Example <no-reply@example.org>`.",
      .usually = "`no-reply@` and the host of PUBLIC_URL, unless that is an IP address",
      .read = reading::sender};
  Setting<std::string> mail_templates{
      .name = "MAIL_TEMPLATES",
      .value = "",
      .meaning = "A folder with templates that replace the built-in ones or add a language, for mails and texts."};

  Heading texting{"Texts to phones",
                  "Texts prove phone numbers. Without SMS_URL they go to the development mailbox if PUBLIC_URL is on "
                  "this machine; elsewhere phone numbers can't be added. The caps limit what toll fraud can cost: they "
                  "count texts ordered in any 24 hours, in the database, for all servers together."};
  Setting<Secret> sms_url{
      .name = "SMS_URL",
      .value = Secret(),
      .meaning = "The gateway for texts. `https://sms.example.org/send`: gets a POST with the JSON object `{\"to\": "
                 "\"+436641234567\", \"from\": SMS_FROM, \"text\": ...}`, and answers 2xx if it takes the text, 400 or "
                 "422 if it never will. `twilio://SID:TOKEN@api.twilio.com`: Twilio's API. User and password in the "
                 "URL are percent-encoded and sent as basic authentication. `http://` is allowed for a gateway on this "
                 "machine only, where `twilio://` means http, too.",
      .read = reading::sms_url};
  Setting<Secret> sms_token{.name = "SMS_TOKEN",
                            .value = Secret(),
                            .meaning = "Sent to an `https://` gateway as a bearer token.",
                            .read = reading::bearer_token};
  Setting<std::string> sms_from{
      .name = "SMS_FROM",
      .value = "",
      .meaning = "The sender of texts: a number, a name, or with Twilio the SID of a messaging service (`MG...`).",
      .read = reading::short_name};
  Setting<std::vector<std::string>> sms_countries{
      .name = "SMS_COUNTRIES",
      .value = {},
      .meaning = "Country codes, as `43, 49`, or longer beginnings of numbers, as `1212`, separated by commas. Other "
                 "numbers are refused. Name only countries where you have users: most toll fraud is abroad.",
      .usually = "all countries",
      .read = reading::dialling_prefixes};
  Setting<std::uint32_t> sms_per_number{.name = "SMS_PER_NUMBER",
                                        .value = 5,
                                        .meaning = "The most texts in 24 hours to prove one number.",
                                        .bounds = {1, 1000}};
  Setting<std::uint32_t> sms_per_account{.name = "SMS_PER_ACCOUNT",
                                         .value = 10,
                                         .meaning = "The most texts that one account may cause in 24 hours.",
                                         .bounds = {1, 1000}};
  Setting<std::uint32_t> sms_per_prefix{
      .name = "SMS_PER_PREFIX",
      .value = 50,
      .meaning =
          "The most texts in 24 hours to numbers that have the first seven digits in common. A fifth is kept for "
          "logins.",
      .bounds = {1, 100'000}};
  Setting<std::uint32_t> sms_per_day{.name = "SMS_PER_DAY",
                                     .value = 1000,
                                     .meaning = "The most texts in 24 hours in all. A fifth is kept for logins.",
                                     .bounds = {1, 100'000}};

  Heading accounts{"Registration and passwords", ""};
  Setting<bool> registration_verify_email{
      .name = "REGISTRATION_VERIFY_EMAIL",
      .value = true,
      .meaning = "With `on` an account is created when its address is verified. With `off` it is created at "
                 "once, and registration reveals whether an address has an account."};
  Setting<std::chrono::seconds> code_lifetime{.name = "CODE_LIFETIME",
                                              .value = std::chrono::minutes{10},
                                              .meaning = "How long a mailed code or link is valid.",
                                              .bounds = {1, 3600}};
  Setting<std::chrono::seconds> resend_pause{
      .name = "RESEND_PAUSE",
      .value = std::chrono::seconds{60},
      .meaning = "The minimum time between two mails with a code for the same registration or reset.",
      .bounds = {0, 3600}};
  Setting<crypto::PasswordParameters::Algorithm> password_algorithm{
      .name = "PASSWORD_ALGORITHM",
      .value = crypto::PasswordParameters::Algorithm::argon2id,
      .meaning = "The algorithm for new password hashes: `argon2id` or `bcrypt`. Existing hashes of both are "
                 "always accepted. A login rehashes a password whose hash has another algorithm or weaker "
                 "parameters."};
  Setting<std::uint32_t> argon2_memory_kib{.name = "ARGON2_MEMORY_KIB",
                                           .value = 19 * 1024,
                                           .meaning = "Memory for one Argon2id hash, in KiB.",
                                           .bounds = {7 * 1024, 256 * 1024}};
  Setting<std::uint32_t> argon2_passes{
      .name = "ARGON2_PASSES", .value = 2, .meaning = "Number of passes of one Argon2id hash.", .bounds = {1, 10}};
  Setting<std::uint32_t> bcrypt_cost{
      .name = "BCRYPT_COST",
      .value = 12,
      .meaning = "The cost of one bcrypt hash (2 to the power of this number of rounds).",
      .bounds = {10, 14}};

  Heading sessions{"Sessions and tokens", ""};
  Setting<std::chrono::seconds> access_token_lifetime{.name = "ACCESS_TOKEN_LIFETIME",
                                                      .value = std::chrono::minutes{15},
                                                      .meaning = "How long an access token is valid.",
                                                      .bounds = {1, 86400}};
  Setting<std::chrono::seconds> refresh_token_lifetime{
      .name = "REFRESH_TOKEN_LIFETIME",
      .value = std::chrono::hours{7 * 24},
      .meaning = "How long a refresh token is valid. A session that is not refreshed for this time ends.",
      .bounds = {1, 400 * 86400}};
  Setting<std::chrono::seconds> session_lifetime{.name = "SESSION_LIFETIME",
                                                 .value = std::chrono::hours{30 * 24},
                                                 .meaning = "The maximum lifetime of a session, even if it is used.",
                                                 .bounds = {1, 400 * 86400}};
  Setting<std::chrono::seconds> refresh_grace{
      .name = "REFRESH_GRACE",
      .value = std::chrono::seconds{10},
      .meaning = "How long a used refresh token returns the same new token again, for a second tab or a retry. "
                 "This applies only to the token used last. Reuse of an older one ends the session as stolen, "
                 "even within this time.",
      .bounds = {0, 300}};
  Setting<bool> refresh_lost_reply{
      .name = "REFRESH_LOST_REPLY",
      .value = true,
      .meaning = "Tolerates a lost reply after REFRESH_GRACE: the used refresh token still returns the same new "
                 "token if the request comes from the session's own device and the new token is unused, once in "
                 "three tokens. With `off` such a reuse ends the session as stolen."};
  Setting<std::uint32_t> max_sessions_per_account{
      .name = "MAX_SESSIONS_PER_ACCOUNT",
      .value = 100,
      .meaning = "How many live sessions an account may have. Another login ends the oldest ones.",
      .bounds = {1, 1000}};
  Setting<std::chrono::seconds> fresh_login_within{
      .name = "FRESH_LOGIN_WITHIN",
      .value = std::chrono::minutes{10},
      .meaning =
          "How recently a user must have authenticated to make a sensitive change, such as of a second factor, or a "
          "new password without the old one.",
      .bounds = {1, 86400}};
  Setting<sessions::MfaRequired> mfa_required{
      .name = "MFA_REQUIRED",
      .value = sessions::MfaRequired::off,
      .meaning = "Who must have a second factor: nobody (`off`), who has a role of MFA_REQUIRED_ROLES (`roles`), or "
                 "everybody (`all`). Who has none enrols one at the next login, before anything else works; sessions "
                 "that have begun before go on. `off` lets everybody choose."};
  Setting<std::vector<std::string>> mfa_required_roles{
      .name = "MFA_REQUIRED_ROLES",
      .value = {std::string(sessions::admin_role)},
      .meaning = "The roles for which MFA_REQUIRED=roles requires a second factor. Whether a role has such a name "
                 "is not checked: roles are made later."};
  Setting<bool> mfa_sms{
      .name = "MFA_SMS",
      .value = false,
      .meaning = "Takes a code that is texted to the account's phone number as a second factor; every account with a "
                 "proven number then has one. Off by default: texts can be intercepted, and numbers are taken over by "
                 "SIM swapping (NIST SP 800-63B, sections 5.1.3.3 and 5.2.10, restricts them). Prefer authenticator "
                 "apps and passkeys."};
  Setting<crypto::JwsAlgorithm> token_algorithm{
      .name = "TOKEN_ALGORITHM",
      .value = crypto::JwsAlgorithm::es256,
      .meaning = "The signature algorithm of new access tokens: `ES256`, `EdDSA` or `RS256`."};
  Setting<std::string> token_audience{
      .name = "TOKEN_AUDIENCE", .value = "", .meaning = "The `aud` claim of access tokens.", .usually = "PUBLIC_URL"};
  Setting<std::string> token_client_id{
      .name = "TOKEN_CLIENT_ID",
      .value = "ostiary",
      .meaning = "The `client_id` claim of access tokens (RFC 9068). All sign-ins are made with this one client, which "
                 "is the service itself.",
      .read = reading::short_name};
  Setting<std::string> geoip_file{
      .name = "GEOIP_FILE",
      .value = "",
      .meaning = "A MaxMind city database (`.mmdb`). With it session lists show locations."};

  Heading limiting{"Rate limits", "A limit like `20/1h burst 10` allows twenty calls an hour, of which ten may come at "
                                  "once. Several limits are separated by commas, and "
                                  "all of them apply. The defaults are those of the .proto files."};
  Setting<bool> rate_limits{
      .name = "RATE_LIMITS",
      .value = true,
      .meaning = "`off` disables all rate limits, for measurements. Allowed only if PUBLIC_URL is on this "
                 "machine and the server listens only on loopback addresses."};
  RateSettings rates{};

  Heading running{"Operation", ""};
  Setting<int> workers{.name = "WORKERS",
                       .value = 0,
                       .meaning =
                           "Threads that answer calls; each may hold a database connection. 0 means three for each "
                           "processor, at least 6 and at most 48. More help if the database is far away.",
                       .bounds = {0, 512},
                       .usually = "three for each processor"};
  Setting<int> hash_threads{
      .name = "HASH_THREADS",
      .value = 0,
      .meaning = "Threads that hash passwords. 0 means one fewer than processors, and at least one, so that a "
                 "flood of logins does not slow down other calls.",
      .bounds = {0, 256},
      .usually = "one fewer than processors"};
  Setting<std::chrono::seconds> drain_delay{
      .name = "DRAIN_DELAY",
      .value = std::chrono::seconds{0},
      .meaning =
          "How long the server still accepts calls after SIGTERM while `/health/ready` returns 503: the "
          "time that a load balancer needs to notice. Meanwhile gRPC health reports NOT_SERVING, and HTTP closes "
          "each connection after its reply. The shutdown then takes up to 9 s. A second signal ends the server "
          "at once.",
      .bounds = {0, 300}};
  Setting<LogFormat> log_format{.name = "LOG_FORMAT",
                                .value = LogFormat::automatic,
                                .meaning = "`text`, `json`, or `auto`: text on a terminal, JSON elsewhere."};
  Setting<LogLevel> log_level{
      .name = "LOG_LEVEL", .value = LogLevel::info, .meaning = "`debug`, `info`, `warning` or `error`."};

  /// Whether PUBLIC_URL names this machine. Features for development are available only then.
  bool is_local() const;

  /// Sets the port that the system chose if PORT is 0. A PUBLIC_URL that is not set explicitly then contains it.
  void choose_port(std::uint16_t chosen);

  /// Whether HTTP or gRPC listens on an address that other machines may reach.
  bool listens_beyond_this_machine() const;

  /// The mail server; nothing if mail goes to the development mailbox.
  std::optional<adapters::SmtpServer> smtp_server() const;

  /// The gateway for texts; nothing if they go to the development mailbox, or nowhere.
  std::optional<adapters::SmsServer> sms_server() const;

  /// Whether texts can be sent, if only to the development mailbox.
  bool sends_texts() const;

  /// The sender of mails. Throws WrongSetting if MAIL_FROM is not set and PUBLIC_URL's host can't replace it.
  adapters::MailSender mail_sender() const;

  /// The maximum number of PostgreSQL connections that a server opens for its transactions. It opens one more to listen
  /// for invalidations, and another as the witness of lost commits.
  int postgres_connections() const;

  /// The connection string for libpq. Empty if SQLite is used.
  std::optional<Secret> postgres_conninfo() const;

  /// The path of the SQLite file, if SQLite is used.
  std::filesystem::path sqlite_file() const;

  /// The location of the database, to show to people: the absolute path of the SQLite file, or "database x on
  /// db.example.org".
  std::string database_place() const;
};

/// Calls `visit` with each heading and setting, in the manual's order. A test checks that none is left out.
template <class Configuration, class Visitor>
void for_each_setting(Configuration& config, Visitor&& visit) {
  const auto each = [&visit](auto&... parts) { (visit(parts), ...); };
  each(config.reaching, config.public_url, config.port, config.listen_address, config.tls_cert_file,
       config.tls_key_file, config.grpc_port, config.grpc_listen_address, config.grpc_plaintext, config.max_connections,
       config.max_connections_per_address, config.trusted_proxies, config.cors_origins, config.browser_tokens,
       config.metrics_networks, config.cookie_domain, config.hsts, config.service_name, config.app_url,
       config.webauthn_rp_id, config.webauthn_origins, config.storing, config.data_dir, config.database_url,
       config.postgres_host, config.postgres_port, config.postgres_user, config.postgres_password, config.postgres_db,
       config.postgres_sslmode, config.database_serving_role, config.migrate_on_start, config.master_key,
       config.mailing, config.smtp_url, config.mail_from, config.mail_templates, config.texting, config.sms_url,
       config.sms_token, config.sms_from, config.sms_countries, config.sms_per_number, config.sms_per_account,
       config.sms_per_prefix, config.sms_per_day, config.accounts, config.registration_verify_email,
       config.code_lifetime, config.resend_pause, config.password_algorithm, config.argon2_memory_kib,
       config.argon2_passes, config.bcrypt_cost, config.sessions, config.access_token_lifetime,
       config.refresh_token_lifetime, config.session_lifetime, config.refresh_grace, config.refresh_lost_reply,
       config.max_sessions_per_account, config.fresh_login_within, config.mfa_required, config.mfa_required_roles,
       config.mfa_sms, config.token_algorithm, config.token_audience, config.token_client_id, config.geoip_file,
       config.limiting, config.rate_limits, config.rates, config.running, config.workers, config.hash_threads,
       config.drain_delay, config.log_format, config.log_level);
}

/// The sources from which settings are read.
struct ConfigSources {
  std::map<std::string, std::string, std::less<>> environment;
  bool has_dot_env = false;  ///< the working folder has a file .env
  /// Returns the content of a file: .env, or the file that a NAME_FILE names. The error says why it can't be read.
  std::function<std::expected<std::string, std::string>(const std::string& path)> read_file;
};

/// The process's environment, its working folder and its files.
ConfigSources config_sources();

struct ReadConfig {
  Config config;
  std::vector<std::string> warnings;  ///< a line each
};

/// The purpose of reading the settings. If PUBLIC_URL is not on this machine, a server needs SMTP_URL and
/// OSTIARY_MASTER_KEY; a command that only shows settings or describes the server does not.
enum class ConfigUse { serving, looking };

/// Reads the settings from the environment and, for those that are not set there, from .env. Each error is one line
/// that names the setting, its source and what was expected, and never shows a secret. Errors are malformed values,
/// unknown names (in .env, or in the environment with the prefix OSTIARY_) and settings that exclude each other.
std::expected<ReadConfig, std::vector<std::string>> read_config(const ConfigSources& sources,
                                                                ConfigUse use = ConfigUse::serving);

/// One setting as text.
struct ConfigLine {
  std::string heading, heading_text;  ///< of its section
  std::string name;
  std::string value;  ///< "********" for a secret that is set
  std::string default_value;  ///< in Markdown, as the manual shows it; empty where there is none
  std::string origin;
  std::string meaning;
};

/// All settings, in the manual's order.
std::vector<ConfigLine> describe(const Config& config);

}  // namespace ostiary
