#include "adapters/smtp_mailer.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>

#include "base/ip_address.hpp"

namespace ostiary::adapters {
namespace {

struct Free {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_mime* mime) const { curl_mime_free(mime); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  void operator()(char* text) const { curl_free(text); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  const Owned<char> owned(text);
  return owned.get();
}

/// Applies `name=value&...`; a sentence about the first that means nothing.
std::string apply_query(SmtpServer& server, std::string_view query) {
  while (!query.empty()) {
    const std::string_view option = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), option.size() + 1));
    if (option == "starttls=off" && server.security != SmtpServer::Security::tls) {
      server.security = SmtpServer::Security::none;
    } else if (option == "starttls=required" && server.security != SmtpServer::Security::tls) {
      server.security = SmtpServer::Security::starttls;
    } else if (option.starts_with("ca_file=")) {
      server.ca_file = option.substr(8);
    } else {
      return "does not know the option '" + std::string(option) + "'";
    }
  }
  return {};
}

bool is_plain(std::string_view text) {
  return text.size() <= 70 && text.find("=?") == std::string_view::npos &&
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

std::string encode_words(std::string_view text) {
  // 75 characters a word at most, of which "=?UTF-8?Q?" and "?=" take 12; a character is never divided.
  std::string result = "=?UTF-8?Q?";
  std::size_t room = 63;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin + 1;
    while (end < text.size() && is_continuation(text[end])) ++end;
    const std::string character = quoted(text.substr(begin, end - begin));
    if (character.size() > room) {
      result += "?=\r\n =?UTF-8?Q?";
      room = 63;
    }
    result += character;
    room -= std::min(room, character.size());
    begin = end;
  }
  return result + "?=";
}

/// One message on its way: what libcurl's callbacks work on.
struct Transfer {
  const std::function<void()>& before_data;
  std::string text;
  std::size_t sent = 0;
  bool data_begun = false;
  std::exception_ptr objection;  ///< what `before_data` threw
  std::string last_reply;
  std::string last_refusal;  ///< after it libcurl says QUIT, which is answered as well

  const std::string& last_words() const { return last_refusal.empty() ? last_reply : last_refusal; }
};

/// Hands out the text part. libcurl asks for it once DATA was answered, before it sends anything of the message.
std::size_t read_text(char* buffer, std::size_t size, std::size_t count, void* argument) {
  auto& transfer = *static_cast<Transfer*>(argument);
  if (!transfer.data_begun) {
    try {
      transfer.before_data();
    } catch (...) {
      transfer.objection = std::current_exception();
      return CURL_READFUNC_ABORT;
    }
    transfer.data_begun = true;
  }
  const std::size_t length = std::min(size * count, transfer.text.size() - transfer.sent);
  std::memcpy(buffer, transfer.text.data() + transfer.sent, length);
  transfer.sent += length;
  return length;
}

std::size_t note_reply(char* line, std::size_t size, std::size_t count, void* argument) {
  auto& transfer = *static_cast<Transfer*>(argument);
  transfer.last_reply.assign(line, size * count);
  if (transfer.last_reply.starts_with('4') || transfer.last_reply.starts_with('5')) {
    transfer.last_refusal = transfer.last_reply;
  }
  return size * count;
}

/// libcurl asks about once a second, also while the server is silent.
int is_interrupted(void* argument, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return *static_cast<const std::atomic<bool>*>(argument) ? 1 : 0;
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

void check(CURLcode code) {
  if (code != CURLE_OK) throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(code));
}

template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  check(curl_easy_setopt(handle, option, value));
}

