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

/// A live session as it was read: who calls, and the reply to CheckSession.
struct LiveSession {
  Person caller;
  v1::CheckSessionReply reply;
  Time valid_until;  ///< the first of: token, session runs out
};

/// The same as it is remembered, the reply as each transport sends it.
struct KnownSession {
  Person caller;
  std::string json;
  std::string protobuf;
  Time valid_until;
};

/// What this instance remembers of live sessions, under the SHA-256 of their access tokens. Nothing is answered from
/// it while the invalidation channel is not in force. Forgetting a user counts up a generation; an entry is good only
/// while its user's generation is the one it was read under, so that a fill which began before a revocation and ends
/// after it is born dead. Users share generations by hash: a collision costs one read.
/// Whoever adds one forgets some of those that came first and are past their time, so that the memory follows the
/// sessions in use: none outlasts its token among others that come. Of more than `capacity` the oldest goes.
/// Thread-safe.
class SessionCache {
 public:
  using Render = std::function<std::string(const v1::CheckSessionReply&)>;

  /// Listens to `invalidation`, which must outlive it and may still call once it is gone. `render` makes the JSON. An
  /// entry takes about 1,120 bytes: 107 MiB at most.
  SessionCache(Invalidation& invalidation, Render render, std::size_t capacity = 100'000);

  std::shared_ptr<const KnownSession> find(const Digest& token_hash, Time now) const;

  /// How many are remembered, with those past their time that nobody has made room for yet.
  std::size_t size() const;

  /// To be asked before the session is read, and handed to `put` with what was read.
  struct Ticket {
    std::uint64_t user_generation;
    std::uint64_t all_generation;
  };
  Ticket ticket(UserId user) const;

  /// Remembers what was read since `ticket`; nothing where that may not be used: what it says is no longer so, or the
  /// invalidation is not in force.
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
  /// Enough to be soon rid of a crowd that has left, and few enough that who waits for the lock does not feel it.
  static constexpr std::size_t most_forgotten_at_once = 16;
  using Forgotten = std::array<Entries::node_type, most_forgotten_at_once>;
  /// Apart from the rest, because the invalidation may outlive the cache.
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
