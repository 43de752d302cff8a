#include "adapters/memory_rate_limiter.hpp"

#include <algorithm>

#include "ports/gcra.hpp"

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

std::optional<Duration> MemoryRateLimiter::take(std::string_view key, const Rate& rate, Time time) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const Time now = onward(shard, time);
  // Two at a time: whoever adds one bucket makes room for it, and no call pays for all the others.
  for (int i = 0; i < 2 && !shard.by_full_at.empty() && shard.by_full_at.begin()->first <= now; ++i) {
    forget_soonest(shard);
  }
  auto bucket = shard.buckets.find(key);
  const bool known = bucket != shard.buckets.end();
  const auto verdict = gcra::take_one(known ? bucket->second->first : now, rate, now);
  if (known) {
    move_to(shard, bucket, verdict.full_at);
    return verdict.wait;
  }
  if (verdict.wait) return verdict.wait;
  if (shard.buckets.size() >= most_in_shard_) forget_soonest(shard);
  bucket = shard.buckets.emplace(std::string(key), shard.by_full_at.end()).first;
  bucket->second = shard.by_full_at.emplace(verdict.full_at, &bucket->first);
  return std::nullopt;
}

void MemoryRateLimiter::give_back(std::string_view key, const Rate& rate) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto bucket = shard.buckets.find(key);
  if (bucket == shard.buckets.end()) return;
  move_to(shard, bucket, gcra::put_one_back(bucket->second->first, rate));
}

std::size_t MemoryRateLimiter::buckets() const {
  std::size_t count = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    count += shard.buckets.size();
  }
  return count;
}

MemoryRateLimiter::Shard& MemoryRateLimiter::shard_of(std::string_view key) {
  // The high bits: the low ones choose the place inside the shard.
  return shards_[hash_(key) >> 60 & (shard_count - 1)];
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
