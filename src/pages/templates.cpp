#include "pages/templates.hpp"

#include <stdexcept>

namespace ostiary::pages {

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

std::string fill_page(std::string_view page, const std::map<std::string_view, std::string>& values) {
  std::string filled;
  while (true) {
    const auto begin = page.find("{{");
    filled += page.substr(0, begin);
    if (begin == std::string_view::npos) return filled;
    const bool raw = page.substr(begin).starts_with("{{{");
    const std::size_t braces = raw ? 3 : 2;
    const auto end = page.find(raw ? "}}}" : "}}", begin);
    if (end == std::string_view::npos) throw std::logic_error("a page has an open placeholder");
    const std::string_view name = page.substr(begin + braces, end - begin - braces);
    const auto value = values.find(name);
    if (value == values.end()) throw std::logic_error("a page asks for " + std::string(name));
    filled += raw ? value->second : escape_html(value->second);
    page.remove_prefix(end + braces);
  }
}

}  // namespace ostiary::pages
