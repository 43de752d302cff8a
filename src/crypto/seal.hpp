#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "base/random.hpp"

namespace ostiary::crypto {

/// Encrypts with AES-256-GCM (NIST SP 800-38D) under a fresh 96-bit nonce. `context` is bound, not stored: the stable
/// purpose and the row's owner, so that a ciphertext moved to another row does not open. `key` has 32 bytes.
/// The result is a version byte, nonce, ciphertext, tag.
Bytes seal(BytesView key, BytesView plaintext, std::string_view context, Random& random);

/// The plaintext, or nothing when key, context or bytes are not those that were sealed.
std::optional<Bytes> open(BytesView key, BytesView sealed, std::string_view context);

}  // namespace ostiary::crypto
