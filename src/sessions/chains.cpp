#include "sessions/chains.hpp"

#include <stdexcept>

namespace ostiary::sessions {

std::string start_chain(Transaction& tx, const Deps& deps, SessionId session, Time now, Time expires_at) {
  const auto chain = deps.ids.make<ChainId>();
  const auto key = deps.keys.current(vault::KeyPurpose::refresh_chain);
  std::string token = make_refresh_token(chain, 1, key.bytes);
  tx.send(statements::insert_chain, chain, session, key.id, refresh_token_hash(token), now, expires_at);
  return token;
}

std::optional<ProvenChain> find_chain(Transaction& tx, const Deps& deps, const RefreshToken& token) {
  const auto row = tx.optional(statements::find_chain, token.chain);
  if (!row) return std::nullopt;
  auto key = deps.keys.find(row->key_id);
  if (!key) throw std::runtime_error("the server key of a refresh chain is missing");
  if (!is_signed(token, key->bytes)) return std::nullopt;
  if (token.generation == row->generation && token.hash != row->current_hash) return std::nullopt;
  if (token.generation == row->generation - 1 && token.hash != row->previous_hash) return std::nullopt;
  return ProvenChain{*row, *std::move(key)};
}

RefreshChain chain_of(const statements::ChainRow& row) {
  return {.ended = row.revoked_at || row.ended_at || row.user_status != "active",
          .session_expires_at = row.session_expires_at,
          .expires_at = row.chain_expires_at,
          .generation = row.generation,
          .consumed_at = row.consumed_at,
          .reissued_generation = row.reissued_generation};
}

}  // namespace ostiary::sessions
