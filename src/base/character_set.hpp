#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace ostiary {

/// A set of bytes with lookup in one step. Every request's head is checked with such sets.
class CharacterSet {
 public:
  /// These bytes; with `and_alphanumerics` ASCII letters and digits as well.
  constexpr explicit CharacterSet(std::string_view bytes, bool and_alphanumerics = false) {
    for (const char c : bytes) holds_[static_cast<unsigned char>(c)] = true;
    if (!and_alphanumerics) return;
    for (int c = '0'; c <= '9'; ++c) holds_[static_cast<std::size_t>(c)] = true;
    for (int c = 'a'; c <= 'z'; ++c) holds_[static_cast<std::size_t>(c)] = true;
    for (int c = 'A'; c <= 'Z'; ++c) holds_[static_cast<std::size_t>(c)] = true;
  }

  constexpr bool holds(char c) const { return holds_[static_cast<unsigned char>(c)]; }

  constexpr bool holds_all_of(std::string_view text) const {
    return std::ranges::all_of(text, [this](char c) { return holds(c); });
  }

 private:
  std::array<bool, 256> holds_{};
};

}  // namespace ostiary
