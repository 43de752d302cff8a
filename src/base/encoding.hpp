#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace ostiary {

/// Lower-case hexadecimal.
std::string to_hex(BytesView bytes);

/// The URL-safe alphabet without padding (RFC 4648, section 5).
std::string to_base64url(BytesView bytes);

/// The standard alphabet with padding (RFC 4648, section 4), as data: URLs need it.
std::string to_base64(BytesView bytes);

/// Decodes unpadded URL-safe base64. Empty for any other text, including non-canonical endings.
std::optional<Bytes> from_base64url(std::string_view text);

/// Percent-encodes all but the unreserved characters (RFC 3986, section 2.3).
std::string percent_encode(std::string_view text);

/// Decodes percent-encoding. Empty if a percent sign is not followed by two hexadecimal digits. `plus_is_space` decodes
/// a query from an HTML form.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// RFC 3339 in UTC with microseconds, as the contract shows times: 2026-01-31T08:15:00.000000Z.
std::string to_rfc3339(Time time);

}  // namespace ostiary
