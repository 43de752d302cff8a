#include "base/text.hpp"

#include <cstdint>

#include "base/utf8.hpp"

namespace ostiary::server {

TextFacts inspect(std::string_view text) {
  TextFacts facts;
  while (!text.empty()) {
    const auto [value, length] = decode_utf8(text);
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
