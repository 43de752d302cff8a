#include "gateway/gateway.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "base/trusted_proxies.hpp"
#include "contract/json.hpp"
#include "door/credentials.hpp"
#include "door/trace_context.hpp"
#include "gateway/cross_site.hpp"
#include "gateway/entity_tag.hpp"
#include "gateway/problem.hpp"
#include "gateway/request_fields.hpp"
#include "gateway/token_delivery.hpp"
#include "http/accept_header.hpp"
#include "http/response_headers.hpp"

namespace ostiary::gateway {

namespace {

constexpr std::size_t longest_user_agent = 512;
constexpr std::size_t longest_logged_path = 256;
/// What a head may have of headers, so that with the transport's lines (status, Date, Content-Length, Connection) it
/// stays within 4096 bytes: a proxy's buffer for it, such as nginx's, is often no larger, and what exceeds it is lost.
constexpr std::size_t largest_headers = 4096 - 192;
const std::pair<std::string, std::string> json_type{"Content-Type", "application/json"};

using Done = std::function<void(http::Response)>;

/// What is known of a call's way over HTTP besides its message.
struct CallPlan {
  CookieFields cookies;
  int success_status;
  bool has_raw_reply;
};

/// What the answer to a request depends on, kept until it is there.
struct Exchange {
  std::string path;
  std::string trace_id;
  std::optional<std::string> readable_by;  ///< the foreign origin that may read the answer
  std::string held_tags;                   ///< If-None-Match, of a request for a public document
  TokenDelivery delivery{.cookies = true, .body = true};
  bool token_sent = false;           ///< an access token came with it
  std::set<Cookie> cookies_sent;     ///< that came once
  std::set<Cookie> doubled_cookies;  ///< that the call takes or sets: to be cleared
  std::vector<std::string> paths;    ///< to which a browser may have sent the doubled cookies
};

struct Target {
  std::string_view path, query;
};

/// The path and query of a target in origin form or absolute form (RFC 9112, section 3.2); nothing for another form.
std::optional<Target> split_target(std::string_view target) {
  if (!target.starts_with('/')) {
    const auto scheme_end = target.find("://");
    if (scheme_end == std::string_view::npos) return std::nullopt;
    const auto path = target.find_first_of("/?", scheme_end + 3);
    if (path == std::string_view::npos || target[path] == '?') return std::nullopt;
    target.remove_prefix(path);
  }
  const auto question = target.find('?');
  if (question == std::string_view::npos) return Target{target, {}};
  return Target{target.substr(0, question), target.substr(question + 1)};
}

/// Whether a verb is one of HTTP's own (RFC 9110, section 9.1; RFC 5789), or QUERY, which is being standardised.
bool is_known_verb(std::string_view verb) {
  static constexpr std::array verbs{"GET",    "HEAD",    "POST",  "PUT",     "PATCH",
                                    "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"};
  return std::ranges::find(verbs, verb) != verbs.end();
}

bool changes_something(std::string_view verb) { return verb != "GET" && verb != "HEAD" && verb != "OPTIONS"; }

/// Whether a person opens an address in a browser.
bool opens_page(const http::Request& request) {
  return (request.verb == "GET" || request.verb == "HEAD") && http::asks_for_html(request.header_lines("accept"));
}

RequestOrigin origin_of(const http::Request& request) {
  const auto origins = request.header_lines("origin");
  const auto sites = request.header_lines("sec-fetch-site");
  RequestOrigin from;
  if (!origins.empty()) from.origin = origins.front();
  if (!sites.empty()) from.sec_fetch_site = sites.front();
  from.repeated = origins.size() > 1 || sites.size() > 1;
  return from;
}

std::string user_agent_of(const http::Request& request) {
  std::string text(request.header("user-agent").value_or(""));
  if (!inspect(text).valid) {
    std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) > 0x7e; }, '?');
  }
  return std::string(cut(text, longest_user_agent));
}

int success_status(const contract::Method& method) {
  if (method.policy.success_status() != 0) return static_cast<int>(method.policy.success_status());
  return method.reply_prototype->GetDescriptor()->field_count() == 0 ? 204 : 200;
}

std::string text_of(const contract::Message& message, const std::string& field) {
  return message.GetReflection()->GetString(message, message.GetDescriptor()->FindFieldByName(field));
}

/// Where a reply sends its client; empty where it doesn't.
std::string redirect_of(const contract::Method& method, const contract::Message& reply) {
  return method.redirect == nullptr ? std::string() : reply.GetReflection()->GetString(reply, method.redirect);
}

