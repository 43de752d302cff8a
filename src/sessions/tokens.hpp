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

/// What an access token says (RFC 9068).
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

  /// What a token says once its signature, type, issuer and audience hold. Refuses with not_authenticated. Whether it
  /// has expired is for the caller to judge: logout takes expired ones.
  Result<AccessClaims> verify(std::string_view token) const;

 private:
  const vault::ServerKeys& keys_;
  const IdSource& ids_;
  TokenNames names_;
};

/// What a refresh token says: 48 bytes in base64url, which are its chain's id, its generation (eight bytes, the highest
/// first) and the first 192 bits of an HMAC-SHA-256 over both. Nothing in it is proven before `is_signed`.
struct RefreshToken {
  ChainId chain;
  std::int64_t generation;  ///< from 1
  std::array<std::uint8_t, 24> mac;
  Digest hash;  ///< of the text, under which storage knows it
};

/// The one token of a generation under a server key: whoever is answered twice gets the very same.
std::string make_refresh_token(ChainId chain, std::int64_t generation, BytesView key);

/// Nothing for a text that no refresh token has.
std::optional<RefreshToken> parse_refresh_token(std::string_view text);

/// Whether the token was made under this server key.
bool is_signed(const RefreshToken& token, BytesView key);

/// The SHA-256 of its text.
Digest refresh_token_hash(std::string_view token);

}  // namespace ostiary::sessions
