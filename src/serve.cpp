#include "serve.hpp"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

#include "access/roles.hpp"
#include "assembly.hpp"
#include "base/listening.hpp"
#include "base/periodically.hpp"
#include "base/scheduling.hpp"
#include "base/workers.hpp"
#include "door/counted_log.hpp"
#include "door/dispatcher.hpp"
#include "door/limited_log.hpp"
#include "door/metrics.hpp"
#include "door/routes.hpp"
#include "factors/reauthenticate.hpp"
#include "gateway/gateway.hpp"
#include "grpc/server.hpp"
#include "http/server.hpp"
#include "http/tls_certificate.hpp"
#include "pages/pages.hpp"
#include "sessions/check_session.hpp"
#include "sessions/issuer.hpp"
#include "sessions/login.hpp"
#include "vault/key_reader.hpp"

namespace ostiary {

namespace {

/// Docker sends SIGKILL ten seconds after SIGTERM.
constexpr std::chrono::seconds drain_time{6};
constexpr std::chrono::seconds longest_end{3};  ///< after that, for what outlived it
constexpr std::size_t longest_queue = 1024;
constexpr std::chrono::seconds every_second{1};

/// The process was told to stop before it had started.
struct StopAsked {};

/// Holds the signals that stop back from every thread started while it lives, for `wait` to take: SIGTERM, SIGINT, and
/// SIGHUP on a terminal, which is then gone. Elsewhere that one asks a service to read its files again, as certificates
/// are without being asked.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    if (isatty(STDERR_FILENO)) sigaddset(&signals_, SIGHUP);
    else std::signal(SIGHUP, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    // A peer that goes away while it is written to is no reason to end.
    std::signal(SIGPIPE, SIG_IGN);
  }

  /// Throws StopAsked if one of them has come.
  void expect_none() const {
    sigset_t come;
    sigpending(&come);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
      if (sigismember(&signals_, signal) == 1 && sigismember(&come, signal) == 1) throw StopAsked{};
    }
  }

  void wait() const {
    int signal = 0;
    sigwait(&signals_, &signal);
  }

  /// From now on a second signal ends the process at once.
  void release() const { pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr); }

 private:
  sigset_t signals_{};
};

/// Runs what begins with a start. That ends in peace if it is told to stop while it waits for another process.
void run_until_stopped(Log& log, const std::function<void(const StopSignals&)>& run) {
  const StopSignals signals;  // before there is another thread
  try {
    run(signals);
  } catch (const StopAsked&) {
    log.write(LogLevel::info, "stopped", {});
  }
}

/// Ends the process, once it was told when, where something holds up an orderly end: a database or a name server that
/// does not answer. Whatever was acknowledged is on the disk, as it is when the process is killed. To be made before,
/// and so to be unmade after, whatever might do that.
class LastResort {
 public:
  explicit LastResort(Log& log) : log_(log) {}

  void end_at(std::chrono::steady_clock::time_point when) {
    thread_ = std::jthread([this, when](const std::stop_token& stop) {
      std::mutex mutex;
      std::condition_variable_any ended;
      std::unique_lock lock(mutex);
      if (ended.wait_until(lock, stop, when, [&stop] { return stop.stop_requested(); })) return;
      log_.write(LogLevel::warning, "stopped", {{"cut_off", true}});
      std::_Exit(0);
    });
  }

 private:
  Log& log_;
  std::jthread thread_;
};

/// Has both transports say whether the server is ready: gRPC's health, and whether HTTP's connections stay open.
class Readiness {
 public:
  Readiness(door::SystemDeps& system, http::Server& http, grpc_transport::Server& grpc)
      : system_(system), http_(http), grpc_(grpc) {}

  void tell() {
    const bool is_ready = door::ready(system_, {}, {}).has_value();
    const std::lock_guard lock(mutex_);
    // Another thread may have begun to drain while this one waited for the storage.
    const bool stays = is_ready && !system_.draining;
    http_.keep_alive(stays);
    grpc_.set_serving(stays);
  }

 private:
  door::SystemDeps& system_;
  http::Server& http_;
  grpc_transport::Server& grpc_;
  std::mutex mutex_;
};

