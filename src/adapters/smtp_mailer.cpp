#include "adapters/smtp_mailer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>

#include "adapters/curl.hpp"
#include "base/encoding.hpp"
#include "base/ip_address.hpp"
#include "base/text.hpp"

namespace ostiary::adapters {
namespace {

/// libcurl takes what follows a semicolon in the user or password for options of its own (RFC 5092).
std::string with_escaped_semicolons(std::string_view url) {
  const auto scheme = url.find("://");
  const auto begin = scheme == std::string_view::npos ? url.size() : scheme + 3;
  const auto end = std::min(url.find_first_of("/?#", begin), url.size());
  const auto at = url.substr(0, end).rfind('@');
  std::string escaped;
  for (std::size_t i = 0; i < url.size(); ++i) {
    const bool in_user = i >= begin && at != std::string_view::npos && i < at;
    escaped += in_user && url[i] == ';' ? "%3B" : std::string(1, url[i]);
  }
  return escaped;
}

/// A name or an address literal, as it may follow EHLO (RFC 5321, section 4.1.3).
bool is_ehlo_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._:[]").contains(c);
  });
}

/// Applies `name=value&...`; a sentence about the first that means nothing. It quotes none: a password with a "?" that
/// is not percent-encoded ends up here.
std::string apply_query(SmtpServer& server, std::string_view query) {
  using enum SmtpServer::Security;
  std::optional<SmtpServer::Security> asked;
  while (!query.empty()) {
    const std::string_view option = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), option.size() + 1));
    const auto value = percent_decode(option.substr(std::min(option.find('='), option.size() - 1) + 1)).value_or("");
    if (option == "starttls=off" || option == "starttls=required") {
      if (server.security == tls) return "has starttls= beside smtps://, which is TLS from the first byte";
      asked = option == "starttls=off" ? none : starttls;
    } else if (option.starts_with("ca_file=") && !value.empty()) {
      server.ca_file = value;
      // Whoever names an authority wants the server to be verified, also on this machine.
      if (server.security == none) server.security = starttls;
    } else if (option.starts_with("ehlo=") && is_ehlo_name(value)) {
      server.ehlo_name = value;
    } else {
      return "has an option that is not starttls=off, starttls=required, ca_file=/path or ehlo=name";
    }
  }
  server.security = asked.value_or(server.security);
  return {};
}

/// The user and password; a sentence about what is wrong with them.
std::string read_credentials(SmtpServer& server, CURLU* url) {
  const auto user = percent_decode(part_of(url, CURLUPART_USER));
  const auto password = percent_decode(part_of(url, CURLUPART_PASSWORD));
  if (!user || !password) return "has a user or password that is wrongly percent-encoded";
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (std::ranges::any_of(*user, is_control) || std::ranges::any_of(*password, is_control))
    return "has a user or password with control characters";
  if (user->empty() && !password->empty()) return "has a password and no user";
  server.user = *user;
  server.password = Secret(*password);
  return {};
}

/// The longest line with an encoded word (RFC 2047, section 2).
constexpr std::size_t longest_line = 76;

/// `column`: how many characters stand before it on its line.
bool is_plain(std::string_view text, std::size_t column) {
  return column + text.size() <= longest_line && text.find("=?") == std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_continuation(char c) { return (c & 0xC0) == 0x80; }

std::string escaped(char c) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  return {'=', digits[byte >> 4], digits[byte & 15]};
}

/// The Q encoding, narrow enough for every header (RFC 2047, section 5).
std::string quoted(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool as_is = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    result += as_is ? std::string(1, c) : c == ' ' ? "_" : escaped(c);
  }
  return result;
}

std::string encode_words(std::string_view text, std::size_t column) {
  // A folded line begins with a space, and "=?UTF-8?Q?" and "?=" take 12; a character is never divided.
  constexpr std::size_t frame = 12;
  constexpr std::size_t room_of_line = longest_line - 1 - frame;
  std::string result = "=?UTF-8?Q?";
  std::size_t room = std::min(room_of_line, longest_line - frame - column);
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin + 1;
    while (end < text.size() && is_continuation(text[end])) ++end;
    const std::string character = quoted(text.substr(begin, end - begin));
    if (character.size() > room) {
      result += "?=\r\n =?UTF-8?Q?";
      room = room_of_line;
    }
    result += character;
    room -= std::min(room, character.size());
    begin = end;
  }
  return result + "?=";
}

