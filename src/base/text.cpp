#include "base/text.hpp"

#include <algorithm>
#include <cstdint>

#include "base/utf8.hpp"

namespace ostiary {
namespace {

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

}  // namespace

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

std::string_view trim_blanks(std::string_view text, std::string_view blanks) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](char one, char other) { return lower(one) == lower(other); });
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

}  // namespace ostiary
