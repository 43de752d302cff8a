#include "pages/openapi.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "contract/refusals.hpp"
#include "contract/rules.hpp"
#include "gateway/entity_tag.hpp"
#include "pages/openapi_schemas.hpp"
#include "pages/yaml.hpp"

namespace ostiary::pages {

namespace json = boost::json;
using contract::rule_of;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Role = OpenApiSchemas::Role;

namespace {

constexpr std::string_view about = R"(Accounts and sessions: registration, verified email, sign-in, rotating tokens.

Names are in snake_case. Times are RFC 3339 in UTC with microseconds. Ids are UUIDs. A request with an unknown field, or
with the same field twice, is refused; only the session check, health and key calls ignore unknown query parameters.
`null` for an optional field is the same as leaving it out, except in PATCH, which refuses it. An error is a problem
(RFC 9457) with a stable `code`, the offending `field` if there is one, and a `trace_id` that finds it in the server's
log.

Browsers get their tokens as HttpOnly cookies and send them by themselves; calls that change something are refused from
pages of origins that are not listed in CORS_ORIGINS. With BROWSER_TOKENS=body a page of CORS_ORIGINS that signs in with
`token_delivery: body` gets its tokens in the body instead, and sends them as other clients do. Any other client sends
`Authorization: Bearer` with its access token. The same calls are served over gRPC.
)";

constexpr std::string_view json_type = "application/json";
constexpr std::string_view any_type = "*/*";
constexpr std::string_view problem_type = "application/problem+json";

std::set<Cookie> cookies_of(const Descriptor& message) {
  std::set<Cookie> cookies;
  for (int at = 0; at < message.field_count(); ++at) {
    const Cookie cookie = rule_of(*message.field(at)).cookie();
    if (cookie != Cookie::COOKIE_UNSPECIFIED) cookies.insert(cookie);
  }
  return cookies;
}

/// All that a binding can be refused with: by its policy, its shape, and what its call says of itself.
std::set<Refusal> refusals_of(const contract::Method& method, const contract::HttpBinding& binding) {
  std::set<Refusal> all{Refusal::malformed_request, Refusal::body_too_large, Refusal::headers_too_large,
                        Refusal::overloaded,        Refusal::unavailable,    Refusal::internal};
  if (binding.verb != "GET") all.insert(Refusal::cross_site_request);
  if (binding.has_body) {
    all.insert({Refusal::length_required, Refusal::unsupported_media_type, Refusal::unsupported_content_encoding,
                Refusal::wrong_type});
  }
  if (!method.policy.ignores_unknown_parameters()) all.insert({Refusal::unknown_field, Refusal::duplicate_field});
  if (method.request_prototype->GetDescriptor()->field_count() > 0) {
    all.insert({Refusal::wrong_type, Refusal::missing_field, Refusal::invalid_field});
  }
  const Policy& policy = method.policy;
  const bool asks_who = policy.caller() != CallerKind::ANYONE;
  if (asks_who) all.insert({Refusal::not_authenticated, Refusal::token_expired, Refusal::session_ended});
  if (asks_who || !cookies_of(*method.request_prototype->GetDescriptor()).empty()) {
    all.insert(Refusal::conflicting_credentials);
  }
  if (!policy.permission().empty()) all.insert(Refusal::permission_denied);
  if (policy.fresh_login()) all.insert(Refusal::fresh_login_required);
  if (policy.rate() != RateClass::UNLIMITED) all.insert(Refusal::rate_limited);
  for (const RefusalName& named : refusal_names) {
    if (std::ranges::find(policy.refusals(), named.name) != policy.refusals().end()) all.insert(named.refusal);
  }
  return all;
}

json::object problem_schema() {
  const auto text = [](std::string_view description) {
    return json::object{{"type", "string"}, {"description", description}};
  };
  json::object properties;
  properties["type"] = text("A name for the kind of problem: urn:ostiary:problem: and the code.");
  properties["title"] = text("The kind of problem in words.");
  properties["status"] = {{"type", "integer"}, {"description", "The HTTP status."}};
  properties["detail"] = text("What is wrong with this request, for the developer who reads it.");
  properties["code"] = text("The kind of problem, stable, for programs.");
  properties["field"] = text("The offending field.");
  properties["trace_id"] = {{"type", "string"},
                            {"pattern", "^[0-9a-f]{32}$"},
                            {"description", "Finds the request in the server's log (W3C trace context)."}};
  properties["retry_after"] = {{"type", "integer"},
                               {"description", "Seconds after which it makes sense to try again."}};
  properties["attempts_left"] = {{"type", "integer"},
                                 {"description", "With wrong_code: how often this code may be tried still."}};
  properties["verification_id"] = text("With email_not_verified: the registration that waits for its code.");
  properties["not_ready"] = text("With unavailable from /health/ready: what is not, in words with a space between.");
  properties["message"] = text("\"fail\", where the call's clients look for it.");
  return {{"type", "object"},
          {"description", "Why a request was refused (RFC 9457). Some codes bring further members."},
          {"properties", std::move(properties)},
          {"required", {"type", "title", "status", "code", "trace_id"}}};
}

json::object problem_example(const contract::RefusalStatus& status, bool message_fail) {
  const std::string code(name_of(status.refusal));
  json::object example{{"type", "urn:ostiary:problem:" + code},
                       {"title", status.title},
                       {"status", status.http},
                       {"code", code},
                       {"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"}};
  if (message_fail) example["message"] = "fail";
  return example;
}

/// The answer under one status, with an example for each code that it can have.
json::object problem_answer(const std::vector<Refusal>& refusals, bool message_fail) {
  json::object examples;
  std::string description;
  for (const Refusal refusal : refusals) {
    const contract::RefusalStatus& status = contract::status_of(refusal);
    const std::string_view code = name_of(refusal);
    examples[code] = {{"summary", status.title}, {"value", problem_example(status, message_fail)}};
    description += "- `" + std::string(code) + "`: " + std::string(status.title) + ".\n";
  }
  // One schema for all: generators make a type of each that stands in an answer.
  json::object schema{{"$ref", "#/components/schemas/Problem"}};
  json::object content{{problem_type, json::object{{"schema", std::move(schema)}, {"examples", std::move(examples)}}}};
  json::object answer{{"description", description}};
  const int status = contract::status_of(refusals.front()).http;
  if (status == 429 || status == 503) {
    answer["headers"] = json::object{{"Retry-After", json::object{{"$ref", "#/components/headers/Retry-After"}}}};
  }
  answer["content"] = std::move(content);
  return answer;
}

/// Builds the document, call by call.
class Description {
 public:
  Description(const contract::Contract& contract, const OpenApiFacts& facts)
      : contract_(contract), facts_(facts), jar_(facts.cookies), schemas_(comments_) {}

