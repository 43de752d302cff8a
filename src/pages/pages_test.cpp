#include "pages/pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include <array>

#include "http/accept_header.hpp"
#include "pages/templates.hpp"
#include "scaffolding/tested_gateway.hpp"

namespace ostiary::pages {
namespace {

using ::testing::AllOf;
using testing::get;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::post;

MailboxEntry mail(std::string id, std::string subject) {
  return {Time{},
          {std::move(id), "ada@example.org", std::move(subject),
           "Press https://id.example.org/verify-email#token=a_-b&x=<1>\n", "<b>code</b>"}};
}

PagesOptions local() {
  PagesOptions options;
  options.public_origin = "http://localhost:8001";
  options.local = true;
  options.version = "1.2.3";
  options.running = {{"Storage", "SQLite <here>"}};
  options.service_name = "Ödland & Söhne";
  options.mailbox_key = Secret("k3y");
  options.mailbox = [] { return std::vector{mail("second/2@x", "Two & <i>"), mail("1@x", "One")}; };
  options.description = {"{\"openapi\":\"3.1.0\"}", "openapi: \"3.1.0\"\n"};
  return options;
}

testing::Asked at_home(std::string target, std::vector<std::pair<std::string, std::string>> headers = {}) {
  headers.emplace_back("host", "localhost:8001");
  testing::Asked asked = get(std::move(target), std::move(headers));
  asked.peer = "127.0.0.1";
  return asked;
}

testing::TestedGateway with_pages(PagesOptions options = local()) {
  gateway::GatewayOptions gateway{
      .public_origin = options.public_origin, .cors_origins = {}, .trusted_proxies = {}, .cookies = {}};
  return testing::TestedGateway(std::move(gateway), make_pages(std::move(options)));
}

TEST(Pages, TellWhatRunsOnThisMachineOnly) {
  testing::TestedGateway tested = with_pages();
  const testing::Answered start = tested.ask(at_home("/"));
  EXPECT_EQ(start.status, 200);
  EXPECT_THAT(start.text(), AllOf(HasSubstr("1.2.3"), HasSubstr("SQLite &lt;here&gt;"), HasSubstr("/dev/mailbox"),
                                  HasSubstr("curl http://localhost:8001/register"), Not(HasSubstr("k3y"))));
  testing::Asked from_elsewhere = at_home("/");
  from_elsewhere.peer = "192.0.2.1";
  testing::Asked through_a_proxy = at_home("/", {{"x-forwarded-for", "192.0.2.1"}});
  for (const testing::Asked& asked : {from_elsewhere, through_a_proxy}) {
    EXPECT_THAT(tested.ask(asked).text(), AllOf(HasSubstr("account service"), Not(HasSubstr("1.2.3"))));
  }
  PagesOptions elsewhere = local();
  elsewhere.local = false;
  testing::TestedGateway open = with_pages(elsewhere);
  const testing::Answered closed = open.ask(at_home("/"));
  EXPECT_EQ(closed.status, 200);
  EXPECT_THAT(closed.text(), AllOf(Not(HasSubstr("1.2.3")), Not(HasSubstr("SQLite")), Not(HasSubstr("mailbox"))));
  EXPECT_EQ(open.ask(at_home("/dev/mailbox?key=k3y")).status, 404);
}

TEST(Pages, NameTheServiceAndTheWayBack) {
  PagesOptions options = local();
  testing::TestedGateway without = with_pages(options);
  options.app_url = "https://app.example.org/in?a=1&b=2";
  options.code_lifetime = std::chrono::minutes(30);
  testing::TestedGateway with = with_pages(options);
  for (const char* path :
       {"/verify-email", "/reset-password", "/confirm-email", "/undo-email-change", "/login", "/register"}) {
    for (const char* language : {"en", "de"}) {
      const testing::Asked asked = at_home(path, {{"accept", "text/html"}, {"accept-language", language}});
      EXPECT_THAT(with.ask(asked).text(), AllOf(HasSubstr("Ödland &amp; Söhne"), Not(HasSubstr("{{")),
                                                HasSubstr("href=\"https://app.example.org/in?a=1&amp;b=2\"")))
          << path << language;
      EXPECT_THAT(without.ask(asked).text(), AllOf(HasSubstr("Ödland &amp; Söhne"), Not(HasSubstr("app.example.org"))));
    }
  }
  for (const char* accept : {"application/json", "*/*", "text/html;q=0"}) {
    EXPECT_EQ(with.ask(at_home("/login", {{"accept", accept}})).status, 405) << accept;
  }
  EXPECT_EQ(with.ask(at_home("/api/auth/login", {{"accept", "text/html"}})).status, 405);
  for (const char* path : {"/verify-email", "/reset-password"}) {
    EXPECT_THAT(with.ask(at_home(path)).text(), AllOf(HasSubstr("30 minutes"), Not(HasSubstr("seconds")))) << path;
    options.code_lifetime = std::chrono::seconds(90);
    EXPECT_THAT(with_pages(options).ask(at_home(path, {{"accept-language", "de"}})).text(), HasSubstr("90 Sekunden"));
  }
}

// B9: opening the link, by whatever verb, calls nothing.
TEST(Pages, OfAMailedLinkSpendNothingWhenOpened) {
  testing::TestedGateway tested = with_pages();
  const std::map<std::string, std::string> scripts = {{"/verify-email", "/assets/mailed-link.js"},
                                                      {"/reset-password", "/assets/mailed-link.js"},
                                                      {"/confirm-email", "/assets/mailed-link.js"},
                                                      {"/undo-email-change", "/assets/mailed-link.js"}};
  for (const auto& [path, script] : scripts) {
    for (const char* verb : {"GET", "HEAD", "GET", "HEAD", "OPTIONS"}) {
      testing::Asked asked = at_home(path);
      asked.verb = verb;
      EXPECT_LT(tested.ask(asked).status, 300) << path;
    }
    EXPECT_EQ(tested.ask(post(path, "{}")).status, 405) << path;
    EXPECT_EQ(tested.door.done, 0);
    const testing::Answered page = tested.ask(at_home(path));
    EXPECT_THAT(page.text(), AllOf(HasSubstr("<noscript>"), HasSubstr(script)));
    EXPECT_THAT(page.header("content-security-policy"),
                AllOf(HasSubstr("script-src 'self';"), HasSubstr("frame-ancestors 'none'"), Not(HasSubstr("unsafe"))));
  }
  for (const char* path : {"/verify-email", "/reset-password", "/confirm-email"}) {
    EXPECT_THAT(tested.ask(at_home(path)).text(), HasSubstr("six-digit code")) << path;
  }
}

TEST(Pages, SpeakTheReadersLanguage) {
  testing::TestedGateway tested = with_pages();
  const testing::Answered german =
      tested.ask(at_home("/verify-email", {{"accept-language", "de-AT,de;q=0.9,en;q=0.8"}}));
  EXPECT_THAT(german.text(), HasSubstr("Bestätigen"));
  EXPECT_EQ(german.header("content-language"), "de");
  EXPECT_EQ(german.header("vary"), "Accept-Language");

  constexpr std::array<std::string_view, 2> offered{"en", "de"};
  struct Row {
    const char *header, *language;
  };
  const Row table[] = {{"", "en"},
                       {"de", "de"},
                       {"DE-at", "de"},
                       {"fr, de;q=0.5", "de"},
                       {"en;q=0.5, de", "de"},
                       {"en, de", "en"},
                       {"de;q=0", "en"},
                       {"fr", "en"},
                       {"den", "en"},
                       {"de;q=x, en;q=0.1", "en"},
                       {",,;;=", "en"},
                       {"de;q=2", "en"},
                       {"de;q=nan, en;q=0.1", "en"}};
  for (const Row& row : table) EXPECT_EQ(http::preferred_language(row.header, offered), row.language) << row.header;
}

TEST(Pages, ShowTheReferenceFromOurOwnFiles) {
  testing::TestedGateway tested = with_pages();
  const testing::Answered docs = tested.ask(get("/docs"));
  EXPECT_THAT(docs.text(), AllOf(HasSubstr("/assets/swagger-ui/swagger-ui-bundle.js"), Not(HasSubstr("http"))));
  EXPECT_EQ(tested.ask(get("/openapi.json")).header("content-type"), "application/json");
  EXPECT_EQ(tested.ask(get("/openapi.yaml")).text(), "openapi: \"3.1.0\"\n");
  const testing::Answered script = tested.ask(get("/assets/swagger-ui/swagger-ui-bundle.js"));
  EXPECT_EQ(script.status, 200);
  EXPECT_THAT(script.header("content-type"), HasSubstr("text/javascript"));
  const testing::Answered again =
      tested.ask(get("/assets/swagger-ui/swagger-ui-bundle.js", {{"if-none-match", script.header("etag")}}));
  EXPECT_EQ(again.status, 304);
  EXPECT_FALSE(again.body);
  for (const char* name : {"", "nothing.js", "start-local.html", "../pages.cpp", "%2e%2e/style.css"}) {
    EXPECT_EQ(tested.ask(get("/assets/" + std::string(name))).status, 404) << name;
  }
}

TEST(Mailbox, ShowsMailAsListAndAlone) {
  testing::TestedGateway tested = with_pages();
  const testing::Answered list = tested.ask(at_home("/dev/mailbox?key=k3y"));
  EXPECT_THAT(list.text(), AllOf(HasSubstr("Two &amp; &lt;i&gt;"), HasSubstr("One"), HasSubstr("ada@example.org")));
  const testing::Answered json = tested.ask(at_home("/dev/mailbox?key=k3y", {{"accept", "application/json"}}));
  EXPECT_EQ(json.json().at("mails").as_array().size(), 2U);
  EXPECT_EQ(json.json().at("mails").at(0).at("id"), "second/2@x");

  const auto link = list.text().find("/dev/mailbox/");
  const std::string path = list.text().substr(link, list.text().find('"', link) - link);
  EXPECT_THAT(path, ::testing::EndsWith("?key=k3y"));
  const std::string key_less = path.substr(0, path.find('?'));
  const testing::Answered one = tested.ask(at_home(path));
  EXPECT_THAT(one.text(), AllOf(HasSubstr("<a href=\"https://id.example.org/verify-email#token=a_-b&amp;x=\">"),
                                HasSubstr("<iframe sandbox=\"allow-popups allow-popups-to-escape-sandbox\""),
                                Not(HasSubstr("<b>code")), HasSubstr(key_less + "/html?key=k3y")));
  const testing::Answered html = tested.ask(at_home(key_less + "/html?key=k3y"));
  EXPECT_THAT(html.text(), ::testing::EndsWith("<b>code</b>"));
  EXPECT_THAT(html.header("content-security-policy"),
              AllOf(HasSubstr("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'"),
                    Not(HasSubstr("allow-scripts")), Not(HasSubstr("allow-same-origin"))));
  EXPECT_EQ(tested.ask(at_home("/dev/mailbox/00?key=k3y")).status, 404);
  for (const std::string query : {"", "?key=", "?key=k3", "?key=k3yy", "?key=K3Y", "?k3y", "?key=k3y&key=k3y"}) {
    for (const std::string& without : {std::string("/dev/mailbox"), key_less, key_less + "/html"}) {
      const testing::Answered closed = tested.ask(at_home(without + query));
      EXPECT_EQ(closed.status, 404) << without << query;
      EXPECT_THAT(closed.text(), AllOf(HasSubstr("ostiary serve"), Not(HasSubstr("k3y")), Not(HasSubstr("ada@"))));
    }
  }
}

// Design, "SMTP_URL": only this machine's own requests.
TEST(Mailbox, IsNotThereForAnybodyElse) {
  struct Row {
    const char* name;
    std::string peer;
    std::vector<std::pair<std::string, std::string>> headers;
    int status;
  };
  const Row table[] = {
      {"localhost", "127.0.0.1", {{"host", "localhost:8001"}}, 200},
      {"by number", "127.0.0.1", {{"host", "127.0.0.1:8001"}}, 200},
      {"by IPv6", "::1", {{"host", "[::1]:8001"}}, 200},
      {"without a port", "::1", {{"host", "LOCALHOST"}}, 200},
      {"another machine", "192.0.2.1", {{"host", "localhost:8001"}}, 404},
      {"B16 another name, as DNS rebinding has it", "127.0.0.1", {{"host", "evil.example:8001"}}, 404},
      {"a name that begins alike", "127.0.0.1", {{"host", "localhost.evil.example"}}, 404},
      {"no name", "127.0.0.1", {}, 404},
      {"two names", "127.0.0.1", {{"host", "localhost"}, {"host", "evil.example"}}, 404},
      {"a proxy on this machine", "127.0.0.1", {{"host", "localhost"}, {"x-forwarded-for", "203.0.113.5"}}, 404},
      {"a proxy by the standard", "127.0.0.1", {{"host", "localhost"}, {"forwarded", "for=203.0.113.5"}}, 404},
      {"a proxy that says Via", "127.0.0.1", {{"host", "localhost"}, {"via", "1.1 proxy"}}, 404},
  };
  testing::TestedGateway tested = with_pages();
  for (const Row& row : table) {
    for (const char* accept : {"text/html", "application/json"}) {
      testing::Asked asked = get("/dev/mailbox?key=k3y", row.headers);
      asked.headers.emplace_back("accept", accept);
      asked.peer = row.peer;
      EXPECT_EQ(tested.ask(asked).status, row.status) << row.name << ' ' << accept;
    }
  }
}

TEST(PageTemplate, IsAPageThatIsThere) {
  EXPECT_NO_THROW(PageTemplate("mail.html"));
  EXPECT_THROW(PageTemplate("nothing.html"), std::logic_error);
}

}  // namespace
}  // namespace ostiary::pages
