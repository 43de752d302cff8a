#include "config.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <concepts>
#include <fstream>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>

#include <google/protobuf/descriptor.h>

#include "base/capacity.hpp"
#include "base/ip_address.hpp"
#include "base/spelling.hpp"
#include "base/text.hpp"
#include "base/wrong_setting.hpp"
#include "env_file.hpp"
#include "site.hpp"
#include "storage/conninfo.hpp"

extern char** environ;

namespace ostiary {
namespace {

template <class E>
struct Choice {
  E value;
  std::string_view name;
};

constexpr auto choices(LogFormat) {
  return std::array{Choice{LogFormat::automatic, "auto"}, Choice{LogFormat::text, "text"},
                    Choice{LogFormat::json, "json"}};
}

constexpr auto choices(BrowserTokens) {
  return std::array{Choice{BrowserTokens::cookie, "cookie"}, Choice{BrowserTokens::body, "body"}};
}

constexpr auto choices(sessions::MfaRequired) {
  using enum sessions::MfaRequired;
  return std::array{Choice{off, "off"}, Choice{roles, "roles"}, Choice{all, "all"}};
}

constexpr auto choices(LogLevel) {
  return std::array{Choice{LogLevel::debug, "debug"}, Choice{LogLevel::info, "info"},
                    Choice{LogLevel::warning, "warning"}, Choice{LogLevel::error, "error"}};
}

constexpr auto choices(crypto::JwsAlgorithm) {
  using enum crypto::JwsAlgorithm;
  return std::array{Choice{es256, "ES256"}, Choice{eddsa, "EdDSA"}, Choice{rs256, "RS256"}};
}

constexpr auto choices(crypto::PasswordParameters::Algorithm) {
  using enum crypto::PasswordParameters::Algorithm;
  return std::array{Choice{argon2id, "argon2id"}, Choice{bcrypt, "bcrypt"}};
}

template <class E>
reading::Read<E> choice(std::string_view text) {
  std::string expected = "one of";
  for (const auto& one : choices(E{})) {
    if (one.name == text) return one.value;
    (expected += expected == "one of" ? " " : ", ") += one.name;
  }
  return std::unexpected(expected);
}

/// Reads a text as the type of `setting` says, within its bounds.
template <class T>
reading::Read<T> read_as(const Setting<T>& setting, std::string_view text) {
  if (setting.read) return setting.read(text);
  if constexpr (std::same_as<T, bool>) {
    return reading::on_or_off(text);
  } else if constexpr (std::is_enum_v<T>) {
    return choice<T>(text);
  } else if constexpr (std::integral<T>) {
    const auto number = reading::number(text, setting.bounds.lowest, setting.bounds.highest);
    if (!number) return std::unexpected(number.error());
    return static_cast<T>(*number);
  } else if constexpr (std::same_as<T, std::chrono::seconds>) {
    return reading::duration(text, setting.bounds.lowest, setting.bounds.highest);
  } else if constexpr (std::same_as<T, std::vector<std::string>>) {
    return reading::list(text);
  } else {
    return T(std::string(text));
  }
}

std::string show(const std::string& value) { return value; }
std::string show(bool value) { return value ? "on" : "off"; }
std::string show(std::chrono::seconds value) { return showing::duration(value); }
std::string show(const std::vector<std::string>& value) { return showing::list(value); }
std::string show(const Secret& value) { return value.empty() ? "" : "********"; }

template <class T>
  requires std::integral<T>
std::string show(T value) {
  return std::to_string(value);
}

template <class E>
  requires std::is_enum_v<E>
std::string show(E value) {
  const auto all = choices(E{});
  return std::string(std::ranges::find(all, value, &Choice<E>::value)->name);
}

/// One setting without its type.
struct Entry {
  Heading heading;
  std::string name;
  std::string meaning;
  std::string value;
  std::string usually;
  std::string origin;
  bool is_secret;
  /// Takes a value from a text. The error says what was expected.
  std::function<std::expected<void, std::string>(std::string_view text, std::string origin)> assign;
};

struct RateKind {
  std::string_view name;
  std::string_view whom;
  std::vector<Rate> limits::ClassRates::* rates;
};
const std::array rate_kinds{
    RateKind{"IDENTIFIER", "for one account", &limits::ClassRates::per_identifier},
    RateKind{"ADDRESS", "from one address (IPv6: one /64)", &limits::ClassRates::per_address},
    RateKind{"PAIR", "for one account from one address", &limits::ClassRates::per_pair},
    RateKind{"SESSION", "in one session", &limits::ClassRates::per_session},
    RateKind{"SERVICE", "by one service. No service can call in this version", &limits::ClassRates::per_service}};

/// The calls of a class, in words.
std::string_view calls_of(RateClass rate_class) {
  switch (rate_class) {
    case SIGN_IN: return "Sign-ins";
    case REGISTER: return "Registrations";
    case CODE: return "Wrong codes and links";
    case MAIL: return "Mails";
    case REFRESH: return "Refreshes";
    case READ: return "Calls that only read, such as the session check,";
    case WRITE: return "Calls that change something";
    case AUDITED: return "Calls that change something and add to the audit log, such as a change of the profile,";
    case PROBE: return "Readiness checks";
    default: return "Other calls";
  }
}

/// Gathers the entries of a configuration, which must outlive them.
class Entries {
 public:
  explicit Entries(Config& config) {
    for_each_setting(config, [this](auto& part) { add(part); });
  }
  const std::vector<Entry>& all() const { return entries_; }

