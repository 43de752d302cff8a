#include "doctor/judgments.hpp"

#include <algorithm>

#include "base/encoding.hpp"

namespace ostiary::doctor {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t oldest_postgres = 130000;  ///< the first that tells what became of a transaction
constexpr std::uint64_t scarce_bytes = std::uint64_t{256} << 20;
constexpr std::uint64_t no_bytes = std::uint64_t{1} << 20;  ///< less is as good as none
constexpr auto renewal_time = std::chrono::days(14);
constexpr Duration noticeable_offset = 1s;
constexpr Duration harmful_offset = 30s;
constexpr Time earliest_now{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

Finding fine(std::string_view check, std::string found) {
  return {std::string(check), Level::ok, std::move(found), ""};
}

Finding warn(std::string_view check, std::string found, std::string advice) {
  return {std::string(check), Level::warning, std::move(found), std::move(advice)};
}

Finding problem(std::string_view check, std::string found, std::string advice) {
  return {std::string(check), Level::problem, std::move(found), std::move(advice)};
}

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const auto& item : list) text += (text.empty() ? "" : ", ") + item;
  return text;
}

std::string in_seconds(Duration duration) {
  const auto tenths = std::chrono::duration_cast<std::chrono::duration<std::int64_t, std::deci>>(duration).count();
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

Finding judge_proxies(const Config& config) {
  const auto& proxies = *config.trusted_proxies;
  if (std::ranges::any_of(proxies, [](const std::string& network) { return network.ends_with("/0"); })) {
    return problem("settings", "TRUSTED_PROXIES contains every address: any client can forge its address",
                   "name the proxy's own address or network");
  }
  if (!proxies.empty()) return fine("settings", "X-Forwarded-For and Forwarded are trusted from " + joined(proxies));
  if (config.is_local() && !config.listens_beyond_this_machine()) {
    return fine("settings", "no proxy is trusted: rate limits use the clients' own addresses");
  }
  return warn("settings", "no proxy is trusted: behind a proxy all clients share its address and its rate limits",
              "name the proxy in TRUSTED_PROXIES, if there is one");
}

Findings judge_durability(const storage::statements::PostgresConditionRow& condition) {
  const std::string advice = "set it to on in postgresql.conf, or for the role or database";
  Findings findings;
  if (condition.fsync != "on") {
    findings.push_back(
        problem("storage", "fsync=" + condition.fsync + ": a power failure may corrupt the database", advice));
  }
  if (condition.synchronous_commit == "off") {
    findings.push_back(problem("storage", "synchronous_commit=off: a crash may lose acknowledged changes", advice));
  }
  if (condition.full_page_writes != "on") {
    findings.push_back(warn(
        "storage", "full_page_writes=" + condition.full_page_writes + ": a power failure may corrupt pages", advice));
  }
  if (findings.empty()) {
    findings.push_back(fine("storage", "fsync=on, synchronous_commit=" + condition.synchronous_commit));
  }
  return findings;
}

Finding judge_connections(const storage::statements::PostgresConditionRow& condition, std::int64_t needed) {
  const std::int64_t usable = condition.max_connections - condition.reserved_connections;
  const std::string found = "a server opens up to " + std::to_string(needed) + " connections; the database allows " +
                            std::to_string(usable) + ", of which " + std::to_string(condition.connections) +
                            " are in use";
  const std::string advice = "raise max_connections, or lower WORKERS";
  if (needed > usable) return problem("storage", found, advice);
  // A running server's own connections are among those in use.
  if (needed + condition.connections > usable) return warn("storage", found, advice);
  return fine("storage", found);
}

}  // namespace

Findings judge_settings(const Config& config, const std::vector<std::string>& warnings) {
  Findings findings;
  const auto lines = describe(config);
  const auto set = std::ranges::count_if(lines, [](const ConfigLine& line) { return line.origin != "default"; });
  findings.push_back(
      fine("settings", std::to_string(lines.size()) + " settings, " + std::to_string(set) + " of them set"));
  for (const auto& warning : warnings) findings.push_back(warn("settings", warning, "see `ostiary config`"));
  const std::string purpose = !config.is_local()                     ? ""
                              : config.listens_beyond_this_machine() ? " (development)"
                                                                     : ", on this machine only (development)";
  findings.push_back(fine("settings", "users reach it at " + *config.public_url + purpose));
  findings.push_back(judge_proxies(config));
  if (*config.grpc_plaintext) {
    findings.push_back(warn("settings", "gRPC may listen beyond this machine without TLS",
                            "make sure that the network between is protected"));
  }
  return findings;
}