/// Whether a text has nothing but characters that may stand in a URL's ASCII form (RFC 3986).
bool is_url_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

/// Lets a page of `reader`, if there is one, read the answer.
void allow_reading(http::Response& response, const std::optional<std::string_view>& reader) {
  response.headers.emplace_back("Vary", "Origin");
  if (!reader) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", *reader);
  response.headers.emplace_back("Access-Control-Allow-Credentials", "true");
  response.headers.emplace_back("Access-Control-Expose-Headers", "Retry-After, X-Request-Id");
}

std::size_t bytes_of_header(std::string_view name, std::string_view value) { return name.size() + value.size() + 4; }

std::string joined(const std::vector<std::string_view>& lines) {
  std::string all;
  for (const std::string_view line : lines) all.append(all.empty() ? "" : ",").append(line);
  return all;
}

/// Lets every page read the answer, without credentials, and every client keep a document and ask whether it changed.
void publish(http::Response& response, std::string_view held_tags) {
  response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  response.headers.emplace_back("Access-Control-Expose-Headers", "ETag, Retry-After, X-Request-Id");
  if (response.status != 200 || !response.body) return;
  response.add_if_absent("Cache-Control", "public, max-age=300");
  const std::string tag = entity_tag(*response.body);
  response.headers.emplace_back("ETag", tag);
  if (!names_tag(held_tags, tag)) return;
  response.status = 304;
  response.body = nullptr;
  std::erase(response.headers, json_type);
}

}  // namespace

struct Gateway::Impl {
  Impl(door::Dispatcher& dispatcher, const door::RememberedReplies& remembered_replies, std::vector<Page> pages,
       Random& random, Log& log, GatewayOptions options);

  void handle(http::Request& request, const Done& done) const;
  http::Response answer_page(const http::Request& request, const Page& page) const;
  http::Response answer_options(const http::Request& request, std::string_view path, const PathMatch& match) const;

  void call(http::Request& request, const Destination& destination, const Target& target, const RequestOrigin& from,
            const Done& done) const;
  Result<void> dispatch(http::Request& request, const Destination& destination, const Target& target,
                        const RequestOrigin& from, Exchange& exchange, const Done& done) const;
  std::optional<Result<http::Response>> answer_from_memory(const http::Request& request, const Target& target,
                                                           const contract::Method& method,
                                                           const door::Inbound& inbound) const;
  http::Response answer(const contract::Method& method, const Exchange& exchange, door::Reply reply) const;
  void write_success(http::Response& response, const contract::Method& method, const contract::Message& reply) const;
  void finish_call(http::Response& response, const Exchange& exchange) const;
  void clear_doubled_cookies(http::Response& response, const Exchange& exchange) const;
  void add_cookies_that_fit(http::Response& response, std::vector<std::string> lines) const;
  Result<door::Credentials> credentials_of(const http::Request& request, const contract::Method& method,
                                           Exchange& exchange) const;
  std::vector<std::string> paths_of(const http::Request& request, std::string_view path) const;
  TokenHolder holder_of(const RequestOrigin& from) const;
  http::Response refuse_request(const http::Request& request, const Refused& refused) const;
  void log_refusal(const http::Request& request, const Refused& refused, const std::string& trace) const;

  std::string client_address(const http::Request& request) const {
    return proxies.client_address(request.peer, request.header_lines("x-forwarded-for"),
                                  request.header_lines("forwarded"));
  }
  /// A proxy that is not trusted makes all its clients share its address.
  void tell_of_ignored_forwarding(const http::Request& request) const {
    const bool is_forwarded = request.header("x-forwarded-for") || request.header("forwarded");
    if (!is_forwarded || proxies.trusts(std::string_view(request.peer))) return;
    log.write(LogLevel::warning, "proxy.not_trusted", {{"address", request.peer}});
  }
  std::string trace_id(const http::Request& request) const {
    return door::trace_id_of(request.header("traceparent"), random);
  }

  door::Dispatcher& dispatcher;
  const door::RememberedReplies& remembered_replies;
  const std::vector<Page> pages;
  Random& random;
  Log& log;
  const std::string hsts;
  const TrustedProxies proxies;
  const CrossSitePolicy cross_site;
  const bool trusts_listed_pages;
  const CookieJar jar;
  const door::CredentialFields credential_fields;
  const Router router;
  std::unordered_map<const contract::Method*, CallPlan> plans;
  /// What finish_call adds to an answer that no foreign page reads.
  std::shared_ptr<const std::string> usual_headers;
};

