#include "contract/http_binding.hpp"

#include <algorithm>
#include <set>

#include "contract/field_values.hpp"
#include "contract/rules.hpp"
#include "google/api/annotations.pb.h"

namespace ostiary::contract {
namespace {

using google::api::HttpRule;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

[[noreturn]] void fail(const MethodDescriptor& method, const std::string& why) {
  throw ContractError(method.full_name() + ": " + why);
}

bool is_secret(const FieldDescriptor& field) { return rule_of(field).secret(); }

bool is_literal_segment(std::string_view segment) {
  return !segment.empty() && std::ranges::all_of(segment, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
  });
}

std::pair<std::string, std::string> verb_and_path(const MethodDescriptor& method, const HttpRule& rule) {
  switch (rule.pattern_case()) {
    case HttpRule::kGet: return {"GET", rule.get()};
    case HttpRule::kPost: return {"POST", rule.post()};
    case HttpRule::kPut: return {"PUT", rule.put()};
    case HttpRule::kPatch: return {"PATCH", rule.patch()};
    case HttpRule::kDelete: return {"DELETE", rule.delete_()};
    case HttpRule::kCustom: fail(method, "custom verbs are not served");
    case HttpRule::PATTERN_NOT_SET: fail(method, "a route without a path");
  }
  fail(method, "a route of an unknown kind");
}

/// The text field of the request that `{name}` stands for.
const FieldDescriptor& segment_field(const MethodDescriptor& method, const std::string& path, const std::string& name) {
  const auto* field = method.input_type()->FindFieldByName(name);
  if (field == nullptr) fail(method, path + ": the request has no field " + name);
  if (field->type() != FieldDescriptor::TYPE_STRING || field->is_repeated()) {
    fail(method, path + ": " + name + " is not one text");
  }
  if (is_secret(*field)) fail(method, path + ": " + name + " is secret, and a path is logged");
  return *field;
}

HttpBinding::Segment segment_of(const MethodDescriptor& method, const std::string& path, std::string_view text) {
  if (text.starts_with('{') && text.ends_with('}')) {
    const std::string name(text.substr(1, text.size() - 2));
    if (!is_literal_segment(name)) fail(method, path + ": of templates only {field} is served");
    segment_field(method, path, name);
    return {name, true};
  }
  if (!is_literal_segment(text)) fail(method, path + ": the segment \"" + std::string(text) + "\" is not served");
  return {std::string(text), false};
}

std::vector<HttpBinding::Segment> segments_of(const MethodDescriptor& method, const std::string& path) {
  if (!path.starts_with('/')) fail(method, "the path " + path + " does not begin with /");
  std::vector<HttpBinding::Segment> segments;
  std::set<std::string> fields;
  std::string_view rest = std::string_view(path).substr(1);
  for (;;) {
    const auto slash = rest.find('/');
    segments.push_back(segment_of(method, path, rest.substr(0, slash)));
    if (segments.back().is_field && !fields.insert(segments.back().text).second) {
      fail(method, path + ": the field " + segments.back().text + " is there twice");
    }
    if (slash == std::string_view::npos) return segments;
    rest.remove_prefix(slash + 1);
  }
}

/// Without a body, every field that is not in the path may stand in the query.
void check_query(const MethodDescriptor& method, const HttpBinding& binding) {
  for (int i = 0; i < method.input_type()->field_count(); ++i) {
    const FieldDescriptor& field = *method.input_type()->field(i);
    const bool in_path = std::ranges::any_of(binding.segments, [&field](const HttpBinding::Segment& segment) {
      return segment.is_field && segment.text == field.name();
    });
    if (in_path || &field == binding.raw_field) continue;
    const bool message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !is_timestamp(field);
    if (field.is_repeated() || message) fail(method, binding.path + ": " + field.name() + " can't stand in a query");
    if (is_secret(field)) fail(method, binding.path + ": " + field.name() + " is secret, and a query is logged");
  }
}

/// The field that a route names as its body.
const FieldDescriptor& raw_field(const MethodDescriptor& method, const std::string& path, const std::string& name) {
  const auto* field = method.input_type()->FindFieldByName(name);
  if (field == nullptr || field->message_type() == nullptr || !is_raw(*field->message_type())) {
    fail(method, path + ": a body other than \"*\" or a field of google.api.HttpBody is not served");
  }
  return *field;
}

/// A raw body is no part of a JSON one.
void check_json_body(const MethodDescriptor& method, const std::string& path) {
  for (int i = 0; i < method.input_type()->field_count(); ++i) {
    const auto* const type = method.input_type()->field(i)->message_type();
    if (type != nullptr && is_raw(*type)) {
      fail(method, path + ": the route has to name " + method.input_type()->field(i)->name() + " as its body");
    }
  }
}

HttpBinding binding_of(const MethodDescriptor& method, const HttpRule& rule) {
  auto [verb, path] = verb_and_path(method, rule);
  HttpBinding binding{verb, path, segments_of(method, path), !rule.body().empty()};
  if (binding.has_body && rule.body() != "*") binding.raw_field = &raw_field(method, path, rule.body());
  if (!rule.response_body().empty()) fail(method, path + ": response_body is not served");
  if (binding.has_body && (verb == "GET" || verb == "DELETE")) fail(method, path + ": a " + verb + " has no body");
  if (!binding.has_body || binding.raw_field != nullptr) check_query(method, binding);
  else check_json_body(method, path);
  return binding;
}

}  // namespace

std::vector<HttpBinding> http_bindings(const MethodDescriptor& method) {
  std::vector<HttpBinding> bindings;
  if (!method.options().HasExtension(google::api::http)) return bindings;
  const HttpRule& rule = method.options().GetExtension(google::api::http);
  bindings.push_back(binding_of(method, rule));
  for (const auto& more : rule.additional_bindings()) {
    if (more.additional_bindings_size() > 0) fail(method, "additional_bindings inside additional_bindings");
    bindings.push_back(binding_of(method, more));
  }
  return bindings;
}

bool ambiguous(const HttpBinding& left, const HttpBinding& right) {
  if (left.verb != right.verb || left.segments.size() != right.segments.size()) return false;
  for (std::size_t i = 0; i < left.segments.size(); ++i) {
    const auto &one = left.segments[i], &other = right.segments[i];
    if (!one.is_field && !other.is_field && one.text != other.text) return false;
  }
  return true;
}

}  // namespace ostiary::contract
