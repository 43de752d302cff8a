#include "base/secret.hpp"

#include <string.h>

namespace ostiary {

void wipe(std::string& text) {
  // A short text that was moved from still has its bytes in the object: all of the capacity is cleared.
  text.resize(text.capacity());
  explicit_bzero(text.data(), text.size());
  text.clear();
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    difference = difference | static_cast<unsigned char>(left[i] ^ right[i]);
  }
  return difference == 0;
}

}  // namespace ostiary