  json::object make() {
    for (const contract::Method& method : contract_.methods()) {
      const Descriptor& reply = *method.reply_prototype->GetDescriptor();
      if (!contract::is_raw(reply)) schemas_.reference(reply, Role::reply);
    }
    json::object paths;
    for (const contract::Method& method : contract_.methods()) {
      for (std::size_t at = 0; at < method.bindings.size(); ++at) {
        const contract::HttpBinding& binding = method.bindings[at];
        json::value& path = paths[binding.path];
        if (!path.is_object()) path = json::object{};
        path.as_object()[lower_case(binding.verb)] = operation(method, at);
      }
    }
    json::object document{{"openapi", "3.1.0"}, {"info", info()}};
    document["servers"] = json::array{json::object{{"url", facts_.public_origin}}};
    document["tags"] = tags();
    document["paths"] = std::move(paths);
    document["components"] = components();
    return document;
  }

 private:
  json::object info() const {
    json::object license{{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}};
    return {{"title", "Ostiary"}, {"version", facts_.version}, {"description", about}, {"license", std::move(license)}};
  }

  static std::string tag_of(const google::protobuf::ServiceDescriptor& service) {
    const std::string& name = service.name();
    return name.ends_with("Service") ? name.substr(0, name.size() - 7) : name;
  }

