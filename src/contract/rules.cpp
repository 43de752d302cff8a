#include "contract/rules.hpp"

#include <optional>

#include "base/text.hpp"
#include "contract/contract.hpp"
#include "contract/field_values.hpp"

namespace ostiary::contract {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool is_text(const FieldDescriptor& field) { return field.type() == FieldDescriptor::TYPE_STRING; }
bool is_bytes(const FieldDescriptor& field) { return field.type() == FieldDescriptor::TYPE_BYTES; }

bool is_whole_number(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64: return true;
    default: return false;
  }
}

/// Why the rule can't be kept on such a field; nothing when it can.
std::optional<std::string> unfit_rule(const FieldDescriptor& field, const Rule& rule) {
  const bool text = is_text(field);
  if ((rule.min_bytes() != 0 || rule.max_bytes() != 0) && !text && !is_bytes(field)) {
    return "min_bytes and max_bytes are for texts and bytes";
  }
  if ((rule.min_characters() != 0 || rule.max_characters() != 0) && !text) return "characters are counted in texts";
  if (!rule.pattern().empty() && !text) return "a pattern is for texts";
  if (!rule.pattern().empty() && rule.max_bytes() > Rules::longest_matched) {
    return "a pattern is matched against at most " + std::to_string(Rules::longest_matched) + " bytes";
  }
  if (rule.pattern().empty() != rule.pattern_hint().empty()) return "a pattern and its hint go together";
  if (rule.format() != FORMAT_UNSPECIFIED && !text) return "a format is for texts";
  if (rule.multiline() && !text) return "multiline is for texts";
  if (rule.identifier() && (!text || field.is_repeated())) return "an identifier is one text";
  if (rule.cookie() != COOKIE_UNSPECIFIED && (!text || field.is_repeated())) return "a cookie is one text";
  if (rule.cookie() != COOKIE_UNSPECIFIED && !rule.secret()) return "what travels as a cookie is secret";
  if ((rule.has_minimum() || rule.has_maximum()) && !is_whole_number(field)) return "a range is for whole numbers";
  if (rule.redirect() && (!text || field.is_repeated())) return "a redirect is one text";
  if (rule.max_items() != 0 && !field.is_repeated()) return "max_items is for repeated fields";
  if (rule.required() && !text && !is_bytes(field) && !field.is_repeated() && !field.has_presence()) {
    return "required can't tell an absent one from zero: make it optional";
  }
  if ((rule.min_bytes() != 0 || rule.min_characters() != 0) && !rule.required() && !field.has_presence() &&
      !field.is_repeated()) {
    return "a least length can't tell an absent text from an empty one: make it optional or required";
  }
  if (rule.max_bytes() != 0 && rule.min_bytes() > rule.max_bytes()) return "min_bytes is above max_bytes";
  if (rule.max_characters() != 0 && rule.min_characters() > rule.max_characters()) {
    return "min_characters is above max_characters";
  }
  if (rule.has_minimum() && rule.has_maximum() && rule.minimum() > rule.maximum()) return "minimum is above maximum";
  return std::nullopt;
}

/// Why fields of such a type can't be served; nothing when they can.
std::optional<std::string> unservable(const FieldDescriptor& field, Rules::RawFields raw_fields) {
  if (field.is_map()) return "maps are not served";
  if (field.type() == FieldDescriptor::TYPE_GROUP) return "groups are not served";
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !is_timestamp(field) &&
      field.message_type()->full_name().starts_with("google.protobuf.")) {
    return "of google.protobuf only Timestamp is served";
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && is_raw(*field.message_type()) &&
      (raw_fields == Rules::RawFields::refused || field.is_repeated())) {
    return "google.api.HttpBody is a whole request or reply, or the one field that a route names as its body";
  }
  return std::nullopt;
}

