#include "pages/openapi_schemas.hpp"

#include <boost/json/parse.hpp>

#include "contract/field_values.hpp"
#include "contract/rules.hpp"
#include "ostiary/options.pb.h"

namespace ostiary::pages {

namespace json = boost::json;
using contract::rule_of;
using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

namespace {

/// "User" for ostiary.v1.User; the full name elsewhere.
std::string schema_name(const Descriptor& message) {
  static constexpr std::string_view package = "ostiary.v1.";
  const std::string& name = message.full_name();
  return name.starts_with(package) ? name.substr(package.size()) : name;
}

void add_format(Format format, json::object& schema) {
  switch (format) {
    case Format::EMAIL: schema["format"] = "email"; break;
    case Format::UUID: schema["format"] = "uuid"; break;
    case Format::TIMESTAMP: schema["format"] = "date-time"; break;
    case Format::HTTPS_URL:
      // An empty text, which clears the field, is no URI, and generators don't know what to make of an anyOf of
      // formats.
      schema["pattern"] = "^$|^https?://";
      break;
    case Format::BASE64URL: schema["pattern"] = "^[A-Za-z0-9_-]*$"; break;
    default: break;
  }
}

json::object text_schema(const FieldDescriptor& field) {
  json::object schema{{"type", "string"}};
  const Rule& rule = rule_of(field);
  add_format(rule.format(), schema);
  if (!rule.pattern().empty()) schema["pattern"] = "^(?:" + rule.pattern() + ")$";
  if (rule.min_characters() > 0) schema["minLength"] = rule.min_characters();
  // A text of so many bytes has at most so many characters.
  const auto longest = rule.max_characters() > 0 ? rule.max_characters() : rule.max_bytes();
  if (longest > 0) schema["maxLength"] = longest;
  if (field.name().ends_with("password")) schema["format"] = "password";
  return schema;
}

json::object integer_schema(const FieldDescriptor& field, std::string_view format) {
  json::object schema{{"type", "integer"}, {"format", format}};
  const Rule& rule = rule_of(field);
  if (rule.has_minimum()) schema["minimum"] = rule.minimum();
  if (rule.has_maximum()) schema["maximum"] = rule.maximum();
  return schema;
}

json::object enum_schema(const EnumDescriptor& type) {
  json::array names;
  for (int at = 0; at < type.value_count(); ++at) {
    if (!type.value(at)->name().ends_with("_UNSPECIFIED")) names.emplace_back(contract::json_name(*type.value(at)));
  }
  return {{"type", "string"}, {"enum", std::move(names)}};
}

/// "`cookie`: As cookies only." for each value that has a comment.
std::string values_prose(const EnumDescriptor& type, const contract::ContractComments& comments) {
  std::string prose;
  for (int at = 0; at < type.value_count(); ++at) {
    const std::string comment = comments.of(*type.value(at));
    if (!comment.empty()) prose += "\n\n`" + contract::json_name(*type.value(at)) + "`: " + comment;
  }
  return prose;
}

std::string field_prose(const FieldDescriptor& field, const contract::ContractComments& comments) {
  std::string prose = comments.of(field);
  const Rule& rule = rule_of(field);
  if (const auto* type = field.enum_type()) {
    if (prose.empty()) prose = comments.of(*type);
    prose += values_prose(*type, comments);
  }
  if (!rule.pattern_hint().empty()) prose += (prose.empty() ? "" : " ") + ("Must be " + rule.pattern_hint() + ".");
  return prose;
}

bool is_always_there(const FieldDescriptor& field, OpenApiSchemas::Role role) {
  if (role == OpenApiSchemas::Role::request) return rule_of(field).required();
  return !field.has_presence() && !rule_of(field).not_for_browsers() && !rule_of(field).occasional();
}

json::value placeholder(const FieldDescriptor& field, OpenApiSchemas::Role role, int depth) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL: return true;
    case FieldDescriptor::CPPTYPE_STRING:
      return rule_of(field).format() == Format::UUID ? "0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55" : "c29tZXRoaW5n";
    case FieldDescriptor::CPPTYPE_ENUM:
      return json::string(contract::json_name(*field.enum_type()->value(field.enum_type()->value_count() - 1)));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (contract::is_timestamp(field)) return "2026-01-31T08:15:00.000000Z";
      return OpenApiSchemas::example(*field.message_type(), role, depth - 1);
    default: return rule_of(field).has_minimum() ? rule_of(field).minimum() : 1;
  }
}

}  // namespace