Gateway::Impl::Impl(door::Dispatcher& dispatcher, const door::RememberedReplies& remembered_replies,
                    std::vector<Page> pages, Random& random, Log& log, GatewayOptions options)
    : dispatcher(dispatcher),
      remembered_replies(remembered_replies),
      pages(std::move(pages)),
      random(random),
      log(log),
      hsts(options.hsts),
      proxies(options.trusted_proxies),
      cross_site(options.public_origin, options.cors_origins),
      trusts_listed_pages(options.trusted_pages),
      jar(options.cookies),
      credential_fields(dispatcher.contract()),
      router(dispatcher.contract(), this->pages) {
  for (const contract::Method& method : dispatcher.contract().methods()) {
    plans.emplace(
        &method,
        CallPlan{CookieFields(*method.request_prototype->GetDescriptor(), *method.reply_prototype->GetDescriptor()),
                 success_status(method), contract::is_raw(*method.reply_prototype->GetDescriptor())});
  }
  http::Response plain;
  finish_call(plain, {});
  std::string lines;
  for (const auto& [name, value] : plain.headers) http::append_header(lines, name, value);
  usual_headers = std::make_shared<const std::string>(std::move(lines));
}

void Gateway::Impl::handle(http::Request& request, const Done& done) const {
  tell_of_ignored_forwarding(request);
  const auto give = [&](http::Response response) {
    http::add_security_headers(response, hsts);
    done(std::move(response));
  };
  const auto refused = [&](Refusal why, std::string detail) {
    return refuse_request(request, {why, std::move(detail), {}, {}, {}});
  };
  if (!is_known_verb(request.verb)) {
    return give(refused(Refusal::unknown_method, "HTTP defines no such method."));
  }
  if (request.target == "*" && request.verb == "OPTIONS") return give({.status = 204, .headers = {}, .body = nullptr});
  const auto target = split_target(request.target);
  const PathMatch match = target ? router.find(target->path) : PathMatch{.by_verb = {}, .malformed = true};
  if (match.malformed) {
    return give(refused(Refusal::malformed_request, "The target is not a path, or has invalid percent-encoding."));
  }
  const auto nothing_there = [&] { return refused(Refusal::not_found, "This path does not exist."); };
  if (match.by_verb.empty()) return give(nothing_there());
  if (request.verb == "OPTIONS") return give(answer_options(request, target->path, match));
  const Destination* const destination = match.under(request.verb);
  if (destination == nullptr) {
    const Page* const page = opens_page(request) ? router.page_at(target->path) : nullptr;
    if (page != nullptr) return give(answer_page(request, *page));
    http::Response response =
        refused(Refusal::method_not_allowed, "This path supports other methods: see the Allow header.");
    response.headers.emplace_back("Allow", match.allow());
    return give(std::move(response));
  }
  const RequestOrigin from = origin_of(request);
  if (changes_something(request.verb) && !cross_site.may_change(from)) {
    return give(refused(Refusal::cross_site_request, "Pages of other sites may not call this."));
  }
  if (destination->page != nullptr) {
    http::Response response = answer_page(request, *destination->page);
    return give(response.status == 404 && !response.body ? nothing_there() : std::move(response));
  }
  call(request, *destination, *target, from, done);
}

/// Refuses what reaches no call.
http::Response Gateway::Impl::refuse_request(const http::Request& request, const Refused& refused) const {
  const std::string trace = trace_id(request);
  log_refusal(request, refused, trace);
  http::Response response = problem_response(refused, trace);
  allow_reading(response, cross_site.may_read(origin_of(request)));
  return response;
}

/// The line that the caller's trace id finds. The dispatcher writes those of the calls that reach it.
void Gateway::Impl::log_refusal(const http::Request& request, const Refused& refused, const std::string& trace) const {
  const bool cross = refused.why == Refusal::cross_site_request;
  const std::string_view target = request.target;
  log.write(cross ? LogLevel::warning : LogLevel::info, cross ? "http.cross_site_refused" : "http.refused",
            {{"code", name_of(refused.why)},
             {"field", refused.field},
             {"path", cut(target.substr(0, target.find('?')), longest_logged_path)},
             {"origin", request.header("origin").value_or("")},
             {"address", client_address(request)},
             {"trace_id", trace}});
}

