#include "sessions/session_cache.hpp"

#include <algorithm>
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
    : invalidation_(invalidation),
      render_(std::move(render)),
      shard_capacity_(std::max<std::size_t>(capacity / shard_count, 1)) {
  invalidation_.listen({[generations = generations_](UserId user) { ++generations->of(user); },
                        [generations = generations_] { ++generations->of_all; }});
}

SessionCache::Ticket SessionCache::ticket(UserId user) const { return {generations_->of(user), generations_->of_all}; }

bool SessionCache::is_current(const Ticket& ticket, UserId user) const {
  return ticket.user_generation == generations_->of(user) && ticket.all_generation == generations_->of_all;
}

bool SessionCache::is_good(const Entry& entry, Time now) const {
  return now < entry.session->valid_until && is_current(entry.ticket, entry.session->caller.user_id);
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
  return is_good(entry, now) && invalidation_.in_force() ? entry.session : nullptr;
}

void SessionCache::put(const Ticket& ticket, const LiveSession& session, Time now) {
  if (!invalidation_.in_force() || !is_current(ticket, session.caller.user_id)) return;
  std::string json = render_(session.reply);
  json.shrink_to_fit();
  const auto& key = session.caller.token_hash;
  const Entry entry{
      ticket, std::make_shared<const KnownSession>(session.caller, std::move(json), session.reply.SerializeAsString(),
                                                   session.valid_until)};
  auto& shard = shards_[key[0] % shard_count];
  Forgotten forgotten;  // freed when the lock is gone: the transports' threads wait for it
  const std::unique_lock lock(shard.mutex);
  forget_some(shard, now, forgotten);
  const auto [place, is_new] = shard.entries.insert_or_assign(key, entry);
  if (is_new) shard.oldest_first.push_back(&place->first);
}

void SessionCache::forget_some(Shard& shard, Time now, Forgotten& forgotten) const {
  for (auto& node : forgotten) {
    if (shard.oldest_first.empty()) return;
    const auto oldest = shard.entries.find(*shard.oldest_first.front());
    if (is_good(oldest->second, now) && shard.entries.size() < shard_capacity_) return;
    node = shard.entries.extract(oldest);
    shard.oldest_first.pop_front();
  }
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
