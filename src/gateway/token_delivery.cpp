#include "gateway/token_delivery.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "ostiary/v1/auth.pb.h"

namespace ostiary::gateway {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

bool is_single_text(const FieldDescriptor& field) {
  return field.type() == FieldDescriptor::TYPE_STRING && !field.is_repeated();
}

bool is_given(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  return field.has_presence() ? reflection.HasField(message, &field) : !reflection.GetString(message, &field).empty();
}

}  // namespace

TokenDelivery judge_delivery(TokenHolder holder, bool token_came_by_cookie, AskedDelivery asked) {
  constexpr TokenDelivery cookies{.cookies = true, .body = false}, body{.cookies = false, .body = true},
      both{.cookies = true, .body = true};
  if (token_came_by_cookie || holder == TokenHolder::page) return cookies;
  const bool is_page = holder == TokenHolder::trusted_page;
  switch (asked) {
    case AskedDelivery::cookie: return cookies;
    case AskedDelivery::body: return body;
    case AskedDelivery::as_brought: return is_page ? body : both;
    case AskedDelivery::either: break;
  }
  return is_page ? cookies : both;
}

CookieFields::CookieFields(const Descriptor& request, const Descriptor& reply) {
  for (int at = 0; at < request.field_count(); ++at) {
    const FieldDescriptor& field = *request.field(at);
    if (field.enum_type() == v1::TokenDelivery_descriptor() && !field.is_repeated()) asked_ = &field;
    if (contract::rule_of(field).cookie() == Cookie::REFRESH_TOKEN && is_single_text(field)) refresh_token_ = &field;
  }
  for (int at = 0; at < reply.field_count(); ++at) {
    const FieldDescriptor& field = *reply.field(at);
    const Rule& rule = contract::rule_of(field);
    if (rule.cookie() != Cookie::COOKIE_UNSPECIFIED && is_single_text(field)) {
      reply_.push_back({&field, rule.cookie(), {}});
    }
    if (rule.not_for_browsers()) hidden_.push_back({&field, rule.cookie(), rule.browser_only_at()});
  }
}

AskedDelivery CookieFields::asked(const Message& request) const {
  if (asked_ == nullptr) {
    const bool brought = refresh_token_ != nullptr && is_given(request, *refresh_token_);
    return brought ? AskedDelivery::as_brought : AskedDelivery::either;
  }
  switch (request.GetReflection()->GetEnumValue(request, asked_)) {
    case v1::TOKEN_DELIVERY_COOKIE: return AskedDelivery::cookie;
    case v1::TOKEN_DELIVERY_BODY: return AskedDelivery::body;
    default: return AskedDelivery::either;
  }
}

bool CookieFields::may_set(Cookie cookie) const {
  return std::ranges::find(reply_, cookie, &Field::cookie) != reply_.end();
}

std::vector<std::pair<Cookie, std::string>> CookieFields::take(const Message& reply) const {
  std::vector<std::pair<Cookie, std::string>> values;
  for (const Field& field : reply_) {
    if (!is_given(reply, *field.descriptor)) continue;
    values.emplace_back(field.cookie, reply.GetReflection()->GetString(reply, field.descriptor));
  }
  return values;
}

void CookieFields::hide(Message& reply, std::string_view path) const {
  for (const Field& field : hidden_) {
    if (field.shown_at.empty() || field.shown_at != path) reply.GetReflection()->ClearField(&reply, field.descriptor);
  }
}

}  // namespace ostiary::gateway
