#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ostiary {

/// What a text is made of.
struct TextFacts {
  bool valid = true;           ///< well-formed UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF
  std::size_t characters = 0;  ///< code points
  bool has_nul = false;
  bool has_control = false;  ///< U+0001 to U+001F or U+007F to U+009F
};

/// Inspects `text` in one pass. For invalid UTF-8 only `valid` is meaningful.
TextFacts inspect(std::string_view text);

/// The longest prefix of `text` with at most `bytes` bytes that does not split a code point.
std::string_view cut(std::string_view text, std::size_t bytes);

/// `text` without the characters of `blanks` around it.
std::string_view trim_blanks(std::string_view text, std::string_view blanks = " \t");

/// Compares two texts, ignoring the case of ASCII letters.
bool equal_ignoring_case(std::string_view left, std::string_view right);

/// `text` with ASCII letters in lower case.
std::string lower_case(std::string_view text);

}  // namespace ostiary