  json::array tags() const {
    json::array tags;
    for (const auto* service : contract_.services()) {
      json::object tag{{"name", tag_of(*service)}};
      if (const std::string prose = comments_.of(*service); !prose.empty()) tag["description"] = prose;
      tags.push_back(std::move(tag));
    }
    const auto has_alias = [](const contract::Method& method) { return method.bindings.size() > 1; };
    if (std::ranges::any_of(contract_.methods(), has_alias)) {
      tags.push_back({{"name", aliases}, {"description", "Other paths that lead to the same calls."}});
    }
    return tags;
  }

  json::object operation(const contract::Method& method, std::size_t number) {
    const contract::HttpBinding& binding = method.bindings[number];
    const std::string tag = tag_of(*method.descriptor->service());
    const bool is_alias = number > 0;
    const contract::Prose prose =
        is_alias ? prose_of_alias(method, binding) : contract::split_prose(comments_.of(*method.descriptor));
    json::object operation{{"tags", json::array{is_alias ? json::value(aliases) : json::value(tag)}}};
    operation["operationId"] =
        tag + "_" + method.descriptor->name() + (is_alias ? "_" + std::to_string(number + 1) : "");
    if (!prose.summary.empty()) operation["summary"] = prose.summary;
    if (!prose.rest.empty()) operation["description"] = prose.rest;
    operation["security"] = security(method.policy.caller());
    if (json::array found = parameters(method, binding); !found.empty()) operation["parameters"] = std::move(found);
    if (binding.has_body) operation["requestBody"] = request_body(method, binding);
    operation["responses"] = responses(method, binding);
    return operation;
  }

  static contract::Prose prose_of_alias(const contract::Method& method, const contract::HttpBinding& alias) {
    const contract::HttpBinding& first = method.bindings.front();
    contract::Prose prose{"Alias of " + first.verb + " " + first.path + ".", {}};
    const Descriptor& reply = *method.reply_prototype->GetDescriptor();
    for (int at = 0; at < reply.field_count(); ++at) {
      const FieldDescriptor& field = *reply.field(at);
      if (rule_of(field).browser_only_at() != alias.path) continue;
      prose.rest += "Here a reply to a browser has `" + field.name() + "`, too.";
    }
    return prose;
  }

  static json::array security(CallerKind caller) {
    json::object bearer{{"bearer", json::array{}}};
    json::object cookie{{"access_cookie", json::array{}}};
    if (caller == CallerKind::ANYONE) return {};
    if (caller == CallerKind::SERVICE) return {std::move(bearer)};
    return {std::move(bearer), std::move(cookie)};
  }

  json::array parameters(const contract::Method& method, const contract::HttpBinding& binding) {
    const Descriptor& request = *method.request_prototype->GetDescriptor();
    json::array parameters;
    std::set<std::string> in_path;
    for (const auto& segment : binding.segments) {
      if (!segment.is_field) continue;
      in_path.insert(segment.text);
      parameters.push_back(parameter(*request.FindFieldByName(segment.text), "path"));
    }
    const bool from_body = binding.has_body && binding.raw_field == nullptr;
    for (int at = 0; at < request.field_count() && !from_body; ++at) {
      const FieldDescriptor& field = *request.field(at);
      if (&field == binding.raw_field || in_path.contains(field.name())) continue;
      parameters.push_back(parameter(field, "query"));
    }
    for (const Cookie cookie : cookies_of(request)) {
      parameters.push_back({{"name", jar_.name(cookie)},
                            {"in", "cookie"},
                            {"description", "In place of the field of the body, or equal to it."},
                            {"schema", json::object{{"type", "string"}}}});
    }
    return parameters;
  }

