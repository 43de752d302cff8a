#include "sessions/session_cache.hpp"

#include <cstring>
#include <mutex>

namespace ostiary::sessions {

std::size_t SessionCache::DigestHash::operator()(const Digest& digest) const {
  // A SHA-256 is as good a hash as any: no one can choose tokens whose digests collide.
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data() + 1, sizeof hash);
  return hash;
}

SessionCache::SessionCache(Invalidation& invalidation, Render render, std::size_t capacity)
    : invalidation_(invalidation), render_(std::move(render)), shard_capacity_(capacity / shard_count) {
  invalidation_.listen({[generations = generations_](UserId user) { ++generations->of(user); },
                        [generations = generations_] { ++generations->of_all; }});
}

SessionCache::Ticket SessionCache::ticket(UserId user) const { return {generations_->of(user), generations_->of_all}; }

bool SessionCache::is_current(const Ticket& ticket, UserId user) const {
  return ticket.user_generation == generations_->of(user) && ticket.all_generation == generations_->of_all;
}

std::shared_ptr<const KnownSession> SessionCache::find(const Digest& token_hash, Time now) const {
  const auto& shard = shards_[token_hash[0] % shard_count];
  Entry entry;
  {
    const std::shared_lock lock(shard.mutex);
    const auto found = shard.entries.find(token_hash);
    if (found == shard.entries.end()) return nullptr;
    entry = found->second;
  }
  if (now >= entry.session->valid_until || !is_current(entry.ticket, entry.session->caller.user_id)) return nullptr;
  return invalidation_.in_force() ? entry.session : nullptr;
}

void SessionCache::put(const Ticket& ticket, KnownSession session) {
  if (!invalidation_.in_force() || !is_current(ticket, session.caller.user_id)) return;
  session.bytes = std::make_shared<const std::string>(render_(session.reply));
  auto kept = std::make_shared<const KnownSession>(std::move(session));
  auto& shard = shards_[kept->caller.token_hash[0] % shard_count];
  const std::unique_lock lock(shard.mutex);
  // A full shard starts anew: simpler than an order of use, and what is still needed comes back by one read each.
  if (shard.entries.size() >= shard_capacity_) shard.entries.clear();
  shard.entries.insert_or_assign(kept->caller.token_hash, Entry{ticket, kept});
}

std::size_t SessionCache::size() const {
  std::size_t size = 0;
  for (const Shard& shard : shards_) {
    const std::shared_lock lock(shard.mutex);
    size += shard.entries.size();
  }
  return size;
}

}  // namespace ostiary::sessions
