#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ostiary::contract {

/// The body limit of a call whose policy sets none.
inline constexpr std::uint32_t usual_body_bytes = 64 * 1024;

/// The limits for a JSON body.
struct JsonLimits {
  std::size_t depth = 16;
  std::size_t bytes = usual_body_bytes;
};

/// What null means for a field that may be left out: the same as leaving it out, or nothing that is taken, because it
/// could be meant to clear the field.
enum class Nulls { absent, refused };

/// Reads JSON into an empty message by its descriptor. Refuses, naming the field: unknown and duplicate fields, wrong
/// types, null for a required field or in an array, numbers beyond 2^53 or with a fraction for an integer, invalid
/// UTF-8, U+0000, unknown enum names, depth and size beyond the limits, anything after the object. An empty text is the
/// empty object. Unknown members of an `open_ended` message are ignored. Enums are their value's name without the
/// enum's prefix, in lower case; timestamps RFC 3339 in UTC; bytes unpadded base64url.
Result<void> read_json(std::string_view text, google::protobuf::Message& message, const JsonLimits& limits = {},
                       Nulls nulls = Nulls::absent);

/// Writes a message as JSON: snake_case; absent optional fields left out, others always there; timestamps with six
/// digits of a second's fraction.
void write_json(const google::protobuf::Message& message, std::string& out);

/// Sets one field from the text of a path segment or a query parameter. Refuses invalid values.
Result<void> read_text_field(std::string_view name, std::string_view value, google::protobuf::Message& message);

}  // namespace ostiary::contract