void append(Owned<curl_slist>& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

std::string url_of(const SmtpServer& server) {
  const bool tls = server.security == SmtpServer::Security::tls;
  return (tls ? "smtps://" : "smtp://") + server.host + ":" + std::to_string(server.port);
}

void choose_server(CURL* handle, const SmtpServer& server) {
  set(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(handle, CURLOPT_URL, url_of(server).c_str());
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

/// A display name: words that need no quotes, or encoded ones.
std::string as_phrase(const std::string& name) {
  const bool words = name.size() <= 60 && std::ranges::all_of(name, [](char c) {
                       return c == ' ' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
                     });
  return words ? name : encode_words(name);
}

Owned<curl_slist> make_headers(const Mail& mail, const MailSender& sender, Time now) {
  Owned<curl_slist> headers;
  append(headers, "Date: " + mail_date(now));
  append(headers, "From: " + (sender.name.empty() ? "" : as_phrase(sender.name) + " ") + "<" + sender.address + ">");
  append(headers, "To: " + mail.to);
  append(headers, "Subject: " + encode_header(mail.subject));
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
  const auto text_size = static_cast<curl_off_t>(transfer.text.size());
  check(curl_mime_data_cb(add_part(mime.get(), "text/plain; charset=utf-8"), text_size, read_text, nullptr, nullptr,
                          &transfer));
  const std::string html = with_crlf(mail.html);
  check(curl_mime_data(add_part(mime.get(), "text/html; charset=utf-8"), html.data(), html.size()));
  return mime;
}

/// `reply` is the last code that the server gave, 0 for none.
Delivery judge(CURLcode result, bool data_begun, long reply) {
  if (result == CURLE_OK) return Delivery::accepted;
  const bool refused = reply >= 500 && reply < 600;
  const bool refused_for_now = reply >= 400 && reply < 500;
  if (data_begun) return refused ? Delivery::refused : refused_for_now ? Delivery::refused_for_now : Delivery::unknown;
  // This is what libcurl says when MAIL, RCPT or DATA was refused; earlier refusals are about us, not about the mail.
  return refused && result == CURLE_SEND_ERROR ? Delivery::refused : Delivery::refused_for_now;
}

/// How far libcurl came. `reply` is the last code that the server gave; `refused` whether one of them was a refusal.
SmtpStep failed_step(CURLcode result, long reply, bool refused) {
  switch (result) {
    // For libcurl 553 is an answer like any other: "ambiguous", to a question that we don't ask.
    case CURLE_OK: return reply >= 400 ? SmtpStep::sender : SmtpStep::none;
    case CURLE_LOGIN_DENIED: return SmtpStep::authenticate;
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR: return SmtpStep::encrypt;
    default: return refused ? SmtpStep::sender : SmtpStep::connect;
  }
}

/// What a server said, fit for a line of text.
std::string on_one_line(std::string text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n')) text.pop_back();
  std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace

std::expected<SmtpServer, std::string> parse_smtp_url(std::string_view url) {
  const Owned<CURLU> parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, std::string(url).c_str(), 0) != CURLUE_OK)
    return std::unexpected("can't be read as a URL");
  const std::string scheme = part_of(parsed.get(), CURLUPART_SCHEME);
  if (scheme != "smtp" && scheme != "smtps") return std::unexpected("must begin with smtp:// or smtps://");
  const std::string path = part_of(parsed.get(), CURLUPART_PATH);
  if (path.size() > 1) return std::unexpected("has a path, which means nothing for a mail server");

  SmtpServer server;
  server.host = part_of(parsed.get(), CURLUPART_HOST);
  const std::string port = part_of(parsed.get(), CURLUPART_PORT);
  server.port = !port.empty() ? std::stoi(port) : scheme == "smtps" ? 465 : 587;
  server.security = scheme == "smtps"              ? SmtpServer::Security::tls
                    : is_this_machine(server.host) ? SmtpServer::Security::none
                                                   : SmtpServer::Security::starttls;
  server.user = part_of(parsed.get(), CURLUPART_USER, CURLU_URLDECODE);
  server.password = Secret(part_of(parsed.get(), CURLUPART_PASSWORD, CURLU_URLDECODE));
  if (std::string error = apply_query(server, part_of(parsed.get(), CURLUPART_QUERY)); !error.empty())
    return std::unexpected(std::move(error));
  return server;
}

std::expected<MailSender, std::string> parse_sender(std::string_view text) {
  MailSender sender;
  sender.address = text;
  if (const auto open = text.find('<'); open != std::string_view::npos && text.ends_with('>')) {
    sender.address = text.substr(open + 1, text.size() - open - 2);
    std::string_view name = text.substr(0, open);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"')) name = name.substr(1, name.size() - 2);
    sender.name = name;
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

std::string encode_header(std::string_view text) { return is_plain(text) ? std::string(text) : encode_words(text); }

SmtpMailer::SmtpMailer(SmtpServer server, MailSender sender, const Clock& clock)
    : server_(std::move(server)), sender_(std::move(sender)), clock_(clock) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  check(initialised);
}

DeliveryOutcome SmtpMailer::send(const Mail& mail, const std::function<void()>& before_data) {
  if (!is_mail_address(mail.to)) return {Delivery::refused, "the recipient is not an address that mail can be sent to"};
  Transfer transfer{before_data, with_crlf(mail.text), 0, false, nullptr, {}, {}};
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
  set(handle.get(), CURLOPT_HEADERFUNCTION, note_reply);
  set(handle.get(), CURLOPT_HEADERDATA, &transfer);
  set(handle.get(), CURLOPT_NOPROGRESS, 0L);
  set(handle.get(), CURLOPT_XFERINFOFUNCTION, is_interrupted);
  set(handle.get(), CURLOPT_XFERINFODATA, &interrupted_);

  const CURLcode result = curl_easy_perform(handle.get());
  if (transfer.objection) std::rethrow_exception(transfer.objection);
  long reply = 0;
  check(curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &reply));
  if (result == CURLE_OK) return {Delivery::accepted, transfer.last_reply};
  return {judge(result, transfer.data_begun, reply),
          std::string(curl_easy_strerror(result)) + "; the server's last words: " + transfer.last_words()};
}

SmtpGreeting SmtpMailer::greet() const {
  static const std::function<void()> nothing = [] {};
  Transfer transfer{nothing, {}, 0, false, nullptr, {}, {}};
  const Owned<CURL> handle(curl_easy_init());
  if (!handle) throw std::bad_alloc();
  choose_server(handle.get(), server_);
  // Without a recipient libcurl sends this one command, once it has decoded it, in place of a mail; and then QUIT.
  const std::string command = "MAIL FROM:<" + sender_.address + ">";
  const Owned<char> escaped(curl_easy_escape(handle.get(), command.data(), static_cast<int>(command.size())));
  set(handle.get(), CURLOPT_CUSTOMREQUEST, escaped.get());
  set(handle.get(), CURLOPT_NOBODY, 1L);
  set(handle.get(), CURLOPT_HEADERFUNCTION, note_reply);
  set(handle.get(), CURLOPT_HEADERDATA, &transfer);
  const CURLcode result = curl_easy_perform(handle.get());
  long reply = 0;
  check(curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &reply));
  std::string detail = result == CURLE_OK ? "" : std::string(curl_easy_strerror(result)) + "; ";
  return {failed_step(result, reply, !transfer.last_refusal.empty()), on_one_line(detail + transfer.last_words())};
}

void SmtpMailer::interrupt() { interrupted_ = true; }

std::string SmtpMailer::description() const {
  const auto security = server_.security;
  return url_of(server_) + (security == SmtpServer::Security::starttls ? " (STARTTLS)"
                            : security == SmtpServer::Security::tls    ? ""
                                                                       : " (not encrypted)");
}

}  // namespace ostiary::adapters