Findings judge_forwarding(std::string_view metrics) {
  constexpr std::string_view series = "ostiary_log_lines_total{event=\"proxy.not_trusted\",level=\"warning\"} ";
  const auto found = metrics.find(series);
  if (found == std::string_view::npos || metrics.substr(found + series.size()).starts_with("0\n")) return {};
  return {warn("settings", "a peer that TRUSTED_PROXIES does not name has sent X-Forwarded-For or Forwarded",
               "if it is your proxy, name it there: the log's line proxy.not_trusted has its address")};
}

Findings judge_postgres(const storage::statements::PostgresConditionRow& condition, std::int64_t needed) {
  Findings findings;
  if (condition.version < oldest_postgres) {
    findings.push_back(
        problem("storage", "PostgreSQL before 13 cannot report the outcome of a transaction", "upgrade it"));
  }
  findings.push_back(condition.is_replica ? problem("storage", "it is a read-only replica",
                                                    "connect to the primary (target_session_attrs=read-write)")
                                          : fine("storage", "it accepts writes"));
  for (auto& finding : judge_durability(condition)) findings.push_back(std::move(finding));
  findings.push_back(judge_connections(condition, needed));
  return findings;
}

Findings judge_rights(const storage::statements::PostgresRightsRow& rights, storage::SchemaState state,
                      bool migrate_on_start) {
  using storage::SchemaState;
  Findings findings;
  if (rights.is_read_only) {
    findings.push_back(problem("storage", "default_transaction_read_only=on: writes fail",
                               "set it to off for the role or the database"));
  }
  const bool makes_tables = state == SchemaState::empty || (state == SchemaState::older && migrate_on_start);
  if (makes_tables && !rights.may_create) {
    findings.push_back(problem("schema", "the role may not create tables, which the next start needs to do",
                               "run `ostiary migrate` as the role that is to own the tables, with "
                               "DATABASE_SERVING_ROLE naming this one; or GRANT CREATE on the schema to it"));
  }
  if (!rights.lacking.empty()) {
    findings.push_back(
        problem("storage", "the role may not read or write " + rights.lacking,
                "run `ostiary migrate` as the owner of the tables, with DATABASE_SERVING_ROLE set to the role"));
  }
  if (findings.empty()) findings.push_back(fine("storage", "the role has all rights that a server needs"));
  return findings;
}

Findings judge_certificate(const CertificateFacts& certificate, Time now) {
  const std::string which = "the certificate in " + certificate.path;
  Findings findings;
  if (!certificate.names_host) {
    findings.push_back(warn("settings", which + " does not name " + certificate.host + ", the host of PUBLIC_URL",
                            "get a certificate that does, unless only a proxy sees it"));
  }
  if (now < certificate.begins) {
    findings.push_back(
        warn("settings", which + " is not valid before " + to_rfc3339(certificate.begins), "check the clock"));
  } else if (now >= certificate.ends) {
    findings.push_back(warn("settings", which + " expired at " + to_rfc3339(certificate.ends), "renew it"));
  } else if (certificate.ends - now < renewal_time) {
    findings.push_back(warn("settings", which + " expires at " + to_rfc3339(certificate.ends),
                            "renew it; the server loads the new one without a restart"));
  }
  if (findings.empty()) {
    findings.push_back(fine("settings", which + " matches its key and is valid until " + to_rfc3339(certificate.ends)));
  }
  return findings;
}

Findings judge_folder(const FolderFacts& folder) {
  const std::string free = std::to_string(folder.free_bytes >> 20) + " MiB free";
  if (!folder.writable) {
    return {problem("storage",
                    "DATA_DIR, " + folder.path + (folder.exists ? ", is not writable" : ", cannot be created"),
                    "make it writable for the server's user, or choose another folder")};
  }
  if (!folder.unwritable.empty()) {
    return {problem("storage", joined(folder.unwritable) + " in DATA_DIR, " + folder.path + ", not writable",
                    "make them writable for the server's user")};
  }
  if (folder.free_bytes < no_bytes) {
    return {problem("storage", "DATA_DIR, " + folder.path + ": its disk is full", "free disk space")};
  }
  if (folder.free_bytes < scarce_bytes) {
    return {warn("storage", "DATA_DIR, " + folder.path + ": only " + free,
                 "free disk space: all writes fail on a full disk")};
  }
  return {fine("storage", "DATA_DIR, " + folder.path +
                              (folder.exists ? ", is writable: " : ", will be created by the first start: ") + free)};
}

