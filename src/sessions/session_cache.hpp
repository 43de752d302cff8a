#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "base/call.hpp"
#include "ostiary/v1/auth.pb.h"
#include "ports/invalidation.hpp"

namespace ostiary::sessions {

/// A live session that was read: the caller, and the reply to CheckSession.
struct LiveSession {
  Person caller;
  v1::CheckSessionReply reply;
  Time valid_until;  ///< the earlier expiry of token and session
};

/// A cached session, with the reply in each transport's format.
struct KnownSession {
  Person caller;
  std::string json;
  std::string protobuf;
  Time valid_until;
};

/// This instance's cache of live sessions by the SHA-256 of their access tokens. It is not
/// used while the invalidation channel is not in force. Invalidating a user increments a
/// generation. An entry is valid only for the generation under which it was read, so a read
/// that started before a revocation cannot add a valid entry after it. Users share generations
/// by hash; a collision costs one read. Adding an entry removes some of the oldest expired
/// ones, so memory follows the sessions in use. Beyond `capacity` the oldest entry is removed.
/// Thread-safe.
class SessionCache {
 public:
  using Render = std::function<std::string(const v1::CheckSessionReply&)>;

  /// Listens to `invalidation`, which must outlive it and may still call it after its destruction. `render` makes the
  /// JSON. An entry takes about 1,120 bytes: 107 MiB at most.
  SessionCache(Invalidation& invalidation, Render render, std::size_t capacity = 100'000);

  std::shared_ptr<const KnownSession> find(const Digest& token_hash, Time now) const;

  /// The number of entries, including expired ones that were not removed yet.
  std::size_t size() const;

  /// Get it before reading a session, and pass it to `put` with what was read.
  struct Ticket {
    std::uint64_t user_generation;
    std::uint64_t all_generation;
  };
  Ticket ticket(UserId user) const;

  /// Caches a session that was read since `ticket`. Does nothing if it was invalidated meanwhile or the invalidation is
  /// not in force.
  void put(const Ticket& ticket, const LiveSession& session, Time now);

 private:
  struct Entry {
    Ticket ticket;
    std::shared_ptr<const KnownSession> session;
  };
  struct DigestHash {
    std::size_t operator()(const Digest& digest) const;
  };
  using Entries = std::unordered_map<Digest, Entry, DigestHash>;
  struct Shard {
    mutable std::shared_mutex mutex;
    Entries entries;
    std::deque<const Digest*> oldest_first;  ///< the keys of `entries`
  };
  static constexpr std::size_t shard_count = 16;
  /// Enough to remove many expired entries soon, and few enough to hold the lock only for a short time.
  static constexpr std::size_t most_forgotten_at_once = 16;
  using Forgotten = std::array<Entries::node_type, most_forgotten_at_once>;
  /// Separate, because the invalidation may outlive the cache.
  struct Generations {
    std::array<std::atomic<std::uint64_t>, 1 << 16> of_users{};
    std::atomic<std::uint64_t> of_all = 0;
    std::atomic<std::uint64_t>& of(UserId user) { return of_users[std::hash<UserId>{}(user) % of_users.size()]; }
  };

  bool is_current(const Ticket& ticket, UserId user) const;
  bool is_good(const Entry& entry, Time now) const;
  void forget_some(Shard& shard, Time now, Forgotten& forgotten) const;

  Invalidation& invalidation_;
  Render render_;
  std::size_t shard_capacity_;
  std::array<Shard, shard_count> shards_;
  std::shared_ptr<Generations> generations_ = std::make_shared<Generations>();
};

}  // namespace ostiary::sessions