  json::object parameter(const FieldDescriptor& field, std::string_view place) {
    json::object schema = schemas_.field(field, Role::request);
    json::object parameter{{"name", field.name()}, {"in", place}};
    if (place == "path" || rule_of(field).required()) parameter["required"] = true;
    if (const auto* description = schema.if_contains("description")) {
      parameter["description"] = *description;
      schema.erase("description");
    }
    parameter["schema"] = std::move(schema);
    return parameter;
  }

  /// Bytes of any media type, as they are.
  static json::object raw_content() { return {{any_type, json::object{}}}; }

  json::object request_body(const contract::Method& method, const contract::HttpBinding& binding) {
    json::object body = body_content(method, binding);
    if (method.max_body_bytes != contract::usual_body_bytes) {
      body["description"] = "At most " + std::to_string(method.max_body_bytes) + " bytes.";
    }
    return body;
  }

  json::object body_content(const contract::Method& method, const contract::HttpBinding& binding) {
    const Descriptor& request = *method.request_prototype->GetDescriptor();
    if (binding.raw_field != nullptr || contract::is_raw(request)) {
      return {{"required", true}, {"content", raw_content()}};
    }
    bool needed = false;
    for (int at = 0; at < request.field_count(); ++at) needed = needed || rule_of(*request.field(at)).required();
    json::object content{{"schema", schemas_.reference(request, Role::request)},
                         {"example", OpenApiSchemas::example(request, Role::request)}};
    return {{"required", needed}, {"content", json::object{{json_type, std::move(content)}}}};
  }

  json::object responses(const contract::Method& method, const contract::HttpBinding& binding) {
    json::object responses;
    const Descriptor& reply = *method.reply_prototype->GetDescriptor();
    const bool empty = reply.field_count() == 0;
    const auto status = method.policy.success_status() != 0 ? method.policy.success_status() : empty ? 204U : 200U;
    json::object success{{"description", empty ? "Done." : "The reply."}};
    if (!cookies_of(reply).empty() || method.policy.clears_size() > 0) {
      success["headers"] = json::object{{"Set-Cookie", json::object{{"$ref", "#/components/headers/Set-Cookie"}}}};
    }
    if (contract::is_raw(reply)) {
      success["content"] = raw_content();
    } else if (status != 204) {
      json::object content{{"schema", schemas_.reference(reply, Role::reply)},
                           {"example", OpenApiSchemas::example(reply, Role::reply)}};
      success["content"] = json::object{{json_type, std::move(content)}};
    }
    if (gateway::is_public_document(binding.path)) {
      success["headers"] = etag();
      responses["304"] = {{"$ref", "#/components/responses/NotModified"}};
    }
    if (method.redirect != nullptr) responses["303"] = redirect_answer(success);
    responses[std::to_string(status)] = std::move(success);

    std::map<int, std::vector<Refusal>> by_status;
    for (const Refusal refusal : refusals_of(method, binding))
      by_status[contract::status_of(refusal).http].push_back(refusal);
    for (const auto& [code, refusals] : by_status) {
      responses[std::to_string(code)] = shared(code, problem_answer(refusals, method.policy.problem_message()));
    }
    responses["default"] = {{"$ref", "#/components/responses/Problem"}};
    return responses;
  }

  static json::object etag() { return {{"ETag", json::object{{"$ref", "#/components/headers/ETag"}}}}; }

  /// A reference to the answer, which stands among the components once for all calls that have the same.
  json::object shared(int status, json::object answer) {
    const auto same = std::ranges::find(answers_, answer, &Answer::content);
    const auto has_status = [status](const Answer& other) { return other.status == status; };
    std::string name = "Problem" + std::to_string(status);
    if (same != answers_.end()) {
      name = same->name;
    } else {
      const auto others = std::ranges::count_if(answers_, has_status);
      if (others > 0) name += "_" + std::to_string(others + 1);
      answers_.push_back({status, name, std::move(answer)});
    }
    return {{"$ref", "#/components/responses/" + name}};
  }

