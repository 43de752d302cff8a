#include "contract/field_values.hpp"

#include <chrono>
#include <cmath>
#include <limits>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace ostiary::contract {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// Beyond it a JSON number loses its last digit in many clients.
constexpr std::int64_t largest_exact = std::int64_t{1} << 53;

/// JSON writes a negative zero as an integer, which has none.
template <class Number>
Number without_negative_zero(Number number) {
  return number == 0 ? Number() : number;
}

/// TokenDelivery: "TOKEN_DELIVERY_".
std::string prefix_of(const EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !prefix.empty()) prefix += '_';
    prefix += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return prefix + '_';
}

bool stands_for_nothing(const EnumValueDescriptor& value) {
  return value.number() == 0 && value.name().ends_with("UNSPECIFIED");
}

Misfit invalid(std::string detail) { return {Refusal::invalid_field, std::move(detail)}; }

void put_string(const Slot& slot, std::string text) {
  const auto* reflection = slot.message.GetReflection();
  if (slot.field.is_repeated()) {
    reflection->AddString(&slot.message, &slot.field, std::move(text));
  } else {
    reflection->SetString(&slot.message, &slot.field, std::move(text));
  }
}

std::optional<Misfit> put_characters(const Slot& slot, std::string_view text) {
  const auto facts = inspect(text);
  if (!facts.valid) return invalid("Expected valid UTF-8.");
  if (facts.has_nul) return invalid("Expected a string without U+0000.");
  put_string(slot, std::string(text));
  return std::nullopt;
}

std::optional<Misfit> put_enum(const Slot& slot, std::string_view text) {
  const EnumDescriptor& type = *slot.field.enum_type();
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor& value = *type.value(i);
    if (stands_for_nothing(value) || json_name(value) != text) continue;
    const auto* reflection = slot.message.GetReflection();
    if (slot.field.is_repeated()) {
      reflection->AddEnum(&slot.message, &slot.field, &value);
    } else {
      reflection->SetEnum(&slot.message, &slot.field, &value);
    }
    return std::nullopt;
  }
  return invalid("Expected " + expectation(slot.field) + ".");
}

std::optional<Misfit> put_timestamp(const Slot& slot, std::string_view text) {
  const auto moment = parse_rfc3339(text);
  if (!moment) return invalid("Expected " + expectation(slot.field) + ".");
  const auto* outer = slot.message.GetReflection();
  Message& time = slot.field.is_repeated() ? *outer->AddMessage(&slot.message, &slot.field)
                                           : *outer->MutableMessage(&slot.message, &slot.field);
  const auto* reflection = time.GetReflection();
  reflection->SetInt64(&time, time.GetDescriptor()->FindFieldByNumber(1), moment->seconds);
  reflection->SetInt32(&time, time.GetDescriptor()->FindFieldByNumber(2), moment->nanos);
  return std::nullopt;
}

template <class Integer>
std::optional<Misfit> out_of_range(std::int64_t number) {
  const auto smallest = std::max<std::int64_t>(
      -largest_exact, static_cast<std::int64_t>(std::is_signed_v<Integer> ? std::numeric_limits<Integer>::min() : 0));
  const auto largest = static_cast<std::int64_t>(
      std::min<std::uint64_t>(largest_exact, static_cast<std::uint64_t>(std::numeric_limits<Integer>::max())));
  if (number >= smallest && number <= largest) return std::nullopt;
  return invalid("Expected a whole number from " + std::to_string(smallest) + " to " + std::to_string(largest) + ".");
}

}  // namespace

std::optional<Misfit> Slot::put_text(std::string_view text) const {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      if (field.type() != FieldDescriptor::TYPE_BYTES) return put_characters(*this, text);
      const auto bytes = from_base64url(text);
      if (!bytes) return invalid("Expected " + expectation(field) + ".");
      put_string(*this, std::string(as_text(*bytes)));
      return std::nullopt;
    }
    case FieldDescriptor::CPPTYPE_ENUM: return put_enum(*this, text);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (is_timestamp(field)) return put_timestamp(*this, text);
      return wrong_type("a string");
    default: return wrong_type("a string");
  }
}

