#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include <string_view>

#include "base/bytes.hpp"

namespace ostiary::crypto {

/// SHA-256 (FIPS 180-4).
Digest sha256(BytesView bytes);

/// HMAC-SHA-256 (RFC 2104) of the parts. Each part is preceded by its length in eight bytes, so different lists of
/// parts never have the same input.
Digest hmac_sha256(BytesView key, std::initializer_list<BytesView> parts);

/// Plain HMAC-SHA-256 (RFC 2104) of one message, for formats that others define.
Digest plain_hmac_sha256(BytesView key, BytesView message);

/// Derives 32 bytes for one purpose from a master key (HKDF-SHA-256, RFC 5869, without salt).
Bytes derive_key(BytesView master, std::string_view purpose);

/// SipHash-2-4 (Aumasson and Bernstein, 2012) under a key of 16 bytes, as a number. For hash tables with keys chosen by
/// strangers, who then cannot cause collisions. Not a cryptographic digest.
std::uint64_t short_hash(const std::array<std::uint8_t, 16>& key, std::string_view text);

/// Constant-time comparison: the time depends only on the lengths.
bool equal_in_constant_time(BytesView left, BytesView right);

}  // namespace ostiary::crypto
