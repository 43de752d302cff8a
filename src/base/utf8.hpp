#pragma once

#include <string_view>

namespace ostiary {

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;  ///< in bytes; 0 if it is not valid UTF-8
};

/// Decodes the first code point of `text`, which must not be empty. It must be in the shortest form, not a surrogate,
/// and at most U+10FFFF (RFC 3629, section 3).
CodePoint decode_utf8(std::string_view text);

}  // namespace ostiary