http::Response Gateway::Impl::answer_page(const http::Request& request, const Page& page) const {
  try {
    return page.answer(request);
  } catch (const std::exception& failure) {
    const std::string trace = trace_id(request);
    log.write(LogLevel::error, "http.page_failed",
              {{"path", page.path}, {"what", failure.what()}, {"trace_id", trace}});
    return problem_response({Refusal::internal, {}, {}, {}, {}}, trace);
  }
}

http::Response Gateway::Impl::answer_options(const http::Request& request, std::string_view path,
                                             const PathMatch& match) const {
  http::Response response{.status = 204, .headers = {{"Allow", match.allow()}, {"Vary", "Origin"}}, .body = nullptr};
  if (is_public_document(path)) {
    response.headers.emplace_back("Access-Control-Allow-Origin", "*");
    response.headers.emplace_back("Access-Control-Allow-Methods", match.allow());
    response.headers.emplace_back("Access-Control-Allow-Headers", "*");
    response.headers.emplace_back("Access-Control-Max-Age", "600");
    return response;
  }
  const auto reader = cross_site.may_read(origin_of(request));
  if (!reader || match.by_verb.front().second.page != nullptr) return response;
  response.headers.emplace_back("Access-Control-Allow-Origin", *reader);
  response.headers.emplace_back("Access-Control-Allow-Credentials", "true");
  response.headers.emplace_back("Access-Control-Allow-Methods", match.allow());
  response.headers.emplace_back("Access-Control-Allow-Headers",
                                "authorization, content-type, idempotency-key, traceparent, tracestate");
  response.headers.emplace_back("Access-Control-Max-Age", "600");
  return response;
}

void Gateway::Impl::call(http::Request& request, const Destination& destination, const Target& target,
                         const RequestOrigin& from, const Done& done) const {
  Exchange exchange;
  exchange.path = target.path;
  if (const auto reader = cross_site.may_read(from)) exchange.readable_by = std::string(*reader);
  if (is_public_document(target.path)) exchange.held_tags = joined(request.header_lines("if-none-match"));
  auto sent = dispatch(request, destination, target, from, exchange, done);
  if (sent) return;
  if (exchange.trace_id.empty()) exchange.trace_id = trace_id(request);
  log_refusal(request, sent.error(), exchange.trace_id);
  done(answer(*destination.method, exchange, std::unexpected(std::move(sent).error())));
}

Result<void> Gateway::Impl::dispatch(http::Request& request, const Destination& destination, const Target& target,
                                     const RequestOrigin& from, Exchange& exchange, const Done& done) const {
  const contract::Method& method = *destination.method;
  const CallPlan& plan = plans.at(&method);
  if (request.body.size() > method.max_body_bytes) {
    return refuse(Refusal::body_too_large, "The body exceeds " + std::to_string(method.max_body_bytes) + " bytes.");
  }
  const auto credentials = credentials_of(request, method, exchange);
  if (!credentials) return std::unexpected(credentials.error());
  auto token = door::claimed_token(*credentials);
  if (!token) return std::unexpected(std::move(token).error());
  exchange.token_sent = token->has_value();

  door::Inbound inbound;
  inbound.address = client_address(request);
  inbound.access_token = std::move(*token);
  if (auto remembered = answer_from_memory(request, target, method, inbound)) {
    if (!*remembered) return std::unexpected(std::move(*remembered).error());
    if (exchange.readable_by || !exchange.doubled_cookies.empty()) finish_call(**remembered, exchange);
    else (*remembered)->encoded_headers = usual_headers;
    done(std::move(**remembered));
    return {};
  }

  auto message = read_request(destination, target.query, request);
  wipe(request.body);
  if (!message) return std::unexpected(std::move(message).error());
  const auto token_came_by_cookie = credential_fields.fill(method, **message, *credentials);
  if (!token_came_by_cookie) return std::unexpected(token_came_by_cookie.error());

  exchange.trace_id = trace_id(request);
  exchange.delivery = judge_delivery(holder_of(from), *token_came_by_cookie, plan.cookies.asked(**message));
  inbound.trace_id = exchange.trace_id;
  inbound.user_agent = user_agent_of(request);
  inbound.device_token = credential_fields.device(method, **message, *credentials);
  dispatcher.dispatch(
      method, std::move(inbound), std::move(*message),
      [this, &method, exchange, done](door::Reply reply) { done(answer(method, exchange, std::move(reply))); });
  return {};
}