/// Sockets for as many connections as the limits let in: the usual soft limit of descriptors is far lower.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// As many arenas of malloc as serve a few processors: each keeps what its threads have once needed, and by itself
/// there would be eight for each processor. To be called before there are more than a few.
void share_heaps() { mallopt(M_ARENA_MAX, 2); }  // NOLINT(concurrency-mt-unsafe)

void warn_of_development_key(const Config& config, Log& log) {
  if (!config.master_key->empty()) return;
  log.write(LogLevel::warning, "master_key.development",
            {{"folder", *config.data_dir}, {"hint", "set OSTIARY_MASTER_KEY before you store real data"}});
}

door::CallerChecks caller_checks(const factors::Deps& factors) {
  const sessions::Deps& sessions = factors.accounts.sessions;
  door::CallerChecks checks;
  checks.user = [&sessions](const Secret& token, Time now) { return sessions::authenticate(sessions, token, now); };
  checks.remembered_user = [&sessions](const Secret& token, Time now) {
    const auto known = sessions::remembered_session(sessions, token, now);
    return known ? std::optional(known->caller) : std::nullopt;
  };
  checks.has_permission = access::has_permission;
  checks.lacks_second_factor = [&factors](const Person& user) { return factors::lacks_second_factor(factors, user); };
  checks.fresh_login_methods = [&factors](const Person& user) { return factors::fresh_login_methods(factors, user); };
  checks.device = [&sessions](std::string_view token) { return sessions.devices.read(token); };
  checks.remembered_device = [&sessions](std::string_view token) { return sessions.devices.read_by_known_key(token); };
  checks.identity = [&sessions](std::string_view identifier, const std::optional<Device>& device) {
    return sessions::identify(sessions, identifier, device);
  };
  checks.identity_of_user = [&sessions](UserId user, const std::optional<Device>& device) {
    return sessions::identity_of(sessions, user, device);
  };
  return checks;
}

std::function<void(const std::string&)> unread_keys_to_log(Log& log) {
  return [&log](const std::string& error) { log.write(LogLevel::warning, "keys.not_read", {{"error", error}}); };
}

/// In a transaction of its own: nothing else of the call is kept.
std::function<void(const Call&, const audit::Event&)> refusals_to_audit(Foundation& foundation) {
  return [&foundation](const Call& call, const audit::Event& refusal) {
    const auto written = foundation.storage.db().transaction([&](Transaction& tx) -> Result<bool> {
      foundation.audit.record(tx, call, refusal);
      return true;
    });
    if (!written) throw std::logic_error("the audit log refused a row");
  };
}

door::FindRememberedReply remembered_session(const Rooms& rooms) {
  return [&sessions = rooms.sessions](const Secret& token, Time now) -> std::optional<door::RememberedReply> {
    const auto known = sessions::remembered_session(sessions, token, now);
    if (!known) return std::nullopt;
    return door::RememberedReply{{known, &known->json}, {known, &known->protobuf}, known->caller.session_id};
  };
}

/// Calls that hash at once: one on each hashing thread, and a short queue behind it.
int hash_places(const passwords::Hasher& hasher) { return 8 * hasher.threads(); }

door::DispatcherOptions dispatcher_options(const Config& config, const passwords::Hasher& hasher,
                                           door::Metrics& metrics) {
  return {.fresh_login_within = *config.fresh_login_within,
          .hash_places_per_network = hash_places(hasher) / 2,
          .at_once = {"ostiary.v1.SystemService.Health"},
          .metrics = &metrics};
}

gateway::GatewayOptions gateway_options(const Config& config) {
  return {.public_origin = *config.public_url,
          .cors_origins = *config.cors_origins,
          .trusted_proxies = *config.trusted_proxies,
          .cookies = cookie_options(config),
          .trusted_pages = *config.browser_tokens == BrowserTokens::body,
          .hsts = config.is_local() ? "" : *config.hsts};
}

TlsFiles tls_files(const Config& config) { return {*config.tls_cert_file, *config.tls_key_file}; }

http::ServerOptions http_options(const Config& config) {
  http::ServerOptions options;
  options.addresses = *config.listen_address;
  options.port = *config.port;
  options.io_threads = http::io_threads_for(std::thread::hardware_concurrency());
  options.tls = tls_files(config);
  options.max_connections = *config.max_connections;
  options.max_connections_per_network = *config.max_connections_per_address;
  options.trusted_proxies = *config.trusted_proxies;
  return options;
}