/// One message on its way: what libcurl's callbacks work on.
struct Transfer {
  Upload text;  ///< the text part, which libcurl asks for once DATA was answered
  bool must_sign_in = false;
  bool signed_in = false;
  bool stopped_unsigned = false;  ///< the server took the sender without a sign-in that was asked for
  std::string command =
      {};  ///< the verb that was said last, but for QUIT, in its first four letters; "" at the greeting
  std::string last_reply = {};
  std::string last_refusal = {};  ///< of `command`; after it libcurl says QUIT, which is answered as well

  /// What failed, for people.
  std::string explain(CURLcode result) const {
    if (stopped_unsigned) return "SMTP_URL has a user and password, and the server offers no way to sign in";
    const auto said = trim_blanks(last_refusal.empty() ? last_reply : last_refusal, "\r\n");
    const std::string failure = curl_easy_strerror(result);
    return said.empty() ? failure : failure + "; the server replied: " + std::string(said);
  }
};

/// Follows the conversation. libcurl goes on without a sign-in where the server offers none; that ends here.
std::size_t note_reply(char* line, std::size_t size, std::size_t count, void* argument) {
  auto& transfer = *static_cast<Transfer*>(argument);
  std::string& reply = transfer.last_reply;
  reply.assign(line, size * count);
  if (reply.starts_with('4') || reply.starts_with('5')) transfer.last_refusal = reply;
  if (reply.starts_with("235")) transfer.signed_in = true;
  const bool taken = transfer.command == "MAIL" && reply.starts_with('2');
  transfer.stopped_unsigned = taken && transfer.must_sign_in && !transfer.signed_in;
  return transfer.stopped_unsigned ? 0 : size * count;
}

/// Notes the verb of a command. What is said between a 334 and its end is the sign-in's, and none.
int note_command(CURL*, curl_infotype type, char* data, std::size_t size, void* argument) {
  static constexpr std::array<std::string_view, 7> verbs{"EHLO", "HELO", "STAR", "AUTH", "MAIL", "RCPT", "DATA"};
  auto& transfer = *static_cast<Transfer*>(argument);
  const auto verb = std::string_view(data, size).substr(0, 4);
  if (type != CURLINFO_HEADER_OUT || transfer.last_reply.starts_with("334")) return 0;
  if (std::ranges::find(verbs, verb) == verbs.end()) return 0;
  transfer.command = verb;
  transfer.last_refusal.clear();
  return 0;
}

/// Mail has CRLF line ends; the quoted-printable encoder takes a lone LF for a byte like any other.
std::string with_crlf(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) result += '\r';
    result += text[i];
  }
  return result;
}

std::string url_of(const SmtpServer& server) {
  const bool tls = server.security == SmtpServer::Security::tls;
  return (tls ? "smtps://" : "smtp://") + server.host + ":" + std::to_string(server.port);
}

/// libcurl says the path's name in EHLO.
std::string url_with_ehlo_name(const SmtpServer& server) {
  const auto size = static_cast<int>(server.ehlo_name.size());
  const Owned<char> name(curl_easy_escape(nullptr, server.ehlo_name.data(), size));
  if (!name) throw std::bad_alloc();
  return url_of(server) + "/" + name.get();
}