std::unique_ptr<const std::regex> compile(const FieldDescriptor& field, const Rule& rule) {
  if (rule.pattern().empty()) return nullptr;
  try {
    return std::make_unique<const std::regex>(rule.pattern(), std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error&) {
    throw RuleError(field.full_name() + ": the pattern can't be read");
  }
}

std::unexpected<Refused> invalid_field(std::string expected, const std::string& name) {
  return refuse(Refusal::invalid_field, "Expected " + std::move(expected) + ".", name);
}

std::string span(std::uint64_t least, std::uint64_t most, std::string_view unit) {
  if (least == 0) return "at most " + std::to_string(most) + ' ' + std::string(unit);
  if (most == 0) return "at least " + std::to_string(least) + ' ' + std::string(unit);
  if (least == most) return std::to_string(least) + ' ' + std::string(unit);
  return std::to_string(least) + " to " + std::to_string(most) + ' ' + std::string(unit);
}

bool outside(std::uint64_t count, std::uint64_t least, std::uint64_t most) {
  return count < least || (most != 0 && count > most);
}

Result<void> check_bytes(const std::string& name, const std::string& bytes, const Rule& rule) {
  if (outside(bytes.size(), rule.min_bytes(), rule.max_bytes())) {
    return invalid_field(span(rule.min_bytes(), rule.max_bytes(), "bytes"), name);
  }
  return {};
}

Result<void> check_text(const std::string& name, const std::string& text, const Rule& rule, const std::regex* pattern) {
  if (auto fits = check_bytes(name, text, rule); !fits) return fits;
  const auto facts = inspect(text);
  if (!facts.valid) return invalid_field("valid UTF-8", name);
  if (facts.has_nul) return invalid_field("a string without U+0000", name);
  if (facts.has_control && !rule.multiline()) return invalid_field("a string without control characters", name);
  if (outside(facts.characters, rule.min_characters(), rule.max_characters())) {
    return invalid_field(span(rule.min_characters(), rule.max_characters(), "characters"), name);
  }
  if (pattern != nullptr && (outside(text.size(), 0, rule.max_bytes() != 0 ? 0 : Rules::longest_matched) ||
                             !std::regex_match(text, *pattern))) {
    return invalid_field(rule.pattern_hint(), name);
  }
  if (!has_format(text, rule.format())) return invalid_field(std::string(format_expectation(rule.format())), name);
  return {};
}

Result<void> check_number(const std::string& name, std::int64_t number, const Rule& rule) {
  if ((rule.has_minimum() && number < rule.minimum()) || (rule.has_maximum() && number > rule.maximum())) {
    std::string expected = "a whole number";
    if (rule.has_minimum()) expected += " from " + std::to_string(rule.minimum());
    if (rule.has_maximum())
      expected += std::string(rule.has_minimum() ? "" : " up") + " to " + std::to_string(rule.maximum());
    return invalid_field(expected, name);
  }
  return {};
}

Result<void> check_enum(const std::string& name, const FieldDescriptor& field, int number) {
  // Protobuf keeps numbers that the enum does not have.
  if (field.enum_type()->FindValueByNumber(number) == nullptr) return invalid_field(expectation(field), name);
  return {};
}

/// A time that RFC 3339 can write, which protobuf itself does not see to.
Result<void> check_timestamp(const std::string& name, const Message& time) {
  constexpr std::int64_t first = -62'135'596'800, last = 253'402'300'799;
  const auto* reflection = time.GetReflection();
  const auto seconds = reflection->GetInt64(time, time.GetDescriptor()->FindFieldByNumber(1));
  const auto nanos = reflection->GetInt32(time, time.GetDescriptor()->FindFieldByNumber(2));
  if (seconds < first || seconds > last || nanos < 0 || nanos > 999'999'999) {
    return invalid_field("a time between the years 1 and 9999", name);
  }
  return {};
}

/// The number of a field as int64; one of uint64 that has no room there counts as the largest.
std::int64_t number_of(const Message& message, const FieldDescriptor& field, int index) {
  const auto& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return repeated ? reflection.GetRepeatedInt32(message, &field, index) : reflection.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return repeated ? reflection.GetRepeatedUInt32(message, &field, index) : reflection.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return repeated ? reflection.GetRepeatedInt64(message, &field, index) : reflection.GetInt64(message, &field);
    default: {
      const auto number =
          repeated ? reflection.GetRepeatedUInt64(message, &field, index) : reflection.GetUInt64(message, &field);
      return static_cast<std::int64_t>(std::min<std::uint64_t>(number, INT64_MAX));
    }
  }
}

bool is_there(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  if (field.is_repeated()) return reflection.FieldSize(message, &field) > 0;
  return reflection.HasField(message, &field);
}

}  // namespace