/// What the call can use of the credentials beside its message.
Result<door::Credentials> Gateway::Impl::credentials_of(const http::Request& request, const contract::Method& method,
                                                        Exchange& exchange) const {
  const auto lines = request.header_lines("authorization");
  exchange.token_sent = std::ranges::any_of(
      lines, [](std::string_view line) { return equal_ignoring_case(line.substr(0, line.find(' ')), "bearer"); });
  auto bearer = credential_fields.bearer(method, lines);
  if (!bearer) return std::unexpected(std::move(bearer).error());
  door::Credentials credentials{*std::move(bearer)};
  auto cookies = jar.read(request.header_lines("cookie"));
  exchange.doubled_cookies = std::move(cookies.doubled);
  std::erase_if(exchange.doubled_cookies, [&](Cookie cookie) {
    return !credential_fields.takes(method, cookie) && !plans.at(&method).cookies.may_set(cookie);
  });
  if (!exchange.doubled_cookies.empty()) exchange.paths = paths_of(request, exchange.path);
  for (const Cookie cookie : exchange.doubled_cookies) {
    // A device is of use only for more patience: without it the call goes on.
    if (cookie == Cookie::DEVICE || !credential_fields.takes(method, cookie)) continue;
    return refuse(Refusal::conflicting_credentials,
                  "The cookie " + jar.name(cookie) + " was sent twice. This answer clears it.");
  }
  for (auto& [cookie, value] : cookies.once) {
    exchange.cookies_sent.insert(cookie);
    if (cookie == Cookie::DEVICE || credential_fields.takes(method, cookie)) {
      credentials.cookies.emplace(cookie, std::move(value));
    }
  }
  return credentials;
}

/// The path of the request, and those that a trusted proxy says the client asked for, if it has rewritten them.
std::vector<std::string> Gateway::Impl::paths_of(const http::Request& request, std::string_view path) const {
  std::vector<std::string> paths{std::string(path)};
  if (!proxies.trusts(std::string_view(request.peer))) return paths;
  for (const char* header : {"x-forwarded-uri", "x-original-uri"}) {
    const auto lines = request.header_lines(header);
    const auto target = lines.size() == 1 ? split_target(lines.front()) : std::nullopt;
    if (target) paths.emplace_back(target->path);
  }
  return paths;
}

TokenHolder Gateway::Impl::holder_of(const RequestOrigin& from) const {
  if (!from.is_browser()) return TokenHolder::program;
  return trusts_listed_pages && cross_site.is_listed_page(from) ? TokenHolder::trusted_page : TokenHolder::page;
}

std::optional<Result<http::Response>> Gateway::Impl::answer_from_memory(const http::Request& request,
                                                                        const Target& target,
                                                                        const contract::Method& method,
                                                                        const door::Inbound& inbound) const {
  const bool is_plain = target.query.empty() || method.policy.ignores_unknown_parameters();
  if (!inbound.access_token || !is_plain || !request.body.empty()) return std::nullopt;
  auto reply = remembered_replies.answer(method, *inbound.access_token);
  if (!reply) return std::nullopt;
  if (!*reply) return std::unexpected(std::move(*reply).error());
  return http::Response{.status = 200, .headers = {json_type}, .body = std::move((*reply)->json)};
}

http::Response Gateway::Impl::answer(const contract::Method& method, const Exchange& exchange,
                                     door::Reply reply) const {
  http::Response response;
  if (reply && !is_url_text(redirect_of(method, **reply))) {
    log.write(LogLevel::error, "http.redirect_failed",
              {{"method", method.full_name}, {"what", "the URL is none"}, {"trace_id", exchange.trace_id}});
    reply = refuse(Refusal::internal, "See the server's log for this trace_id.");
  }
  if (!reply) {
    response = problem_response(reply.error(), exchange.trace_id, method.policy.problem_message(), exchange.token_sent);
  } else {
    const CallPlan& plan = plans.at(&method);
    response.status = plan.success_status;
    response.headers.emplace_back("X-Request-Id", exchange.trace_id);
    for (const auto& [cookie, value] : plan.cookies.take(**reply)) {
      if (exchange.delivery.cookies) {
        response.headers.emplace_back("Set-Cookie", jar.set(cookie, value));
      } else if (exchange.cookies_sent.contains(cookie)) {
        // It would contradict the token in the body of the next request, and no script can delete it.
        response.headers.emplace_back("Set-Cookie", jar.clear(cookie));
      }
    }
    // A page of another origin gets no token, on no path.
    if (!exchange.delivery.body) plan.cookies.hide(**reply, exchange.readable_by ? "" : exchange.path);
    write_success(response, method, **reply);
  }
  if (reply || reply.error().why == Refusal::not_authenticated) {
    for (const int cookie : method.policy.clears()) {
      response.headers.emplace_back("Set-Cookie", jar.clear(static_cast<Cookie>(cookie)));
    }
  }
  finish_call(response, exchange);
  return response;
}