std::optional<Misfit> Slot::put_integer(std::int64_t number) const {
  const auto* reflection = message.GetReflection();
  const bool repeated = field.is_repeated();
  std::optional<Misfit> misfit;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      if ((misfit = out_of_range<std::int32_t>(number))) return misfit;
      repeated ? reflection->AddInt32(&message, &field, static_cast<std::int32_t>(number))
               : reflection->SetInt32(&message, &field, static_cast<std::int32_t>(number));
      return std::nullopt;
    case FieldDescriptor::CPPTYPE_UINT32:
      if ((misfit = out_of_range<std::uint32_t>(number))) return misfit;
      repeated ? reflection->AddUInt32(&message, &field, static_cast<std::uint32_t>(number))
               : reflection->SetUInt32(&message, &field, static_cast<std::uint32_t>(number));
      return std::nullopt;
    case FieldDescriptor::CPPTYPE_INT64:
      if ((misfit = out_of_range<std::int64_t>(number))) return misfit;
      repeated ? reflection->AddInt64(&message, &field, number) : reflection->SetInt64(&message, &field, number);
      return std::nullopt;
    case FieldDescriptor::CPPTYPE_UINT64:
      if ((misfit = out_of_range<std::uint64_t>(number))) return misfit;
      repeated ? reflection->AddUInt64(&message, &field, static_cast<std::uint64_t>(number))
               : reflection->SetUInt64(&message, &field, static_cast<std::uint64_t>(number));
      return std::nullopt;
    default: return put_double(static_cast<double>(number), true);
  }
}

std::optional<Misfit> Slot::put_double(double number, bool looks_whole) const {
  number = without_negative_zero(number);
  const auto* reflection = message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      if (!std::isfinite(number)) return invalid("Expected a number that a double can hold.");
      field.is_repeated() ? reflection->AddDouble(&message, &field, number)
                          : reflection->SetDouble(&message, &field, number);
      return std::nullopt;
    case FieldDescriptor::CPPTYPE_FLOAT: {
      const auto rough = without_negative_zero(static_cast<float>(number));  // may be zero only now
      if (!std::isfinite(rough)) return invalid("Expected a number that a float can hold.");
      field.is_repeated() ? reflection->AddFloat(&message, &field, rough)
                          : reflection->SetFloat(&message, &field, rough);
      return std::nullopt;
    }
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT64:
      if (looks_whole) return invalid("Expected a whole number within 2^53.");
      return wrong_type("a number with a fraction or an exponent");
    default: return wrong_type("a number");
  }
}

std::optional<Misfit> Slot::put_bool(bool truth) const {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_BOOL) return wrong_type(truth ? "true" : "false");
  const auto* reflection = message.GetReflection();
  field.is_repeated() ? reflection->AddBool(&message, &field, truth) : reflection->SetBool(&message, &field, truth);
  return std::nullopt;
}

Misfit Slot::wrong_type(std::string_view got) const {
  return {Refusal::wrong_type, "Expected " + expectation(field) + ", got " + std::string(got) + "."};
}

bool is_timestamp(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field.message_type()->full_name() == "google.protobuf.Timestamp";
}

std::string expectation(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES ? "bytes as unpadded base64url" : "a string";
    case FieldDescriptor::CPPTYPE_ENUM: return "one of " + json_names(*field.enum_type());
    case FieldDescriptor::CPPTYPE_BOOL: return "true or false";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return is_timestamp(field) ? "a time in UTC as in 2026-01-31T08:15:00Z" : "an object";
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: return "a number";
    default: return "a whole number";
  }
}

std::string json_name(const EnumValueDescriptor& value) {
  const auto prefix = prefix_of(*value.type());
  const std::string& name = value.name();
  return lower_case(name.starts_with(prefix) ? name.substr(prefix.size()) : name);
}

std::string json_names(const EnumDescriptor& type) {
  std::string names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (stands_for_nothing(*type.value(i))) continue;
    if (!names.empty()) names += ", ";
    names += json_name(*type.value(i));
  }
  return names;
}

std::optional<Moment> parse_rfc3339(std::string_view text) {
  const auto number = [text](std::size_t at, std::size_t digits) -> std::optional<int> {
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) {
      if (i >= text.size() || text[i] < '0' || text[i] > '9') return std::nullopt;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  const auto has = [text](std::size_t at, char c) { return at < text.size() && text[at] == c; };
  const auto year = number(0, 4), month = number(5, 2), day = number(8, 2);
  const auto hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (!has(4, '-') || !has(7, '-') || !has(10, 'T') || !has(13, ':') || !has(16, ':')) return std::nullopt;
  if (*year < 1 || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;

  std::size_t at = 19;
  std::int32_t nanos = 0;
  if (has(at, '.')) {
    const std::size_t first = ++at;
    std::int32_t unit = 100'000'000;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10) nanos += (text[at] - '0') * unit;
    if (at == first || at - first > 9) return std::nullopt;
  }
  if (text.substr(at) != "Z" && text.substr(at) != "+00:00") return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return Moment{std::int64_t{days} * 86400 + *hour * 3600 + *minute * 60 + *second, nanos};
}

}  // namespace ostiary::contract
