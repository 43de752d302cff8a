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

/// The rates of one class, from the contract's options and the settings that override them.
struct ClassRates {
  bool refund_unless_wrong = false;
  bool refund_address_unless_refused = false;
  std::vector<Rate> per_identifier, per_address, per_pair, per_session, per_service;
};

/// The table in the contract (`RateClass` in options.proto).
std::map<RateClass, ClassRates> contract_rates();

/// The account that an identifier stands for, existing or not, and whether the device that calls is known to it.
struct Identity {
  std::string account;  ///< the same for every identifier of an account
  bool known_device = false;
  std::string mailbox = {};  ///< of the address that mails for the identifier go to, the account's or none's
};

/// What is taken from for one call.
using Buckets = std::vector<RateBucket>;

/// Which budgets the calls of each class are counted against, under which keys. With `enabled` false (RATE_LIMITS=off)
/// there are none, and everything passes. Thread-safe.
class Limits {
 public:
  Limits(RateLimiter& limiter, std::map<RateClass, ClassRates> rates, bool enabled);

  /// The buckets of whoever is named. Those of one call are put together and taken from at once.
  Buckets of_address(RateClass rate, std::string_view address) const;
  Buckets of_session(RateClass rate, SessionId session) const;
  /// A person's session and account, as far as the class has budgets for them, or a service. Who is only half signed in
  /// has no session, and pays what one would under the user's id. None for anybody else.
  Buckets of_caller(RateClass rate, const Caller& caller) const;
  /// A `device` that the account knows has budgets of its own; strangers share those of the account, and of the account
  /// and their address together. Under MAIL the account's part is its mailbox, which has one budget before and after
  /// there is an account.
  Buckets of_account(RateClass rate, const Identity& identity, std::string_view address,
                     const std::optional<Device>& device) const;

  /// Takes one from each, or, where one of them is empty, from none, and says how long to wait.
  std::optional<Duration> take(const Buckets& buckets, Time now);
  void give_back(const Buckets& buckets);

  const ClassRates& rates(RateClass rate) const;

 private:
  Buckets buckets(RateClass rate, std::string_view kind, std::string_view who, const std::vector<Rate>& rates) const;

  RateLimiter& limiter_;
  std::map<RateClass, ClassRates> rates_;
  bool enabled_;
};

/// Buckets that were taken from for something that is yet to be done: unless it is, they are given back at the end of
/// the scope, an exception's too.
class Reservation {
 public:
  Reservation(Limits& limits, Buckets taken) : limits_(&limits), taken_(std::move(taken)) {}
  Reservation(Reservation&& other) noexcept : limits_(other.limits_), taken_(std::exchange(other.taken_, {})) {}
  ~Reservation() { limits_->give_back(taken_); }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  Reservation& operator=(Reservation&&) = delete;

  /// It was done.
  void keep() { taken_.clear(); }

 private:
  Limits* limits_;
  Buckets taken_;
};

}  // namespace ostiary::limits
