#include "server/accept_language.hpp"

#include <charconv>

#include "server/http_message.hpp"

namespace ostiary::server {

namespace {

/// The weight in thousandths of what follows a range's semicolon; -1 for what is none.
int weight(std::string_view parameters) {
  const std::string_view text = trim_blanks(parameters);
  if (text.empty()) return 1000;
  if (!text.starts_with("q=")) return -1;
  double quality = -1;
  const auto parsed = std::from_chars(text.data() + 2, text.data() + text.size(), quality, std::chars_format::fixed);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || quality < 0 || quality > 1) return -1;
  return static_cast<int>(quality * 1000);
}

}  // namespace

std::string_view preferred_language(std::string_view accept_language, std::span<const std::string_view> offered) {
  std::string_view best = offered.front();
  int best_weight = 0;
  while (!accept_language.empty()) {
    const auto end = accept_language.find(',');
    const std::string_view range = accept_language.substr(0, end);
    accept_language = end == std::string_view::npos ? std::string_view{} : accept_language.substr(end + 1);
    const auto semicolon = range.find(';');
    const std::string_view tag = trim_blanks(range.substr(0, semicolon));
    const int liked = weight(semicolon == std::string_view::npos ? std::string_view{} : range.substr(semicolon + 1));
    for (const std::string_view language : offered) {
      if (liked > best_weight && equal_ignoring_case(tag.substr(0, tag.find('-')), language)) {
        best = language;
        best_weight = liked;
      }
    }
  }
  return best;
}

}  // namespace ostiary::server
