#include "http/message.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace ostiary::http {

std::optional<std::string_view> Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Request::header_lines(std::string_view name) const {
  std::vector<std::string_view> lines;
  for (const auto& [key, value] : headers) {
    if (key == name) lines.push_back(value);
  }
  return lines;
}

bool Response::has_header(std::string_view name) const {
  return std::ranges::any_of(headers, [&](const auto& header) { return equal_ignoring_case(header.first, name); });
}

void Response::add_if_absent(std::string_view name, std::string_view value) {
  if (!has_header(name)) headers.emplace_back(name, value);
}

void append_header(std::string& lines, std::string_view name, std::string_view value) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  lines.append(name).append(": ").append(value);
  std::replace_if(lines.end() - static_cast<std::ptrdiff_t>(value.size()), lines.end(), is_control, ' ');
  lines.append("\r\n");
}

}  // namespace ostiary::http
