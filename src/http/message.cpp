#include "http/message.hpp"

#include <algorithm>

namespace ostiary::server {

namespace {

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const char letter = lower(digit);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

}  // namespace

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> HttpRequest::header_lines(std::string_view name) const {
  std::vector<std::string_view> lines;
  for (const auto& [key, value] : headers) {
    if (key == name) lines.push_back(value);
  }
  return lines;
}

bool HttpResponse::has_header(std::string_view name) const {
  return std::ranges::any_of(headers, [&](const auto& header) { return equal_ignoring_case(header.first, name); });
}

void HttpResponse::add_if_absent(std::string_view name, std::string_view value) {
  if (!has_header(name)) headers.emplace_back(name, value);
}

void append_header(std::string& lines, std::string_view name, std::string_view value) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  lines.append(name).append(": ").append(value);
  std::replace_if(lines.end() - static_cast<std::ptrdiff_t>(value.size()), lines.end(), is_control, ' ');
  lines.append("\r\n");
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%') {
      if (at + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[at + 1]);
      const int low = hex_digit(text[at + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      decoded += plus_is_space && text[at] == '+' ? ' ' : text[at];
    }
  }
  return decoded;
}

std::string_view trim_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](char one, char other) { return lower(one) == lower(other); });
}

}  // namespace ostiary::server
