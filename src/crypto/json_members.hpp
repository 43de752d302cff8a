#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace ostiary::crypto {

/// The value of a member: a text, a truth value, or something else (monostate).
using JsonMember = std::variant<std::monostate, bool, std::string>;

/// The members of a JSON object by name. What lies deeper is parsed, but not kept.
using JsonMembers = std::map<std::string, JsonMember, std::less<>>;

/// Parses `text` as one JSON object (RFC 8259). Empty for any other text, for a name that occurs twice, for invalid
/// UTF-8, and beyond 64 members, names of 256 bytes or texts of 4 KiB.
std::optional<JsonMembers> read_members(std::string_view text);

/// The member `name` if it is a text.
const std::string* text_in(const JsonMembers& members, std::string_view name);

}  // namespace ostiary::crypto
