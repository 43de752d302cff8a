#include "adapters/http_sms_gateway.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "adapters/curl.hpp"
#include "base/encoding.hpp"
#include "base/ip_address.hpp"
#include "base/text.hpp"

namespace ostiary::adapters {
namespace {

using Shape = SmsServer::Shape;

constexpr std::size_t longest_reply = 2000;

/// Keeps the beginning.
std::size_t keep_reply(char* bytes, std::size_t size, std::size_t count, void* argument) {
  auto& reply = *static_cast<std::string*>(argument);
  reply.append(bytes, std::min(size * count, longest_reply - std::min(longest_reply, reply.size())));
  return size * count;
}

std::string form_field(std::string_view name, std::string_view value) {
  const Owned<char> escaped(curl_easy_escape(nullptr, value.data(), static_cast<int>(value.size())));
  if (!escaped) throw std::bad_alloc();
  return std::string(name) + "=" + escaped.get();
}

std::string body_of(const SmsServer& server, const TextMessage& message) {
  if (server.shape == Shape::json) {
    return boost::json::serialize(
        boost::json::object{{"to", message.to}, {"from", server.sender}, {"text", message.text}});
  }
  const bool is_service = server.sender.starts_with("MG");
  return form_field("To", message.to) + "&" + form_field(is_service ? "MessagingServiceSid" : "From", server.sender) +
         "&" + form_field("Body", message.text);
}

Owned<curl_slist> headers_of(const SmsServer& server, const TextMessage& message) {
  Owned<curl_slist> headers;
  append(headers, server.shape == Shape::json ? "Content-Type: application/json"
                                              : "Content-Type: application/x-www-form-urlencoded");
  append(headers, "Accept: application/json");
  append(headers, "Idempotency-Key: " + message.id);
  append(headers, "Expect:");
  if (!server.token.empty()) append(headers, "Authorization: Bearer " + std::string(server.token.reveal()));
  return headers;
}

void choose_gateway(CURL* handle, const SmsServer& server) {
  set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle, CURLOPT_URL, std::string(server.url.reveal()).c_str());
  set(handle, CURLOPT_PROXY, "");
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(server.connect_timeout.count()));
  set(handle, CURLOPT_TIMEOUT, static_cast<long>(server.total_timeout.count()));
  set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  set(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!server.user.empty()) {
    set(handle, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(handle, CURLOPT_USERNAME, server.user.c_str());
    set(handle, CURLOPT_PASSWORD, std::string(server.password.reveal()).c_str());
  }
}

/// What a gateway said, without digits: it may repeat the number, in whatever spelling, or the code.
std::string without_digits(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c >= '0' && c <= '9'; }, '#');
  return text;
}

DeliveryOutcome judge_reply(CURLcode result, long status, bool handed_over, const std::string& reply) {
  if (status == 0) {
    return {handed_over ? Delivery::unknown : Delivery::refused_for_now, curl_easy_strerror(result)};
  }
  const std::string said = "HTTP " + std::to_string(status) + ": " + without_digits(reply);
  if (status >= 200 && status < 300) return {Delivery::accepted, "HTTP " + std::to_string(status)};
  if (status == 400 || status == 422) return {Delivery::refused, said};
  return {status >= 500 && status != 503 ? Delivery::unknown : Delivery::refused_for_now, said};
}

/// The user and password; a sentence about what is wrong with them.
std::string read_sms_credentials(SmsServer& server, CURLU* url) {
  const auto user = percent_decode(part_of(url, CURLUPART_USER));
  const auto password = percent_decode(part_of(url, CURLUPART_PASSWORD));
  if (!user || !password) return "has a user or password that is wrongly percent-encoded";
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (std::ranges::any_of(*user, is_control) || std::ranges::any_of(*password, is_control))
    return "has a user or password with control characters";
  server.user = *user;
  server.password = Secret(*password);
  if (server.shape == Shape::json) return user->empty() && !password->empty() ? "has a password and no user" : "";
  const bool is_sid = !user->empty() && std::ranges::all_of(*user, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  });
  return is_sid && !password->empty() ? "" : "lacks the account's SID and token, as in twilio://SID:TOKEN@host";
}

}  // namespace