grpc_transport::ServerOptions grpc_options(const Config& config) {
  grpc_transport::ServerOptions options;
  options.addresses = *config.grpc_listen_address;
  options.port = *config.grpc_port;
  options.tls = tls_files(config);
  options.plaintext_beyond_loopback = *config.grpc_plaintext;
  options.trusted_proxies = *config.trusted_proxies;
  return options;
}

/// Where mails can be read on this machine: nothing with a mail server, or behind a public URL.
std::optional<Secret> mailbox_key(const Config& config, Foundation& foundation, const Mailing& mailing) {
  if (!mailing.mailbox || !config.is_local()) return std::nullopt;
  return mailing.mailbox->key(foundation.random);
}

pages::PagesOptions pages_options(const Config& config, Foundation& foundation, const Mailing& mailing,
                                  const std::optional<Secret>& mailbox_key, const contract::Contract& contract,
                                  const door::Metrics& metrics) {
  pages::PagesOptions options;
  options.metrics = &metrics;
  options.metrics_networks = *config.metrics_networks;
  options.trusted_proxies = *config.trusted_proxies;
  options.public_origin = *config.public_url;
  options.local = config.is_local();
  options.service_name = *config.service_name;
  options.app_url = *config.app_url;
  options.code_lifetime = *config.code_lifetime;
  options.version = OSTIARY_VERSION;
  options.running = {{"Storage", foundation.storage.db().description()},
                     {"Mail", mailing.mailer->description()},
                     {"Texts", mailing.texts->description()},
                     {"gRPC", "port " + std::to_string(*config.grpc_port)}};
  if (mailbox_key) {
    options.mailbox_key = *mailbox_key;
    options.mailbox = [mailbox = mailing.mailbox] {
      std::vector<pages::MailboxEntry> entries;
      for (auto& stored : mailbox->latest(adapters::Mailbox::capacity)) {
        entries.push_back({stored.received_at, std::move(stored.mail)});
      }
      return entries;
    };
  }
  options.description = pages::describe(contract, openapi_facts(config));
  return options;
}

/// The only place that shows the mailbox's key. A warning, as it holds whatever the level is that is logged from.
void tell_of_mailbox(const Config& config, const std::optional<Secret>& mailbox_key, Log& log) {
  if (!mailbox_key) return;
  const std::string path = pages::mailbox_path(*mailbox_key);
  log.write(LogLevel::warning, "mailbox.development",
            {{"url", *config.public_url + path},
             {"hint", "mail stays there until SMTP_URL is set, and texts until SMS_URL is set"}});
}

using Samples = std::vector<door::Metrics::Sample>;

Samples samples_of_pools(const Database& db) {
  Samples samples;
  for (const auto& pool : db.pools()) {
    const auto add = [&](const char* state, std::size_t number) {
      samples.push_back({{{"kind", pool.kind}, {"state", state}}, static_cast<double>(number)});
    };
    add("idle", pool.idle);
    add("busy", pool.connections - pool.idle);
  }
  return samples;
}

Samples waiting_for_pools(const Database& db) {
  Samples samples;
  for (const auto& pool : db.pools()) samples.push_back({{{"kind", pool.kind}}, static_cast<double>(pool.waiting)});
  return samples;
}

