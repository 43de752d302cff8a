#include "env_file.hpp"

#include <algorithm>
#include <optional>

namespace ostiary {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_name(std::string_view text) {
  const auto is_fine = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && std::ranges::all_of(text, is_fine);
}

bool is_end_of_line(std::string_view rest) {
  rest = trimmed(rest);
  return rest.empty() || rest[0] == '#';
}

/// The value in double quotes that `text` begins with; nothing where it doesn't end, or something stands behind it.
std::optional<std::string> read_double_quoted(std::string_view text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return is_end_of_line(text.substr(i + 1)) ? std::optional(value) : std::nullopt;
    if (text[i] == '\\' && i + 1 < text.size()) {
      const char next = text[++i];
      if (next == 'n') {
        value += '\n';
      } else {
        if (next != '"' && next != '\\' && next != '$') value += '\\';
        value += next;
      }
    } else {
      value += text[i];
    }
  }
  return std::nullopt;
}

std::optional<std::string> read_value(std::string_view text) {
  if (text.starts_with('"')) return read_double_quoted(text);
  if (text.starts_with('\'')) {
    const auto end = text.find('\'', 1);
    if (end == std::string_view::npos || !is_end_of_line(text.substr(end + 1))) return std::nullopt;
    return std::string(text.substr(1, end - 1));
  }
  if (text.starts_with('#')) return std::string();
  const auto comment = std::min(text.find(" #"), text.find("\t#"));
  return std::string(trimmed(text.substr(0, comment)));
}

}  // namespace

std::expected<std::vector<EnvEntry>, std::vector<std::string>> read_env_file(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  std::vector<EnvEntry> entries;
  std::vector<std::string> errors;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line[0] == '#') continue;
    if (line.starts_with("export ")) line = trimmed(line.substr(7));

    const std::string where = ".env line " + std::to_string(number);
    const auto equals = line.find('=');
    const std::string_view name = trimmed(line.substr(0, equals));
    if (equals == std::string_view::npos || !is_name(name)) {
      errors.push_back(where + ": expected NAME=value");
    } else if (const auto value = read_value(trimmed(line.substr(equals + 1))); !value) {
      errors.push_back(where + ": the quotes of " + std::string(name) + " don't match");
    } else if (std::ranges::find(entries, name, &EnvEntry::name) != entries.end()) {
      errors.push_back(where + ": " + std::string(name) + " stands there a second time");
    } else {
      entries.push_back({std::string(name), *value, number});
    }
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return entries;
}

}  // namespace ostiary
