#include "adapters/http_sms_gateway.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace ostiary::adapters {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

/// An HTTP server that answers every request with one reply; "" closes the connection instead, "..." says nothing.
/// Remembers what it was sent.
class ScriptedGateway {
 public:
  explicit ScriptedGateway(std::string reply = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}")
      : reply_(std::move(reply)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 4) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no socket to listen on");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedGateway() { finish(); }
  ScriptedGateway(const ScriptedGateway&) = delete;
  ScriptedGateway& operator=(const ScriptedGateway&) = delete;

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

  void finish() {
    if (!thread_.joinable()) return;
    done_ = true;
    thread_.join();
    ::close(listener_);
  }

  std::vector<std::string> requests;

 private:
  void serve() {
    while (!done_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) != 1) continue;
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      answer(connection);
      ::close(connection);
    }
  }

  static std::size_t length_of(const std::string& request) {
    const std::string name = "Content-Length: ";
    const auto at = request.find(name);
    return at == std::string::npos ? 0 : std::stoul(request.substr(at + name.size()));
  }

  void answer(int connection) {
    std::string request;
    for (;;) {
      char buffer[4096];
      const ssize_t count = ::recv(connection, buffer, sizeof buffer, 0);
      if (count <= 0) break;
      request.append(buffer, static_cast<std::size_t>(count));
      const auto end = request.find("\r\n\r\n");
      if (end == std::string::npos || request.size() < end + 4 + length_of(request)) continue;
      if (reply_ == "...") continue;
      static_cast<void>(::send(connection, reply_.data(), reply_.size(), MSG_NOSIGNAL));
      break;
    }
    if (!request.empty()) requests.push_back(request);
  }

  const std::string reply_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

const TextMessage message{"0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55", "+436641234567", "123456 ist Ihr Code für Ödland"};

HttpSmsGateway gateway_for(const std::string& url, const std::string& token = "") {
  auto server = parse_sms_url(url).value();
  server.token = Secret(token);
  server.sender = "Example";
  server.connect_timeout = 2s;
  server.total_timeout = 2s;
  return HttpSmsGateway(std::move(server));
}

std::string body_of(const std::string& request) { return request.substr(request.find("\r\n\r\n") + 4); }

TEST(HttpSmsGateway, PostsJsonWithItsToken) {
  ScriptedGateway server;
  bool was_told = false;
  auto gateway = gateway_for("http://" + server.host() + "/send?account=7", "t0ken");
  const auto outcome = gateway.send(message, [&] { was_told = true; });
  server.finish();
  EXPECT_EQ(outcome.delivery, Delivery::accepted) << outcome.detail;
  EXPECT_TRUE(was_told);
  ASSERT_EQ(server.requests.size(), 1U);
  const auto& request = server.requests.front();
  EXPECT_THAT(request, StartsWith("POST /send?account=7 HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nAuthorization: Bearer t0ken\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nIdempotency-Key: " + message.id + "\r\n"));
  EXPECT_EQ(body_of(request), R"({"to":"+436641234567","from":"Example","text":"123456 ist Ihr Code für Ödland"})");
}

