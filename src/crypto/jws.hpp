#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/random.hpp"

namespace ostiary::crypto {

/// The supported signature algorithms (RFC 7518, RFC 8037). All others are refused, including `none` and HMAC.
enum class JwsAlgorithm { es256, eddsa, rs256 };

std::string_view name_of(JwsAlgorithm algorithm);               ///< "ES256"
std::optional<JwsAlgorithm> parse_algorithm(std::string_view name);

/// The members of a public JWK (RFC 7517); absent ones are empty.
struct PublicJwk {
  std::string kty, crv, x, y, n, e;
};

/// A key pair, or only its public key. Thread-safe after construction.
class JwsKey {
 public:
  virtual ~JwsKey() = default;
  virtual JwsAlgorithm algorithm() const = 0;
  /// The raw signature in JWS format (for ES256: R and S, 32 bytes each). Only for a key pair.
  virtual Bytes sign(BytesView message) const = 0;
  virtual bool verify(BytesView message, BytesView signature) const = 0;
  virtual PublicJwk public_jwk() const = 0;
  /// For storage, sealed: PKCS#8 DER, or the 32-byte seed of Ed25519.
  virtual Bytes private_bytes() const = 0;
};

/// A new key pair: P-256, Ed25519 or RSA of 2048 bits.
std::unique_ptr<JwsKey> generate_key(JwsAlgorithm algorithm);

/// Loads a key pair from its `private_bytes`. Throws std::runtime_error for other bytes.
std::unique_ptr<JwsKey> load_key(JwsAlgorithm algorithm, BytesView private_bytes);

/// Loads a public key from its JWK, for verification only. Empty for a key outside the allow-list: P-256, Ed25519, RSA
/// from 2048 to 8192 bits with an odd exponent above 2.
std::unique_ptr<JwsKey> load_public_key(JwsAlgorithm algorithm, const PublicJwk& jwk);

/// The parts of a compact JWS (RFC 7515, section 7.1). Nothing is verified yet.
struct JwsParts {
  std::string algorithm;
  std::string key_id;
  std::string type;
  std::string payload;
  Bytes signature;
  std::string_view signing_input;  ///< of the text that was parsed, which must outlive this
};

/// Parses `token`. Empty unless it has three parts of canonical base64url, at most 8 KiB, and its header is a JSON
/// object with unique members in which `alg` is a string, `kid` and `typ` are strings or absent, and `crit`, `jwk`,
/// `jku`, `x5u`, `x5c` and `b64` are absent.
std::optional<JwsParts> parse_jws(std::string_view token);

/// Signs a header and a payload, both JSON, and returns a compact JWS.
std::string sign_jws(const JwsKey& key, std::string_view header, std::string_view payload);

}  // namespace ostiary::crypto