 private:
  void add(Heading& heading) { heading_ = heading; }

  template <class T>
  void add(Setting<T>& setting) {
    entries_.push_back({heading_, std::string(setting.name), std::string(setting.meaning), show(setting.value),
                        std::string(setting.usually), setting.origin, std::same_as<T, Secret>,
                        [&setting](std::string_view text, std::string origin) -> std::expected<void, std::string> {
                          auto value = read_as(setting, text);
                          if (!value) return std::unexpected(value.error());
                          setting.value = *std::move(value);
                          setting.origin = std::move(origin);
                          return {};
                        }});
  }

  void add(RateSettings& settings) {
    for (auto& [rate_class, rates] : settings.value) {
      for (const RateKind& kind : rate_kinds) {
        if ((rates.*kind.rates).empty()) continue;
        const std::string& class_name = RateClass_Name(rate_class);
        add_rates(settings, rates.*kind.rates, "LIMIT_" + class_name + "_PER_" + std::string(kind.name),
                  std::string(calls_of(rate_class)) + " " + std::string(kind.whom) + ".");
      }
    }
  }

  void add_rates(RateSettings& settings, std::vector<Rate>& rates, const std::string& name,
                 const std::string& meaning) {
    const auto known = settings.origins.find(name);
    const std::string origin = known == settings.origins.end() ? "default" : known->second;
    entries_.push_back(
        {heading_, name, meaning, showing::rates(rates), "", origin, false,
         [&settings, &rates, name](std::string_view text, std::string from) -> std::expected<void, std::string> {
           auto value = reading::rates(text);
           if (!value) return std::unexpected(value.error());
           rates = *std::move(value);
           settings.origins[name] = std::move(from);
           return {};
         }});
  }

  Heading heading_{};
  std::vector<Entry> entries_;
};

/// A value as an error shows it: on one line, not too long.
std::string in_quotes(std::string_view value) {
  constexpr std::size_t longest = 60;
  std::string shown = "\"";
  for (const char c : cut(value, longest)) shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return shown + (value.size() > longest ? "...\"" : "\"");
}

/// Whether a host of PostgreSQL's is this machine: by its name, its address or the folder of a socket.
bool is_here(std::string_view host) { return host.empty() || host.starts_with('/') || is_this_machine(host); }

/// Without a port if the system is to choose it.
std::string usual_public_url(const Config& config) {
  const std::string origin = config.tls_cert_file->empty() ? "http://localhost" : "https://localhost";
  return *config.port == 0 ? origin : origin + ":" + std::to_string(*config.port);
}

/// One reading of the settings.
class Reading {
 public:
  Reading(const ConfigSources& sources, ConfigUse use) : sources_(sources), use_(use) {}

  std::expected<ReadConfig, std::vector<std::string>> run() {
    read_dot_env();
    if (!errors_.empty()) return std::unexpected(errors_);
    const Entries entries(config_);
    for (const Entry& entry : entries.all()) take(entry);
    refuse_unknown_names(entries);
    if (errors_.empty()) {
      fill_in();
      check();
    }
    if (!errors_.empty()) return std::unexpected(errors_);
    return ReadConfig{std::move(config_), std::move(warnings_)};
  }

