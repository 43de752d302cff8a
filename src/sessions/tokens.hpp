#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "base/result.hpp"
#include "vault/server_keys.hpp"

namespace ostiary::sessions {

/// The claims of an access token (RFC 9068).
struct AccessClaims {
  UserId user_id;
  SessionId session_id;
  std::vector<std::string> roles;
  std::vector<std::string> amr;
  Time auth_time;
  Time issued_at;
  Time expires_at;
};

/// What every access token says alike (RFC 9068, section 2.2).
struct TokenNames {
  std::string issuer;                 ///< `iss`: PUBLIC_URL
  std::string audience;               ///< `aud`: what services expect
  std::string client_id = "ostiary";  ///< `client_id`: the client that all sign-ins are made with, the service's own
};

/// Makes and checks access tokens. `keys` must outlive it. Thread-safe.
class AccessTokens {
 public:
  AccessTokens(const vault::ServerKeys& keys, const IdSource& ids, TokenNames names);

  std::string issue(const AccessClaims& claims) const;

  /// The claims of a token after its signature, type, issuer and audience were verified. Refuses with
  /// not_authenticated. The caller checks the expiry, because logout accepts expired tokens.
  Result<AccessClaims> verify(std::string_view token) const;

 private:
  const vault::ServerKeys& keys_;
  const IdSource& ids_;
  TokenNames names_;
};

/// The parts of a refresh token: 48 bytes in base64url with its chain's id, its generation (eight bytes, big-endian)
/// and the first 192 bits of an HMAC-SHA-256 over both. They are not authenticated before `is_signed`.
struct RefreshToken {
  ChainId chain;
  std::int64_t generation;  ///< from 1
  std::array<std::uint8_t, 24> mac;
  Digest hash;  ///< of the text, as stored
};

/// Makes the token of a generation with a server key. It is deterministic, so a retry gets the same token.
std::string make_refresh_token(ChainId chain, std::int64_t generation, BytesView key);

/// Empty for a malformed token.
std::optional<RefreshToken> parse_refresh_token(std::string_view text);

/// Whether the token was made with this server key.
bool is_signed(const RefreshToken& token, BytesView key);

/// The SHA-256 of its text.
Digest refresh_token_hash(std::string_view token);

}  // namespace ostiary::sessions