/// Everything that tells how full the house is. What is given must outlive the metrics' last reader.
void watch(door::Metrics& metrics, Foundation& foundation, const Mailing& mailing, const Rooms& rooms,
           const Workers& workers, const http::Server& http, const door::CountedLog& log) {
  using Kind = door::Metrics::Kind;
  const auto gauge = [&](const char* name, const char* help, auto read) {
    metrics.watch(name, help, Kind::gauge, [read] { return Samples{{{}, static_cast<double>(read())}}; });
  };
  door::watch_process(metrics);
  gauge("ostiary_calls_waiting", "Calls that wait for a worker", [&] { return workers.waiting(); });
  gauge("ostiary_workers", "Threads that answer calls", [&] { return workers.threads(); });
  gauge("ostiary_password_hashes_waiting", "Password hashes that wait for a thread",
        [&] { return rooms.hasher.waiting(); });
  gauge("ostiary_http_connections", "Open HTTP connections", [&] { return http.connections(); });
  gauge("ostiary_jobs_waiting", "Mails and texts that are not sent yet, counted up to 1000 each",
        [&] { return mailing.executor.waiting(); });
  gauge("ostiary_sessions_remembered", "Sessions in the cache", [&] { return rooms.cache.size(); });
  gauge("ostiary_limit_buckets", "Rate limit buckets in use", [&] { return rooms.limiter.buckets(); });
  gauge("ostiary_revocations_arrive",
        "1 while revocations by other servers can be received; 0 disables the session cache",
        [&] { return foundation.storage.invalidation().in_force(); });
  const Database& db = foundation.storage.db();
  metrics.watch("ostiary_database_connections", "Connections to the database by kind and state", Kind::gauge,
                [&db] { return samples_of_pools(db); });
  metrics.watch("ostiary_database_waiting", "Transactions that wait for a connection", Kind::gauge,
                [&db] { return waiting_for_pools(db); });
  metrics.watch("ostiary_transactions_run_again_total", "Transactions retried after a conflict or a lost connection",
                Kind::counter, [&db] { return Samples{{{}, static_cast<double>(db.reruns())}}; });
  metrics.watch("ostiary_log_lines_total", "Log lines by event (job.done, job.retry, job.dead, ...)", Kind::counter,
                [&log] { return log.samples(); });
}

void note_public_url(const Config& config, Foundation& foundation, Log& log) {
  const auto before = sessions::note_issuer(foundation.storage.db(), *config.public_url, foundation.clock.now());
  if (!before) return;
  log.write(LogLevel::warning, "public_url.changed",
            {{"before", *before},
             {"now", *config.public_url},
             {"text", "another server on this database, or this one before, has another PUBLIC_URL: tokens of the one "
                      "are refused by the other"}});
}

/// Throws what would end the start later, when it had made a data folder already. So files are read before, too.
void look_ahead(const Config& config) {
  expect_free(*config.listen_address, *config.port, Families::own, "HTTP", config.port.name);
  expect_free(*config.grpc_listen_address, *config.grpc_port, Families::both, "gRPC", config.grpc_port.name);
  if (const auto files = tls_files(config); files.given()) http::read_tls_files(files);
}

/// The settings with a port that the machine chose, where it is to.
Config with_port(Config config) {
  std::uint16_t port = *config.port;
  if (port == 0 && try_to_listen(*parse_address("127.0.0.1"), port, Families::own) == 0) config.choose_port(port);
  return config;
}