/// The reply as the contract has it sent: a redirect, bytes as they are, or JSON.
void Gateway::Impl::write_success(http::Response& response, const contract::Method& method,
                                  const contract::Message& reply) const {
  if (const auto location = redirect_of(method, reply); !location.empty()) {
    response.status = 303;
    response.headers.emplace_back("Location", location);
  } else if (plans.at(&method).has_raw_reply) {
    response.headers.emplace_back("Content-Type", text_of(reply, "content_type"));
    response.body = std::make_shared<const std::string>(text_of(reply, "data"));
  } else if (response.status != 204) {
    std::string json;
    contract::write_json(reply, json);
    response.headers.push_back(json_type);
    response.body = std::make_shared<const std::string>(std::move(json));
  }
}

/// Clears cookies that were sent twice, wherever they were set: what the answer doesn't set anew is gone.
void Gateway::Impl::clear_doubled_cookies(http::Response& response, const Exchange& exchange) const {
  for (const Cookie cookie : exchange.doubled_cookies) {
    const bool is_set_anew = std::ranges::any_of(response.headers, [&](const auto& header) {
      return header.first == "Set-Cookie" && header.second.starts_with(jar.name(cookie) + "=");
    });
    std::vector<std::string> lines = jar.clear_others(cookie, exchange.paths);
    if (!is_set_anew) lines.insert(lines.begin(), jar.clear(cookie));
    add_cookies_that_fit(response, std::move(lines));
  }
}

/// Adds the lines that the head has room for. If that is not all of them, they begin at a random one, so that the
/// answers to a few requests have them all.
void Gateway::Impl::add_cookies_that_fit(http::Response& response, std::vector<std::string> lines) const {
  std::size_t bytes = 0;
  for (const auto& [name, value] : response.headers) bytes += bytes_of_header(name, value);
  const auto bytes_of_line = [](const std::string& line) { return bytes_of_header("Set-Cookie", line); };
  std::size_t bytes_of_all = bytes;
  for (const std::string& line : lines) bytes_of_all += bytes_of_line(line);
  if (bytes_of_all > largest_headers && !lines.empty()) {
    std::ranges::rotate(lines, lines.begin() + random.below(static_cast<std::uint32_t>(lines.size())));
  }
  for (std::string& line : lines) {
    if (bytes + bytes_of_line(line) > largest_headers) continue;
    bytes += bytes_of_line(line);
    response.headers.emplace_back("Set-Cookie", std::move(line));
  }
}

void Gateway::Impl::finish_call(http::Response& response, const Exchange& exchange) const {
  if (is_public_document(exchange.path)) publish(response, exchange.held_tags);
  else allow_reading(response, exchange.readable_by);
  http::add_security_headers(response, hsts);
  clear_doubled_cookies(response, exchange);
}

Gateway::Gateway(door::Dispatcher& dispatcher, const door::RememberedReplies& remembered_replies,
                 std::vector<Page> pages, Random& random, Log& log, GatewayOptions options)
    : impl_(std::make_unique<Impl>(dispatcher, remembered_replies, std::move(pages), random, log, std::move(options))) {
}

Gateway::~Gateway() = default;

void Gateway::handle(http::Request request, std::function<void(http::Response)> done) const {
  impl_->handle(request, done);
}

std::size_t Gateway::body_limit(std::string_view verb, std::string_view target) const {
  const auto parts = split_target(target);
  const PathMatch match = parts ? impl_->router.find(parts->path) : PathMatch{};
  const Destination* const destination = match.under(verb);
  const bool is_call = destination != nullptr && destination->method != nullptr;
  return is_call ? destination->method->max_body_bytes : contract::usual_body_bytes;
}

http::Response Gateway::problem(const Refused& refused, const std::string& peer) const {
  const std::string trace = door::trace_id_of(std::nullopt, impl_->random);
  http::Request unread;
  unread.peer = peer;
  impl_->log_refusal(unread, refused, trace);
  http::Response response = problem_response(refused, trace);
  http::add_security_headers(response, impl_->hsts);
  return response;
}

}  // namespace ostiary::gateway
