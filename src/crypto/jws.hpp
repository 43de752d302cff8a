#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/random.hpp"

namespace ostiary::crypto {

/// The signature algorithms we make and accept (RFC 7518, RFC 8037). Nothing else is: no `none`, no HMAC.
enum class JwsAlgorithm { es256, eddsa, rs256 };

std::string_view name_of(JwsAlgorithm algorithm);               ///< "ES256"
std::optional<JwsAlgorithm> parse_algorithm(std::string_view name);

/// The members of a public JWK (RFC 7517); absent ones are empty.
struct PublicJwk {
  std::string kty, crv, x, y, n, e;
};

/// A key pair, or the public half alone. Thread-safe once made.
class JwsKey {
 public:
  virtual ~JwsKey() = default;
  virtual JwsAlgorithm algorithm() const = 0;
  /// The raw signature as JWS carries it (for ES256: R and S, 32 bytes each). Only for a key pair.
  virtual Bytes sign(BytesView message) const = 0;
  virtual bool verify(BytesView message, BytesView signature) const = 0;
  virtual PublicJwk public_jwk() const = 0;
  /// For storage, sealed: PKCS#8 DER, or the 32-byte seed of Ed25519.
  virtual Bytes private_bytes() const = 0;
};

/// A new key pair: P-256, Ed25519 or RSA of 2048 bits.
std::unique_ptr<JwsKey> generate_key(JwsAlgorithm algorithm);

/// The pair that `private_bytes` came from. Throws std::runtime_error for other bytes.
std::unique_ptr<JwsKey> load_key(JwsAlgorithm algorithm, BytesView private_bytes);

/// A public key from its JWK, for verifying only; nothing for a key outside our allow-list: P-256, Ed25519, RSA from
/// 2048 to 8192 bits with an odd exponent above 2.
std::unique_ptr<JwsKey> load_public_key(JwsAlgorithm algorithm, const PublicJwk& jwk);

/// A compact JWS (RFC 7515, section 7.1) taken apart: what its header claims, nothing proven yet.
struct JwsParts {
  std::string algorithm;
  std::string key_id;
  std::string type;
  std::string payload;
  Bytes signature;
  std::string_view signing_input;  ///< of the text that was parsed, which must outlive this
};

/// The parts of `token`; nothing unless it is three parts of canonical base64url, at most 8 KiB, whose header is a JSON
/// object with unique members in which `alg` is a text, `kid` and `typ` texts where present, and `crit`, `jwk`, `jku`,
/// `x5u`, `x5c` and `b64` are absent.
std::optional<JwsParts> parse_jws(std::string_view token);

/// Header and payload, JSON texts, signed into a compact JWS.
std::string sign_jws(const JwsKey& key, std::string_view header, std::string_view payload);

}  // namespace ostiary::crypto
