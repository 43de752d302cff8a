#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "ostiary/options.pb.h"
#include "ports/rate_limiter.hpp"

namespace ostiary::limits {

/// The rates of one class, from the contract's options and the settings that override them.
struct ClassRates {
  bool refund_unless_wrong = false;
  std::vector<Rate> per_identifier, per_address, per_pair, per_session;
};

/// The table in the contract (`RateClass` in options.proto).
std::map<RateClass, ClassRates> contract_rates();

/// What a call took, so that it can be given back.
struct Taken {
  std::vector<std::pair<std::string, Rate>> buckets;
};

/// Counts calls against the rates of their class. With `enabled` false (RATE_LIMITS=off) it lets everything through.
class Limits {
 public:
  Limits(RateLimiter& limiter, std::map<RateClass, ClassRates> rates, bool enabled);

  /// Each takes one from its buckets, or, when one of them is empty, from none, and says how long to wait.
  std::optional<Duration> take_address(RateClass rate, std::string_view address, Time now, Taken& taken);
  std::optional<Duration> take_session(RateClass rate, std::string_view session, Time now, Taken& taken);
  /// `known_device`, where given, names a device that the account knows: it has budgets of its own.
  std::optional<Duration> take_identifier(RateClass rate, std::string_view account, std::string_view address,
                                          const std::optional<std::string>& known_device, Time now, Taken& taken);

  void give_back(const Taken& taken);
  const ClassRates& rates(RateClass rate) const;

 private:
  RateLimiter& limiter_;
  std::map<RateClass, ClassRates> rates_;
  bool enabled_;
};

}  // namespace ostiary::limits
