#include "limits/limits.hpp"

#include <google/protobuf/descriptor.h>

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

std::string key_of(RateClass rate, std::string_view kind, std::size_t index, std::string_view who) {
  std::string key = std::to_string(static_cast<int>(rate));
  key += '/';
  key += kind;
  key += std::to_string(index);
  key += '/';
  key += who;
  return key;
}

/// Takes one from each bucket of `rates`. When one is empty, gives back those before it: all of them or none.
std::optional<Duration> take_all(RateLimiter& limiter, RateClass rate, std::string_view kind, std::string_view who,
                                 const std::vector<Rate>& rates, Time now, Taken& taken) {
  const std::size_t before = taken.buckets.size();
  for (std::size_t i = 0; i < rates.size(); ++i) {
    std::string key = key_of(rate, kind, i, who);
    if (const auto wait = limiter.take(key, rates[i], now)) {
      for (std::size_t back = before; back < taken.buckets.size(); ++back) {
        limiter.give_back(taken.buckets[back].first, taken.buckets[back].second);
      }
      taken.buckets.resize(before);
      return wait;
    }
    taken.buckets.emplace_back(std::move(key), rates[i]);
  }
  return std::nullopt;
}

}  // namespace

std::map<RateClass, ClassRates> contract_rates() {
  std::map<RateClass, ClassRates> table;
  const auto* type = RateClass_descriptor();
  for (int i = 0; i < type->value_count(); ++i) {
    const auto& written = type->value(i)->options().GetExtension(ostiary::rates);
    table[static_cast<RateClass>(type->value(i)->number())] = ClassRates{
        written.refund_unless_wrong(), rates_from(written.per_identifier()), rates_from(written.per_address()),
        rates_from(written.per_pair()), rates_from(written.per_session())};
  }
  return table;
}

Limits::Limits(RateLimiter& limiter, std::map<RateClass, ClassRates> rates, bool enabled)
    : limiter_(limiter), rates_(std::move(rates)), enabled_(enabled) {}

std::optional<Duration> Limits::take_address(RateClass rate, std::string_view address, Time now, Taken& taken) {
  if (!enabled_ || rates(rate).per_address.empty()) return std::nullopt;
  return take_all(limiter_, rate, "address", network_of(address), rates(rate).per_address, now, taken);
}

std::optional<Duration> Limits::take_session(RateClass rate, std::string_view session, Time now, Taken& taken) {
  if (!enabled_) return std::nullopt;
  return take_all(limiter_, rate, "session", session, rates(rate).per_session, now, taken);
}

std::optional<Duration> Limits::take_identifier(RateClass rate, std::string_view account, std::string_view address,
                                                const std::optional<std::string>& known_device, Time now,
                                                Taken& taken) {
  if (!enabled_) return std::nullopt;
  const ClassRates& of_class = rates(rate);
  if (known_device) {
    const std::string who = *known_device + ' ' + std::string(account);
    return take_all(limiter_, rate, "device", who, of_class.per_identifier, now, taken);
  }
  Taken here;
  if (const auto wait = take_all(limiter_, rate, "identifier", account, of_class.per_identifier, now, here))
    return wait;
  const std::string pair = network_of(address) + ' ' + std::string(account);
  if (const auto wait = take_all(limiter_, rate, "pair", pair, of_class.per_pair, now, here)) {
    give_back(here);
    return wait;
  }
  taken.buckets.insert(taken.buckets.end(), std::make_move_iterator(here.buckets.begin()),
                       std::make_move_iterator(here.buckets.end()));
  return std::nullopt;
}

void Limits::give_back(const Taken& taken) {
  for (const auto& [key, rate] : taken.buckets) limiter_.give_back(key, rate);
}

const ClassRates& Limits::rates(RateClass rate) const {
  static const ClassRates none;
  const auto found = rates_.find(rate);
  return found == rates_.end() ? none : found->second;
}

}  // namespace ostiary::limits