  /// The same reply where it says where the client is to go.
  static json::object redirect_answer(const json::object& success) {
    json::object headers;
    if (const auto* const set = success.if_contains("headers")) headers = set->as_object();
    headers["Location"] = json::object{{"$ref", "#/components/headers/Location"}};
    return {{"description", "Where to go next."}, {"headers", std::move(headers)}};
  }

  std::string about_cookies() const {
    std::string text = "Cookies, set or cleared:";
    for (const auto& [cookie, kind] : jar_.kinds()) {
      text += "\n- `" + kind.name + "`, sent to `" + kind.path + "` and below, kept for " +
              std::to_string(kind.lifetime.count()) + " seconds";
    }
    return text;
  }

  json::object components() const {
    json::object schemas = schemas_.all();
    schemas["Problem"] = problem_schema();
    json::object problem_content{{"schema", json::object{{"$ref", "#/components/schemas/Problem"}}}};
    json::object problem{{"description", "Any other refusal."},
                         {"content", json::object{{problem_type, std::move(problem_content)}}}};
    json::object text{{"type", "string"}}, number{{"type", "integer"}, {"minimum", 1}};
    json::object headers;
    headers["Retry-After"] = {{"description", "Seconds after which it makes sense to try again."}, {"schema", number}};
    headers["Set-Cookie"] = {{"description", about_cookies()}, {"schema", text}};
    headers["Location"] = {{"description", "The URL to go to."}, {"schema", text}};
    headers["ETag"] = {{"description", "Identifies this version of the document, for If-None-Match."},
                       {"schema", text}};
    json::object schemes;
    schemes["bearer"] = {{"type", "http"},
                         {"scheme", "bearer"},
                         {"bearerFormat", "JWT"},
                         {"description", "An access token (RFC 9068)."}};
    schemes["access_cookie"] = {{"type", "apiKey"},
                                {"in", "cookie"},
                                {"name", jar_.name(Cookie::ACCESS)},
                                {"description", "The same token, as a browser keeps it."}};
    json::object not_modified{{"description", "If-None-Match names the ETag: the document has not changed."},
                              {"headers", etag()}};
    json::object responses{{"Problem", std::move(problem)}, {"NotModified", std::move(not_modified)}};
    for (const Answer& answer : answers_) responses[answer.name] = answer.content;
    return {{"schemas", std::move(schemas)},
            {"responses", std::move(responses)},
            {"headers", std::move(headers)},
            {"securitySchemes", std::move(schemes)}};
  }

  static constexpr std::string_view aliases = "Aliases";

  struct Answer {
    int status;
    std::string name;
    json::object content;
  };

  const contract::Contract& contract_;
  const OpenApiFacts& facts_;
  const gateway::CookieJar jar_;
  const contract::ContractComments comments_;
  OpenApiSchemas schemas_;
  std::vector<Answer> answers_;
};

}  // namespace

OpenApi describe(const contract::Contract& contract, const OpenApiFacts& facts) {
  const json::value document = Description(contract, facts).make();
  return {json::serialize(document), to_yaml(document)};
}

OpenApi describe(const OpenApiFacts& facts) {
  const contract::UseCase nobody = [](const Call&,
                                      const contract::Message&) -> Result<std::unique_ptr<contract::Message>> {
    throw std::logic_error("a call that is only described was called");
  };
  std::vector<contract::Route> routes;
  for (const auto* service : contract::contract_services()) {
    for (int i = 0; i < service->method_count(); ++i) routes.push_back({service->method(i)->full_name(), nobody});
  }
  return describe(contract::Contract(contract::contract_services(), std::move(routes)), facts);
}

}  // namespace ostiary::pages
