#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "crypto/cbor.hpp"
#include "crypto/jws.hpp"

namespace ostiary::crypto {

/// The number of an algorithm in COSE's registry: -7 ES256, -8 EdDSA, -257 RS256.
std::int64_t cose_number_of(JwsAlgorithm algorithm);

/// The algorithm that a COSE key (RFC 9052, section 7) names. Empty if it names none of ours.
std::optional<JwsAlgorithm> algorithm_of(const CborValue& cose_key);

/// Loads a public COSE key. Null for a key outside the allow-list of `load_public_key`, for one whose type or curve
/// does not fit its algorithm, and for a compressed point, which WebAuthn forbids.
std::unique_ptr<JwsKey> load_cose_key(const CborValue& cose_key);

/// Whether `signature` over `message` is right, in the format of WebAuthn Level 3, section 6.5.5: that of JWS, except
/// that an ECDSA signature is DER, here without any deviation from its one spelling.
bool verify_webauthn_signature(const JwsKey& key, BytesView message, BytesView signature);

}  // namespace ostiary::crypto
