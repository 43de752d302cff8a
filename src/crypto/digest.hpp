#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include <string_view>

#include "base/bytes.hpp"

namespace ostiary::crypto {

/// SHA-256 (FIPS 180-4).
Digest sha256(BytesView bytes);

/// HMAC-SHA-256 (RFC 2104) of the parts, each preceded by its length as eight bytes, so that no two lists of parts
/// give the same input.
Digest hmac_sha256(BytesView key, std::initializer_list<BytesView> parts);

/// HMAC-SHA-256 of one message as RFC 2104 has it, for formats that others define.
Digest plain_hmac_sha256(BytesView key, BytesView message);

/// 32 bytes for one purpose from a master key (HKDF-SHA-256, RFC 5869, without salt).
Bytes derive_key(BytesView master, std::string_view purpose);

/// SipHash-2-4 (Aumasson and Bernstein, 2012) under a key of 16 bytes, as a number: for tables whose keys strangers
/// choose, who then can't choose some that fall together. No digest to prove anything by.
std::uint64_t short_hash(const std::array<std::uint8_t, 16>& key, std::string_view text);

/// Whether both hold the same bytes, in a time that depends on the lengths only.
bool equal_in_constant_time(BytesView left, BytesView right);

}  // namespace ostiary::crypto
