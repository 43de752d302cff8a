#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/call.hpp"
#include "ostiary/options.pb.h"
#include "ports/rate_limiter.hpp"

namespace ostiary::limits {

/// The rates of one class: the contract's options, overridden by settings.
struct ClassRates {
  bool refund_unless_wrong = false;
  bool refund_address_unless_refused = false;
  std::vector<Rate> per_identifier, per_address, per_pair, per_session, per_service;
};

/// The table in the contract (`RateClass` in options.proto).
std::map<RateClass, ClassRates> contract_rates();

/// The account of an identifier, existing or not, and whether it knows the calling device.
struct Identity {
  std::string account;  ///< the same for every identifier of an account
  bool known_device = false;
  std::string mailbox = {};  ///< of the address to which mails for the identifier go, with or without an account
};

/// The buckets that one call takes from.
using Buckets = std::vector<RateBucket>;

/// Selects the buckets and keys for the calls of each class. With `enabled` false (RATE_LIMITS=off) there are none and
/// everything is allowed. Thread-safe.
class Limits {
 public:
  Limits(RateLimiter& limiter, std::map<RateClass, ClassRates> rates, bool enabled);

  /// The buckets of an address, a caller or an account. All buckets of one call are taken together.
  Buckets of_address(RateClass rate, std::string_view address) const;
  Buckets of_session(RateClass rate, SessionId session) const;
  /// A person's session and account, as far as the class has budgets for them, or a service. Who is only half signed in
  /// has no session, and pays what one would under the user's id. None for anybody else.
  Buckets of_caller(RateClass rate, const Caller& caller) const;
  /// A `device` known to the account has its own budgets. Other devices share those of the account, and of the account
  /// and their address together. For MAIL the account is represented by its mailbox, whose budget is the same before
  /// and after the account exists.
  Buckets of_account(RateClass rate, const Identity& identity, std::string_view address,
                     const std::optional<Device>& device) const;

  /// Takes one from each bucket. If one of them is empty, takes from none and returns how long to wait.
  std::optional<Duration> take(const Buckets& buckets, Time now);
  void give_back(const Buckets& buckets);

  const ClassRates& rates(RateClass rate) const;

 private:
  Buckets buckets(RateClass rate, std::string_view kind, std::string_view who, const std::vector<Rate>& rates) const;

  RateLimiter& limiter_;
  std::map<RateClass, ClassRates> rates_;
  bool enabled_;
};

/// A charge for an action that is not done yet. Unless `keep` is called, it is refunded at the end of the scope, also
/// on an exception.
class Reservation {
 public:
  Reservation(Limits& limits, Buckets taken) : limits_(&limits), taken_(std::move(taken)) {}
  Reservation(Reservation&& other) noexcept : limits_(other.limits_), taken_(std::exchange(other.taken_, {})) {}
  ~Reservation() { limits_->give_back(taken_); }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  Reservation& operator=(Reservation&&) = delete;

  /// The action was done.
  void keep() { taken_.clear(); }

 private:
  Limits* limits_;
  Buckets taken_;
};

}  // namespace ostiary::limits
