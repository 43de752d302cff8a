#include "adapters/memory_rate_limiter.hpp"

#include <algorithm>

namespace ostiary::adapters {
namespace {

constexpr std::size_t shard_count = 16;

std::array<std::uint8_t, 16> random_key(Random& random) {
  std::array<std::uint8_t, 16> key{};
  random.fill(key);
  return key;
}

}  // namespace

MemoryRateLimiter::MemoryRateLimiter(Random& random, std::size_t most_buckets)
    : hash_{random_key(random)}, most_in_shard_(std::max<std::size_t>(most_buckets / shard_count, 1)) {
  for (std::size_t i = 0; i < shard_count; ++i) shards_.emplace_back(hash_);
}

/// The time as the buckets count it, which goes on where a clock is set back: else every bucket in use would have to
/// wait for the clock. Calls that overtake each other differ by far less than a second.
Time MemoryRateLimiter::onward(Shard& shard, Time now) {
  now += shard.behind;
  if (now + std::chrono::seconds(1) < shard.latest) {
    shard.behind += shard.latest - now;
    now = shard.latest;
  }
  shard.latest = std::max(shard.latest, now);
  return now;
}

std::optional<Duration> MemoryRateLimiter::take(std::span<const RateBucket> buckets, Time time) {
  const auto locks = lock(buckets);
  std::vector<Time> full_at;
  std::optional<Duration> wait;
  for (const RateBucket& bucket : buckets) {
    Shard& shard = shards_[shard_of(bucket.key)];
    const auto verdict = judge(shard, bucket, onward(shard, time));
    full_at.push_back(verdict.full_at);
    if (verdict.wait) wait = std::max(wait.value_or(Duration(0)), *verdict.wait);
  }
  if (wait) return wait;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    put(shards_[shard_of(buckets[i].key)], buckets[i].key, full_at[i]);
  }
  return std::nullopt;
}

/// Locks the shards of all that is asked for, always in the same order, so that no two calls wait for each other.
std::vector<std::unique_lock<std::mutex>> MemoryRateLimiter::lock(std::span<const RateBucket> buckets) {
  std::array<bool, shard_count> wanted{};
  for (const RateBucket& bucket : buckets) wanted[shard_of(bucket.key)] = true;
  std::vector<std::unique_lock<std::mutex>> locks;
  for (std::size_t i = 0; i < shard_count; ++i) {
    if (wanted[i]) locks.emplace_back(shards_[i].mutex);
  }
  return locks;
}

gcra::Verdict MemoryRateLimiter::judge(Shard& shard, const RateBucket& bucket, Time now) {
  // Two at a time: whoever adds one bucket makes room for it, and no call pays for all the others.
  for (int i = 0; i < 2 && !shard.by_full_at.empty() && shard.by_full_at.begin()->first <= now; ++i) {
    forget_soonest(shard);
  }
  const auto known = shard.buckets.find(bucket.key);
  return gcra::take_one(known == shard.buckets.end() ? now : known->second->first, bucket.rate, now);
}

void MemoryRateLimiter::put(Shard& shard, const std::string& key, Time full_at) {
  auto bucket = shard.buckets.find(key);
  if (bucket != shard.buckets.end()) return move_to(shard, bucket, full_at);
  if (shard.buckets.size() >= most_in_shard_) forget_soonest(shard);
  bucket = shard.buckets.emplace(key, shard.by_full_at.end()).first;
  bucket->second = shard.by_full_at.emplace(full_at, &bucket->first);
}

void MemoryRateLimiter::give_back(std::span<const RateBucket> buckets) {
  for (const RateBucket& bucket : buckets) {
    Shard& shard = shards_[shard_of(bucket.key)];
    const std::lock_guard lock(shard.mutex);
    const auto known = shard.buckets.find(bucket.key);
    if (known != shard.buckets.end()) move_to(shard, known, gcra::put_one_back(known->second->first, bucket.rate));
  }
}

std::size_t MemoryRateLimiter::buckets() const {
  std::size_t count = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    count += shard.buckets.size();
  }
  return count;
}

std::size_t MemoryRateLimiter::shard_of(std::string_view key) const {
  // The high bits: the low ones choose the place inside the shard.
  return hash_(key) >> 60 & (shard_count - 1);
}

void MemoryRateLimiter::forget_soonest(Shard& shard) {
  const auto soonest = shard.by_full_at.begin();
  shard.buckets.erase(shard.buckets.find(*soonest->second));
  shard.by_full_at.erase(soonest);
}

void MemoryRateLimiter::move_to(Shard& shard, Buckets::iterator bucket, Time full_at) {
  auto node = shard.by_full_at.extract(bucket->second);
  node.key() = full_at;
  bucket->second = shard.by_full_at.insert(std::move(node));
}

}  // namespace ostiary::adapters