 private:
  struct Found {
    std::string value;
    std::string origin;
  };

  void read_dot_env() {
    if (!sources_.has_dot_env) return;
    const auto content = sources_.read_file(".env");
    if (!content) {
      errors_.push_back(".env " + content.error());
      return;
    }
    auto entries = read_env_file(*content);
    if (!entries) {
      errors_ = std::move(entries.error());
      return;
    }
    dot_env_ = *std::move(entries);
  }

  /// An empty value counts as none: that is how compose files pass on what nobody set.
  std::optional<Found> in_environment(const std::string& name) const {
    const auto found = sources_.environment.find(name);
    if (found == sources_.environment.end() || found->second.empty()) return std::nullopt;
    return Found{found->second, "environment"};
  }

  std::optional<Found> in_dot_env(const std::string& name) const {
    const auto found = std::ranges::find(dot_env_, name, &EnvEntry::name);
    if (found == dot_env_.end() || found->value.empty()) return std::nullopt;
    return Found{found->value, ".env line " + std::to_string(found->line)};
  }

  /// What one source has for a setting: by its name, or in the file that NAME_FILE names.
  template <class Lookup>
  std::optional<Found> find(const std::string& name, const Lookup& lookup) {
    auto direct = lookup(name);
    const auto file = lookup(name + "_FILE");
    if (!file) return direct;
    if (direct) {
      errors_.push_back(name + " and " + name + "_FILE (" + file->origin + "): expected only one of them");
      return std::nullopt;
    }
    auto content = sources_.read_file(file->value);
    if (!content) {
      errors_.push_back(name + "_FILE=" + in_quotes(file->value) + " (" + file->origin + "): " + content.error());
      return std::nullopt;
    }
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (content->starts_with(byte_order_mark)) content->erase(0, byte_order_mark.size());
    if (content->ends_with('\n')) content->pop_back();
    if (content->ends_with('\r')) content->pop_back();
    return Found{*std::move(content), file->value};
  }

  void take(const Entry& entry) {
    const std::size_t errors_before = errors_.size();
    auto found = find(entry.name, [this](const std::string& name) { return in_environment(name); });
    if (errors_.size() != errors_before) return;
    if (!found) found = find(entry.name, [this](const std::string& name) { return in_dot_env(name); });
    if (!found) return;
    // Whatever is no secret may be shown: in mails, pages, JSON and logs, which are UTF-8.
    if (!entry.is_secret && !inspect(found->value).valid) {
      errors_.push_back(entry.name + " (" + found->origin + "): expected UTF-8");
      return;
    }
    if (const auto taken = entry.assign(found->value, found->origin); !taken) {
      const std::string shown = entry.is_secret ? entry.name : entry.name + "=" + in_quotes(found->value);
      errors_.push_back(shown + " (" + found->origin + "): expected " + taken.error());
    }
  }

  void refuse_unknown_names(const Entries& entries) {
    const auto is_known = [&](std::string_view name) {
      if (std::ranges::find(entries.all(), name, &Entry::name) != entries.all().end()) return true;
      if (!name.ends_with("_FILE")) return false;
      name.remove_suffix(5);
      return std::ranges::find(entries.all(), name, &Entry::name) != entries.all().end();
    };
    for (const EnvEntry& entry : dot_env_) {
      // Names that the same file has for other programs, and for what this version does not use yet.
      if (entry.name.starts_with("REDIS_") || entry.name.starts_with("RABBITMQ_")) continue;
      if (!is_known(entry.name)) refuse_name(entry.name, ".env line " + std::to_string(entry.line), entries);
    }
    for (const auto& [name, value] : sources_.environment) {
      // Kubernetes adds these for a service that is called ostiary.
      if (name.starts_with("OSTIARY_PORT") || name.starts_with("OSTIARY_SERVICE_")) continue;
      if (name.starts_with("OSTIARY_") && !is_known(name)) refuse_name(name, "environment", entries);
    }
  }

  void refuse_name(const std::string& name, const std::string& origin, const Entries& entries) {
    std::string error = name + " (" + origin + "): no such setting";
    std::vector<std::string> names;
    for (const Entry& entry : entries.all()) names.push_back(entry.name);
    if (const auto meant = meant_by(name, names)) error += "; did you mean " + *meant + "?";
    errors_.push_back(std::move(error));
  }

