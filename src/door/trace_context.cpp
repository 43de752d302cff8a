#include "door/trace_context.hpp"

#include <algorithm>
#include <array>

#include "base/encoding.hpp"

namespace ostiary::door {

namespace {

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '0'; });
}

/// version "-" trace-id "-" parent-id "-" flags; versions after 00 may have more behind a further "-".
bool is_well_formed(std::string_view text) {
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const std::string_view version = text.substr(0, 2);
  if (!is_hex(version) || version == "ff") return false;
  if (text.size() > 55 && (version == "00" || text[55] != '-')) return false;
  const std::string_view trace = text.substr(3, 32), parent = text.substr(36, 16);
  return is_hex(trace) && is_hex(parent) && is_hex(text.substr(53, 2)) && !is_zero(trace) && !is_zero(parent);
}

}  // namespace

std::string trace_id_of(std::optional<std::string_view> traceparent, Random& random) {
  if (traceparent && is_well_formed(*traceparent)) return std::string(traceparent->substr(3, 32));
  std::array<std::uint8_t, 16> bytes;
  random.fill(bytes);
  return to_hex(bytes);
}

}  // namespace ostiary::door
