#pragma once

#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "crypto/digest.hpp"
#include "ports/gcra.hpp"
#include "ports/rate_limiter.hpp"

namespace ostiary::adapters {

/// Rate limits in the memory of this process. Full buckets are dropped, and beyond `most_buckets` those that will be
/// full soonest, so memory is bounded whatever strangers send (about 300 bytes for each bucket).
class MemoryRateLimiter final : public RateLimiter {
 public:
  explicit MemoryRateLimiter(Random& random, std::size_t most_buckets = 200'000);

  std::optional<Duration> take(std::span<const RateBucket> buckets, Time now) override;
  void give_back(std::span<const RateBucket> buckets) override;
  std::size_t buckets() const;

 private:
  /// Hashes under a random key of this process, so that strangers cannot cause collisions.
  struct KeyedHash {
    using is_transparent = void;
    std::array<std::uint8_t, 16> key;
    std::size_t operator()(std::string_view text) const { return crypto::short_hash(key, text); }
  };
  struct Same {
    using is_transparent = void;
    bool operator()(std::string_view left, std::string_view right) const { return left == right; }
  };
  using Buckets = std::unordered_map<std::string, std::multimap<Time, const std::string*>::iterator, KeyedHash, Same>;

  struct Shard {
    explicit Shard(const KeyedHash& hash) : buckets(0, hash) {}
    mutable std::mutex mutex;
    Buckets buckets;
    std::multimap<Time, const std::string*> by_full_at;
    Time latest{};      ///< the latest moment seen
    Duration behind{};  ///< how far the clock was set back so far
  };

  std::size_t shard_of(std::string_view key) const;
  std::vector<std::unique_lock<std::mutex>> lock(std::span<const RateBucket> buckets);
  static Time onward(Shard& shard, Time now);
  static gcra::Verdict judge(Shard& shard, const RateBucket& bucket, Time now);
  void put(Shard& shard, const std::string& key, Time full_at);
  static void forget_soonest(Shard& shard);
  static void move_to(Shard& shard, Buckets::iterator bucket, Time full_at);

  const KeyedHash hash_;
  const std::size_t most_in_shard_;
  std::deque<Shard> shards_;
};

}  // namespace ostiary::adapters
