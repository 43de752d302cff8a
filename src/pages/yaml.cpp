#include "pages/yaml.hpp"

#include <algorithm>
#include <array>

#include <boost/json/serialize.hpp>

namespace ostiary::pages {

namespace {

namespace json = boost::json;

/// Whether a YAML reader of any version takes the bare key for a text.
bool is_plain_word(std::string_view key) {
  static constexpr std::array taken{"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  const bool word = !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
  std::string lower(key);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return word && std::ranges::find(taken, lower) == taken.end();
}

bool is_block(const json::value& value) {
  return (value.is_object() && !value.get_object().empty()) || (value.is_array() && !value.get_array().empty());
}

void write(const json::value& value, std::size_t indent, std::string& out);

void write_members(const json::object& object, std::size_t indent, bool first_inline, std::string& out) {
  for (const auto& member : object) {
    if (!first_inline) out.append(indent, ' ');
    first_inline = false;
    const std::string_view key(member.key().data(), member.key().size());
    out += is_plain_word(key) ? std::string(key) : json::serialize(json::value(key));
    out += ':';
    out += is_block(member.value()) ? "\n" : " ";
    write(member.value(), indent + 2, out);
  }
}

void write_items(const json::array& array, std::size_t indent, std::string& out) {
  for (const json::value& item : array) {
    const bool nested_array = is_block(item) && item.is_array();
    out.append(indent, ' ') += nested_array ? "-\n" : "- ";
    if (is_block(item) && item.is_object()) {
      write_members(item.get_object(), indent + 2, true, out);
    } else {
      write(item, indent + 2, out);
    }
  }
}

void write(const json::value& value, std::size_t indent, std::string& out) {
  if (!is_block(value)) {
    // JSON's scalars, its empty containers and its quoted texts mean the same in YAML.
    out += json::serialize(value) + "\n";
  } else if (value.is_object()) {
    write_members(value.get_object(), indent, false, out);
  } else {
    write_items(value.get_array(), indent, out);
  }
}

}  // namespace

std::string to_yaml(const json::value& value) {
  std::string out;
  write(value, 0, out);
  return out;
}

}  // namespace ostiary::pages
