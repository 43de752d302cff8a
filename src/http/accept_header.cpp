#include "http/accept_header.hpp"

#include <charconv>
#include <optional>

#include "base/text.hpp"

namespace ostiary::http {

namespace {

/// One entry of an Accept header (RFC 9110, section 12.5).
struct Range {
  std::string_view name;
  int weight = 1000;  ///< in thousandths; -1 where it is none
};

std::optional<int> read_weight(std::string_view text) {
  double quality = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), quality, std::chars_format::fixed);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return {};
  if (!(quality >= 0 && quality <= 1)) return {};  // "nan", which is less than nothing, is none either
  return static_cast<int>(quality * 1000);
}

/// Cuts the part before the next `separator` off the text's front, without blanks.
std::string_view take_until(char separator, std::string_view& text) {
  const auto end = text.find(separator);
  const std::string_view part = trim_blanks(text.substr(0, end));
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return part;
}

/// Parameters besides the weight are passed over.
Range take_range(std::string_view& header) {
  std::string_view text = take_until(',', header);
  Range range{take_until(';', text)};
  while (!text.empty()) {
    const std::string_view parameter = take_until(';', text);
    if (equal_ignoring_case(parameter.substr(0, 2), "q=")) range.weight = read_weight(parameter.substr(2)).value_or(-1);
  }
  return range;
}

}  // namespace

std::string_view preferred_language(std::string_view accept_language, std::span<const std::string_view> offered) {
  std::string_view best = offered.front();
  int best_weight = 0;
  while (!accept_language.empty()) {
    const Range range = take_range(accept_language);
    for (const std::string_view language : offered) {
      if (range.weight > best_weight && equal_ignoring_case(range.name.substr(0, range.name.find('-')), language)) {
        best = language;
        best_weight = range.weight;
      }
    }
  }
  return best;
}

bool asks_for_html(const std::vector<std::string_view>& accept) {
  for (std::string_view line : accept) {
    while (!line.empty()) {
      const Range range = take_range(line);
      if (range.weight > 0 && equal_ignoring_case(range.name, "text/html")) return true;
    }
  }
  return false;
}

}  // namespace ostiary::http
