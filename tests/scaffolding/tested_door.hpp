#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "contract/json.hpp"
#include "door/dispatcher.hpp"
#include "ports/gcra.hpp"
#include "scaffolding/moved_clock.hpp"

namespace ostiary::testing {

/// Keeps each line as text, its level before it.
class KeptLog final : public Log {
 public:
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override {
    static constexpr std::string_view levels[] = {"debug", "info", "warning", "error"};
    std::string line = std::string(levels[static_cast<int>(level)]) + ' ' + std::string(event);
    for (const auto& field : fields) {
      if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        line += ' ' + std::string(field.name) + '=' + std::string(*text);
      }
    }
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  std::string last() const {
    const std::lock_guard lock(mutex_);
    return lines_.empty() ? std::string() : lines_.back();
  }
  /// All lines with `text` in them.
  int count(std::string_view text) const {
    const std::lock_guard lock(mutex_);
    int count = 0;
    for (const auto& line : lines_) count += line.find(text) != std::string::npos ? 1 : 0;
    return count;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// Buckets in a map.
class MapLimiter final : public RateLimiter {
 public:
  std::optional<Duration> take(std::span<const RateBucket> wanted, Time now) override {
    const std::lock_guard lock(mutex_);
    std::map<std::string, Time> after;
    std::optional<Duration> wait;
    for (const auto& [key, rate] : wanted) {
      const auto verdict = gcra::take_one(buckets_.try_emplace(key, now).first->second, rate, now);
      after[key] = verdict.full_at;
      if (verdict.wait) wait = std::max(wait.value_or(Duration(0)), *verdict.wait);
    }
    if (wait) return wait;
    for (const auto& [key, full_at] : after) buckets_[key] = full_at;
    return std::nullopt;
  }
  void give_back(std::span<const RateBucket> taken) override {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, rate] : taken) buckets_.at(key) = gcra::put_one_back(buckets_.at(key), rate);
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    buckets_.clear();
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Time> buckets_;
};

/// What the test's callers carry as an access token: "user", "user2" (another session), "stale" (signed in an hour
/// ago), "half", "half2" (another user), "service", "service2", each also as "user:permitted". Anything else is refused
/// as not authenticated.
inline door::CallerChecks checks_by_name(const Clock& clock) {
  door::CallerChecks checks;
  checks.user = [&clock](const Secret& token, Time now) -> Result<Person> {
    EXPECT_EQ(now, clock.now());
    const std::string name(token.reveal().substr(0, token.reveal().find(':')));
    const bool known = name == "user" || name == "stale" || name == "user2";
    if (!known) return refuse(Refusal::not_authenticated, "Not known.");
    Person caller{};
    caller.user_id.uuid.bytes[0] = 7;
    caller.session_id.uuid.bytes[0] = name == "user2" ? 9 : 8;
    if (token.reveal().ends_with(":permitted")) caller.roles = {"things.do"};
    caller.auth_time = name == "stale" ? now - std::chrono::hours(1) : now;
    return caller;
  };
  checks.half_authenticated = [](const Secret& token, Time) -> Result<HalfPerson> {
    if (token.reveal() != "half" && token.reveal() != "half2") return refuse(Refusal::not_authenticated, "Not known.");
    HalfPerson half{};
    half.user_id.uuid.bytes[0] = token.reveal() == "half2" ? 9 : 7;
    return half;
  };
  checks.service = [](const Secret& key, Time) -> Result<Service> {
    const std::string name(key.reveal().substr(0, key.reveal().find(':')));
    if (name != "service" && name != "service2") return refuse(Refusal::not_authenticated, "Not known.");
    Service service{};
    service.id.uuid.bytes[0] = name == "service2" ? 2 : 1;
    if (key.reveal().ends_with(":permitted")) service.permissions = {"things.do"};
    return service;
  };
  checks.has_permission = [](const Caller& caller, std::string_view permission) {
    const auto* const person = std::get_if<Person>(&caller);
    const auto& granted = person ? person->roles : std::get<Service>(caller).permissions;
    return !granted.empty() && granted.front() == permission;
  };
  checks.device = checks.remembered_device = [](std::string_view token) -> std::optional<Device> {
    if (token != "new" && token != "known") return std::nullopt;
    return Device{{static_cast<std::uint8_t>(token.size())}, token == "known"};
  };
  checks.identity = [](std::string_view identifier, const std::optional<Device>& device) {
    return limits::Identity{"account of " + std::string(identifier), device && device->has_logged_in};
  };
  checks.identity_of_user = [](UserId user, const std::optional<Device>& device) {
    return limits::Identity{"user:" + to_string(user), device && device->has_logged_in};
  };
  return checks;
}

inline door::Inbound from(std::string address, std::string token = {}) {
  door::Inbound inbound;
  inbound.address = std::move(address);
  inbound.user_agent = "test";
  inbound.trace_id = "0123456789abcdef0123456789abcdef";
  if (!token.empty()) inbound.access_token = Secret(std::move(token));
  return inbound;
}

struct DoorPools {
  int workers = 2, hash_workers = 8;
  std::size_t longest_queue = 100;
};

/// A dispatcher over a contract whose every call is `does` (an empty reply unless the test says otherwise).
class TestedDoor {
 public:
  using Does =
      std::function<door::Reply(const contract::Method& method, const Call& call, const contract::Message& request)>;

