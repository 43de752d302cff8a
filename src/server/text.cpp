#include "server/text.hpp"

#include <cstdint>

namespace ostiary::server {
namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;  ///< 0: not valid
};

CodePoint decode(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xC2 && first <= 0xDF ? 2
                             : (first & 0xF0) == 0xE0       ? 3
                             : (first & 0xF8) == 0xF0       ? 4
                                                            : 0;
  if (length == 0 || text.size() < length) return {};
  char32_t value = first & (0xFF >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3F);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (overlong || surrogate || value > 0x10FFFF) return {};
  return {value, length};
}

}  // namespace

TextFacts inspect(std::string_view text) {
  TextFacts facts;
  while (!text.empty()) {
    const auto [value, length] = decode(text);
    if (length == 0) return {.valid = false};
    ++facts.characters;
    if (value == 0) facts.has_nul = true;
    if ((value >= 0x01 && value <= 0x1F) || (value >= 0x7F && value <= 0x9F)) facts.has_control = true;
    text.remove_prefix(length);
  }
  return facts;
}

std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<std::uint8_t>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

}  // namespace ostiary::server