json::object OpenApiSchemas::reference(const Descriptor& type, Role role) {
  std::string name = schema_name(type);
  if (role == Role::reply) {
    replies_.insert(name);
  } else if (replies_.contains(name)) {
    name += "Input";
  }
  if (!schemas_.contains(name)) {
    // The name is taken before its fields are looked at, for a message may hold itself.
    schemas_[name] = json::object{};
    schemas_[name] = message(type, role);
  }
  return {{"$ref", "#/components/schemas/" + name}};
}

json::object OpenApiSchemas::message(const Descriptor& type, Role role) {
  json::object schema{{"type", "object"}};
  if (const std::string prose = comments_.of(type); !prose.empty()) schema["description"] = prose;
  json::object properties;
  json::array required;
  for (int at = 0; at < type.field_count(); ++at) {
    const FieldDescriptor& one = *type.field(at);
    properties[one.name()] = field(one, role);
    if (is_always_there(one, role)) required.emplace_back(one.name());
  }
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  if (role == Role::request && !type.options().GetExtension(open_ended)) schema["additionalProperties"] = false;
  return schema;
}

json::object OpenApiSchemas::field(const FieldDescriptor& one, Role role) {
  json::object schema = value(one, role);
  const Rule& rule = rule_of(one);
  if (one.is_repeated()) {
    schema = json::object{{"type", "array"}, {"items", std::move(schema)}};
    if (rule.max_items() > 0) schema["maxItems"] = rule.max_items();
  }
  if (const std::string prose = field_prose(one, comments_); !prose.empty()) schema["description"] = prose;
  if (!rule.example().empty()) schema["examples"] = json::array{json::parse(rule.example())};
  return schema;
}

json::object OpenApiSchemas::value(const FieldDescriptor& one, Role role) {
  switch (one.type()) {
    case FieldDescriptor::TYPE_STRING: return text_schema(one);
    case FieldDescriptor::TYPE_BYTES: return {{"type", "string"}, {"pattern", "^[A-Za-z0-9_-]*$"}};
    case FieldDescriptor::TYPE_BOOL: return {{"type", "boolean"}};
    case FieldDescriptor::TYPE_ENUM: return enum_schema(*one.enum_type());
    case FieldDescriptor::TYPE_MESSAGE:
      if (contract::is_timestamp(one)) return {{"type", "string"}, {"format", "date-time"}};
      return reference(*one.message_type(), role);
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FLOAT: return {{"type", "number"}};
    default: return integer_schema(one, one.cpp_type() == FieldDescriptor::CPPTYPE_INT32 ? "int32" : "int64");
  }
}

json::object OpenApiSchemas::example(const Descriptor& type, Role role, int depth) {
  json::object example;
  for (int at = 0; at < type.field_count(); ++at) {
    const FieldDescriptor& one = *type.field(at);
    const bool is_message = one.message_type() != nullptr && !contract::is_timestamp(one);
    const bool deep_enough = !is_message || depth > 0;
    if (rule_of(one).occasional()) continue;
    if (!rule_of(one).example().empty()) {
      example[one.name()] = json::parse(rule_of(one).example());
    } else if (one.is_repeated() && role == Role::reply) {
      example[one.name()] = is_message && deep_enough ? json::array{placeholder(one, role, depth)} : json::array{};
    } else if (deep_enough && (role == Role::reply || rule_of(one).required())) {
      // What a client may leave out is shown only where the contract gives an example of it.
      example[one.name()] = placeholder(one, role, depth);
    }
  }
  return example;
}

}  // namespace ostiary::pages