  void fill_in() {
    if (config_.public_url->empty()) config_.public_url.value = usual_public_url(config_);
    const std::string host = host_of(*config_.public_url);
    if (config_.listen_address->empty()) config_.listen_address.value = {config_.is_local() ? "localhost" : "*"};
    if (config_.mail_from->empty()) {
      if (config_.is_local()) config_.mail_from.value = "no-reply@localhost";
      else if (!parse_address(host)) config_.mail_from.value = "no-reply@" + host;
    }
    if (config_.token_audience->empty()) config_.token_audience.value = *config_.public_url;
    if (config_.webauthn_rp_id->empty()) {
      config_.webauthn_rp_id.value = config_.cookie_domain->empty() ? host : *config_.cookie_domain;
    }
    const int processors = static_cast<int>(std::thread::hardware_concurrency());
    if (*config_.workers == 0) config_.workers.value = std::clamp(3 * processors, 6, 48);
    if (*config_.hash_threads == 0) config_.hash_threads.value = std::max(1, processors - 1);
    if (*config_.max_connections == 0) config_.max_connections.value = connections_within(capacity_of_process());
    if (*config_.max_connections_per_address == 0) {
      config_.max_connections_per_address.value = std::clamp(*config_.max_connections / 4, 1U, 1024U);
    }
    if (config_.postgres_sslmode->empty()) {
      config_.postgres_sslmode.value = reaches_another_machine() ? "require" : "disable";
    }
  }

  bool reaches_another_machine() const {
    if (!config_.database_url->empty()) {
      const auto conninfo = storage::parse_conninfo(std::string(config_.database_url->reveal()));
      return !conninfo || names_another_machine(*conninfo);
    }
    return !is_here(*config_.postgres_host);
  }

  /// What a connection string leaves out, libpq takes from the environment, or from a file of services.
  bool names_another_machine(const storage::Conninfo& conninfo) const {
    bool is_named = false;
    for (const std::string_view keyword : {"host", "hostaddr"}) {
      const auto named = conninfo.find(keyword);
      if (named == conninfo.end()) continue;
      is_named = true;
      if (!std::ranges::all_of(reading::list(named->second), is_here)) return true;
    }
    if (is_named) return false;
    const auto is_set = [this](const char* name) { return sources_.environment.contains(name); };
    return conninfo.contains("service") || is_set("PGHOST") || is_set("PGHOSTADDR") || is_set("PGSERVICE");
  }

  void check() {
    check_public();
    check_cookie_domain();
    check_origins();
    check_mfa();
    check_webauthn();
    if (config_.is_local() && !config_.hsts->empty()) {
      warnings_.push_back("HSTS: has no effect while PUBLIC_URL is on this machine");
    }
    check_ports();
    check_tls();
    check_plain_http();
    check_grpc();
    check_texts();
    check_database();
    for (const std::string name : {"REDIS_ADDR", "RABBITMQ_URL"}) {
      if (in_environment(name) || in_dot_env(name)) warnings_.push_back(name + ": this version does not use it yet");
    }
  }

  void check_public() {
    if (config_.is_local()) {
      check_local();
      return;
    }
    const std::string where = " while PUBLIC_URL, " + *config_.public_url + ", is not on this machine";
    if (!*config_.rate_limits)
      errors_.push_back("RATE_LIMITS (" + config_.rate_limits.origin + "): must be on" + where);
    if (use_ == ConfigUse::looking) return;
    if (config_.smtp_url->empty()) errors_.push_back("SMTP_URL: required" + where);
    if (!adapters::parse_sender(*config_.mail_from)) {
      errors_.push_back("MAIL_FROM: required, because the host of PUBLIC_URL, " + host_of(*config_.public_url) +
                        ", can't be the domain of a sender");
    }
    if (config_.master_key->empty()) {
      errors_.push_back("OSTIARY_MASTER_KEY: required" + where + "; create one with: openssl rand -hex 32");
    }
  }