TEST(HttpSmsGateway, PostsTwiliosFormWithBasicAuthentication) {
  for (const auto& [sender, field] :
       {std::pair{"+4367612345", "From=%2B4367612345"}, std::pair{"MG00aa", "MessagingServiceSid=MG00aa"}}) {
    ScriptedGateway server;
    auto chosen = parse_sms_url("twilio://AC12:s%3Acret@" + server.host()).value();
    chosen.sender = sender;
    const auto outcome = HttpSmsGateway(std::move(chosen)).send(message, [] {});
    server.finish();
    EXPECT_EQ(outcome.delivery, Delivery::accepted) << outcome.detail;
    ASSERT_EQ(server.requests.size(), 1U);
    const auto& request = server.requests.front();
    EXPECT_THAT(request, StartsWith("POST /2010-04-01/Accounts/AC12/Messages.json HTTP/1.1\r\n"));
    EXPECT_THAT(request, HasSubstr("\r\nAuthorization: Basic QUMxMjpzOmNyZXQ=\r\n"));
    EXPECT_THAT(request, HasSubstr("\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    EXPECT_EQ(body_of(request),
              "To=%2B436641234567&" + std::string(field) + "&Body=123456%20ist%20Ihr%20Code%20f%C3%BCr%20%C3%96dland");
  }
}

TEST(HttpSmsGateway, JudgesWhatAGatewayAnswers) {
  struct Row {
    std::string reply;
    Delivery delivery;
  };
  const auto status = [](const std::string& line) { return "HTTP/1.1 " + line + "\r\nContent-Length: 0\r\n\r\n"; };
  const Row rows[] = {
      {status("200 OK"), Delivery::accepted},
      {status("202 Accepted"), Delivery::accepted},
      {"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{", Delivery::accepted},
      {status("302 Found\r\nLocation: http://127.0.0.1:1/"), Delivery::refused_for_now},
      {status("400 Bad Request"), Delivery::refused},
      {status("422 Unprocessable Content"), Delivery::refused},
      {status("401 Unauthorized"), Delivery::refused_for_now},
      {status("403 Forbidden"), Delivery::refused_for_now},
      {status("404 Not Found"), Delivery::refused_for_now},
      {status("429 Too Many Requests"), Delivery::refused_for_now},
      {status("503 Service Unavailable"), Delivery::refused_for_now},
      {status("500 Internal Server Error"), Delivery::unknown},
      {status("502 Bad Gateway"), Delivery::unknown},
      {"", Delivery::unknown},
      {"...", Delivery::unknown},
      {"nonsense\r\n\r\n", Delivery::unknown},
  };
  for (const auto& row : rows) {
    ScriptedGateway server(row.reply);
    EXPECT_EQ(gateway_for("http://" + server.host()).send(message, [] {}).delivery, row.delivery) << row.reply;
  }
}

TEST(HttpSmsGateway, IsNotHandedWhatItCannotGet) {
  std::string gone;
  {
    ScriptedGateway server;
    gone = server.host();
  }
  bool was_told = false;
  const auto outcome = gateway_for("http://" + gone).send(message, [&] { was_told = true; });
  EXPECT_EQ(outcome.delivery, Delivery::refused_for_now);
  EXPECT_FALSE(was_told);
  EXPECT_FALSE(gateway_for("http://" + gone).reach().reached);
}

TEST(HttpSmsGateway, AnObjectionKeepsTheTextBack) {
  ScriptedGateway server;
  auto gateway = gateway_for("http://" + server.host());
  EXPECT_THROW(gateway.send(message, [] { throw std::runtime_error("no"); }), std::runtime_error);
  server.finish();
  for (const auto& request : server.requests) EXPECT_THAT(request, Not(HasSubstr("+436641234567")));
}

TEST(HttpSmsGateway, RepeatsNoNumberAndNoSecret) {
  const std::string body = R"({"code": 21211, "message": "The 'To' number +43 664-1234567 is not valid. 123456"})";
  ScriptedGateway server("HTTP/1.1 400 Bad Request\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                         body);
  auto gateway = gateway_for("http://user:s3cret@" + server.host() + "/path-s3cret?key=s3cret");
  const auto outcome = gateway.send(message, [] {});
  EXPECT_EQ(outcome.delivery, Delivery::refused);
  EXPECT_THAT(outcome.detail, HasSubstr("HTTP 400: "));
  EXPECT_THAT(outcome.detail, HasSubstr("is not valid"));
  EXPECT_EQ(outcome.detail.substr(9).find_first_of("0123456789"), std::string::npos) << outcome.detail;
  EXPECT_EQ(gateway.description(), "http://" + server.host());
}

TEST(HttpSmsGateway, IsReachedWithoutBeingSentAnything) {
  ScriptedGateway server;
  EXPECT_TRUE(gateway_for("http://" + server.host()).reach().reached);
  server.finish();
  EXPECT_THAT(server.requests, IsEmpty());
}

// TLS is verified: a server that speaks none, and one whose name nobody vouches for, get nothing.
TEST(HttpSmsGateway, SpeaksTlsWhereTheUrlSaysSo) {
  ScriptedGateway server("HTTP/1.1 400 Bad Request\r\n\r\n");
  const auto outcome = gateway_for("https://" + server.host()).send(message, [] {});
  EXPECT_EQ(outcome.delivery, Delivery::refused_for_now);
  server.finish();
  for (const auto& request : server.requests) EXPECT_THAT(request, Not(HasSubstr("POST")));
}

TEST(SmsUrl, IsRead) {
  const auto json = parse_sms_url("https://user:p%40ss@sms.example.org/send?key=1").value();
  EXPECT_EQ(json.shape, SmsServer::Shape::json);
  EXPECT_EQ(json.url.reveal(), "https://sms.example.org/send?key=1");
  EXPECT_EQ(json.shown, "https://sms.example.org");
  EXPECT_EQ(json.user, "user");
  EXPECT_EQ(json.password.reveal(), "p@ss");
  const auto twilio = parse_sms_url("TWILIO://AC1:tok@api.twilio.com").value();
  EXPECT_EQ(twilio.shape, SmsServer::Shape::twilio);
  EXPECT_EQ(twilio.url.reveal(), "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json");
  EXPECT_EQ(parse_sms_url("http://localhost:9/x").value().url.reveal(), "http://localhost:9/x");
}

TEST(SmsUrl, IsRefusedInWordsWithoutItsSecrets) {
  for (const char* url :
       {"http://sms.example.org/s3cret", "ftp://s3cret@localhost", "s3cret", "", "https://",
        "https://:s3cret@h.example/", "https://h.example/#s3cret", "twilio://api.twilio.com",
        "twilio://AC1@api.twilio.com", "twilio://AC/1:s3cret@api.twilio.com", "twilio://A%2F1:s3cret@api.twilio.com",
        "twilio://AC1:s3cret@api.twilio.com/path", "https://us%er:s3cret@h.example", "https://u%0A:s3cret@h.example"}) {
    const auto server = parse_sms_url(url);
    ASSERT_FALSE(server) << url;
    EXPECT_THAT(server.error(), Not(HasSubstr("s3cret"))) << url;
  }
}

}  // namespace
}  // namespace ostiary::adapters
