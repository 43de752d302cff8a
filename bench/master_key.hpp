#pragma once

#include <string>

#include "base/encoding.hpp"
#include "base/secret.hpp"

namespace ostiary::bench {

/// The master key of all that a bench makes and throws away.
inline Secret master_key() { return Secret(std::string(32, '\x5a')); }
inline std::string master_key_text() { return to_hex(as_bytes(master_key().reveal())); }

}  // namespace ostiary::bench
