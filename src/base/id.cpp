#include "base/id.hpp"

#include <algorithm>

#include "base/encoding.hpp"

namespace ostiary {

namespace {

int hex_value(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  if (character >= 'A' && character <= 'F') return character - 'A' + 10;
  return -1;
}

bool is_hyphen_position(std::size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

}  // namespace

std::string to_string(const Uuid& uuid) {
  std::string text = to_hex(uuid.bytes);
  for (const std::size_t position : {20, 16, 12, 8}) text.insert(position, 1, '-');
  return text;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid uuid;
  std::size_t nibble = 0;
  for (std::size_t position = 0; position < text.size(); ++position) {
    if (is_hyphen_position(position)) {
      if (text[position] != '-') return std::nullopt;
      continue;
    }
    const int value = hex_value(text[position]);
    if (value < 0) return std::nullopt;
    auto& byte = uuid.bytes[nibble / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
    ++nibble;
  }
  return uuid;
}

Uuid IdSource::make_uuid() const {
  Uuid uuid;
  random_.fill(uuid.bytes);
  std::uint8_t version = 4;
  if (order_ == Order::by_time) {
    version = 7;
    const auto since_epoch = clock_.now().time_since_epoch();
    auto milliseconds =
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count());
    for (std::size_t i = 6; i-- > 0; milliseconds >>= 8) uuid.bytes[i] = static_cast<std::uint8_t>(milliseconds);
  }
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0f) | version << 4);
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);
  return uuid;
}

}  // namespace ostiary
