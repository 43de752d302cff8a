#pragma once

#include "audit/statements.hpp"

namespace ostiary::audit {

/// What the rows that this program writes have in `version`. Another set of columns under the hash is another version.
inline constexpr std::int64_t row_version = 1;

/// The hash that binds a row of version 1: SHA-256 over "ostiary audit row", the version, id, time, action, outcome,
/// actor's kind and id, user, key owner and details hash, in this order. The version and the time (microseconds since
/// 1970) are eight bytes, big-endian. Every other value is preceded by its length as eight bytes, and one that may be
/// null by a byte before that: 0 for null, which nothing follows, else 1. So no two rows give the same input.
Digest hash_of(const statements::EntryRow& row);

}  // namespace ostiary::audit