  /// Development defaults are for this machine, whatever PUBLIC_URL says.
  void check_local() {
    const bool is_reachable = config_.listens_beyond_this_machine();
    if (is_reachable) {
      warnings_.push_back(
          "LISTEN_ADDRESS, GRPC_LISTEN_ADDRESS: other machines can reach this server, but PUBLIC_URL, " +
          *config_.public_url + ", selects the defaults for development; set PUBLIC_URL to the URL that they use");
    }
    if (*config_.rate_limits) return;
    if (is_reachable) {
      errors_.push_back("RATE_LIMITS (" + config_.rate_limits.origin +
                        "): must be on while the server listens on more than loopback addresses");
    } else {
      warnings_.push_back("RATE_LIMITS: nothing is limited; for measurements only");
    }
  }

  void check_cookie_domain() {
    const std::string& domain = *config_.cookie_domain;
    const std::string host = host_of(*config_.public_url);
    if (domain.empty()) return;
    const std::string setting = "COOKIE_DOMAIN=" + in_quotes(domain) + " (" + config_.cookie_domain.origin + "): ";
    if (host != domain && !host.ends_with("." + domain)) {
      errors_.push_back(setting + "expected " + host + ", the host of PUBLIC_URL, or a domain above it");
    } else if (is_public_suffix(domain)) {
      errors_.push_back(setting + "a public suffix, for which browsers take no cookies; expected a domain below it");
    }
  }

  void check_origins() {
    const auto object = [this](const std::string& origin, const std::string& why) {
      errors_.push_back("CORS_ORIGINS=" + in_quotes(origin) + " (" + config_.cors_origins.origin + "): " + why);
    };
    const bool in_cookies = *config_.browser_tokens == BrowserTokens::cookie;
    for (const std::string& origin : *config_.cors_origins) {
      if (is_app_origin(origin)) {
        if (in_cookies) object(origin, "requires BROWSER_TOKENS=body: such pages send no cookies");
      } else if (origin.starts_with("http://") && config_.public_url->starts_with("https://")) {
        object(origin, "must be https, as PUBLIC_URL is: an http page can be changed on its way to the browser");
      } else if (in_cookies && !is_same_site(origin, *config_.public_url)) {
        warnings_.push_back("CORS_ORIGINS: " + origin + " is on another site than PUBLIC_URL, " + *config_.public_url +
                            ": browsers send no cookies from there, and with BROWSER_TOKENS=cookie its pages get "
                            "no tokens, so nobody can be signed in on them; set BROWSER_TOKENS=body");
      }
    }
  }

  void check_mfa() {
    if (*config_.mfa_required == sessions::MfaRequired::roles && config_.mfa_required_roles->empty()) {
      errors_.push_back("MFA_REQUIRED_ROLES (" + config_.mfa_required_roles.origin +
                        "): expected at least one role, as MFA_REQUIRED is roles");
    }
  }

  void check_webauthn() {
    const std::string host = host_of(*config_.public_url);
    const std::string& rp_id = *config_.webauthn_rp_id;
    const auto domains = cookie_domains(host);
    const bool is_cookie_domain = rp_id == *config_.cookie_domain;  // which is checked by itself
    if (!is_cookie_domain && rp_id != host && std::ranges::find(domains, rp_id) == domains.end()) {
      errors_.push_back("WEBAUTHN_RP_ID=" + in_quotes(rp_id) + " (" + config_.webauthn_rp_id.origin + "): expected " +
                        host + ", the host of PUBLIC_URL, or a domain above it that is no public suffix");
    }
    for (const std::string& origin : *config_.webauthn_origins) {
      if (!origin.starts_with("http://") || config_.is_local()) continue;
      errors_.push_back("WEBAUTHN_ORIGINS=" + in_quotes(origin) + " (" + config_.webauthn_origins.origin +
                        "): expected https, without which browsers offer no passkeys");
    }
  }

  void check_ports() {
    if (*config_.port == 0 || *config_.port != *config_.grpc_port) return;
    const auto spelt_out = [](const std::vector<std::string>& addresses) {
      std::vector<std::string> places;
      for (const auto& address : addresses) {
        if (address == "localhost") places.insert(places.end(), {"127.0.0.1", "::1"});
        else places.push_back(address);
      }
      return places;
    };
    const auto http = spelt_out(*config_.listen_address);
    const auto grpc = spelt_out(*config_.grpc_listen_address);
    const auto is_everywhere = [](const std::string& place) { return place == "*"; };
    const auto is_taken = [&](const std::string& place) { return std::ranges::find(http, place) != http.end(); };
    if (std::ranges::any_of(http, is_everywhere) || std::ranges::any_of(grpc, is_everywhere) ||
        std::ranges::any_of(grpc, is_taken)) {
      errors_.push_back("GRPC_PORT=" + std::to_string(*config_.grpc_port) + " (" + config_.grpc_port.origin +
                        "): expected another port than PORT, or another address");
    }
  }

