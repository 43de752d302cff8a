#include "crypto/json_members.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <utility>

namespace ostiary::crypto {
namespace {

namespace json = boost::json;

/// Takes the events of Boost.JSON's parser. The document parser would let the last of two equal names win.
struct MembersHandler {
  static constexpr std::size_t max_object_size = 64;
  static constexpr std::size_t max_array_size = 64;
  static constexpr std::size_t max_key_size = 256;
  static constexpr std::size_t max_string_size = 4096;

  JsonMembers members;
  JsonMember* current = nullptr;  // the member being read
  std::string text;               // the part of a name or text that came so far
  int depth = 0;

  bool refuse(json::error_code& error) {
    error = json::error::syntax;
    return false;
  }

  bool take(JsonMember value, json::error_code& error) {
    if (depth == 0) return refuse(error);
    if (depth == 1) *current = std::move(value);
    return true;
  }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    ++depth;
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    --depth;
    return true;
  }
  bool on_array_begin(json::error_code& error) {
    if (depth == 0) return refuse(error);
    ++depth;
    return true;
  }
  bool on_array_end(std::size_t, json::error_code&) {
    --depth;
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    text.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& error) {
    text.append(part.data(), part.size());
    std::string name = std::exchange(text, {});
    if (depth > 1) return true;
    const auto [member, is_new] = members.try_emplace(std::move(name));
    current = &member->second;
    return is_new || refuse(error);
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    text.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code& error) {
    text.append(part.data(), part.size());
    return take(std::exchange(text, {}), error);
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code& error) { return take({}, error); }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code& error) { return take({}, error); }
  bool on_double(double, json::string_view, json::error_code& error) { return take({}, error); }
  bool on_bool(bool value, json::error_code& error) { return take(value, error); }
  bool on_null(json::error_code& error) { return take({}, error); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

}  // namespace

std::optional<JsonMembers> read_members(std::string_view text) {
  json::basic_parser<MembersHandler> parser{json::parse_options{}};
  json::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (error || read != text.size()) return std::nullopt;
  return std::move(parser.handler().members);
}

const std::string* text_in(const JsonMembers& members, std::string_view name) {
  const auto member = members.find(name);
  return member == members.end() ? nullptr : std::get_if<std::string>(&member->second);
}

}  // namespace ostiary::crypto