Findings judge_journal(bool is_write_ahead_log) {
  if (is_write_ahead_log)
    return {fine("storage", "write-ahead log, synchronous=FULL: acknowledged changes are on disk")};
  return {
      warn("storage", "the database has no write-ahead log", "the next start enables it; find out what disabled it")};
}

Findings judge_schema(storage::SchemaState state, Engine engine, bool migrate_on_start,
                      const std::vector<std::string>& pending) {
  using storage::SchemaState;
  switch (state) {
    case SchemaState::current: return {fine("schema", "current")};
    case SchemaState::empty: return {fine("schema", "empty: the first start creates it")};
    case SchemaState::older:
      if (engine == Engine::sqlite || migrate_on_start) {
        return {fine("schema", "older: the next start applies " + joined(pending))};
      }
      return {problem("schema", "older than this program: " + joined(pending) + " not applied",
                      "run `ostiary migrate`, or set MIGRATE_ON_START=on")};
    case SchemaState::foreign:
      return {problem("schema", "the database has tables of another program", "use an empty database")};
    case SchemaState::newer:
      return {problem("schema", "written by a newer version of Ostiary", "run that version, or restore a backup")};
    case SchemaState::changed: break;
  }
  return {problem("schema", "a migration was changed after it was applied", "run the version that applied it")};
}

Findings judge_serving_role(const std::string& role, const std::string& serving) {
  if (serving.empty() || role == serving) return {};
  return {warn("storage",
               "a server connects as " + role + ", and not as DATABASE_SERVING_ROLE, " + serving +
                   ": its rights are not limited",
               "connect as " + serving + " to serve; only `ostiary migrate` runs as the owner")};
}

Findings judge_issuer(const std::optional<std::string>& noted, const std::string& public_url) {
  if (!noted || *noted == public_url) return {};
  return {warn("settings",
               "the server that started last on this database has the PUBLIC_URL " + *noted + ", and not " + public_url,
               "give all servers on one database the same PUBLIC_URL: they refuse each other's tokens otherwise")};
}

Findings judge_time_zones(bool has_zones, bool has_old) {
  if (!has_zones) return {problem("time zones", "the system has none: profiles can only use UTC", "install tzdata")};
  if (has_old) return {};
  return {warn("time zones", "old names such as Asia/Calcutta, which browsers still use, are unknown and refused",
               "install tzdata-legacy")};
}

Findings judge_skeletons(bool outdated) {
  if (!outdated) return {};
  return {warn("schema", "some usernames' skeletons are from another version of Unicode: look-alikes may be accepted",
               "run `ostiary migrate` to compute them again")};
}

Findings judge_clock(const ClockFacts& facts) {
  Findings findings;
  if (facts.now < earliest_now) {
    findings.push_back(problem("clock", "the clock says " + to_rfc3339(facts.now), "set the machine's clock"));
  }
  if (facts.ahead_of_database) {
    const Duration offset = std::chrono::abs(*facts.ahead_of_database);
    const Duration certain = std::max<Duration>(0us, offset - facts.uncertainty);
    const std::string found = in_seconds(offset) + (*facts.ahead_of_database < 0us ? " behind" : " ahead of") +
                              " the database's, give or take " + in_seconds(facts.uncertainty);
    const std::string advice = "run NTP on both machines: the lifetimes of codes and tokens depend on the clocks";
    findings.push_back(certain >= harmful_offset      ? problem("clock", found, advice)
                       : certain >= noticeable_offset ? warn("clock", found, advice)
                                                      : fine("clock", found));
  }
  if (!facts.synchronised) {
    findings.push_back(
        warn("clock", "the kernel reports that the clock is not synchronised", "run an NTP client on the machine"));
  }
  if (facts.leap_second_is_near) {
    findings.push_back(warn("clock", "a leap second is due at the end of this day",
                            "nothing to do: every time window tolerates one second"));
  }
  if (findings.empty()) findings.push_back(fine("clock", to_rfc3339(facts.now)));
  return findings;
}

Findings judge_mailbox(const std::string& data_dir, bool is_local) {
  if (!is_local) return {};
  return {fine("mail", "no SMTP_URL: mail stays in the development mailbox, " + data_dir + "/mailbox")};
}

