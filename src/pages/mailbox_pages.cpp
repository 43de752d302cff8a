#include "pages/mailbox_pages.hpp"

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

/// The escaped text with its links made to be pressed.
std::string with_links(std::string_view text) {
  std::string html;
  while (true) {
    const auto begin = std::min(text.find("http://"), text.find("https://"));
    html += escape_html(text.substr(0, begin));
    if (begin == std::string_view::npos) return html;
    const auto end = std::min(text.find_first_of(" \t\r\n<>\"", begin), text.size());
    const std::string link = escape_html(text.substr(begin, end - begin));
    html += "<a href=\"" + link + "\">" + link + "</a>";
    text.remove_prefix(end);
  }
}

/// The mail's name in a path: its id in hexadecimal, for it may hold any character.
std::string path_of(const MailboxEntry& entry) {
  return std::string(list_path) + "/" + to_hex(as_bytes(entry.mail.message_id));
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

http::Response html_list(const std::vector<MailboxEntry>& entries) {
  std::string rows;
  for (const MailboxEntry& entry : entries) {
    rows += "<tr><td>" + escape_html(to_rfc3339(entry.received_at).substr(11, 8)) + "</td><td>" +
            escape_html(entry.mail.to) + "</td><td><a href=\"" + path_of(entry) + "\">" +
            escape_html(entry.mail.subject) + "</a></td></tr>\n";
  }
  const std::string list = rows.empty() ? "<p>No mail so far.</p>"
                                        : "<table>\n<thead><tr><th scope=\"col\">At (UTC)</th><th scope=\"col\">To</th>"
                                          "<th scope=\"col\">Subject</th></tr></thead>\n<tbody>\n" +
                                              rows + "</tbody>\n</table>";
  http::Response response = html_page(fill_page(page_file("mailbox.html"), {{"mails", list}}));
  response.headers.emplace_back("Vary", "Accept");
  return response;
}

http::Response one_mail(const MailboxEntry& entry) {
  return html_page(fill_page(page_file("mail.html"), {{"subject", entry.mail.subject},
                                                      {"to", entry.mail.to},
                                                      {"received_at", to_rfc3339(entry.received_at)},
                                                      {"text", with_links(entry.mail.text)},
                                                      {"html_path", path_of(entry) + std::string(html_suffix)}}));
}

/// The mail's own HTML: it may style itself, and nothing more.
http::Response html_of_mail(const MailboxEntry& entry) {
  http::Response response;
  response.headers = {
      {"Content-Type", "text/html; charset=utf-8"},
      {"Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"}};
  response.body = std::make_shared<const std::string>(entry.mail.html);
  return response;
}

http::Response answer_mail(const http::Request& request, const std::vector<MailboxEntry>& entries) {
  std::string_view path = std::string_view(request.target).substr(0, request.target.find('?'));
  const bool html = path.ends_with(html_suffix);
  if (html) path.remove_suffix(html_suffix.size());
  const auto found = std::ranges::find(entries, path, path_of);
  if (found == entries.end()) return nothing_here();
  return html ? html_of_mail(*found) : one_mail(*found);
}

}  // namespace

std::vector<gateway::Page> mailbox_pages(Latest latest) {
  auto list = [latest](const http::Request& request) {
    if (!http::is_local_request(request)) return nothing_here();
    return wants_json(request) ? json_list(latest()) : html_list(latest());
  };
  auto one = [latest](const http::Request& request) {
    return http::is_local_request(request) ? answer_mail(request, latest()) : nothing_here();
  };
  return {{"GET", std::string(list_path), std::move(list)}, {"GET", std::string(list_path) + "/*", std::move(one)}};
}

}  // namespace ostiary::pages
