#pragma once

#include <string_view>

namespace ostiary {

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;  ///< in bytes; 0 for what isn't UTF-8
};

/// The code point at the beginning of `text`, which is not empty: in the shortest form, no surrogate, at most U+10FFFF
/// (RFC 3629, section 3).
CodePoint decode_utf8(std::string_view text);

}  // namespace ostiary
