#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"

namespace ostiary::door {

/// The trace id of a `traceparent` header (W3C Trace Context, section 3.2); a new random one if there is none or it is
/// malformed. 32 hexadecimal digits.
std::string trace_id_of(std::optional<std::string_view> traceparent, Random& random);

}  // namespace ostiary::door
