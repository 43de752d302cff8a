#include "pages/mailbox_pages.hpp"

#include <ctemplate/template_dictionary.h>

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/encoding.hpp"
#include "http/local_request.hpp"
#include "pages/files.hpp"
#include "pages/templates.hpp"

namespace ostiary::pages {

namespace json = boost::json;

namespace {

using Latest = std::function<std::vector<MailboxEntry>()>;

constexpr std::string_view list_path = "/dev/mailbox";
constexpr std::string_view html_suffix = "/html";

bool wants_json(const http::Request& request) {
  return request.header("accept").value_or("").find("application/json") != std::string_view::npos;
}

/// Splits the text at its links, for the page to make them such that can be pressed.
void add_parts(ctemplate::TemplateDictionary& values, std::string_view text) {
  while (!text.empty()) {
    const auto begin = std::min({text.find("http://"), text.find("https://"), text.size()});
    auto& part = *values.AddSectionDictionary("part");
    part["words"] = std::string(text.substr(0, begin));
    text.remove_prefix(begin);
    if (text.empty()) return;
    const auto end = std::min(text.find_first_of(" \t\r\n<>\"", 0), text.size());
    part.SetValueAndShowSection("link", std::string(text.substr(0, end)), "with_link");
    text.remove_prefix(end);
  }
}

/// The mail's name in a path: its id in hexadecimal, for it may hold any character.
std::string path_of(const MailboxEntry& entry) {
  return std::string(list_path) + "/" + to_hex(as_bytes(entry.mail.message_id));
}

std::string query_with(const Secret& key) { return "?key=" + std::string(key.reveal()); }

bool has_key(const http::Request& request, const Secret& key) {
  const auto question = request.target.find('?');
  return question != std::string::npos &&
         equal_in_constant_time(std::string_view(request.target).substr(question), query_with(key));
}

/// For a developer who opens the page without its key. It tells a stranger nothing.
http::Response key_is_missing() {
  http::Response response{.status = 404, .headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = nullptr};
  response.body = std::make_shared<const std::string>(
      "The address of the development mailbox has a key. `ostiary serve` prints the whole address when it starts.\n");
  return response;
}

http::Response json_list(const std::vector<MailboxEntry>& entries) {
  json::array mails;
  for (const MailboxEntry& entry : entries) {
    mails.push_back(json::object{{"id", entry.mail.message_id},
                                 {"received_at", to_rfc3339(entry.received_at)},
                                 {"to", entry.mail.to},
                                 {"subject", entry.mail.subject},
                                 {"text", entry.mail.text},
                                 {"html", entry.mail.html}});
  }
  http::Response response;
  response.headers = {{"Content-Type", "application/json"}, {"Vary", "Accept"}};
  response.body = std::make_shared<const std::string>(json::serialize(json::object{{"mails", std::move(mails)}}));
  return response;
}

http::Response html_list(const std::vector<MailboxEntry>& entries, const Secret& key) {
  static const PageTemplate page("mailbox.html");
  ctemplate::TemplateDictionary values("mailbox");
  values.ShowSection(entries.empty() ? "no_mails" : "some_mails");
  for (const MailboxEntry& entry : entries) {
    auto& mail = *values.AddSectionDictionary("mail");
    mail["at"] = to_rfc3339(entry.received_at).substr(11, 8);
    mail["to"] = entry.mail.to;
    mail["path"] = path_of(entry) + query_with(key);
    mail["subject"] = entry.mail.subject;
  }
  http::Response response = html_page(page.expand(values));
  response.headers.emplace_back("Vary", "Accept");
  return response;
}

http::Response one_mail(const MailboxEntry& entry, const Secret& key) {
  static const PageTemplate page("mail.html");
  ctemplate::TemplateDictionary values("mail");
  values["subject"] = entry.mail.subject;
  values["to"] = entry.mail.to;
  values["received_at"] = to_rfc3339(entry.received_at);
  if (!entry.mail.html.empty()) {
    values.SetValueAndShowSection("html_path", path_of(entry) + std::string(html_suffix) + query_with(key),
                                  "with_html");
  }
  values["list_path"] = mailbox_path(key);
  add_parts(values, entry.mail.text);
  return html_page(page.expand(values));
}

/// The mail's own HTML: it may style itself, and open its links in new tabs, which are ordinary ones, as in a mail
/// program. It stands in a frame, and no page of ours may be framed.
http::Response html_of_mail(const MailboxEntry& entry) {
  http::Response response;
  response.headers = {
      {"Content-Type", "text/html; charset=utf-8"},
      {"Content-Security-Policy",
       "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
       "frame-ancestors 'self'"}};
  response.body = std::make_shared<const std::string>("<!doctype html><base target=\"_blank\">" + entry.mail.html);
  return response;
}

http::Response answer_mail(const http::Request& request, const std::vector<MailboxEntry>& entries, const Secret& key) {
  std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  const bool html = path.ends_with(html_suffix);
  if (html) path.remove_suffix(html_suffix.size());
  const auto found = std::ranges::find(entries, path, path_of);
  if (found == entries.end()) return nothing_here();
  return html ? html_of_mail(*found) : one_mail(*found, key);
}

}  // namespace

std::string mailbox_path(const Secret& key) { return std::string(list_path) + query_with(key); }

std::vector<gateway::Page> mailbox_pages(Latest latest, Secret key) {
  const auto shown_to_owner = [key](auto answer) {
    return [key, answer](const http::Request& request) {
      if (!http::is_local_request(request)) return nothing_here();
      return has_key(request, key) ? answer(request) : key_is_missing();
    };
  };
  auto list = shown_to_owner([latest, key](const http::Request& request) {
    return wants_json(request) ? json_list(latest()) : html_list(latest(), key);
  });
  auto one =
      shown_to_owner([latest, key](const http::Request& request) { return answer_mail(request, latest(), key); });
  return {{"GET", std::string(list_path), std::move(list)}, {"GET", std::string(list_path) + "/*", std::move(one)}};
}

}  // namespace ostiary::pages
