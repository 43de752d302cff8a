#pragma once

#include <initializer_list>

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

/// Whether both hold the same bytes, in a time that depends on the lengths only.
bool equal_in_constant_time(BytesView left, BytesView right);

}  // namespace ostiary::crypto