  void check_tls() {
    if (config_.tls_cert_file->empty() != config_.tls_key_file->empty()) {
      errors_.push_back("TLS_CERT_FILE, TLS_KEY_FILE: expected both or neither");
    }
    if (!config_.tls_cert_file->empty() && !config_.public_url->starts_with("https://")) {
      errors_.push_back("PUBLIC_URL=" + in_quotes(*config_.public_url) + " (" + config_.public_url.origin +
                        "): expected https:// beside TLS_CERT_FILE");
    }
  }

  /// With an https PUBLIC_URL, TLS must end somewhere. Where it does is known if a proxy is named, or if only this
  /// machine can connect.
  void check_plain_http() {
    if (config_.is_local() || !config_.tls_cert_file->empty() || !config_.trusted_proxies->empty()) return;
    if (std::ranges::all_of(*config_.listen_address, is_this_machine)) return;
    warnings_.push_back("LISTEN_ADDRESS=" + in_quotes(showing::list(*config_.listen_address)) + " (" +
                        config_.listen_address.origin +
                        "): other machines may reach this server by plain HTTP, so that passwords and tokens can be "
                        "read on the way. If a proxy provides TLS, name it in TRUSTED_PROXIES, and listen only where "
                        "it connects; if not, set TLS_CERT_FILE and TLS_KEY_FILE");
  }

  void check_grpc() {
    if (!config_.tls_cert_file->empty()) return;
    if (*config_.grpc_plaintext || std::ranges::all_of(*config_.grpc_listen_address, is_this_machine)) return;
    errors_.push_back("GRPC_LISTEN_ADDRESS=" + in_quotes(showing::list(*config_.grpc_listen_address)) + " (" +
                      config_.grpc_listen_address.origin +
                      "): expected loopback addresses, or TLS_CERT_FILE; GRPC_PLAINTEXT=on says that the network is "
                      "protected");
  }

  void check_texts() {
    const auto server = config_.sms_server();
    if (*config_.mfa_sms && !config_.sends_texts()) {
      errors_.push_back("MFA_SMS (" + config_.mfa_sms.origin + "): SMS_URL is required with it");
    }
    if (!server) {
      if (!config_.sms_token->empty()) warnings_.push_back("SMS_TOKEN: has no effect without SMS_URL");
      return;
    }
    const bool is_twilio = server->shape == adapters::SmsServer::Shape::twilio;
    if (is_twilio && server->sender.empty()) errors_.push_back("SMS_FROM: required with a twilio:// SMS_URL");
    if (!server->user.empty() && !config_.sms_token->empty()) {
      errors_.push_back("SMS_TOKEN (" + config_.sms_token.origin + "): expected only with an SMS_URL without a user");
    }
  }

  void check_database() {
    const bool has_host = !config_.postgres_host->empty();
    if (!config_.database_url->empty()) {
      if (has_host) warnings_.push_back("POSTGRES_HOST: has no effect beside DATABASE_URL");
      return;
    }
    if (has_host) return;
    for (const auto* setting : {&config_.postgres_user, &config_.postgres_db, &config_.database_serving_role}) {
      if (setting->origin != "default") {
        warnings_.push_back(std::string(setting->name) + ": has no effect without POSTGRES_HOST; SQLite is used");
      }
    }
  }