  explicit TestedDoor(const std::vector<const google::protobuf::ServiceDescriptor*>& services,
                      const door::DispatcherOptions& options = {}, const DoorPools& pools = {})
      : contract(services, routes(services)),
        workers(std::in_place, pools.workers, pools.longest_queue),
        hash_workers(std::in_place, pools.hash_workers, pools.longest_queue),
        options_(options) {
    open();
  }

  ~TestedDoor() { finish_calls(); }

  /// Waits for them: they may reach for what is about to go.
  void finish_calls() {
    workers.reset();
    hash_workers.reset();
  }

  /// Opens the door anew, as a start with other checks or an audit log would.
  void open() {
    dispatcher.emplace(
        door::DispatcherParts{contract, checks, limits, {*workers, *hash_workers}, audit, clock, log, options_});
  }

  const contract::Method& method(std::string_view name) const {
    for (const contract::Method& method : contract.methods()) {
      if (method.full_name.ends_with("." + std::string(name))) return method;
    }
    throw std::runtime_error("no call " + std::string(name));
  }

  std::future<door::Reply> send(std::string_view name, door::Inbound inbound, const std::string& json = "{}") {
    const contract::Method& called = method(name);
    std::unique_ptr<contract::Message> request(called.request_prototype->New());
    const auto read = contract::read_json(json, *request);
    EXPECT_TRUE(read) << json;
    const auto promise = std::make_shared<std::promise<door::Reply>>();
    dispatcher->dispatch(called, std::move(inbound), std::move(request),
                         [promise](door::Reply reply) { promise->set_value(std::move(reply)); });
    return promise->get_future();
  }

  /// "ok", or the name of the refusal.
  std::string call(std::string_view name, door::Inbound inbound, const std::string& json = "{}") {
    const door::Reply reply = send(name, std::move(inbound), json).get();
    last = reply ? std::nullopt : std::optional(reply.error());
    return std::string(reply ? "ok" : name_of(reply.error().why));
  }

  Does does;
  std::atomic<int> done = 0;  ///< how often `does` was reached
  std::optional<Refused> last;
  MovedClock clock;
  KeptLog log;
  MapLimiter limiter;
  limits::Limits limits{limiter, limits::contract_rates(), true};
  door::CallerChecks checks = checks_by_name(clock);
  std::function<void(const Call&, const audit::Event&)> audit;
  contract::Contract contract;
  std::optional<Workers> workers, hash_workers;
  std::optional<door::Dispatcher> dispatcher;

 private:
  std::vector<contract::Route> routes(const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
    std::vector<contract::Route> all;
    for (const auto* service : services) {
      for (int i = 0; i < service->method_count(); ++i) {
        const std::string name = service->method(i)->full_name();
        all.push_back({name, [this, name](const Call& call, const contract::Message& request) -> door::Reply {
                         ++done;
                         const contract::Method& called =
                             *contract.find_grpc('/' + std::string(name).replace(name.rfind('.'), 1, "/"));
                         if (does) return does(called, call, request);
                         return std::unique_ptr<contract::Message>(called.reply_prototype->New());
                       }});
      }
    }
    return all;
  }

  door::DispatcherOptions options_;
};

/// A gate that calls wait at.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  /// Until so many wait.
  void until(int waiting) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this, waiting] { return waiting_ >= waiting; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

}  // namespace ostiary::testing