void Rules::add(const Descriptor& type, RawFields raw_fields) {
  if (types_.contains(&type)) return;
  types_[&type];
  if (is_raw(type)) return;
  std::vector<FieldRule> fields;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const Rule& rule = rule_of(field);
    if (const auto why = unservable(field, raw_fields)) throw RuleError(field.full_name() + ": " + *why);
    if (const auto why = unfit_rule(field, rule)) throw RuleError(field.full_name() + ": " + *why);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !is_timestamp(field)) add(*field.message_type());
    fields.push_back({&field, rule, compile(field, rule)});
  }
  types_[&type] = std::move(fields);
}

Result<void> Rules::check(const Message& message) const { return check_at({}, message); }

Result<void> Rules::check_at(const std::string& path, const Message& message) const {
  const auto found = types_.find(message.GetDescriptor());
  if (found == types_.end()) throw std::logic_error("no rules were read for " + message.GetTypeName());
  const FieldDescriptor* identifier = nullptr;
  for (const FieldRule& rule : found->second) {
    if (auto fits = check_field(path, message, rule); !fits) return fits;
    if (!rule.rule.identifier() || !is_there(message, *rule.field)) continue;
    if (identifier) {
      const std::string both = "Send " + identifier->name() + " or " + rule.field->name() + ", not both.";
      return refuse(Refusal::invalid_field, both, path + rule.field->name());
    }
    identifier = rule.field;
  }
  if (is_raw(*message.GetDescriptor())) {
    const auto* const extensions = message.GetDescriptor()->FindFieldByName("extensions");
    if (is_there(message, *extensions)) return refuse(Refusal::unknown_field, "Not served.", path + "extensions");
  }
  const auto& unknown = message.GetReflection()->GetUnknownFields(message);
  if (!unknown.empty()) {
    return refuse(Refusal::unknown_field, "The call has no such field.",
                  path + std::to_string(unknown.field(0).number()));
  }
  return {};
}

Result<void> Rules::check_field(const std::string& path, const Message& message, const FieldRule& rule) const {
  const FieldDescriptor& field = *rule.field;
  const auto& reflection = *message.GetReflection();
  const std::string name = path + field.name();
  const bool there = is_there(message, field);
  if (rule.rule.required()) {
    std::string scratch;
    const bool empty = there && !field.is_repeated() && field.cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
                       reflection.GetStringReference(message, &field, &scratch).empty();
    if (!there || empty) return refuse(Refusal::missing_field, "The field is required.", name);
  }
  // A number without presence has a value in any case: zero.
  if (!there && (field.has_presence() || field.is_repeated() || !is_whole_number(field))) return {};
  if (!field.is_repeated()) return check_member(name, message, rule, 0);

  const int members = reflection.FieldSize(message, &field);
  if (rule.rule.max_items() != 0 && members > static_cast<std::int64_t>(rule.rule.max_items())) {
    return invalid_field("at most " + std::to_string(rule.rule.max_items()) + " members", name);
  }
  for (int i = 0; i < members; ++i) {
    if (auto fits = check_member(name + '[' + std::to_string(i) + ']', message, rule, i); !fits) return fits;
  }
  return {};
}

Result<void> Rules::check_member(const std::string& name, const Message& message, const FieldRule& rule,
                                 int index) const {
  const FieldDescriptor& field = *rule.field;
  const auto& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  std::string scratch;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string& text = repeated ? reflection.GetRepeatedStringReference(message, &field, index, &scratch)
                                         : reflection.GetStringReference(message, &field, &scratch);
      return is_text(field) ? check_text(name, text, rule.rule, rule.pattern.get())
                            : check_bytes(name, text, rule.rule);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const Message& inner =
          repeated ? reflection.GetRepeatedMessage(message, &field, index) : reflection.GetMessage(message, &field);
      return is_timestamp(field) ? check_timestamp(name, inner) : check_at(name + '.', inner);
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return check_enum(name, field,
                        repeated ? reflection.GetRepeatedEnumValue(message, &field, index)
                                 : reflection.GetEnumValue(message, &field));
    default:
      if (!is_whole_number(field)) return {};
      return check_number(name, number_of(message, field, index), rule.rule);
  }
}

}  // namespace ostiary::contract
