#pragma once

#include <optional>
#include <string>

#include "sessions/deps.hpp"
#include "sessions/statements.hpp"

namespace ostiary::sessions {

/// Starts a refresh chain of a session in `tx` and returns its first token. Each session has one of its own.
std::string start_chain(Transaction& tx, const Deps& deps, SessionId session, Time now, Time expires_at);

/// A chain and the key of its tokens' MACs.
struct ProvenChain {
  statements::ChainRow row;
  vault::ServerKey key;
};

/// The chain of an authentic refresh token of any generation. It checks the token's MAC and, for the current and the
/// previous token, also the SHA-256 in the row. Empty for other tokens.
std::optional<ProvenChain> find_chain(Transaction& tx, const Deps& deps, const RefreshToken& token);

/// Converts a chain's row for the decision functions.
RefreshChain chain_of(const statements::ChainRow& row);

}  // namespace ostiary::sessions
