#include "door/credentials.hpp"

#include <algorithm>

#include "base/character_set.hpp"
#include "base/text.hpp"

namespace ostiary::door {

namespace {

using contract::Message;
using google::protobuf::FieldDescriptor;

/// b64token of RFC 6750, section 2.1.
bool is_token(std::string_view text) {
  static constexpr CharacterSet characters("-._~+/", true);
  const auto end = text.find_last_not_of('=');
  return end != std::string_view::npos && characters.holds_all_of(text.substr(0, end + 1));
}

/// Whether a field may hold what a cookie held: else no program of ours wrote it there, and it counts as not sent.
bool fits(const FieldDescriptor& field, std::string_view value) {
  const auto most = contract::rule_of(field).max_bytes();
  return inspect(value).valid && (most == 0 || value.size() <= most);
}

bool is_given(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  return field.has_presence() ? reflection.HasField(message, &field) : !reflection.GetString(message, &field).empty();
}

/// What came beside the message for one of its fields.
std::optional<std::string_view> value_for(const FieldDescriptor& field, Cookie cookie, const Credentials& credentials) {
  if (cookie == Cookie::ACCESS && credentials.bearer) return credentials.bearer->reveal();
  const auto found = credentials.cookies.find(cookie);
  if (found == credentials.cookies.end() || !fits(field, found->second)) return std::nullopt;
  return found->second;
}

}  // namespace

Result<std::optional<Secret>> read_bearer(const std::vector<std::string_view>& lines) {
  if (lines.empty()) return std::nullopt;
  const std::string_view line = lines.front();
  const auto space = std::min(line.find(' '), line.size());
  const std::string_view token = trim_blanks(line.substr(space));
  if (lines.size() > 1 || !equal_ignoring_case(line.substr(0, space), "bearer") || !is_token(token)) {
    return refuse(Refusal::not_authenticated, "The authorization must be one bearer token.");
  }
  return Secret(std::string(token));
}

Result<std::optional<Secret>> claimed_token(const Credentials& credentials) {
  const auto cookie = credentials.cookies.find(Cookie::ACCESS);
  if (cookie == credentials.cookies.end()) return credentials.bearer;
  if (credentials.bearer && !equal_in_constant_time(credentials.bearer->reveal(), cookie->second)) {
    return refuse(Refusal::conflicting_credentials, "The bearer token and the access cookie differ.");
  }
  return Secret(cookie->second);
}

CredentialFields::CredentialFields(const contract::Contract& contract) {
  for (const contract::Method& method : contract.methods()) {
    const auto& request = *method.descriptor->input_type();
    Fields fields;
    for (int at = 0; at < request.field_count(); ++at) {
      const Cookie cookie = contract::rule_of(*request.field(at)).cookie();
      if (cookie != Cookie::COOKIE_UNSPECIFIED) fields.emplace_back(request.field(at), cookie);
    }
    if (!fields.empty()) fields_.emplace(&method, std::move(fields));
  }
}

bool CredentialFields::takes(const contract::Method& method, Cookie cookie) const {
  if (cookie == Cookie::ACCESS && method.policy.caller() != CallerKind::ANYONE) return true;
  const auto found = fields_.find(&method);
  return found != fields_.end() &&
         std::ranges::any_of(found->second, [cookie](const auto& field) { return field.second == cookie; });
}

Result<std::optional<Secret>> CredentialFields::bearer(const contract::Method& method,
                                                       const std::vector<std::string_view>& lines) const {
  if (!takes(method, Cookie::ACCESS)) return std::nullopt;
  auto token = read_bearer(lines);
  if (!token && method.policy.caller() == CallerKind::ANYONE) return std::nullopt;
  return token;
}

Result<bool> CredentialFields::fill(const contract::Method& method, Message& request,
                                    const Credentials& credentials) const {
  const auto found = fields_.find(&method);
  if (found == fields_.end()) return false;
  const auto& reflection = *request.GetReflection();
  bool token_came_by_cookie = false;
  for (const auto& [field, cookie] : found->second) {
    const auto value = value_for(*field, cookie, credentials);
    if (!value) continue;
    if (is_given(request, *field)) {
      std::string scratch;
      if (equal_in_constant_time(reflection.GetStringReference(request, field, &scratch), *value)) continue;
      return refuse(Refusal::conflicting_credentials, "The body and the cookie or header name different credentials.",
                    field->name());
    }
    reflection.SetString(&request, field, std::string(*value));
    const bool by_bearer = cookie == Cookie::ACCESS && credentials.bearer;
    if (!by_bearer && cookie != Cookie::DEVICE) token_came_by_cookie = true;
  }
  return token_came_by_cookie;
}

std::optional<std::string> CredentialFields::device(const contract::Method& method, const Message& request,
                                                    const Credentials& credentials) const {
  if (const auto found = fields_.find(&method); found != fields_.end()) {
    for (const auto& [field, cookie] : found->second) {
      if (cookie == Cookie::DEVICE && is_given(request, *field))
        return request.GetReflection()->GetString(request, field);
    }
  }
  const auto cookie = credentials.cookies.find(Cookie::DEVICE);
  if (cookie == credentials.cookies.end()) return std::nullopt;
  return cookie->second;
}

}  // namespace ostiary::door
