#include "gateway/gateway.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ostiary/v1/account.pb.h"
#include "ostiary/v1/auth.pb.h"
#include "scaffolding/tested_gateway.hpp"
#include "scaffolding/written_contract.hpp"

namespace ostiary::gateway {
namespace {

using ::testing::AllOf;
using testing::get;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::post;

const std::string login = R"({"email":"ada@example.org","password":"correct horse"})";

GatewayOptions behind_https() {
  return {.public_origin = "https://id.example.org",
          .cors_origins = {"https://app.example.org"},
          .trusted_proxies = {"10.0.0.0/8"},
          .cookies = {.secure = true,
                      .domain = {},
                      .refresh_lifetime = std::chrono::hours(24),
                      .access_lifetime = std::chrono::minutes(5)}};
}

template <class TokensReply>
std::unique_ptr<contract::Message> whole() {
  auto reply = std::make_unique<TokensReply>();
  reply->set_token_type("Bearer");
  reply->set_access_token("new-access");
  reply->set_token("new-access");
  reply->set_refresh_token("new-refresh");
  reply->set_device_id("new-device");
  return reply;
}

/// A whole token reply to whatever is asked.
door::Reply tokens(const contract::Method& method, const Call&, const contract::Message&) {
  const auto* type = method.reply_prototype->GetDescriptor();
  if (type == v1::LoginReply::descriptor()) return whole<v1::LoginReply>();
  if (type == v1::TokenReply::descriptor()) return whole<v1::TokenReply>();
  return std::unique_ptr<contract::Message>(method.reply_prototype->New());
}

TEST(Gateway, FindsCallsByVerbAndPath) {
  struct Row {
    const char* name;
    testing::Asked asked;
    int status;
    const char* code;
  };
  const std::string session = "0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55";
  const std::string bearer = "Bearer user";
  const Row table[] = {
      {"a call", get("/health"), 200, ""},
      {"HEAD follows GET", {"HEAD", "/health"}, 200, ""},
      {"a proxy's form of the target", get("http://localhost:8001/health"), 200, ""},
      {"a literal that is percent-encoded", get("/%68ealth"), 200, ""},
      {"another name of a call", post("/login", login), 200, ""},
      {"a segment that fills a field",
       {"DELETE", "/api/account/sessions/" + session, {{"authorization", bearer}}},
       204,
       ""},
      {"the same, percent-encoded",
       {"DELETE", "/api/account/sessions/%30190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55", {{"authorization", bearer}}},
       204,
       ""},
      {"query fields", get("/api/account/sessions?page_size=5&page_token=AAAA", {{"authorization", bearer}}), 200, ""},
      {"no such path", get("/nothing"), 404, "not_found"},
      {"the folder of a path", get("/api/auth/"), 404, "not_found"},
      {"a slash too many", get("/health/"), 404, "not_found"},
      {"a slash too many before it", get("//health"), 404, "not_found"},
      {"an empty segment for a field", {"DELETE", "/api/account/sessions/"}, 404, "not_found"},
      {"another verb", {"DELETE", "/health"}, 405, "method_not_allowed"},
      {"a verb of HTTP's that nothing takes", {"TRACE", "/health"}, 405, "method_not_allowed"},
      {"a newer one", {"QUERY", "/health"}, 405, "method_not_allowed"},
      {"an unknown verb", {"BREW", "/health"}, 501, "unknown_method"},
      {"an unknown verb where nothing is", {"PROPFIND", "/nothing"}, 501, "unknown_method"},
      {"a broken escape", get("/api/account/sessions/%4"), 400, "malformed_request"},
      {"no path", get("health"), 400, "malformed_request"},
      {"an encoded slash stays in its segment",
       {"DELETE", "/api/account/sessions/a%2Fb", {{"authorization", bearer}}},
       400,
       "invalid_field"},
      {"an unknown query field", get("/api/account/sessions?size=5", {{"authorization", bearer}}), 400,
       "unknown_field"},
      {"a query field twice", get("/api/account/sessions?page_size=5&page_size=6", {{"authorization", bearer}}), 400,
       "duplicate_field"},
      {"a field of the path in the query, too",
       {"DELETE", "/api/account/sessions/" + session + "?session_id=" + session, {{"authorization", bearer}}},
       400,
       "duplicate_field"},
      {"a query field of the wrong kind", get("/api/account/sessions?page_size=five", {{"authorization", bearer}}), 400,
       "wrong_type"},
      {"a query beside a body", post("/login?email=x", login), 400, "unknown_field"},
      {"a broken escape in the query", get("/api/account/sessions?page_token=%zz"), 400, "malformed_request"},
  };
  for (const Row& row : table) {
    testing::TestedGateway tested;
    const testing::Answered answer = tested.ask(row.asked);
    EXPECT_EQ(answer.status, row.status) << row.name << ": " << answer.text();
    if (answer.code() != row.code &&
        !(std::string_view(row.code) == "wrong_type" && answer.code() == "invalid_field")) {
      ADD_FAILURE() << row.name << ": " << answer.text();
    }
  }
}

TEST(Gateway, SaysWhichVerbsAPathTakes) {
  testing::TestedGateway tested;
  EXPECT_EQ(tested.ask(post("/health", "{}")).header("allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(tested.ask(get("/login")).header("allow"), "POST, OPTIONS");
  const testing::Answered options = tested.ask({"OPTIONS", "/api/account/profile"});
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(tested.ask({"OPTIONS", "*"}).status, 204) << "RFC 9110, section 9.3.7";
  EXPECT_EQ(options.header("allow"), "GET, HEAD, PATCH, OPTIONS");
  EXPECT_EQ(tested.ask({"OPTIONS", "/nothing"}).status, 404);
}

TEST(Gateway, TakesJsonBodiesOnly) {
  struct Row {
    const char* name;
    testing::Asked asked;
    std::string code;
  };
  const auto typed = [](std::string type, std::string body = login) {
    return testing::Asked{"POST", "/login", {{"content-type", std::move(type)}}, std::move(body)};
  };
  testing::Asked zipped = post("/login", login);
  zipped.headers.emplace_back("content-encoding", "gzip");
  testing::Asked twice = typed("application/json");
  twice.headers.emplace_back("content-type", "application/json");
  const Row table[] = {
      {"JSON", typed("application/json"), ""},
      {"in other letters", typed("Application/JSON"), ""},
      {"UTF-8, said", typed("application/json; charset=utf-8"), ""},
      {"UTF-8, quoted", typed("application/json;charset=\"UTF-8\""), ""},
      {"UTF-8, misspelt", typed("application/json;charset=utf8"), ""},
      {"UTF-8 among other parameters", typed("application/json; a=b;charset=utf-8; odata=\"x; charset=latin1\""), ""},
      {"other parameters", typed("application/json; version=1.0; ;x"), ""},
      {"another charset", typed("application/json; charset=latin1"), "unsupported_media_type"},
      {"another charset behind others", typed("application/json; a=\"\\\";\"; Charset=latin1"),
       "unsupported_media_type"},
      {"no charset at all", typed("application/json; charset"), "unsupported_media_type"},
      {"B7 text", typed("text/plain"), "unsupported_media_type"},
      {"B7 a form", typed("application/x-www-form-urlencoded"), "unsupported_media_type"},
      {"said twice", twice, "unsupported_media_type"},
      {"compressed", zipped, "unsupported_content_encoding"},
      {"not said", {"POST", "/login", {}, login}, "unsupported_media_type"},
      {"no body where all fields may be absent", {"POST", "/api/auth/logout"}, ""},
      {"no body where one is needed", {"POST", "/login", {{"content-length", "0"}}}, "missing_field"},
      {"a body with GET", {"GET", "/health", {{"content-type", "application/json"}}, "{}"}, "malformed_request"},
      {"half an object", typed("application/json", "{"), "malformed_request"},
  };
  for (const Row& row : table) {
    testing::TestedGateway tested;
    EXPECT_EQ(tested.ask(row.asked).code(), row.code) << row.name;
  }
}

// RFC 9110, section 12.5.1: generated clients ask for problems alone, EventSource for event streams.
TEST(Gateway, AnswersInJsonWhateverAcceptSays) {
  for (const char* accept : {"application/json", "*/*", "", "text/html", "application/problem+json",
                             "text/event-stream", "application/json;q=0", "nonsense"}) {
    testing::TestedGateway tested;
    const testing::Answered answer = tested.ask(get("/health", {{"accept", accept}}));
    EXPECT_EQ(answer.status, 200) << accept;
    EXPECT_EQ(answer.header("content-type"), "application/json") << accept;
    EXPECT_EQ(tested.ask(post("/api/auth/logout", "{}", {{"accept", accept}})).status, 204) << accept;
  }
}

TEST(Gateway, IgnoresWhatOthersAddToTheQueryOfSomeCalls) {
  const std::pair<std::string, std::string> bearer{"authorization", "Bearer user"};
  for (const char* query : {"utm_source=x", "x=1&x=2", "x=%zz", "%zz", "&&", "format=json"}) {
    for (const char* path : {"/health", "/health/ready", "/.well-known/jwks.json", "/api/auth/session"}) {
      testing::TestedGateway tested;
      EXPECT_EQ(tested.ask(get(std::string(path) + "?" + query, {bearer})).status, 200) << path << query;
    }
  }
  testing::TestedGateway tested;
  EXPECT_EQ(tested.ask(get("/api/account/profile?utm_source=x", {bearer})).code(), "unknown_field");
}

// RFC 7396: null in a change could be meant to clear the field.
TEST(Gateway, TakesNullForAnOptionalFieldButInAChange) {
  testing::TestedGateway tested;
  EXPECT_EQ(tested.ask(post("/login", R"({"email":"ada@example.org","password":"p","username":null})")).status, 200);
  EXPECT_EQ(tested.ask(post("/login", R"({"email":"ada@example.org","password":null})")).code(), "wrong_type");
  testing::Asked change = post("/api/account/profile", R"({"display_name":null})", {{"authorization", "Bearer user"}});
  change.verb = "PATCH";
  const testing::Answered answer = tested.ask(change);
  EXPECT_EQ(answer.code(), "wrong_type");
  EXPECT_THAT(answer.member("detail"), HasSubstr("\"\" clears it"));
}

// RFC 9457.
TEST(Gateway, TellsProblemsInOneShape) {
  testing::TestedGateway tested;
  tested.door.does = [](const contract::Method&, const Call&, const contract::Message&) -> door::Reply {
    Refused refused{Refusal::wrong_code, "Not this one.", "code", std::chrono::seconds(7), {{"attempts_left", 2}}};
    return std::unexpected(std::move(refused));
  };
  testing::Asked asked = post("/api/auth/email/verify", R"({"code":"123456"})");
  asked.headers.emplace_back("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  const testing::Answered answer = tested.ask(asked);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.header("content-type"), "application/problem+json");
  EXPECT_EQ(answer.header("retry-after"), "7");
  EXPECT_EQ(answer.json(), boost::json::parse(R"({
    "type": "urn:ostiary:problem:wrong_code", "title": "The code is wrong", "status": 400, "detail": "Not this one.",
    "code": "wrong_code", "field": "code", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "retry_after": 7,
    "attempts_left": 2})"));
}

// R1.5
TEST(Gateway, AddsTheMemberMessageWhereThePolicySaysSo) {
  testing::TestedGateway tested;
  EXPECT_EQ(tested.ask(post("/register", "{}")).member("message"), "fail");
  EXPECT_EQ(tested.ask(post("/register", "nonsense")).member("message"), "fail");
  EXPECT_EQ(tested.ask(post("/login", "{}")).member("message"), "");
}

TEST(Gateway, MakesATraceIdWhereNoneIsGivenOrItIsMalformed) {
  const char* malformed[] = {"",
                             "x",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                             "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                             "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                             "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                             "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"};
  testing::TestedGateway tested;
  for (const char* header : malformed) {
    const std::string id = tested.ask(get("/nothing", {{"traceparent", header}})).member("trace_id");
    EXPECT_THAT(id, ::testing::MatchesRegex("[0-9a-f]{32}")) << header;
    EXPECT_NE(id, "4bf92f3577b34da6a3ce929d0e0e4736") << header;
  }
}

// Every answer's trace id finds a line, whoever gave the answer.
TEST(Gateway, LogsEachRefusalUnderTheTraceIdThatTheCallerGets) {
  testing::TestedGateway tested;
  tested.door.does = [](const contract::Method&, const Call&, const contract::Message&) -> door::Reply {
    return refuse(Refusal::not_found);
  };
  const testing::Asked refused[] = {get("/nothing?secret=x"),
                                    get("no path"),
                                    {"BREW", "/health"},
                                    post("/login", "x=y", {{"content-type", "text/plain"}}),
                                    post("/login", "{bad"),
                                    post("/login", R"({"email":"ada@example.org","password":"p","colour":"red"})"),
                                    post("/login", login, {{"sec-fetch-site", "cross-site"}}),
                                    get("/health", {{"accept", "text/html"}}),
                                    post("/login", R"({"email":"ada"})"),
                                    post("/login", login)};
  for (const testing::Asked& asked : refused) {
    const testing::Answered answer = tested.ask(asked);
    ASSERT_GE(answer.status, 400) << asked.target;
    const std::string trace = "trace_id=" + answer.member("trace_id");
    EXPECT_EQ(tested.door.log.count(trace), 1) << asked.target << ' ' << answer.text();
    EXPECT_EQ(answer.header("x-request-id"), answer.member("trace_id"));
  }
  EXPECT_EQ(tested.door.log.count("secret"), 0);
  EXPECT_EQ(tested.door.log.count("info http.refused code=unknown_field field=colour path=/login origin= address="), 1);
  tested.gateway.problem({Refusal::body_too_large, "Too large.", {}, {}, {}}, "192.0.2.7");
  EXPECT_EQ(tested.door.log.count("info http.refused code=body_too_large field= path= origin= address=192.0.2.7"), 1);
}

TEST(Gateway, TellsTheIdOfARequestThatSucceeds) {
  testing::TestedGateway tested;
  const std::string id = tested.ask(post("/login", login)).header("x-request-id");
  EXPECT_EQ(tested.door.log.count("trace_id=" + id), 1) << id;
}

TEST(Gateway, NamesTheRefusedFieldOnlyWhereItIsText) {
  testing::TestedGateway tested;
  const testing::Answered answer = tested.ask(get("/api/account/sessions?%ff=1"));
  EXPECT_EQ(answer.code(), "unknown_field");
  EXPECT_FALSE(answer.json().contains("field"));
}

// ASVS 3.4
TEST(Gateway, PutsTheSecurityHeadersOnEverything) {
  const Page page{"GET", "/page", [](const http::Request&) { return http::Response{}; }};
  const Page broken{"GET", "/broken",
                    [](const http::Request&) -> http::Response { throw std::runtime_error("broken"); }};
  GatewayOptions options = behind_https();
  options.hsts = "max-age=600";
  testing::TestedGateway tested(options, {page, broken});
  const testing::Asked asked[] = {get("/health"),         get("/nothing"),       get("/page"), get("/broken"),
                                  {"OPTIONS", "/health"}, {"DELETE", "/health"}, get("%"),     post("/login", login)};
  for (const testing::Asked& one : asked) {
    const testing::Answered answer = tested.ask(one);
    EXPECT_EQ(answer.header("x-content-type-options"), "nosniff") << one.target;
    EXPECT_EQ(answer.header("referrer-policy"), "no-referrer") << one.target;
    EXPECT_EQ(answer.header("cache-control"), "no-store") << one.target;
    EXPECT_THAT(answer.header("content-security-policy"),
                AllOf(HasSubstr("default-src 'none'"), HasSubstr("frame-ancestors 'none'")));
    EXPECT_EQ(answer.header("strict-transport-security"), "max-age=600") << one.target;
  }
  EXPECT_EQ(tested.ask(get("/broken")).status, 500);
  EXPECT_THAT(tested.ask(get("/broken")).text(), Not(HasSubstr("broken\"")));
  EXPECT_EQ(tested.ask(get("/.well-known/jwks.json")).header("cache-control"), "public, max-age=300");
  EXPECT_EQ(testing::TestedGateway(behind_https()).ask(get("/health")).header("strict-transport-security"), "");
  EXPECT_EQ(tested.gateway.problem({Refusal::body_too_large, "Too large.", {}, {}, {}}, "192.0.2.1").status, 413);
}

/// What the call saw of its request's fields, as "refresh|access|device".
std::string seen_by_logout(const testing::Asked& asked) {
  testing::TestedGateway tested;
  std::string seen;
  tested.door.does = [&seen](const contract::Method&, const Call& call,
                             const contract::Message& message) -> door::Reply {
    const auto& request = static_cast<const v1::LogoutRequest&>(message);
    seen = request.refresh_token() + "|" + request.access_token() + "|" + (call.device ? "device" : "");
    return std::make_unique<v1::LogoutReply>();
  };
  const testing::Answered answer = tested.ask(asked);
  return answer.status == 204 ? seen : answer.code() + " " + answer.member("field");
}

// Resource servers and pages of any origin read the keys.
TEST(Gateway, PublishesWellKnownDocumentsToEverybody) {
  testing::TestedGateway tested(behind_https());
  for (const char* path : {"/.well-known/jwks.json", "/.well-known/oauth-authorization-server"}) {
    const testing::Answered first = tested.ask(get(path, {{"origin", "https://elsewhere.example"}}));
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.header("access-control-allow-origin"), "*");
    EXPECT_EQ(first.header("access-control-allow-credentials"), "");
    EXPECT_EQ(first.header("cache-control"), "public, max-age=300");
    const std::string tag = first.header("etag");
    EXPECT_EQ(tag.size(), 18U);
    const testing::Answered same =
        tested.ask(get(path, {{"if-none-match", "\"other\""}, {"if-none-match", "W/" + tag}}));
    EXPECT_EQ(same.status, 304);
    EXPECT_FALSE(same.body);
    EXPECT_EQ(same.header("content-type"), "");
    EXPECT_EQ(same.header("etag"), tag);
    EXPECT_EQ(same.header("cache-control"), "public, max-age=300");
    EXPECT_EQ(tested.ask(get(path, {{"if-none-match", "\"other\""}})).status, 200);
    testing::Asked preflight{"OPTIONS", path, {{"origin", "https://elsewhere.example"}}};
    EXPECT_EQ(tested.ask(preflight).header("access-control-allow-origin"), "*");
  }
  const testing::Answered other = tested.ask(get("/health", {{"origin", "https://elsewhere.example"}}));
  EXPECT_EQ(other.header("access-control-allow-origin"), "");
  EXPECT_EQ(other.header("etag"), "");
}

TEST(Gateway, KnowsTheCallerByBearerTokenOrCookie) {
  struct Row {
    const char* name;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string code;
  };
  const Row table[] = {
      {"a bearer token", {{"authorization", "Bearer user"}}, ""},
      {"in other letters", {{"authorization", "bearer user"}}, ""},
      {"the cookie", {{"cookie", "ostiary_access=user"}}, ""},
      {"the cookie among others", {{"cookie", "a=b; ostiary_access=user; c=d"}}, ""},
      {"the cookie in a second header", {{"cookie", "a=b"}, {"cookie", "ostiary_access=user"}}, ""},
      {"both alike", {{"authorization", "Bearer user"}, {"cookie", "ostiary_access=user"}}, ""},
      {"both, but different",
       {{"authorization", "Bearer user"}, {"cookie", "ostiary_access=other"}},
       "conflicting_credentials"},
      {"the cookie twice", {{"cookie", "ostiary_access=user; ostiary_access=user"}}, "conflicting_credentials"},
      {"the cookie twice, in two headers",
       {{"cookie", "ostiary_access=user"}, {"cookie", "ostiary_access=x"}},
       "conflicting_credentials"},
      {"none", {}, "not_authenticated"},
      {"another scheme", {{"authorization", "Basic dXNlcjp4"}}, "not_authenticated"},
      {"another scheme beside the cookie",
       {{"authorization", "Basic dXNlcjp4"}, {"cookie", "ostiary_access=user"}},
       "not_authenticated"},
      {"two headers", {{"authorization", "Bearer user"}, {"authorization", "Bearer user"}}, "not_authenticated"},
      {"an empty token", {{"authorization", "Bearer "}}, "not_authenticated"},
      {"a token with a space", {{"authorization", "Bearer us er"}}, "not_authenticated"},
      {"the cookie under a prefix that is not ours", {{"cookie", "__Host-ostiary_access=user"}}, "not_authenticated"},
  };
  for (const Row& row : table) {
    testing::TestedGateway tested;
    const testing::Answered answer = tested.ask(get("/api/auth/session", row.headers));
    EXPECT_EQ(answer.code(), row.code) << row.name;
    EXPECT_EQ(!answer.header("www-authenticate").empty(), answer.status == 401) << row.name;
  }
}

// RFC 6750, section 3: an error code for who brought a token, none for who brought nothing.
TEST(Gateway, SaysWhatIsWrongWithAToken) {
  struct Row {
    const char* name;
    testing::Asked asked;
    Refusal why;
    bool invalid;
  };
  const auto session = [](std::vector<std::pair<std::string, std::string>> headers) {
    return get("/api/auth/session", std::move(headers));
  };
  using enum Refusal;
  const Row table[] = {
      {"nothing", session({}), not_authenticated, false},
      {"another scheme", session({{"authorization", "Basic dXNlcjp4"}}), not_authenticated, false},
      {"a malformed token", session({{"authorization", "Bearer a b"}}), not_authenticated, true},
      {"a wrong token", session({{"authorization", "Bearer user"}}), not_authenticated, true},
      {"a wrong cookie", session({{"cookie", "ostiary_access=user"}}), not_authenticated, true},
      {"an expired token", session({{"authorization", "Bearer user"}}), token_expired, true},
      {"a token of an ended session", session({{"authorization", "Bearer user"}}), session_ended, true},
      {"a wrong password", post("/login", login), wrong_credentials, false},
      {"a wrong refresh token", post("/api/auth/refresh", R"({"refresh_token":"r"})"), refresh_token_unknown, false},
      {"a logout by a wrong token", post("/api/auth/logout", "{}", {{"authorization", "Bearer x"}}), not_authenticated,
       true},
  };
  for (const Row& row : table) {
    testing::TestedGateway tested;
    tested.door.does = [&row](const contract::Method&, const Call&, const contract::Message&) -> door::Reply {
      return refuse(row.why);
    };
    const testing::Answered answer = tested.ask(row.asked);
    const std::string challenge = answer.header("www-authenticate");
    EXPECT_EQ(answer.status, 401) << row.name;
    EXPECT_TRUE(challenge.starts_with(R"(Bearer realm="ostiary")")) << row.name << challenge;
    EXPECT_EQ(challenge.find(R"(error="invalid_token")") != std::string::npos, row.invalid) << row.name << challenge;
  }
}

// A proxy before a test system asks for a password of its own, and browsers send it along with everything.
TEST(Gateway, CallsThatNeedNobodyIgnoreCredentialsThatTheyCantUse) {
  const std::vector<std::pair<std::string, std::string>> sent[] = {
      {{"authorization", "Basic dXNlcjp4"}},
      {{"authorization", "Bearer a b"}},
      {{"authorization", "Bearer a"}, {"authorization", "Bearer b"}},
      {{"authorization", "Basic dXNlcjp4"}, {"cookie", "ostiary_refresh=r"}},
  };
  for (const auto& headers : sent) {
    testing::TestedGateway tested;
    for (const char* path : {"/health", "/health/ready", "/.well-known/jwks.json"}) {
      EXPECT_EQ(tested.ask(get(path, headers)).status, 200) << path;
    }
    EXPECT_EQ(tested.ask(post("/login", login, headers)).status, 200);
    EXPECT_EQ(tested.ask(post("/api/auth/refresh", R"({"refresh_token":"r"})", headers)).status, 200);
    EXPECT_EQ(tested.ask(post("/api/auth/logout", R"({"refresh_token":"r"})", headers)).status, 204);
  }
  testing::TestedGateway tested;
  EXPECT_EQ(tested.ask(post("/login", login, {{"authorization", "Bearer a"}, {"cookie", "ostiary_access=b"}})).status,
            200);
  EXPECT_EQ(seen_by_logout(
                post("/api/auth/logout", "{}", {{"authorization", "Basic dXNlcjp4"}, {"cookie", "ostiary_refresh=r"}})),
            "r||");
}

// Another host may have set one of two cookies, or we before COOKIE_DOMAIN changed: the answer ends it.
TEST(Gateway, ClearsCookiesThatCameTwice) {
  GatewayOptions options = behind_https();
  options.cookies.domain = "example.org";
  options.cookies.domains_above = {"id.example.org", "example.org"};
  const std::string name = "__Secure-ostiary_access";
  const std::string twice = name + "=a; " + name + "=b";
  const auto cleared = [&](std::string_view path, std::string_view domain) {
    return name + "=; Path=" + std::string(path) + "; Max-Age=0; Secure" + (domain.empty() ? "" : "; Domain=") +
           std::string(domain);
  };
  testing::TestedGateway tested(options);
  const testing::Answered refused = tested.ask(get("/api/auth/session", {{"cookie", twice}}));
  EXPECT_EQ(refused.code(), "conflicting_credentials");
  for (const char* path : {"/", "/api", "/api/", "/api/auth", "/api/auth/", "/api/auth/session"}) {
    for (const char* domain : {"", "id.example.org", "example.org"}) {
      EXPECT_THAT("\n" + refused.header("set-cookie") + "\n", HasSubstr("\n" + cleared(path, domain) + "\n"));
    }
  }

  // A call that can't use it goes on; what it sets itself stays.
  tested.door.does = tokens;
  const std::string set = tested.ask(post("/login", login, {{"cookie", twice}})).header("set-cookie");
  EXPECT_THAT(set, HasSubstr(name + "=new-access; Path=/;"));
  EXPECT_THAT(set, HasSubstr(cleared("/login", "id.example.org")));
  EXPECT_THAT("\n" + set + "\n", Not(HasSubstr("\n" + cleared("/", "example.org") + "\n")));
  // A call that neither takes nor sets it leaves it alone.
  EXPECT_EQ(tested.ask(get("/health", {{"cookie", twice}})).header("set-cookie"), "");
}

// Behind a proxy that asks on the client's behalf, a cookie can have a path that we never see.
TEST(Gateway, ClearsCookiesOnThePathThatAProxyHasRewritten) {
  const std::string twice = "__Secure-ostiary_access=a; __Secure-ostiary_access=b";
  const std::string line = "__Secure-ostiary_access=; Path=/api/my; Max-Age=0; Secure; Domain=example.org\n";
  const auto cleared_for = [&](const char* peer, const char* header, std::vector<std::string> uris) {
    GatewayOptions options = behind_https();
    options.cookies.domain = "example.org";
    options.cookies.domains_above = {"id.example.org", "example.org"};
    testing::TestedGateway tested(options);
    testing::Asked asked = get("/api/auth/session", {{"cookie", twice}});
    asked.peer = peer;
    for (std::string& uri : uris) asked.headers.emplace_back(header, std::move(uri));
    return tested.ask(asked).header("set-cookie") + "\n";
  };
  const char *trusted = "10.0.0.1", *other = "192.0.2.1";
  for (const char* header : {"x-forwarded-uri", "x-original-uri"}) {
    EXPECT_THAT(cleared_for(trusted, header, {"/api/my/things?q=/x"}), HasSubstr(line));
    EXPECT_THAT(cleared_for(trusted, header, {"/api/my/things?q=/x"}), HasSubstr("Path=/api/auth/session;"));
    EXPECT_THAT(cleared_for(trusted, header, {"/api/my/things?q=/x"}), Not(HasSubstr("q=")));
    EXPECT_THAT(cleared_for(trusted, header, {"https://app.example.org/api/my"}), HasSubstr(line));
    EXPECT_THAT(cleared_for(trusted, header, {"/api/my;Domain=evil.example"}), Not(HasSubstr("evil")));
    EXPECT_THAT(cleared_for(trusted, header, {"api/my"}), Not(HasSubstr("my")));
    EXPECT_THAT(cleared_for(trusted, header, {"/api/my", "/x"}), Not(HasSubstr("my"))) << "a visitor's beside it";
    EXPECT_THAT(cleared_for(other, header, {"/api/my"}), Not(HasSubstr("my")));
  }
}

// Browsers take a name with this prefix host-only and with the path / alone, so no other can be there.
TEST(Gateway, ClearsAHostCookieThatCameTwiceOnce) {
  testing::TestedGateway tested(behind_https());
  const std::string twice = "__Host-ostiary_access=a; __Host-ostiary_access=b";
  EXPECT_EQ(tested.ask(get("/api/auth/session", {{"cookie", twice}})).header("set-cookie"),
            "__Host-ostiary_access=; Path=/; Max-Age=0; Secure");
}

struct LongNames {
  std::string host = "id";
  GatewayOptions options = behind_https();

  explicit LongNames(std::size_t bytes) {
    while (host.size() + 12 < bytes) host.insert(0, "an-eu.");
    options.public_origin = "https://" + host + ".example.org";
    options.cookies.domain = "example.org";
    for (std::string domain = host + ".example.org"; domain != "org"; domain.erase(0, domain.find('.') + 1)) {
      options.cookies.domains_above.push_back(domain);
    }
    options.hsts = "max-age=31536000; includeSubDomains; preload";
  }
};

/// Everything in the head of an answer but the longest that the transport adds.
std::size_t bytes_of_head(const testing::Answered& answer) {
  std::string head = "HTTP/1.1 431 Request Header Fields Too Large\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                     "Content-Length: 1048576\r\nConnection: keep-alive\r\n\r\n";
  for (const auto& [name, value] : answer.headers) http::append_header(head, name, value);
  return head.size();
}

// nginx takes a head of 4096 bytes by default, and answers 502 to a larger one.
TEST(Gateway, ClearsCookiesInAHeadThatProxiesTake) {
  std::string all;
  for (const char* cookie : {"access", "refresh", "device"}) {
    for (const char* value : {"a", "b"}) all += std::string("__Secure-ostiary_") + cookie + "=" + value + "; ";
  }
  for (const std::size_t bytes : {14U, 40U, 253U}) {
    const LongNames names(bytes);
    testing::TestedGateway tested(names.options);
    tested.door.does = tokens;
    const std::vector<std::pair<std::string, std::string>> headers{
        {"cookie", all}, {"origin", "https://app.example.org"}, {"sec-fetch-site", "same-site"}};
    for (const auto& asked :
         {get("/api/auth/session", headers), post("/api/auth/refresh", "{}", headers), post("/login", login, headers),
          post("/api/auth/login", login, headers), post("/api/auth/logout", "{}", headers),
          testing::Asked{"DELETE", "/api/account/sessions/" + std::string(7000, 'x'), headers}}) {
      const testing::Answered answer = tested.ask(asked);
      EXPECT_LE(bytes_of_head(answer), 4096U) << asked.target.substr(0, 99) << " at " << names.host;
      EXPECT_THAT(answer.header("set-cookie"), HasSubstr("=; Path=/")) << asked.target.substr(0, 99);
    }
  }
}

// Where an answer has no room for all, the next ones have the rest.
TEST(Gateway, ClearsCookiesOfLongNamesInAFewAnswers) {
  const LongNames names(253);
  testing::TestedGateway tested(names.options);
  const CookieJar jar(names.options.cookies);
  std::set<std::string> missing{jar.clear(Cookie::ACCESS)};
  for (auto& line : jar.clear_others(Cookie::ACCESS, {"/api/auth/session"})) missing.insert(std::move(line));
  const std::string twice = "__Secure-ostiary_access=a; __Secure-ostiary_access=b";
  for (int tries = 0; tries < 1000 && !missing.empty(); ++tries) {
    tested.random.bytes(1);  // an answer takes an even number, and would begin at every other line only
    for (const auto& [name, value] : tested.ask(get("/api/auth/session", {{"cookie", twice}})).headers) {
      if (name == "Set-Cookie") missing.erase(value);
    }
  }
  EXPECT_THAT(missing, ::testing::IsEmpty());
}

TEST(Gateway, ADeviceCookieThatCameTwiceCountsAsNone) {
  testing::TestedGateway tested;
  bool known = true;
  tested.door.does = [&known](const contract::Method&, const Call& call, const contract::Message&) -> door::Reply {
    known = call.device.has_value();
    return std::make_unique<v1::LoginReply>();
  };
  const std::string twice = "ostiary_device=known; ostiary_device=known";
  const testing::Answered answer = tested.ask(post("/login", login, {{"cookie", twice}}));
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(known);
  EXPECT_THAT(answer.header("set-cookie"), HasSubstr("ostiary_device=; Path=/login; Max-Age=0"));
  EXPECT_EQ(tested.ask(get("/api/auth/session", {{"cookie", "ostiary_access=user; " + twice}})).code(), "");
}

// Its path goes into an attribute of Set-Cookie: nothing in it begins another one.
TEST(Cookies, AreClearedOnPathsThatFitIntoACookie) {
  const CookieJar jar({.secure = false, .domain = {}});
  for (const std::string& line : jar.clear_others(Cookie::ACCESS, {"/a;Domain=evil.example/b"})) {
    EXPECT_THAT(line, Not(HasSubstr("evil")));
  }
  EXPECT_EQ(jar.clear_others(Cookie::ACCESS, {"/a/b"}).size(), 3U) << "all but / itself";
  EXPECT_EQ(jar.clear_others(Cookie::ACCESS, {"/a/b", "/a/c"}).size(), 4U) << "each once";
  std::string deep;
  while (deep.size() < 15000) deep += "/a";
  for (const std::string& line : jar.clear_others(Cookie::ACCESS, {deep})) EXPECT_LT(line.size(), 1100U);
}

TEST(Gateway, ReadsFieldsFromCookiesWhereTheBodyHasNone) {
  const auto with_cookie = [](std::string cookie, std::string body = "{}") {
    return post("/api/auth/logout", std::move(body), {{"cookie", std::move(cookie)}});
  };
  EXPECT_EQ(seen_by_logout(with_cookie("ostiary_refresh=r; ostiary_access=a; ostiary_device=known")), "r|a|device");
  EXPECT_EQ(seen_by_logout(with_cookie("", R"({"refresh_token":"r"})")), "r||");
  EXPECT_EQ(seen_by_logout(with_cookie("ostiary_refresh=r", R"({"refresh_token":"r"})")), "r||");
  EXPECT_EQ(seen_by_logout(with_cookie("ostiary_refresh=r", R"({"refresh_token":"x"})")),
            "conflicting_credentials refresh_token");
  EXPECT_EQ(seen_by_logout(with_cookie("ostiary_refresh=r", R"({"refresh_token":""})")),
            "conflicting_credentials refresh_token");
  EXPECT_EQ(seen_by_logout(with_cookie("ostiary_access=a", R"({"access_token":"x"})")),
            "conflicting_credentials access_token");
  EXPECT_EQ(seen_by_logout(post("/api/auth/logout", "{}", {{"authorization", "Bearer a"}})), "|a|");
  EXPECT_EQ(seen_by_logout(post("/api/auth/logout", R"({"access_token":"x"})", {{"authorization", "Bearer a"}})),
            "conflicting_credentials access_token");
}

// B6: a preset cookie keeps nobody out; what no program of ours wrote counts as not sent.
TEST(Gateway, PassesOverCookiesThatTheirFieldCouldNotHold) {
  const auto with_cookie = [](const std::string& cookie) {
    return post("/api/auth/logout", "{}", {{"cookie", cookie}, {"authorization", "Bearer a"}});
  };
  EXPECT_EQ(seen_by_logout(with_cookie("ostiary_refresh=" + std::string(65, 'r'))), "|a|");
  EXPECT_EQ(seen_by_logout(with_cookie("ostiary_refresh=\xff")), "|a|");
  testing::TestedGateway tested;
  EXPECT_EQ(tested.ask(post("/login", login, {{"cookie", "ostiary_device=" + std::string(200, 'd')}})).status, 200);
  EXPECT_EQ(tested.ask(post("/login", login, {{"cookie", "ostiary_device=\xff"}})).status, 200);
}

TEST(Gateway, KnowsTheDeviceByCookieOrField) {
  const auto device_of = [](const testing::Asked& asked) {
    testing::TestedGateway tested;
    bool known = false;
    tested.door.does = [&known](const contract::Method&, const Call& call, const contract::Message&) -> door::Reply {
      known = call.device.has_value();
      return std::make_unique<v1::LoginReply>();
    };
    const testing::Answered answer = tested.ask(asked);
    return answer.status == 200 ? (known ? "known" : "unknown") : answer.code();
  };
  const std::string with_field = R"({"email":"ada@example.org","password":"p","device_id":"known"})";
  EXPECT_EQ(device_of(post("/login", login)), "unknown");
  EXPECT_EQ(device_of(post("/login", login, {{"cookie", "ostiary_device=known"}})), "known");
  EXPECT_EQ(device_of(post("/login", with_field)), "known");
  EXPECT_EQ(device_of(post("/login", with_field, {{"cookie", "ostiary_device=known"}})), "known");
  EXPECT_EQ(device_of(post("/login", with_field, {{"cookie", "ostiary_device=new"}})), "conflicting_credentials");
}

// ASVS 3.3, R3.7, R4.6
TEST(Gateway, SetsCookiesWithTheRightNamesAndAttributes) {
  const auto cookies_with = [](const CookieOptions& cookies) {
    GatewayOptions options = behind_https();
    options.cookies = cookies;
    testing::TestedGateway tested(options);
    tested.door.does = tokens;
    return tested.ask(post("/login", login)).header("set-cookie");
  };
  using namespace std::chrono_literals;
  EXPECT_EQ(cookies_with({.secure = true, .domain = {}, .refresh_lifetime = 24h, .access_lifetime = 5min}),
            "__Host-ostiary_access=new-access; Path=/; Max-Age=300; HttpOnly; SameSite=Lax; Secure\n"
            "__Host-ostiary_refresh=new-refresh; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure\n"
            "__Host-ostiary_device=new-device; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure");
  EXPECT_THAT(cookies_with({.secure = true, .domain = "example.org", .refresh_lifetime = 24h, .access_lifetime = 5min}),
              HasSubstr("__Secure-ostiary_access=new-access; Path=/; Max-Age=300; HttpOnly; SameSite=Lax; Secure; "
                        "Domain=example.org\n"));
  EXPECT_THAT(cookies_with({.secure = false, .domain = {}, .refresh_lifetime = 24h, .access_lifetime = 5min}),
              HasSubstr("ostiary_access=new-access; Path=/; Max-Age=300; HttpOnly; SameSite=Lax\n"));
}

// R2.5
TEST(Gateway, ClearsCookiesAtLogout) {
  testing::TestedGateway tested;
  const testing::Answered answer = tested.ask(post("/api/auth/logout", R"({"refresh_token":"r"})"));
  EXPECT_EQ(answer.status, 204);
  EXPECT_FALSE(answer.body);
  EXPECT_EQ(answer.header("set-cookie"), "ostiary_access=; Path=/; Max-Age=0\nostiary_refresh=; Path=/; Max-Age=0");
}

TEST(Gateway, ClearsCookiesThatAreNoCredentialsAtLogout) {
  testing::TestedGateway tested;
  for (const auto& [why, clears] : {std::pair(Refusal::not_authenticated, true), {Refusal::unavailable, false}}) {
    tested.door.does = [why = why](const contract::Method&, const Call&, const contract::Message&) -> door::Reply {
      return refuse(why);
    };
    const testing::Answered answer = tested.ask(post("/api/auth/logout", "{}", {{"cookie", "ostiary_access=x"}}));
    EXPECT_EQ(answer.header("set-cookie").starts_with("ostiary_access=; "), clears) << name_of(why);
  }
}

// R2.4: whom a reply's tokens reach, by whom and how it was asked.
TEST(Gateway, DeliversTokensByCookieOrBody) {
  struct Row {
    const char* name;
    testing::Asked asked;
    bool cookies;
    std::string in_body;  ///< of access_token, token, refresh_token, device_id the first letters
  };
  const std::string canonical = "/api/auth/login";
  const auto asking = [](std::string way) {
    return login.substr(0, login.size() - 1) + R"(,"token_delivery":")" + way + "\"}";
  };
  const std::pair<std::string, std::string> same{"sec-fetch-site", "same-origin"},
      origin{"origin", "http://localhost:8001"};
  const std::string refresh = "/api/auth/refresh";
  const Row table[] = {
      {"a program", post(canonical, login), true, "atrd"},
      {"a program that asks for cookies", post(canonical, asking("cookie")), true, ""},
      {"a program that asks for the body", post(canonical, asking("body")), false, "atrd"},
      {"R1.6 a program at the short path", post("/login", login), true, "atrd"},
      {"R1.6 a program at the short path that asks for cookies", post("/login", asking("cookie")), true, "t"},
      {"a page", post(canonical, login, {same}), true, ""},
      {"an older browser's page", post(canonical, login, {origin}), true, ""},
      {"a page that asks for the body", post(canonical, asking("body"), {same}), true, ""},
      {"R1.6 a page at the short path", post("/login", login, {same, origin}), true, "t"},
      {"a refresh by body", post(refresh, R"({"refresh_token":"r"})"), true, "atrd"},
      {"a refresh by cookie", post(refresh, "{}", {{"cookie", "ostiary_refresh=r"}}), true, ""},
      {"a page's refresh", post(refresh, "{}", {{"cookie", "ostiary_refresh=r"}, same}), true, ""},
      {"a refresh by body from a known device's cookie",
       post(refresh, R"({"refresh_token":"r"})", {{"cookie", "ostiary_device=known"}}), true, "atrd"},
  };
  for (const Row& row : table) {
    testing::TestedGateway tested;
    tested.door.does = tokens;
    const testing::Answered answer = tested.ask(row.asked);
    ASSERT_EQ(answer.status, 200) << row.name << answer.text();
    std::string in_body;
    for (const char* field : {"access_token", "token", "refresh_token", "device_id"}) {
      if (answer.json().contains(field)) in_body += field[0];
    }
    EXPECT_EQ(in_body, row.in_body) << row.name;
    EXPECT_EQ(!answer.header("set-cookie").empty(), row.cookies) << row.name;
    EXPECT_EQ(answer.member("token_type"), "Bearer") << row.name;
  }
}

// BROWSER_TOKENS=body: a page of another site gets no cookies back from its browser.
TEST(Gateway, GivesTokensToListedPagesThatAskForThem) {
  struct Row {
    const char* name;
    const char* origin;
    std::string path, body, cookie;
    bool in_body;
  };
  const char *listed = "https://app.example.org", *own = "https://id.example.org";
  const std::string asking = login.substr(0, login.size() - 1) + R"(,"token_delivery":"body"})";
  const std::string refresh = "/api/auth/refresh", canonical = "/api/auth/login", brought = R"({"refresh_token":"r"})";
  const Row table[] = {
      {"a listed page that asks", listed, canonical, asking, "", true},
      {"a listed page that doesn't", listed, canonical, login, "", false},
      {"our own page that asks", own, canonical, asking, "", false},
      {"R1.6 a listed page at the short path", listed, "/login", login, "", false},
      {"one that asks", listed, "/login", asking, "", true},
      {"R1.6 our own page at the short path", own, "/login", login, "", false},
      {"a refresh by the body", listed, refresh, brought, "", true},
      {"a refresh by the cookie", listed, refresh, "{}", "__Host-ostiary_refresh=r", false},
      {"a refresh by both", listed, refresh, brought, "__Host-ostiary_refresh=r", true},
      {"our own page's refresh by the body", own, refresh, brought, "", false},
  };
  for (const bool trusted : {true, false}) {
    for (const Row& row : table) {
      GatewayOptions options = behind_https();
      options.trusted_pages = trusted;
      options.cors_origins.emplace_back(own);  // needless, but no mistake
      testing::TestedGateway tested(options);
      tested.door.does = tokens;
      std::vector<std::pair<std::string, std::string>> headers{{"origin", row.origin}};
      if (!row.cookie.empty()) headers.emplace_back("cookie", row.cookie);
      const testing::Answered answer = tested.ask(post(row.path, row.body, headers));
      EXPECT_EQ(answer.status, 200) << row.name;
      EXPECT_EQ(answer.json().contains("refresh_token"), row.in_body && trusted) << row.name;
      EXPECT_EQ(answer.header("set-cookie").find("=new-") == std::string::npos, row.in_body && trusted) << row.name;
      const bool has_alias = row.path == "/login" && row.origin == own;
      EXPECT_EQ(answer.json().contains("token"), has_alias || (row.in_body && trusted)) << row.name;
    }
  }
}

// Its next request by the body would contradict a cookie of an earlier login, which no script can delete.
TEST(Gateway, ClearsTheCookiesOfWhoGetsTokensInTheBody) {
  GatewayOptions options = behind_https();
  options.trusted_pages = true;
  testing::TestedGateway tested(options);
  tested.door.does = tokens;
  const std::string asking = login.substr(0, login.size() - 1) + R"(,"token_delivery":"body"})";
  const std::string access = "__Host-ostiary_access=", refresh = "__Host-ostiary_refresh=";
  const auto cookies_after = [&](const char* path, const std::string& body, const std::string& cookies) {
    const std::pair<std::string, std::string> origin{"origin", "https://app.example.org"};
    return tested.ask(post(path, body, {origin, {"cookie", cookies}})).header("set-cookie");
  };
  const std::string gone = "; Path=/; Max-Age=0; Secure";
  EXPECT_EQ(cookies_after("/api/auth/login", asking, access + "old; " + refresh + "old; __Host-ostiary_device=old"),
            access + gone + "\n" + refresh + gone + "\n__Host-ostiary_device=" + gone);
  EXPECT_EQ(cookies_after("/login", asking, refresh + "old"), refresh + gone);
  EXPECT_EQ(cookies_after("/api/auth/login", asking, "a=b"), "");
  EXPECT_EQ(cookies_after("/api/auth/refresh", R"({"refresh_token":"r"})", access + "old; " + refresh + "r"),
            access + gone + "\n" + refresh + gone);
  EXPECT_THAT(cookies_after("/api/auth/login", login, refresh + "old"), HasSubstr(refresh + "new-refresh"));
}

TEST(Gateway, ALoginThatNeedsASecondFactorSetsNoCookie) {
  for (const auto& headers :
       {std::vector<std::pair<std::string, std::string>>{}, {{"sec-fetch-site", "same-origin"}}}) {
    testing::TestedGateway tested;
    tested.door.does = [](const contract::Method&, const Call&, const contract::Message&) -> door::Reply {
      auto reply = std::make_unique<v1::LoginReply>();
      reply->set_mfa_required(true);
      reply->set_mfa_token("second-step");
      reply->add_methods("totp");
      return reply;
    };
    const testing::Answered answer = tested.ask(post("/api/auth/login", login, headers));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("set-cookie"), "");
    EXPECT_EQ(answer.text(), R"({"mfa_required":true,"mfa_token":"second-step","methods":["totp"]})");
  }
}

TEST(Gateway, ACompletedLoginSaysNothingOfASecondFactor) {
  testing::TestedGateway tested;
  tested.door.does = tokens;
  const testing::Answered answer = tested.ask(post("/api/auth/login", login));
  for (const char* field : {"mfa_required", "mfa_token", "methods"})
    EXPECT_FALSE(answer.json().contains(field)) << field;
}

// B7, B8: a refused request does not reach its call.
TEST(Gateway, RefusesChangesAskedForByForeignPages) {
  struct Row {
    const char* name;
    std::vector<std::pair<std::string, std::string>> headers;
    bool reaches;
  };
  const std::string own = "https://id.example.org", listed = "https://app.example.org",
                    foreign = "https://evil.example";
  const Row table[] = {
      {"no browser", {}, true},
      {"our own page", {{"sec-fetch-site", "same-origin"}, {"origin", own}}, true},
      {"our own page under another name",
       {{"sec-fetch-site", "same-origin"}, {"origin", "http://127.0.0.1:8001"}},
       true},
      {"an older browser's own page", {{"origin", own}}, true},
      {"typed by the person", {{"sec-fetch-site", "none"}}, true},
      {"a listed page", {{"sec-fetch-site", "same-site"}, {"origin", listed}}, true},
      {"an older browser's listed page", {{"origin", listed}}, true},
      {"a foreign page", {{"sec-fetch-site", "cross-site"}, {"origin", foreign}}, false},
      {"an older browser's foreign page", {{"origin", foreign}}, false},
      {"a sibling that is not listed", {{"sec-fetch-site", "same-site"}, {"origin", "https://www.example.org"}}, false},
      {"an older browser's sibling", {{"origin", "https://www.example.org"}}, false},
      {"a form without Origin", {{"sec-fetch-site", "cross-site"}}, false},
      {"Origin null", {{"origin", "null"}}, false},
      {"Origin null that claims to be ours", {{"sec-fetch-site", "same-origin"}, {"origin", "null"}}, false},
      {"an unknown word", {{"sec-fetch-site", "other"}, {"origin", own}}, false},
      {"the own origin in another scheme", {{"origin", "http://id.example.org"}}, false},
      {"the own origin and more", {{"origin", own + ".evil.example"}}, false},
      {"two origins", {{"origin", own}, {"origin", foreign}}, false},
      {"an empty origin", {{"origin", ""}}, false},
  };
  for (const Row& row : table) {
    for (const char* path : {"/login", "/api/auth/logout", "/api/auth/refresh"}) {
      testing::TestedGateway tested(behind_https());
      const testing::Answered answer =
          tested.ask(post(path, std::string_view(path) == "/login" ? login : "{}", row.headers));
      EXPECT_EQ(tested.door.done, row.reaches ? 1 : 0) << row.name << path;
      EXPECT_EQ(answer.code(), row.reaches ? "" : "cross_site_request") << row.name << path;
      EXPECT_EQ(answer.status == 403, !row.reaches) << row.name << path;
      EXPECT_EQ(tested.door.log.count("http.cross_site_refused"), row.reaches ? 0 : 1) << row.name << path;
    }
  }
}

TEST(Gateway, LetsForeignPagesReadNothingUnlessTheyAreListed) {
  testing::TestedGateway tested(behind_https());
  const auto from_page = [](std::string origin) {
    return std::vector<std::pair<std::string, std::string>>{
        {"origin", std::move(origin)}, {"sec-fetch-site", "cross-site"}, {"access-control-request-method", "POST"}};
  };
  const testing::Answered listed = tested.ask(get("/health", from_page("https://app.example.org")));
  EXPECT_EQ(listed.header("access-control-allow-origin"), "https://app.example.org");
  EXPECT_EQ(listed.header("access-control-allow-credentials"), "true");
  EXPECT_EQ(listed.header("vary"), "Origin");
  const testing::Answered foreign = tested.ask(get("/health", from_page("https://evil.example")));
  EXPECT_EQ(foreign.status, 200);
  EXPECT_EQ(foreign.header("access-control-allow-origin"), "");
  EXPECT_EQ(foreign.header("vary"), "Origin");
  for (const char* refused : {"/nothing", "/login", "%"}) {
    const testing::Answered to_listed = tested.ask(get(refused, from_page("https://app.example.org")));
    EXPECT_EQ(to_listed.header("access-control-allow-origin"), "https://app.example.org") << to_listed.text();
    EXPECT_THAT(to_listed.header("access-control-expose-headers"), HasSubstr("X-Request-Id"));
    EXPECT_EQ(tested.ask(get(refused, from_page("https://evil.example"))).header("access-control-allow-origin"), "");
  }

  const testing::Answered preflight = tested.ask({"OPTIONS", "/login", from_page("https://app.example.org")});
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.header("access-control-allow-origin"), "https://app.example.org");
  EXPECT_THAT(preflight.header("access-control-allow-methods"), HasSubstr("POST"));
  EXPECT_THAT(preflight.header("access-control-allow-headers"), HasSubstr("content-type"));
  EXPECT_EQ(tested.ask({"OPTIONS", "/login", from_page("https://evil.example")}).header("access-control-allow-origin"),
            "");
}

// ASVS 4.1.3
TEST(Gateway, TellsTheCallWhoAsks) {
  testing::TestedGateway tested(behind_https());
  Call seen;
  tested.door.does = [&seen](const contract::Method& method, const Call& call,
                             const contract::Message&) -> door::Reply {
    seen = call;
    return std::unique_ptr<contract::Message>(method.reply_prototype->New());
  };
  testing::Asked asked =
      post("/login", login, {{"x-forwarded-for", "198.51.100.7"}, {"user-agent", std::string(600, 'a')}});
  (void)tested.ask(asked);
  EXPECT_EQ(seen.address, "192.0.2.1");
  EXPECT_EQ(seen.user_agent, std::string(512, 'a'));
  asked.peer = "10.1.2.3";
  asked.headers[1].second = "caf\xe9";
  (void)tested.ask(asked);
  EXPECT_EQ(seen.address, "198.51.100.7");
  EXPECT_EQ(seen.user_agent, "caf?");
  asked.headers[0] = {"forwarded", R"(for="[2001:db8::7]:4711";proto=https)"};
  (void)tested.ask(asked);
  EXPECT_EQ(seen.address, "2001:db8::7");
  asked.peer = "192.0.2.1";
  (void)tested.ask(asked);
  EXPECT_EQ(seen.address, "192.0.2.1");
  EXPECT_EQ(tested.door.log.count("warning proxy.not_trusted address=192.0.2.1"), 2) << "the first and the last";
  EXPECT_EQ(tested.door.log.count("proxy.not_trusted"), 2);
}

TEST(Gateway, AnswersWithBytesKeptReady) {
  const auto bytes = std::make_shared<const std::string>(R"({"ready":true})");
  int asked = 0;
  const door::FindRememberedReply ready = [&](const Secret& token, Time) -> std::optional<door::RememberedReply> {
    ++asked;
    if (token.reveal() != "kept" && token.reveal() != "kept.too") return std::nullopt;
    return door::RememberedReply{bytes, nullptr, SessionId{}};
  };
  testing::TestedGateway tested(
      {.public_origin = "http://localhost:8001", .cors_origins = {}, .trusted_proxies = {}, .cookies = {}}, {},
      {{"ostiary.v1.AuthService.CheckSession", ready}});
  const testing::Answered kept = tested.ask(get("/api/auth/session", {{"authorization", "Bearer kept"}}));
  EXPECT_EQ(kept.status, 200);
  EXPECT_EQ(kept.body, bytes);
  EXPECT_EQ(kept.header("content-type"), "application/json");
  EXPECT_EQ(tested.door.done, 0);

  const testing::Answered worked_on = tested.ask(get("/api/auth/session", {{"authorization", "Bearer user"}}));
  EXPECT_EQ(worked_on.status, 200);
  for (const char* name : {"content-type", "vary", "cache-control", "content-security-policy", "referrer-policy",
                           "cross-origin-resource-policy", "x-content-type-options"}) {
    EXPECT_NE(kept.header(name), "") << name;
    EXPECT_EQ(kept.header(name), worked_on.header(name)) << name;
  }
  EXPECT_EQ(tested.door.done, 1);
  EXPECT_EQ(tested.ask(get("/api/auth/session")).code(), "not_authenticated");
  EXPECT_EQ(asked, 2);
  const testing::Answered through_proxy =
      tested.ask(get("/api/auth/session?utm_source=x", {{"authorization", "Bearer kept"}}));
  EXPECT_EQ(through_proxy.body, bytes) << "a proxy may pass on the visitor's query";

  // The limits of READ are those of the normal way: 200 at once by session, and nothing of the address's.
  int answered = 2;
  while (tested.ask(get("/api/auth/session", {{"authorization", "Bearer kept"}})).status == 200) ++answered;
  EXPECT_EQ(answered, 200);
  const testing::Answered limited = tested.ask(get("/api/auth/session", {{"authorization", "Bearer kept"}}));
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.code(), "rate_limited");
  EXPECT_EQ(limited.header("retry-after"), "1");
  // The budget is the session's, not the token's.
  EXPECT_EQ(tested.ask(get("/api/auth/session", {{"authorization", "Bearer kept.too"}})).status, 429);
  EXPECT_EQ(tested.ask(get("/api/auth/session", {{"authorization", "Bearer user"}})).status, 200);
}

// A backend that checks its users' sessions: each pays for itself, and none for its address.
TEST(Gateway, TakesNothingFromTheAddressOfARememberedSession) {
  const door::FindRememberedReply ready = [](const Secret& token, Time) -> std::optional<door::RememberedReply> {
    SessionId session{};
    session.uuid.bytes[0] = static_cast<std::uint8_t>(std::stoi(std::string(token.reveal())));
    return door::RememberedReply{std::make_shared<const std::string>("{}"), nullptr, session};
  };
  testing::TestedGateway tested(
      {.public_origin = "http://localhost:8001", .cors_origins = {}, .trusted_proxies = {}, .cookies = {}}, {},
      {{"ostiary.v1.AuthService.CheckSession", ready}});
  for (int session = 1; session <= 5; ++session) {
    for (int i = 0; i < 200; ++i) {
      const auto answer =
          tested.ask(get("/api/auth/session", {{"authorization", "Bearer " + std::to_string(session)}}));
      ASSERT_EQ(answer.status, 200) << session << ' ' << i;
    }
  }
  EXPECT_EQ(tested.ask(get("/api/auth/session", {{"authorization", "Bearer 1"}})).status, 429);
  EXPECT_EQ(tested.ask(get("/.well-known/jwks.json")).status, 200) << "of the same class";
}

constexpr std::string_view files = R"(
  message Upload {
    string id = 1 [(ostiary.rule) = {max_bytes: 10}];
    int32 page = 2 [(ostiary.rule) = {maximum: 9}];
    google.api.HttpBody file = 3;
  }
  message Ask { optional string text = 1; }
  message Sent {
    string to = 1 [(ostiary.rule) = {redirect: true}];
    optional string key = 2 [(ostiary.rule) = {secret: true cookie: REFRESH_TOKEN not_for_browsers: true}];
  }
  service Files {
    rpc Put(Upload) returns (google.api.HttpBody) {
      option (google.api.http) = {put: "/files/{id}" body: "file"};
      option (ostiary.policy) = {caller: ANYONE rate: WRITE audit: "file.put" max_body_bytes: 100000};
    }
    rpc Hand(google.api.HttpBody) returns (google.api.HttpBody) {
      option (google.api.http) = {post: "/hand" body: "*"};
      option (ostiary.policy) = {caller: ANYONE rate: WRITE audit: "file.hand" max_body_bytes: 5 success_status: 201};
    }
    rpc Go(Ask) returns (Sent) {
      option (google.api.http) = {get: "/go" additional_bindings {post: "/go" body: "*"}};
      option (ostiary.policy) = {caller: ANYONE rate: READ audit: "file.go"};
    }
  }
)";