void run_server(const Config& config, const StopSignals& signals, Log& plain_log) {
  door::LimitedLog limited_log(plain_log);
  const Periodically log_seconds(every_second, [&limited_log] { limited_log.tick(); });
  door::CountedLog log(limited_log, {{"call.failed", LogLevel::error},
                                     {"call.unavailable", LogLevel::error},
                                     {"decoys.not_read", LogLevel::warning},
                                     {"executor.failed", LogLevel::error},
                                     {"http.cross_site_refused", LogLevel::warning},
                                     {"job.dead", LogLevel::warning},
                                     {"job.retry", LogLevel::warning},
                                     {"keys.not_read", LogLevel::warning},
                                     {"proxy.not_trusted", LogLevel::warning},
                                     {"sms.capped", LogLevel::warning},
                                     {"tls.not_reloaded", LogLevel::warning}});
  LastResort last_resort(log);
  raise_descriptor_limit();
  look_ahead(config);
  const std::optional<adapters::GeoIp> geoip = open_geoip(config);
  const delivery::MailTemplates templates(*config.mail_templates);
  warn_of_development_key(config, log);
  Foundation foundation(config, Storage::Use::server, log, [&signals] { signals.expect_none(); });
  note_public_url(config, foundation, log);
  const vault::KeyReader key_reader(foundation.keys, unread_keys_to_log(log));
  Mailing mailing(config, foundation, templates, log);
  Rooms rooms(config, foundation, geoip, log, [&mailing] { mailing.executor.wake(); });

  std::atomic<bool> draining = false;
  const storage::Migrator migrator(foundation.storage.db());
  door::SystemDeps system{foundation.keys,
                          draining,
                          foundation.storage.db(),
                          migrator,
                          [&mailing] { return mailing.executor.is_at_work(); },
                          log,
                          *config.public_url};
  const contract::Contract contract(contract::contract_services(),
                                    door::routes(rooms.factors, rooms.accounts, rooms.sessions, system));
  door::Metrics metrics(contract);
  rooms.hasher.observe([&metrics](std::chrono::nanoseconds took) { metrics.hashed(took); });
  Workers workers(*config.workers, longest_queue, {.on_start = give_way_to_short_work});
  Workers hash_workers(hash_places(rooms.hasher), longest_queue, {.on_start = give_way_to_short_work});
  door::Dispatcher dispatcher({.contract = contract,
                               .checks = caller_checks(rooms.factors),
                               .limits = rooms.limits,
                               .threads = {workers, hash_workers},
                               .audit = refusals_to_audit(foundation),
                               .clock = foundation.clock,
                               .log = log,
                               .options = dispatcher_options(config, rooms.hasher, metrics)});
  const door::RememberedReplies remembered_replies(contract,
                                                   {{"ostiary.v1.AuthService.CheckSession", remembered_session(rooms)}},
                                                   rooms.limits, foundation.clock, &metrics);
  const auto reading_key = mailbox_key(config, foundation, mailing);
  const gateway::Gateway gateway(
      dispatcher, remembered_replies,
      pages::make_pages(pages_options(config, foundation, mailing, reading_key, contract, metrics)), foundation.random,
      log, gateway_options(config));
  http::Server http(gateway, http_options(config), log);
  grpc_transport::Server grpc(dispatcher, remembered_replies, grpc_options(config), foundation.random, log);
  watch(metrics, foundation, mailing, rooms, workers, http, log);
  // HTTP last: the others wait for what they have begun where a start fails, and it has begun nothing then.
  grpc.start();
  mailing.executor.start(2);
  http.start();
  Readiness readiness(system, http, grpc);
  const Periodically readiness_seconds(every_second, [&readiness] { readiness.tell(); });
  log.write(LogLevel::info, "serving",
            {{"url", *config.public_url},
             {"http_port", http.port()},
             {"grpc_port", grpc.port()},
             {"storage", foundation.storage.db().description()},
             {"mail", mailing.mailer->description()},
             {"texts", mailing.texts->description()}});
  tell_of_mailbox(config, reading_key, log);

  signals.wait();
  signals.release();
  log.write(LogLevel::info, "stopping", {});
  draining = true;
  readiness.tell();
  std::this_thread::sleep_for(*config.drain_delay);
  const auto deadline = std::chrono::steady_clock::now() + drain_time;
  last_resort.end_at(deadline + longest_end);
  std::thread grpc_drain([&] { grpc.drain(deadline); });
  std::thread mail_drain([&] { mailing.executor.stop(deadline); });
  http.drain(deadline);
  grpc_drain.join();
  mail_drain.join();
  // A use case that outlived the deadline answers through what is about to go.
  workers.stop();
  hash_workers.stop();
  log.write(LogLevel::info, "stopped", {});
}

void run_worker(const Config& config, const StopSignals& signals, Log& log) {
  LastResort last_resort(log);
  const delivery::MailTemplates templates(*config.mail_templates);
  warn_of_development_key(config, log);
  Foundation foundation(config, Storage::Use::worker, log, [&signals] { signals.expect_none(); });
  const vault::KeyReader key_reader(foundation.keys, unread_keys_to_log(log));
  Mailing mailing(config, foundation, templates, log);
  mailing.executor.start(2);
  log.write(LogLevel::info, "working",
            {{"storage", foundation.storage.db().description()}, {"mail", mailing.mailer->description()}});
  signals.wait();
  signals.release();
  const auto deadline = std::chrono::steady_clock::now() + drain_time;
  last_resort.end_at(deadline + longest_end);
  mailing.executor.stop(deadline);
  log.write(LogLevel::info, "stopped", {});
}

}  // namespace

void serve(const Config& given, Log& log) {
  run_soon_after_waking();
  share_heaps();
  const Config config = with_port(given);
  run_until_stopped(log, [&](const StopSignals& signals) { run_server(config, signals, log); });
}

void work(const Config& config, Log& log) {
  run_until_stopped(log, [&](const StopSignals& signals) { run_worker(config, signals, log); });
}

}  // namespace ostiary