Findings judge_mail(const std::string& server, const adapters::SmtpGreeting& greeting) {
  using adapters::SmtpStep;
  const std::string said = ": " + greeting.detail;
  switch (greeting.failed_at) {
    case SmtpStep::connect:
      return {
          problem("mail", server + " can't be reached" + said, "check the host and port of SMTP_URL, and firewalls")};
    case SmtpStep::greet:
      return {problem("mail", server + " rejects this server, or its name in EHLO" + said,
                      "check the host of PUBLIC_URL; ?ehlo= in SMTP_URL sets another name")};
    case SmtpStep::encrypt:
      return {problem("mail", server + " fails the TLS handshake" + said,
                      "check the server's certificate; ?ca_file= in SMTP_URL names another certificate authority")};
    case SmtpStep::authenticate:
      return {problem("mail", server + " rejects the user and password" + said,
                      "check the user and password of SMTP_URL, and whether the server offers AUTH on this port")};
    case SmtpStep::sender:
      return {
          problem("mail", server + " rejects mail from MAIL_FROM" + said,
                  "check MAIL_FROM, and whether the server requires a user and password, or TLS: ?starttls=required in "
                  "SMTP_URL asks for it also on this machine")};
    case SmtpStep::none: break;
  }
  return {fine("mail", server + " accepts mail from MAIL_FROM (none was sent)")};
}

Findings judge_gateway(const std::string& gateway, const adapters::SmsReach& reach) {
  if (reach.reached) return {fine("texts", gateway + " can be reached (no text was sent)")};
  return {problem("texts", gateway + " can't be reached: " + reach.detail,
                  "check the host and port of SMS_URL, its certificate, and firewalls")};
}

Findings judge_keys(const vault::KeysFound& found, crypto::JwsAlgorithm chosen) {
  if (found.count == 0) return {fine("keys", "none yet: the first start creates them")};
  Findings findings{fine("keys", "the master key decrypts all " + std::to_string(found.count))};
  const std::string wanted(crypto::name_of(chosen));
  if (found.signing && found.next && found.next->key->algorithm() == chosen) {
    findings.push_back(fine("keys", wanted + " key " + to_string(found.next->id) +
                                        " is published, and signs tokens from " + to_rfc3339(found.next->not_before) +
                                        " on"));
    return findings;
  }
  if (!found.signing || found.signing->key->algorithm() != chosen) {
    findings.push_back(fine("keys", "no " + wanted + " key signs tokens yet: the next start changes that"));
    return findings;
  }
  findings.push_back(fine("keys", "tokens are signed by " + wanted + " key " + to_string(found.signing->id) +
                                      ", in use since " + to_rfc3339(found.signing->not_before)));
  return findings;
}

Findings judge_master_key(const MasterKeyFacts& facts) {
  if (facts.is_given) return {fine("keys", "OSTIARY_MASTER_KEY is set")};
  const std::string advice = "set OSTIARY_MASTER_KEY (`openssl rand -hex 32`) before you store real data";
  if (!facts.development_key_exists && facts.is_needed) {
    return {problem("keys",
                    "no OSTIARY_MASTER_KEY, and no master.key in DATA_DIR: one of them encrypted the database's keys",
                    "use the master key that this database was created with")};
  }
  // On the Internet that is a problem, which the settings have named.
  if (!facts.is_local) return {};
  if (facts.development_key_exists) return {warn("keys", "the development master key in DATA_DIR is used", advice)};
  return {warn("keys", "no OSTIARY_MASTER_KEY: the first start creates a development key in DATA_DIR", advice)};
}

Findings judge_port(const std::string& protocol, const std::string& place, PortState state) {
  const std::string where = protocol + " on " + place;
  switch (state) {
    case PortState::free: return {fine("ports", where + ": free")};
    case PortState::ostiary: return {fine("ports", where + ": an Ostiary server is running there")};
    case PortState::another_ostiary:
      return {problem("ports", where + ": in use by an Ostiary server with another DATA_DIR",
                      "stop it, or choose another port")};
    case PortState::taken:
      return {problem("ports", where + ": in use by another program", "stop it, or choose another port")};
    case PortState::forbidden:
      return {problem("ports", where + ": not permitted", "choose a port from 1024 on, or grant CAP_NET_BIND_SERVICE")};
    case PortState::no_such_address: break;
  }
  return {problem("ports", where + ": this machine has no such address", "check the LISTEN_ADDRESS settings")};
}

}  // namespace ostiary::doctor
