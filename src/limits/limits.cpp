#include "limits/limits.hpp"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <iterator>

#include "base/encoding.hpp"
#include "base/ip_address.hpp"

namespace ostiary::limits {
namespace {

std::vector<Rate> rates_from(const google::protobuf::RepeatedPtrField<Bucket>& buckets) {
  std::vector<Rate> rates;
  for (const auto& bucket : buckets) {
    rates.push_back({bucket.count(), std::chrono::seconds(bucket.seconds()), bucket.burst()});
  }
  return rates;
}

}  // namespace

std::map<RateClass, ClassRates> contract_rates() {
  std::map<RateClass, ClassRates> table;
  const auto* type = RateClass_descriptor();
  for (int i = 0; i < type->value_count(); ++i) {
    const auto& written = type->value(i)->options().GetExtension(ostiary::rates);
    table[static_cast<RateClass>(type->value(i)->number())] =
        ClassRates{written.refund_unless_wrong(),        written.refund_address_unless_refused(),
                   rates_from(written.per_identifier()), rates_from(written.per_address()),
                   rates_from(written.per_pair()),       rates_from(written.per_session()),
                   rates_from(written.per_service())};
  }
  return table;
}

Limits::Limits(RateLimiter& limiter, std::map<RateClass, ClassRates> rates, bool enabled)
    : limiter_(limiter), rates_(std::move(rates)), enabled_(enabled) {}

/// The only place that makes keys of buckets.
Buckets Limits::buckets(RateClass rate, std::string_view kind, std::string_view who,
                        const std::vector<Rate>& rates) const {
  Buckets made;
  if (!enabled_) return made;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    std::string key = std::to_string(static_cast<int>(rate)) + '/';
    key.append(kind).append(std::to_string(i)).append("/").append(who);
    made.push_back({std::move(key), rates[i]});
  }
  return made;
}

Buckets Limits::of_address(RateClass rate, std::string_view address) const {
  if (rates(rate).per_address.empty()) return {};
  return buckets(rate, "address", network_of(address), rates(rate).per_address);
}

Buckets Limits::of_session(RateClass rate, SessionId session) const {
  return buckets(rate, "session", to_string(session), rates(rate).per_session);
}

Buckets Limits::of_caller(RateClass rate, const Caller& caller) const {
  const auto with_account = [&](Buckets all, UserId user) {
    const std::string account = "user:" + to_string(user);
    std::ranges::move(buckets(rate, "identifier", account, rates(rate).per_identifier), std::back_inserter(all));
    return all;
  };
  if (const auto* const person = std::get_if<Person>(&caller)) {
    return with_account(of_session(rate, person->session_id), person->user_id);
  }
  if (const auto* const half = std::get_if<HalfPerson>(&caller)) {
    return with_account(buckets(rate, "user", to_string(half->user_id), rates(rate).per_session), half->user_id);
  }
  if (const auto* const service = std::get_if<Service>(&caller)) {
    return buckets(rate, "service", to_string(service->id), rates(rate).per_service);
  }
  return {};
}

Buckets Limits::of_account(RateClass rate, const Identity& identity, std::string_view address,
                           const std::optional<Device>& device) const {
  const ClassRates& of_class = rates(rate);
  const std::string& who = rate == MAIL ? identity.mailbox : identity.account;
  if (rate != MAIL && identity.known_device && device) {
    return buckets(rate, "device", to_hex(device->hash) + ' ' + who, of_class.per_identifier);
  }
  Buckets all = buckets(rate, "identifier", who, of_class.per_identifier);
  const Buckets pair = buckets(rate, "pair", network_of(address) + ' ' + who, of_class.per_pair);
  all.insert(all.end(), pair.begin(), pair.end());
  return all;
}

std::optional<Duration> Limits::take(const Buckets& buckets, Time now) {
  if (buckets.empty()) return std::nullopt;
  return limiter_.take(buckets, now);
}

void Limits::give_back(const Buckets& buckets) {
  if (!buckets.empty()) limiter_.give_back(buckets);
}

const ClassRates& Limits::rates(RateClass rate) const {
  static const ClassRates none;
  const auto found = rates_.find(rate);
  return found == rates_.end() ? none : found->second;
}

}  // namespace ostiary::limits
