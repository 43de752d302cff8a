#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "base/random.hpp"

namespace ostiary::crypto {

/// Encrypts with AES-256-GCM (NIST SP 800-38D) under a fresh 96-bit nonce. `context` is authenticated but not stored:
/// it is the stable purpose and the row's owner, so a ciphertext that is moved to another row cannot be decrypted.
/// `key` has 32 bytes. The result is a version byte, nonce, ciphertext, tag.
Bytes seal(BytesView key, BytesView plaintext, std::string_view context, Random& random);

/// Decrypts what `seal` returned. Empty if the key, the context or the bytes are different.
std::optional<Bytes> open(BytesView key, BytesView sealed, std::string_view context);

}  // namespace ostiary::crypto
