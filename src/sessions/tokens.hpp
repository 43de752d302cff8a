#pragma once

#include <chrono>
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

/// Makes and checks access tokens. `keys` must outlive it. Thread-safe.
class AccessTokens {
 public:
  /// `issuer` is PUBLIC_URL; `audience` what services expect in `aud`.
  AccessTokens(const vault::ServerKeys& keys, const IdSource& ids, std::string issuer, std::string audience);

  std::string issue(const AccessClaims& claims) const;

  /// What a token says once its signature, type, issuer and audience hold. Refuses with not_authenticated. Whether it
  /// has expired is for the caller to judge: logout takes expired ones.
  Result<AccessClaims> verify(std::string_view token) const;

 private:
  const vault::ServerKeys& keys_;
  const IdSource& ids_;
  std::string issuer_;
  std::string audience_;
};

/// A refresh token is 32 bytes in base64url; storage knows its SHA-256 only.
Digest refresh_token_hash(std::string_view token);

/// The one successor of a refresh token under a server key: HMAC, so that a second use gets the very same.
std::string successor_of(std::string_view token, BytesView key);

}  // namespace ostiary::sessions
