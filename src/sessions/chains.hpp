#pragma once

#include <optional>
#include <string>

#include "sessions/deps.hpp"
#include "sessions/statements.hpp"

namespace ostiary::sessions {

/// Begins a refresh chain of a session, as part of `tx`; gives its first token. A session has one for itself.
std::string start_chain(Transaction& tx, const Deps& deps, SessionId session, Time now, Time expires_at);

/// A chain, and the key under which its tokens are made.
struct ProvenChain {
  statements::ChainRow row;
  vault::ServerKey key;
};

/// The chain of a refresh token that is proven to be one of its tokens, of whatever generation: by its MAC, and the
/// current one and the one before by the SHA-256 in the row, too. Nothing for any other.
std::optional<ProvenChain> find_chain(Transaction& tx, const Deps& deps, const RefreshToken& token);

/// How storage's chain looks to the judgments.
RefreshChain chain_of(const statements::ChainRow& row);

}  // namespace ostiary::sessions