void choose_server(CURL* handle, const SmtpServer& server) {
  set(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(handle, CURLOPT_URL, url_with_ehlo_name(server).c_str());
  set(handle, CURLOPT_PROXY, "");
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_CONNECTTIMEOUT, static_cast<long>(server.connect_timeout.count()));
  set(handle, CURLOPT_TIMEOUT, static_cast<long>(server.total_timeout.count()));
  set(handle, CURLOPT_USE_SSL,
      static_cast<long>(server.security == SmtpServer::Security::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
  set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  set(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!server.ca_file.empty()) set(handle, CURLOPT_CAINFO, server.ca_file.c_str());
  if (!server.user.empty()) {
    set(handle, CURLOPT_USERNAME, server.user.c_str());
    set(handle, CURLOPT_PASSWORD, std::string(server.password.reveal()).c_str());
  }
}

void follow(CURL* handle, Transfer& transfer) {
  set(handle, CURLOPT_HEADERFUNCTION, note_reply);
  set(handle, CURLOPT_HEADERDATA, &transfer);
  set(handle, CURLOPT_VERBOSE, 1L);
  set(handle, CURLOPT_DEBUGFUNCTION, note_command);
  set(handle, CURLOPT_DEBUGDATA, &transfer);
}

/// RFC 5322, section 3.3, in UTC.
std::string mail_date(Time time) {
  static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%s, %02u %s %d %02d:%02d:%02d +0000",
                                   days[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                                   months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                                   static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                                   static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

/// From with its display name: words that need no quotes, or encoded ones. The address has a line of its own where the
/// one before it would be too long.
std::string from_header(const MailSender& sender) {
  std::string header = "From: ";
  if (!sender.name.empty()) {
    const bool words = std::ranges::all_of(sender.name, [](char c) {
      return c == ' ' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
    const bool plain = words && is_plain(sender.name, header.size());
    header += plain ? sender.name : encode_words(sender.name, header.size());
    const auto line = header.rfind('\n');
    const auto column = header.size() - (line == std::string::npos ? 0 : line + 1);
    header += column + sender.address.size() + 3 <= longest_line ? " " : "\r\n ";
  }
  return header + "<" + sender.address + ">";
}

Owned<curl_slist> make_headers(const Mail& mail, const MailSender& sender, Time now) {
  Owned<curl_slist> headers;
  append(headers, "Date: " + mail_date(now));
  append(headers, from_header(sender));
  append(headers, "To: " + mail.to);
  constexpr std::string_view subject = "Subject: ";
  append(headers, std::string(subject) + encode_header(mail.subject, subject.size()));
  append(headers, "Message-ID: <" + mail.message_id + ">");
  append(headers, "Auto-Submitted: auto-generated");
  append(headers, "Content-Type: multipart/alternative");
  return headers;
}

curl_mimepart* add_part(curl_mime* mime, const char* type) {
  curl_mimepart* part = curl_mime_addpart(mime);
  if (part == nullptr) throw std::bad_alloc();
  check(curl_mime_type(part, type));
  check(curl_mime_encoder(part, "quoted-printable"));
  return part;
}

Owned<curl_mime> make_body(CURL* handle, const Mail& mail, Transfer& transfer) {
  Owned<curl_mime> mime(curl_mime_init(handle));
  if (!mime) throw std::bad_alloc();
  const auto text_size = static_cast<curl_off_t>(transfer.text.body.size());
  check(curl_mime_data_cb(add_part(mime.get(), "text/plain; charset=utf-8"), text_size, read_upload, nullptr, nullptr,
                          &transfer.text));
  const std::string html = with_crlf(mail.html);
  check(curl_mime_data(add_part(mime.get(), "text/html; charset=utf-8"), html.data(), html.size()));
  return mime;
}

/// Whether a 5xx to RCPT or DATA is about us or our settings, not about this mail: a command that the server doesn't
/// take (RFC 5321, section 4.2.2), TLS or a sign-in that it wants first (RFC 3207, RFC 4954), or its policy (class 5.7
/// of RFC 3463), as when it relays nothing for us.
bool is_about_us(std::string_view refusal) {
  static constexpr std::array<std::string_view, 9> codes{"500", "502", "503", "504", "530", "534", "535", "538", "555"};
  return std::ranges::find(codes, refusal.substr(0, 3)) != codes.end() ||
         (refusal.size() > 8 && refusal.substr(4, 4) == "5.7.");
}

Delivery judge(CURLcode result, const Transfer& transfer) {
  if (result == CURLE_OK) return Delivery::accepted;
  const std::string_view refusal = transfer.last_refusal;
  const bool for_good = refusal.starts_with('5');
  if (transfer.text.begun) {
    return refusal.empty() ? Delivery::unknown : for_good ? Delivery::refused : Delivery::refused_for_now;
  }
  // What is refused before is about us: the greeting, our name, the sign-in and the sender.
  const bool is_of_mail = transfer.command == "RCPT" || transfer.command == "DATA";
  return for_good && is_of_mail && !is_about_us(refusal) ? Delivery::refused : Delivery::refused_for_now;
}

/// How far libcurl came.
SmtpStep failed_step(CURLcode result, const Transfer& transfer) {
  if (transfer.stopped_unsigned) return SmtpStep::authenticate;
  const bool refused = !transfer.last_refusal.empty();
  switch (result) {
    // For libcurl 553 is an answer like any other: "ambiguous", to a question that we don't ask.
    case CURLE_OK: return refused ? SmtpStep::sender : SmtpStep::none;
    case CURLE_LOGIN_DENIED: return SmtpStep::authenticate;
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR: return SmtpStep::encrypt;
    default: break;
  }
  if (!refused) return SmtpStep::connect;
  return transfer.command == "MAIL"   ? SmtpStep::sender
         : transfer.command == "AUTH" ? SmtpStep::authenticate
         : transfer.command == "STAR" ? SmtpStep::encrypt
                                      : SmtpStep::greet;
}

/// What a server said, fit for a line of text.
std::string on_one_line(std::string text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n')) text.pop_back();
  std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace

std::expected<SmtpServer, std::string> parse_smtp_url(std::string_view url, std::string_view own_host) {
  const Owned<CURLU> parsed(curl_url());
  if (!parsed || url.find('\0') != std::string_view::npos ||
      curl_url_set(parsed.get(), CURLUPART_URL, with_escaped_semicolons(url).c_str(), 0) != CURLUE_OK)
    return std::unexpected("can't be read as a URL");
  const std::string scheme = lower_case(part_of(parsed.get(), CURLUPART_SCHEME));
  if (scheme != "smtp" && scheme != "smtps") return std::unexpected("must begin with smtp:// or smtps://");
  const std::string path = part_of(parsed.get(), CURLUPART_PATH);
  if (path.size() > 1 || !part_of(parsed.get(), CURLUPART_FRAGMENT).empty())
    return std::unexpected("has a path or a fragment, which mean nothing for a mail server");

  SmtpServer server;
  server.ehlo_name = ehlo_name_for(own_host);
  server.host = part_of(parsed.get(), CURLUPART_HOST);
  const std::string port = part_of(parsed.get(), CURLUPART_PORT);
  server.port = !port.empty() ? std::stoi(port) : scheme == "smtps" ? 465 : 587;
  server.security = scheme == "smtps"              ? SmtpServer::Security::tls
                    : is_this_machine(server.host) ? SmtpServer::Security::none
                                                   : SmtpServer::Security::starttls;
  if (std::string error = read_credentials(server, parsed.get()); !error.empty())
    return std::unexpected(std::move(error));
  if (std::string error = apply_query(server, part_of(parsed.get(), CURLUPART_QUERY)); !error.empty())
    return std::unexpected(std::move(error));
  return server;
}

std::string ehlo_name_for(std::string_view host) {
  const auto address = parse_address(host);
  if (address && !address->is_loopback())
    return address->is_v4() ? "[" + to_string(*address) + "]" : "[IPv6:" + to_string(*address) + "]";
  const bool is_known_elsewhere = !is_this_machine(host) && host.find('.') != std::string_view::npos;
  return is_known_elsewhere ? std::string(host) : "[127.0.0.1]";
}

namespace {

/// The words of a quoted string, its quoted pairs undone (RFC 5322, section 3.2.4); nothing where it is none.
std::optional<std::string> unquoted(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  std::string words;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') return std::nullopt;
    if (text[i] == '\\' && ++i == text.size()) return std::nullopt;
    words += text[i];
  }
  return words;
}

}  // namespace

std::expected<MailSender, std::string> parse_sender(std::string_view text) {
  MailSender sender;
  sender.address = text;
  if (const auto open = text.rfind('<'); open != std::string_view::npos && text.ends_with('>')) {
    sender.address = text.substr(open + 1, text.size() - open - 2);
    const std::string_view name = trim_blanks(text.substr(0, open));
    const auto words = unquoted(name);
    if (!words && name.starts_with('"')) return std::unexpected("has a name whose quotes don't match");
    sender.name = words.value_or(std::string(name));
  }
  if (!is_mail_address(sender.address)) return std::unexpected("is not an address");
  return sender;
}

bool is_mail_address(std::string_view address) {
  const auto at = address.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == address.size() || address.size() > 254) return false;
  return std::ranges::all_of(address, [](char c) { return c > ' ' && c <= '~'; }) &&
         address.find_first_of("<>()[]\\,;:\"") == std::string_view::npos && address.find('@') == at;
}

std::string encode_header(std::string_view text, std::size_t column) {
  return is_plain(text, column) ? std::string(text) : encode_words(text, column);
}

SmtpMailer::SmtpMailer(SmtpServer server, MailSender sender, const Clock& clock)
    : server_(std::move(server)), sender_(std::move(sender)), clock_(clock) {
  initialise_curl();
}

DeliveryOutcome SmtpMailer::send(const Mail& mail, const std::function<void()>& before_data) {
  if (!is_mail_address(mail.to)) return {Delivery::refused, "the recipient is not an address that mail can be sent to"};
  Transfer transfer{.text = {.before_first = before_data, .body = with_crlf(mail.text)},
                    .must_sign_in = !server_.user.empty()};
  const Owned<curl_slist> headers = make_headers(mail, sender_, clock_.now());
  Owned<curl_slist> recipients;
  append(recipients, "<" + mail.to + ">");
  // Freed first: it says QUIT, and hands the answer to `transfer`.
  const Owned<CURL> handle(curl_easy_init());
  if (!handle) throw std::bad_alloc();
  const Owned<curl_mime> body = make_body(handle.get(), mail, transfer);

  choose_server(handle.get(), server_);
  set(handle.get(), CURLOPT_MAIL_FROM, ("<" + sender_.address + ">").c_str());
  set(handle.get(), CURLOPT_MAIL_RCPT, recipients.get());
  set(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  set(handle.get(), CURLOPT_MIMEPOST, body.get());
  follow(handle.get(), transfer);
  set(handle.get(), CURLOPT_NOPROGRESS, 0L);
  set(handle.get(), CURLOPT_XFERINFOFUNCTION, is_interrupted);
  set(handle.get(), CURLOPT_XFERINFODATA, &interrupted_);

  const CURLcode result = curl_easy_perform(handle.get());
  if (transfer.text.objection) std::rethrow_exception(transfer.text.objection);
  const Delivery delivery = judge(result, transfer);
  return {delivery, delivery == Delivery::accepted ? transfer.last_reply : transfer.explain(result)};
}

SmtpGreeting SmtpMailer::greet() const {
  static const std::function<void()> nothing = [] {};
  Transfer transfer{.text = {.before_first = nothing}, .must_sign_in = !server_.user.empty()};
  const Owned<CURL> handle(curl_easy_init());
  if (!handle) throw std::bad_alloc();
  choose_server(handle.get(), server_);
  // Without a recipient libcurl sends this one command, once it has decoded it, in place of a mail; and then QUIT.
  const std::string command = "MAIL FROM:<" + sender_.address + ">";
  const Owned<char> escaped(curl_easy_escape(handle.get(), command.data(), static_cast<int>(command.size())));
  set(handle.get(), CURLOPT_CUSTOMREQUEST, escaped.get());
  set(handle.get(), CURLOPT_NOBODY, 1L);
  follow(handle.get(), transfer);
  const CURLcode result = curl_easy_perform(handle.get());
  const SmtpStep failed_at = failed_step(result, transfer);
  const bool answered = result == CURLE_OK;
  const std::string& said = transfer.last_refusal.empty() ? transfer.last_reply : transfer.last_refusal;
  return {failed_at, on_one_line(answered ? said : transfer.explain(result))};
}

void SmtpMailer::interrupt() { interrupted_ = true; }

std::string SmtpMailer::description() const {
  const auto security = server_.security;
  return url_of(server_) + (security == SmtpServer::Security::starttls ? " (STARTTLS)"
                            : security == SmtpServer::Security::tls    ? ""
                                                                       : " (not encrypted)");
}

}  // namespace ostiary::adapters