class WrittenFiles : public ::testing::Test {
 protected:
  const testing::WrittenContract written{files};
  testing::TestedGateway tested{
      {.public_origin = "http://localhost", .cors_origins = {}, .trusted_proxies = {}, .cookies = {}},
      {},
      {},
      written.services()};
};

std::string text_in(const contract::Message& message, const char* field) {
  return message.GetReflection()->GetString(message, message.GetDescriptor()->FindFieldByName(field));
}

/// An HttpBody, which a type that is made at run time may hold in another class than the generated one.
std::unique_ptr<contract::Message> raw_reply(const contract::Method& method, const contract::Message& body) {
  std::unique_ptr<contract::Message> reply(method.reply_prototype->New());
  reply->ParseFromString(body.SerializeAsString());
  return reply;
}

TEST_F(WrittenFiles, TakeAndGiveBytesAsTheyAre) {
  tested.door.does = [](const contract::Method& method, const Call&, const contract::Message& request) -> door::Reply {
    const auto* const file = request.GetDescriptor()->FindFieldByName("file");
    if (file == nullptr) return raw_reply(method, request);
    EXPECT_EQ(text_in(request, "id"), "a b");
    const auto* const page = request.GetDescriptor()->FindFieldByName("page");
    EXPECT_EQ(request.GetReflection()->GetInt32(request, page), 7);
    return raw_reply(method, request.GetReflection()->GetMessage(request, file));
  };
  const std::string bytes("\xff\x00{\n", 4);
  const std::pair<std::string, std::string> png{"content-type", "image/png"}, pages{"accept", "text/html"};
  const auto put = tested.ask({"PUT", "/files/a%20b?page=7", {png, pages}, bytes});
  EXPECT_EQ(put.status, 200) << put.text();
  EXPECT_EQ(put.header("content-type"), "image/png");
  EXPECT_EQ(put.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(put.text(), bytes);
  const auto handed = tested.ask({"POST", "/hand", {png}, bytes});
  EXPECT_EQ(handed.status, 201);
  EXPECT_EQ(handed.text(), bytes);

  EXPECT_EQ(tested.ask({"PUT", "/files/a%20b?page=10", {png}, bytes}).code(), "invalid_field");
  EXPECT_EQ(tested.ask({"PUT", "/files/a%20b?file=1", {png}, bytes}).status, 400);
  EXPECT_EQ(tested.ask({"PUT", "/files/a%20b?id=1", {png}, bytes}).code(), "duplicate_field");
  EXPECT_EQ(tested.ask({"PUT", "/files/a", {}, bytes}).code(), "unsupported_media_type");
  EXPECT_EQ(tested.ask({"PUT", "/files/a", {png, png}, bytes}).code(), "unsupported_media_type");
  EXPECT_EQ(tested.ask({"PUT", "/files/a", {png, {"content-encoding", "gzip"}}, bytes}).code(),
            "unsupported_content_encoding");
  EXPECT_EQ(tested.ask({"POST", "/hand?x=1", {png}, bytes}).code(), "unknown_field");
}

// So that one call that takes much lets nobody send as much to another path.
TEST_F(WrittenFiles, TellTheTransportHowMuchEachCallTakes) {
  const auto limit = [&](const char* verb, const char* target) { return tested.gateway.body_limit(verb, target); };
  EXPECT_EQ(limit("PUT", "/files/a%20b?page=7"), 100'000U);
  EXPECT_EQ(limit("POST", "/hand"), 5U);
  EXPECT_EQ(limit("POST", "/go"), 65'536U);
  EXPECT_EQ(limit("POST", "/files/a"), 65'536U) << "not under this verb";
  EXPECT_EQ(limit("POST", "/nothing"), 65'536U);
  EXPECT_EQ(limit("PUT", "/files/%"), 65'536U);
  EXPECT_EQ(limit("PUT", "*"), 65'536U);
}

TEST_F(WrittenFiles, TakeBodiesAsLargeAsEachCallSays) {
  const auto size = [&](std::string verb, std::string path, std::size_t bytes) {
    return tested.ask({std::move(verb), std::move(path), {{"content-type", "image/png"}}, std::string(bytes, 'x')});
  };
  EXPECT_EQ(size("POST", "/hand", 5).status, 201);
  const auto refused = size("POST", "/hand", 6);
  EXPECT_EQ(refused.status, 413);
  EXPECT_EQ(refused.code(), "body_too_large");
  EXPECT_EQ(size("PUT", "/files/a", 100'000).status, 200);
  EXPECT_EQ(size("PUT", "/files/a", 100'001).status, 413);
  const auto go = [&](std::size_t bytes) {
    return tested.ask(post("/go", R"({"text":")" + std::string(bytes - 11, 'x') + R"("})")).status;
  };
  EXPECT_EQ(go(65'536), 200);
  EXPECT_EQ(go(65'537), 413);
}

TEST_F(WrittenFiles, SendTheClientOn) {
  std::string to = "https://app.example.org/back?code=1";
  tested.door.does = [&](const contract::Method& method, const Call&, const contract::Message&) -> door::Reply {
    std::unique_ptr<contract::Message> reply(method.reply_prototype->New());
    const auto& fields = *reply->GetDescriptor();
    reply->GetReflection()->SetString(reply.get(), fields.FindFieldByName("to"), to);
    reply->GetReflection()->SetString(reply.get(), fields.FindFieldByName("key"), "k");
    return reply;
  };
  const auto sent = tested.ask(get("/go", {{"accept", "text/html"}, {"sec-fetch-site", "cross-site"}}));
  EXPECT_EQ(sent.status, 303);
  EXPECT_EQ(sent.header("location"), to);
  EXPECT_EQ(sent.text(), "");
  EXPECT_EQ(sent.header("content-type"), "");
  EXPECT_THAT(sent.header("set-cookie"), HasSubstr("ostiary_refresh=k;"));
  to = "/next\r\nset-cookie: a=b";
  const auto failed = tested.ask(get("/go"));
  EXPECT_EQ(failed.code(), "internal");
  EXPECT_EQ(failed.header("location"), "");
  EXPECT_EQ(tested.door.log.count("error http.redirect_failed method=test.Files.Go"), 1);
  to.clear();
  const auto stays = tested.ask(get("/go"));
  EXPECT_EQ(stays.status, 200);
  EXPECT_EQ(stays.text(), R"({"to":"","key":"k"})");
}

// Each cookie has a lifetime and a path of its own.
TEST(Cookies, AreAsTheContractWritesThem) {
  const testing::WrittenContract written(R"(
    enum Jar {
      NONE = 0;
      SHORT = 1 [(ostiary.cookie_attributes) = {name: "short" path: "/login" seconds: 600}];
      LONG = 2 [(ostiary.cookie_attributes) = {name: "long" path: "/" lifetime: REFRESH_TOKEN_LIFETIME}];
    }
    enum Nameless { N = 0; N1 = 1 [(ostiary.cookie_attributes) = {path: "/" seconds: 1}]; }
    enum Pathless { P = 0; P1 = 1 [(ostiary.cookie_attributes) = {name: "a" seconds: 1}]; }
    enum Ageless { A = 0; A1 = 1 [(ostiary.cookie_attributes) = {name: "a" path: "/"}]; }
    enum TwoAges {
      T = 0;
      T1 = 1 [(ostiary.cookie_attributes) = {name: "a" path: "/" seconds: 1 lifetime: ACCESS_TOKEN_LIFETIME}];
    }
    enum Bare { B = 0; B1 = 1; }
  )");
  const auto& file = written.file();
  const CookieJar jar({.secure = true, .domain = {}, .refresh_lifetime = std::chrono::seconds(77)},
                      *file.FindEnumTypeByName("Jar"));
  EXPECT_EQ(jar.set(static_cast<Cookie>(1), "v"),
            "__Secure-short=v; Path=/login; Max-Age=600; HttpOnly; SameSite=Lax; Secure");
  EXPECT_EQ(jar.clear(static_cast<Cookie>(1)), "__Secure-short=; Path=/login; Max-Age=0; Secure");
  EXPECT_EQ(jar.set(static_cast<Cookie>(2), "v"), "__Host-long=v; Path=/; Max-Age=77; HttpOnly; SameSite=Lax; Secure");
  for (const char* name : {"Nameless", "Pathless", "Ageless", "TwoAges", "Bare"}) {
    EXPECT_THROW(CookieJar({}, *file.FindEnumTypeByName(name)), contract::ContractError) << name;
  }
}

// A call that is only written down has its route, cookies, status and policy.
TEST(Gateway, ServesACallAsItsContractSays) {
  const testing::WrittenContract written(R"(
    message Ask {
      string door = 1;
      optional string key = 2 [(ostiary.rule) = {max_bytes: 20 secret: true cookie: REFRESH_TOKEN}];
      optional int32 times = 3 [(ostiary.rule) = {minimum: 1}];
    }
    message Answer {
      string door = 1;
      optional string key = 2 [(ostiary.rule) = {secret: true cookie: REFRESH_TOKEN not_for_browsers: true}];
    }
    service Doors {
      rpc Open(Ask) returns (Answer) {
        option (google.api.http) = {put: "/doors/{door}/open" body: "*"};
        option (ostiary.policy) = {
          caller: PERMISSION permission: "things.do" rate: WRITE audit: "door.open" success_status: 201
          problem_message: true clears: DEVICE
        };
      }
    }
  )");
  testing::TestedGateway tested(
      {.public_origin = "http://localhost", .cors_origins = {}, .trusted_proxies = {}, .cookies = {}}, {}, {},
      written.services());
  tested.door.does = [](const contract::Method& method, const Call&, const contract::Message& request) -> door::Reply {
    std::unique_ptr<contract::Message> reply(method.reply_prototype->New());
    for (const char* name : {"door", "key"}) {
      const auto* from = request.GetDescriptor()->FindFieldByName(name);
      reply->GetReflection()->SetString(reply.get(), reply->GetDescriptor()->FindFieldByName(name),
                                        request.GetReflection()->GetString(request, from) + "!");
    }
    return reply;
  };
  const auto ask = [&](std::string body, std::vector<std::pair<std::string, std::string>> headers) {
    testing::Asked asked = post("/doors/front%20one/open", std::move(body), std::move(headers));
    asked.verb = "PUT";
    return tested.ask(asked);
  };
  const std::string access = "ostiary_access=user:permitted";
  const std::pair<std::string, std::string> permitted{"cookie", access};

  const testing::Answered by_body = ask(R"({"key":"k"})", {{"authorization", "Bearer user"}});
  EXPECT_EQ(by_body.code(), "permission_denied");
  EXPECT_EQ(by_body.member("message"), "fail");
  EXPECT_EQ(ask(R"({"key":"k","times":0})", {permitted}).code(), "invalid_field");
  EXPECT_EQ(ask(R"({"key":"k","door":"back"})", {permitted}).code(), "duplicate_field");
  const testing::Answered opened = ask(R"({"key":"k"})", {permitted});
  EXPECT_EQ(opened.status, 201);
  EXPECT_EQ(opened.text(), R"({"door":"front one!","key":"k!"})");
  EXPECT_THAT(opened.header("set-cookie"), AllOf(HasSubstr("ostiary_refresh=k!;"), HasSubstr("ostiary_device=; ")));
  EXPECT_EQ(ask("{}", {{"cookie", access + "; ostiary_refresh=c"}}).text(), R"({"door":"front one!"})");
}

TEST(Gateway, ServesPagesBesideTheContract) {
  const auto says = [](std::string text) {
    return [text](const http::Request&) {
      return http::Response{.status = 200,
                            .headers = {{"Content-Security-Policy", "own"}},
                            .body = std::make_shared<const std::string>(text)};
    };
  };
  int spent = 0;
  testing::TestedGateway tested(
      behind_https(),
      {{"GET", "/", says("first")},
       {"GET", "/files/*", says("file")},
       {"GET", "/files/exact", says("exact")},
       {"GET", "/health", says("never")},
       {"GET", "/gone",
        [](const http::Request&) { return http::Response{.status = 404, .headers = {}, .body = nullptr}; }},
       {"POST", "/spend", [&spent](const http::Request&) {
          ++spent;
          return http::Response{};
        }}});
  EXPECT_EQ(tested.ask(get("/?from=mail")).text(), "first");
  EXPECT_EQ(tested.ask(get("/")).header("content-security-policy"), "own");
  EXPECT_EQ(tested.ask(get("/files/a/b")).text(), "file");
  EXPECT_EQ(tested.ask(get("/files/exact")).text(), "exact");
  EXPECT_THAT(tested.ask(get("/health")).text(), HasSubstr("status"));
  EXPECT_EQ(tested.ask(get("/gone")).member("detail"), tested.ask(get("/never-there")).member("detail"));
  EXPECT_EQ(tested.ask({"POST", "/spend", {{"origin", "https://evil.example"}}}).status, 403);
  EXPECT_EQ(spent, 0);
  EXPECT_EQ(tested.ask({"POST", "/spend"}).status, 200);
  EXPECT_EQ(spent, 1);
}

}  // namespace
}  // namespace ostiary::gateway
