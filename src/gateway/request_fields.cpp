#include "gateway/request_fields.hpp"

#include <algorithm>
#include <set>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "contract/json.hpp"

namespace ostiary::gateway {

namespace {

/// Cuts a media type's next part off, up to a semicolon outside of quotes.
std::string_view take_part(std::string_view& text) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != ';'); ++end) {
    if (quoted && text[end] == '\\') ++end;
    else if (text[end] == '"') quoted = !quoted;
  }
  end = std::min(end, text.size());
  const std::string_view part = trim_blanks(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

bool is_utf8(std::string_view charset) {
  if (charset.size() >= 2 && charset.starts_with('"') && charset.ends_with('"')) {
    charset = charset.substr(1, charset.size() - 2);
  }
  return equal_ignoring_case(charset, "utf-8") || equal_ignoring_case(charset, "utf8");
}

/// Whether `text` is application/json, in UTF-8 if it names a charset. Other parameters are ignored (RFC 2045, section
/// 5).
bool is_json(std::string_view text) {
  if (!equal_ignoring_case(take_part(text), "application/json")) return false;
  while (!text.empty()) {
    const std::string_view parameter = take_part(text);
    const auto equals = std::min(parameter.find('='), parameter.size());
    const bool is_charset = equal_ignoring_case(trim_blanks(parameter.substr(0, equals)), "charset");
    if (is_charset && !is_utf8(trim_blanks(parameter.substr(std::min(equals + 1, parameter.size()))))) return false;
  }
  return true;
}

Result<void> check_not_compressed(const http::Request& request) {
  for (const auto encoding : request.header_lines("content-encoding")) {
    if (encoding.empty() || equal_ignoring_case(encoding, "identity")) continue;
    return refuse(Refusal::unsupported_content_encoding, "Send the body without Content-Encoding.");
  }
  return {};
}

Result<void> check_media_type(const http::Request& request) {
  const auto types = request.header_lines("content-type");
  if (types.size() != 1 || !is_json(types.front())) {
    return refuse(Refusal::unsupported_media_type, "The body must be JSON, with Content-Type: application/json.");
  }
  return check_not_compressed(request);
}

bool is_set(const contract::Message& message, const std::string& name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) return false;
  if (field->is_repeated()) return message.GetReflection()->FieldSize(message, field) > 0;
  return message.GetReflection()->HasField(message, field);
}

Result<void> set_once(contract::Message& message, std::set<std::string, std::less<>>& seen, std::string_view name,
                      std::string_view value) {
  if (message.GetDescriptor()->FindFieldByName(std::string(name)) == nullptr) {
    return refuse(Refusal::unknown_field, "There is no such parameter.", std::string(name));
  }
  if (!seen.emplace(name).second || is_set(message, std::string(name))) {
    return refuse(Refusal::duplicate_field, "The field is given twice.", std::string(name));
  }
  return contract::read_text_field(name, value, message);
}

Result<void> read_query(std::string_view query, bool ignores_unknown, contract::Message& message,
                        std::set<std::string, std::less<>>& seen) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = percent_decode(pair.substr(0, equals), true);
    const auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    const bool is_known = name && message.GetDescriptor()->FindFieldByName(*name) != nullptr;
    if (ignores_unknown && !is_known) continue;
    if (!name || !value) return refuse(Refusal::malformed_request, "The query is wrongly percent-encoded.");
    if (auto set = set_once(message, seen, *name, *value); !set) return set;
  }
  return {};
}

Result<void> read_json_body(const http::Request& request, std::size_t most, contract::Nulls nulls,
                            contract::Message& message) {
  // A body that is not there at all is the empty object; one that is empty but announced is judged like any other.
  const bool absent = request.body.empty() && !request.header("transfer-encoding") && !request.header("content-type");
  if (absent) return {};
  if (auto checked = check_media_type(request); !checked) return checked;
  return contract::read_json(request.body, message, {.bytes = most}, nulls);
}

/// Fills a google.api.HttpBody with the body as it came.
Result<void> read_raw_body(http::Request& request, contract::Message& body) {
  const auto types = request.header_lines("content-type");
  if (types.size() != 1 || !inspect(types.front()).valid) {
    return refuse(Refusal::unsupported_media_type, "The body needs exactly one Content-Type.");
  }
  if (auto plain = check_not_compressed(request); !plain) return plain;
  const auto& fields = *body.GetDescriptor();
  const auto& reflection = *body.GetReflection();
  reflection.SetString(&body, fields.FindFieldByName("content_type"), std::string(types.front()));
  reflection.SetString(&body, fields.FindFieldByName("data"), std::move(request.body));
  return {};
}

/// The message that a raw body fills: a field of the request, or all of it; null where the body is JSON.
contract::Message* raw_body_of(const contract::HttpBinding& binding, contract::Message& request) {
  if (binding.raw_field != nullptr) return request.GetReflection()->MutableMessage(&request, binding.raw_field);
  return contract::is_raw(*request.GetDescriptor()) ? &request : nullptr;
}

Result<void> read_body(const Destination& destination, std::string_view query, http::Request& request,
                       contract::Message& message) {
  if (!destination.binding->has_body) {
    if (request.body.empty()) return {};
    return refuse(Refusal::malformed_request, "The call takes no body.");
  }
  if (!query.empty() && destination.binding->raw_field == nullptr) {
    return refuse(Refusal::unknown_field, "The call takes its fields from the body, none from the query.",
                  std::string(query.substr(0, std::min(query.find_first_of("=&"), std::size_t{64}))));
  }
  if (auto* const raw = raw_body_of(*destination.binding, message)) return read_raw_body(request, *raw);
  // Null in a change could be meant to clear the field (RFC 7396).
  const auto nulls = destination.binding->verb == "PATCH" ? contract::Nulls::refused : contract::Nulls::absent;
  return read_json_body(request, destination.method->max_body_bytes, nulls, message);
}

}  // namespace

Result<std::unique_ptr<contract::Message>> read_request(const Destination& destination, std::string_view query,
                                                        http::Request& request) {
  std::unique_ptr<contract::Message> message(destination.method->request_prototype->New());
  if (auto read = read_body(destination, query, request, *message); !read) {
    return std::unexpected(std::move(read).error());
  }
  std::set<std::string, std::less<>> seen;
  for (const auto& [name, value] : destination.fields) {
    if (auto set = set_once(*message, seen, name, value); !set) return std::unexpected(std::move(set).error());
  }
  if (auto read = read_query(query, destination.method->policy.ignores_unknown_parameters(), *message, seen); !read)
    return std::unexpected(std::move(read).error());
  return message;
}

}  // namespace ostiary::gateway