std::expected<SmsServer, std::string> parse_sms_url(std::string_view given) {
  constexpr std::string_view twilio = "twilio://";
  const bool is_twilio = lower_case(given.substr(0, twilio.size())) == twilio;
  const std::string text = is_twilio ? "https://" + std::string(given.substr(twilio.size())) : std::string(given);
  const Owned<CURLU> url(curl_url());
  const std::string scheme = lower_case(std::string_view(text).substr(0, text.find("://")));
  if (scheme != "http" && scheme != "https") return std::unexpected("must begin with https:// or twilio://");
  if (!url || text.find('\0') != std::string::npos ||
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
    return std::unexpected("can't be read as a URL");

  SmsServer server;
  server.shape = is_twilio ? Shape::twilio : Shape::json;
  const std::string host = part_of(url.get(), CURLUPART_HOST);
  const std::string port = part_of(url.get(), CURLUPART_PORT);
  const bool is_here = is_this_machine(host);
  if (scheme == "http" && !is_here) return std::unexpected("must begin with https:// unless its host is this machine");
  if (!part_of(url.get(), CURLUPART_FRAGMENT).empty()) return std::unexpected("has a fragment, which means nothing");
  if (std::string error = read_sms_credentials(server, url.get()); !error.empty()) return std::unexpected(error);
  const std::string origin = is_twilio && is_here ? "http" : scheme;
  server.shown = origin + "://" + host + (port.empty() ? "" : ":" + port);
  const std::string path = part_of(url.get(), CURLUPART_PATH), query = part_of(url.get(), CURLUPART_QUERY);
  if (is_twilio) {
    if (path.size() > 1 || !query.empty()) return std::unexpected("has a path, which twilio:// knows by itself");
    server.url = Secret(server.shown + "/2010-04-01/Accounts/" + server.user + "/Messages.json");
  } else {
    server.url = Secret(server.shown + path + (query.empty() ? "" : "?" + query));
  }
  return server;
}

HttpSmsGateway::HttpSmsGateway(SmsServer server) : server_(std::move(server)) { initialise_curl(); }

DeliveryOutcome HttpSmsGateway::send(const TextMessage& message, const std::function<void()>& before_sending) {
  Upload upload{.before_first = before_sending, .body = body_of(server_, message)};
  std::string reply;
  const Owned<curl_slist> headers = headers_of(server_, message);
  const Owned<CURL> handle(curl_easy_init());
  if (!handle) throw std::bad_alloc();
  choose_gateway(handle.get(), server_);
  set(handle.get(), CURLOPT_POST, 1L);
  set(handle.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(upload.body.size()));
  set(handle.get(), CURLOPT_READFUNCTION, read_upload);
  set(handle.get(), CURLOPT_READDATA, &upload);
  set(handle.get(), CURLOPT_WRITEFUNCTION, keep_reply);
  set(handle.get(), CURLOPT_WRITEDATA, &reply);
  set(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  set(handle.get(), CURLOPT_NOPROGRESS, 0L);
  set(handle.get(), CURLOPT_XFERINFOFUNCTION, is_interrupted);
  set(handle.get(), CURLOPT_XFERINFODATA, &interrupted_);

  const CURLcode result = curl_easy_perform(handle.get());
  if (upload.objection) std::rethrow_exception(upload.objection);
  long status = 0;
  check(curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status));
  return judge_reply(result, status, upload.begun, reply);
}

SmsReach HttpSmsGateway::reach() const {
  const Owned<CURL> handle(curl_easy_init());
  if (!handle) throw std::bad_alloc();
  choose_gateway(handle.get(), server_);
  set(handle.get(), CURLOPT_CONNECT_ONLY, 1L);
  const CURLcode result = curl_easy_perform(handle.get());
  return {result == CURLE_OK, curl_easy_strerror(result)};
}

void HttpSmsGateway::interrupt() { interrupted_ = true; }

std::string HttpSmsGateway::description() const {
  return server_.shown + (server_.shape == Shape::twilio ? " (Twilio)" : "");
}

}  // namespace ostiary::adapters