  const ConfigSources& sources_;
  const ConfigUse use_;
  std::vector<EnvEntry> dot_env_;
  Config config_;
  std::vector<std::string> errors_, warnings_;
};

std::expected<std::string, std::string> read_small_file(const std::string& path) {
  constexpr std::size_t most = 64 * 1024;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(std::string("can't be read: ") + std::generic_category().message(errno));
  std::string content(most + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (file.bad() || (file.fail() && !file.eof())) return std::unexpected("can't be read: it is not a file");
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (content.size() > most) return std::unexpected("can't be read: it is larger than 64 KiB");
  return content;
}

}  // namespace

bool Config::is_local() const { return is_this_machine(host_of(*public_url)); }

void Config::choose_port(std::uint16_t chosen) {
  port.value = chosen;
  if (public_url.origin != "default") return;
  public_url.value = usual_public_url(*this);
  if (token_audience.origin == "default") token_audience.value = *public_url;
}

bool Config::listens_beyond_this_machine() const {
  return !std::ranges::all_of(*listen_address, is_this_machine) ||
         !std::ranges::all_of(*grpc_listen_address, is_this_machine);
}

std::optional<adapters::SmsServer> Config::sms_server() const {
  if (sms_url->empty()) return std::nullopt;
  auto server = adapters::parse_sms_url(sms_url->reveal()).value();
  server.token = *sms_token;
  server.sender = *sms_from;
  return server;
}

bool Config::sends_texts() const { return !sms_url->empty() || is_local(); }

std::optional<adapters::SmtpServer> Config::smtp_server() const {
  if (smtp_url->empty()) return std::nullopt;
  return adapters::parse_smtp_url(smtp_url->reveal(), host_of(*public_url)).value();
}

adapters::MailSender Config::mail_sender() const {
  const auto sender = adapters::parse_sender(*mail_from);
  if (!sender) throw WrongSetting("MAIL_FROM: required, because the host of PUBLIC_URL is not a domain name");
  return *sender;
}

int Config::postgres_connections() const {
  // Beyond the workers: what follows a hash, the executor, its clean-up, and a spare one for readiness.
  constexpr int extra_connections = 4;
  return *workers + *hash_threads + extra_connections;
}

std::optional<Secret> Config::postgres_conninfo() const {
  storage::Conninfo conninfo;
  if (!database_url->empty()) {
    conninfo = storage::parse_conninfo(std::string(database_url->reveal())).value();
  } else if (!postgres_host->empty()) {
    conninfo = {{"host", *postgres_host},
                {"port", std::to_string(*postgres_port)},
                {"user", *postgres_user},
                {"dbname", *postgres_db}};
    if (!postgres_password->empty()) conninfo["password"] = postgres_password->reveal();
  } else {
    return std::nullopt;
  }
  conninfo.try_emplace("sslmode", *postgres_sslmode);
  return Secret(storage::to_text(conninfo));
}

std::filesystem::path Config::sqlite_file() const { return std::filesystem::path(*data_dir) / "ostiary.db"; }

std::string Config::database_place() const {
  const auto conninfo = postgres_conninfo();
  if (!conninfo) return std::filesystem::absolute(sqlite_file()).lexically_normal().string();
  const auto parsed = storage::parse_conninfo(std::string(conninfo->reveal())).value();
  const auto said = [&](std::initializer_list<std::string_view> keywords, std::string_view otherwise) {
    for (const auto keyword : keywords) {
      if (const auto found = parsed.find(keyword); found != parsed.end() && !found->second.empty()) {
        return found->second;
      }
    }
    return std::string(otherwise);
  };
  return "database " + said({"dbname", "user"}, "of libpq's choice") + " on " +
         said({"host", "hostaddr"}, "this machine");
}

ConfigSources config_sources() {
  ConfigSources sources;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    if (const auto equals = text.find('='); equals != std::string_view::npos) {
      sources.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  sources.has_dot_env = access(".env", F_OK) == 0;
  sources.read_file = read_small_file;
  return sources;
}

std::expected<ReadConfig, std::vector<std::string>> read_config(const ConfigSources& sources, ConfigUse use) {
  return Reading(sources, use).run();
}

std::vector<ConfigLine> describe(const Config& config) {
  Config defaults;
  Config shown = config;
  const Entries default_entries(defaults);
  const Entries entries(shown);
  std::vector<ConfigLine> lines;
  for (std::size_t i = 0; i < entries.all().size(); ++i) {
    const Entry& entry = entries.all()[i];
    const std::string& value = default_entries.all()[i].value;
    const std::string usually = entry.usually.empty() && !value.empty() ? "`" + value + "`" : entry.usually;
    lines.push_back({std::string(entry.heading.title), std::string(entry.heading.text), entry.name, entry.value,
                     usually, entry.origin, entry.meaning});
  }
  return lines;
}

}  // namespace ostiary
