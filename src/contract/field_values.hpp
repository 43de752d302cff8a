#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/refusal.hpp"

namespace ostiary::contract {

/// Why a value is not valid for a field.
struct Misfit {
  Refusal why;
  std::string detail;
};

/// A place for a value: a field of a message, or the next element of a repeated field. Each `put` writes the value, or
/// says why it cannot and writes nothing.
struct Slot {
  google::protobuf::Message& message;
  const google::protobuf::FieldDescriptor& field;

  std::optional<Misfit> put_text(std::string_view text) const;  ///< texts, bytes, enums, times
  std::optional<Misfit> put_integer(std::int64_t number) const;
  std::optional<Misfit> put_double(double number, bool looks_whole) const;
  std::optional<Misfit> put_bool(bool truth) const;

  /// The error for a value of another type.
  Misfit wrong_type(std::string_view got) const;
};

/// Whether the field holds a google.protobuf.Timestamp, a text in JSON.
bool is_timestamp(const google::protobuf::FieldDescriptor& field);

/// What a value of the field must be, to complete "Expected ...".
std::string expectation(const google::protobuf::FieldDescriptor& field);

/// The JSON name of an enum value: lower-case, without the enum's name before it (TOKEN_DELIVERY_BODY: "body").
std::string json_name(const google::protobuf::EnumValueDescriptor& value);

/// The names of an enum that can be given, separated by commas: all except ..._UNSPECIFIED.
std::string json_names(const google::protobuf::EnumDescriptor& type);

/// Seconds and nanoseconds of an RFC 3339 time in UTC ("Z" or "+00:00") between the years 1 and 9999; empty for any
/// other text.
struct Moment {
  std::int64_t seconds;
  std::int32_t nanos;
};
std::optional<Moment> parse_rfc3339(std::string_view text);

}  // namespace ostiary::contract
