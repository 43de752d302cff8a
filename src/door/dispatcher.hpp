#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "audit/audit_log.hpp"
#include "base/workers.hpp"
#include "contract/contract.hpp"
#include "door/metrics.hpp"
#include "limits/limits.hpp"
#include "ports/log.hpp"

namespace ostiary::door {

/// What a transport knows of a call besides its message. Identity is only claimed here; the dispatcher proves it.
struct Inbound {
  std::string address;                      ///< the client's, after trusted proxies; canonical text
  std::string user_agent;                   ///< cut to 512 bytes of valid UTF-8
  std::string trace_id;                     ///< from traceparent, or made by the transport
  std::optional<Secret> access_token;       ///< bearer or cookie
  std::optional<std::string> device_token;  ///< cookie or `device_id` of the message
  std::optional<Time> deadline;             ///< after it nobody waits for the answer
  std::function<bool()> cancelled;          ///< whether the caller has given up; empty where nobody can tell
};

/// How callers are proven. A kind of caller whose function is empty can't be served: a contract that asks for it is
/// refused at the start. All but `remembered_user` and `remembered_device`, which may be left empty, are called on a
/// worker and may use the database.
struct CallerChecks {
  std::function<Result<Person>(const Secret& access_token, Time now)> user;
  /// Whose access token this is, from memory alone, on the transport's thread: nothing where a worker has to look.
  std::function<std::optional<Person>(const Secret& access_token, Time now)> remembered_user;
  std::function<Result<HalfPerson>(const Secret& mfa_token, Time now)> half_authenticated;
  std::function<Result<Service>(const Secret& service_key, Time now)> service;
  std::function<bool(const Caller& caller, std::string_view permission)> has_permission;
  using FindDevice = std::function<std::optional<Device>(std::string_view device_token)>;
  /// The device that a token's signature proves; nothing for a forged or malformed one.
  FindDevice device;
  /// The same from memory alone, on the transport's thread: nothing also under a key that has not been seen here yet.
  FindDevice remembered_device;
  /// Whom an identifier (an email or a username, as given) stands for.
  std::function<limits::Identity(std::string_view identifier, const std::optional<Device>& device)> identity;
};

using Reply = Result<std::unique_ptr<contract::Message>>;

struct DispatcherOptions {
  std::chrono::seconds fresh_login_within{600};
  int hash_places_per_network = 4;  ///< calls that hash, at once, of one IPv4 address or IPv6 /64
  /// Longer than this no call waits for a worker: it is refused as `overloaded`. So a storage that hangs, and with it
  /// all workers, keeps nobody waiting for the sum of the others.
  std::chrono::milliseconds longest_wait{5000};
  /// Full names of calls that anyone may make and that never block: they are run on the transport's thread, also while
  /// all workers wait for the storage.
  std::vector<std::string> at_once = {};
  Metrics* metrics = nullptr;  ///< told of each answer
};

/// The threads on which use cases run.
struct CallThreads {
  Workers& workers;
  Workers& hash_workers;  ///< for calls that hash: as many are let in as there are threads, and they hold up no others
};

/// What the dispatcher works with. All that is named by reference must outlive it.
struct DispatcherParts {
  const contract::Contract& contract;
  CallerChecks checks;
  limits::Limits& limits;
  CallThreads threads;
  /// Writes to the audit log that a signed-in caller was turned away. Left empty, nobody keeps that.
  std::function<void(const Call& call, const audit::Event& refusal)> audit;
  const Clock& clock;
  Log& log;
  DispatcherOptions options = {};
};

/// The one door. For both transports it enforces, in this order: rate limit by address, field rules, room for hashing,
/// who calls, permission, fresh login, rate limits by session or service and identifier; then calls the use case on a
/// worker. A caller who is proven pays from a budget of their own, and their address gets back what it paid, unless
/// that budget is spent. It is the only place that catches: StorageError becomes `unavailable`, anything else
/// `internal`, logged with the trace id and never shown. Thread-safe.
class Dispatcher {
 public:
  explicit Dispatcher(DispatcherParts parts);

  /// Answers through `done`, exactly once, from this or a worker's thread. `request` is of the method's request type.
  void dispatch(const contract::Method& method, Inbound inbound, std::unique_ptr<contract::Message> request,
                std::function<void(Reply)> done);

  const contract::Contract& contract() const { return contract_; }

 private:
  struct Impl;
  const contract::Contract& contract_;
  std::shared_ptr<Impl> impl_;
};

}  // namespace ostiary::door
