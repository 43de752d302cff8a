#pragma once

#include "audit/statements.hpp"

namespace ostiary::audit {

/// The `version` of rows that this program writes. It changes with the set of hashed columns.
inline constexpr std::int64_t row_version = 1;

/// The hash of a row of version 1: SHA-256 over "ostiary audit row", the version, id, time, action, outcome, actor's
/// kind and id, user, key owner and details hash, in this order. The version and the time (microseconds since 1970) are
/// eight bytes, big-endian. Every other value is preceded by its length in eight bytes. A nullable value has a byte
/// before the length: 1, or 0 alone for null. So no two rows have the same input.
Digest hash_of(const statements::EntryRow& row);

}  // namespace ostiary::audit
