#include "passwords/decoys.hpp"

#include <algorithm>

#include "crypto/password_hash.hpp"

namespace ostiary::passwords {

std::int64_t sample_of(UserId user) {
  const auto& bytes = user.uuid.bytes;
  return (bytes[14] << 8 | bytes[15]) % samples;
}

std::int64_t estimate_accounts(const std::function<std::int64_t(std::int64_t)>& count) {
  constexpr std::int64_t step = 16;
  std::int64_t among = samples;
  std::int64_t counted = count(among);
  while (counted >= most_counted && among > 1) {
    among /= step;
    counted = count(among);
  }
  return counted * (samples / among);
}

std::vector<CostInUse> decoy_costs(std::vector<CostInUse> in_use, std::string_view todays) {
  if (std::ranges::find(in_use, todays, &CostInUse::cost) == in_use.end()) in_use.push_back({std::string(todays), 1});
  for (auto& [cost, accounts] : in_use) accounts = std::max<std::int64_t>(accounts, 1);
  std::ranges::sort(in_use, {}, &CostInUse::cost);
  return in_use;
}

std::size_t drawn(const std::vector<CostInUse>& costs, const Digest& draw) {
  std::uint64_t total = 0;
  for (const auto& [cost, accounts] : costs) total += static_cast<std::uint64_t>(accounts);
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8 | draw[i];
  // In [0, total). The product has room: a few dozen costs have 40 million accounts each at most, so total < 2^32.
  std::uint64_t left = number * total >> 32;
  for (std::size_t i = 0; i + 1 < costs.size(); ++i) {
    const auto accounts = static_cast<std::uint64_t>(costs[i].accounts);
    if (left < accounts) return i;
    left -= accounts;
  }
  return costs.size() - 1;
}

Decoys::Decoys(std::string todays, Random& random)
    : todays_cost_(std::move(todays)),
      random_(random),
      todays_hash_(crypto::make_unmatchable_hash(todays_cost_, random)),
      costs_{{todays_cost_, 1}},
      hashes_{todays_hash_} {}

void Decoys::use(std::vector<CostInUse> in_use) {
  auto costs = decoy_costs(std::move(in_use), todays_cost_);
  std::vector<std::string> hashes;
  for (const auto& used : costs) {
    hashes.push_back(used.cost == todays_cost_ ? todays_hash_ : crypto::make_unmatchable_hash(used.cost, random_));
  }
  const std::lock_guard lock(mutex_);
  costs_ = std::move(costs);
  hashes_ = std::move(hashes);
}

bool Decoys::is_refresh_due(Time now) {
  const std::lock_guard lock(mutex_);
  // Read in a time to come: the clock was set back.
  if (refreshed_at_ && now >= *refreshed_at_ && now < *refreshed_at_ + refresh_pause) return false;
  refreshed_at_ = now;
  return true;
}

std::string Decoys::for_draw(const Digest& draw) const {
  const std::lock_guard lock(mutex_);
  return hashes_[drawn(costs_, draw)];
}

}  // namespace ostiary::passwords
