#include "http/server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <future>
#include <optional>
#include <regex>
#include <thread>

#include <gtest/gtest.h>

#include "scaffolding/echo_service.hpp"

namespace ostiary::http {
namespace {

using namespace std::chrono_literals;

std::chrono::steady_clock::time_point after(std::chrono::milliseconds wait) {
  return std::chrono::steady_clock::now() + wait;
}

struct Answer {
  int status = 0;
  std::string head, body;

  std::optional<std::string> header(const std::string& name) const {
    std::smatch found;
    const std::regex line("\r\n" + name + ": ([^\r]*)\r\n", std::regex::icase);
    return std::regex_search(head, found, line) ? std::optional(found[1].str()) : std::nullopt;
  }
};

/// A client that says exactly what it is told. Gives up after ten seconds of silence.
class Client {
 public:
  explicit Client(const Server& server, const char* from = "127.0.0.1", int receive_buffer = 0) {
    descriptor_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (receive_buffer > 0) {
      ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    const timeval patience{10, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &address.sin_addr);
    if (::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("bind");
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    address.sin_port = htons(server.port());
    if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("connect");
    }
  }
  Client(Client&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)), received_(std::move(other.received_)) {}
  ~Client() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  Client& send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;  // a server that has heard enough
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return *this;
  }

  /// The next answer; status 0 when the connection ends instead.
  Answer answer(bool to_head = false) {
    Answer answer;
    std::size_t end;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return answer;
    }
    answer.head = received_.substr(0, end + 4);
    received_.erase(0, end + 4);
    answer.status = std::stoi(answer.head.substr(9, 3));
    const auto length = std::stoul(answer.header("Content-Length").value_or("0"));
    while (!to_head && received_.size() < length) {
      if (!receive()) return {};
    }
    answer.body = received_.substr(0, to_head ? 0 : length);
    received_.erase(0, answer.body.size());
    return answer;
  }

  /// Reads about as much.
  void reads(std::size_t bytes) {
    for (const auto enough = received_.size() + bytes; received_.size() < enough && receive();) {
    }
  }

  /// Whether the server closes, having said 503 or nothing.
  bool is_turned_away() {
    const int status = answer().status;
    return (status == 503 || status == 0) && is_closed();
  }

  /// Whether the server has closed, having said nothing more; waits for that.
  bool is_closed() { return received_.empty() && !receive(); }

 private:
  bool receive() {
    char part[16 * 1024];
    const auto size = ::recv(descriptor_, part, sizeof part, 0);
    if (size < 0 && errno == EAGAIN) ADD_FAILURE() << "the server is silent";
    if (size <= 0) return false;
    received_.append(part, static_cast<std::size_t>(size));
    return true;
  }

  int descriptor_ = -1;
  std::string received_;
};

ServerOptions quick() {
  ServerOptions options;
  options.addresses = {"127.0.0.1"};
  options.port = 0;
  options.sweep_interval = 20ms;
  options.linger_timeout = 200ms;
  return options;
}

const std::string json_post = " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

std::string say(const std::string& text, const std::string& headers = {}) {
  const auto body = R"({"text":")" + text + R"("})";
  return "POST /say" + json_post + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

const std::string get_big = "GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::string hold() { return "POST /hold" + json_post + "Content-Length: 2\r\n\r\n{}"; }

std::string whoami(const std::string& headers = {}) {
  return "GET /whoami HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
}

struct HttpServerTest : ::testing::Test {
  void serve(const ServerOptions& options = quick()) {
    server.emplace(echo.gateway(), options, echo.log());
    server->start();
  }
  Client client(const char* from = "127.0.0.1") { return Client(*server, from); }
  Answer answer_to(std::string_view request) { return client().send(request).answer(); }

  void wait_until_connections(std::size_t count) {
    const auto end = after(10s);
    while (server->connections() != count && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(5ms);
    EXPECT_EQ(server->connections(), count);
  }

  /// Tries until it is served.
  int status_before(std::chrono::steady_clock::time_point deadline) {
    int status = 0;
    while (status != 200 && std::chrono::steady_clock::now() < deadline)
      status = client().send(say("again")).answer().status;
    return status;
  }

  testing::EchoService echo;
  std::optional<Server> server;
};

TEST_F(HttpServerTest, AnswersAndKeepsTheConnection) {
  serve();
  auto ada = client();
  for (const std::string text : {"one", "two", "three"}) {
    const auto answer = ada.send(say(text)).answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"text":")" + text + R"("})");
    EXPECT_FALSE(answer.header("Connection"));
    const std::regex imf_fixdate(R"((Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT)");
    EXPECT_TRUE(std::regex_match(answer.header("Date").value_or(""), imf_fixdate)) << answer.head;
  }
}

TEST_F(HttpServerTest, AnswersRequestsSentAheadInTheirOrder) {
  serve();
  auto ada = client();
  ada.send(say("one") + hold() + say("three") + "\r\n" + say("four"));
  EXPECT_EQ(ada.answer().body, R"({"text":"one"})");
  echo.wait_until_held(1);
  echo.let_go();
  EXPECT_EQ(ada.answer().body, R"({"text":"held"})");
  EXPECT_EQ(ada.answer().body, R"({"text":"three"})");
  EXPECT_EQ(ada.answer().body, R"({"text":"four"})");
}

TEST_F(HttpServerTest, ReadsARequestByteByByte) {
  serve();
  auto ada = client();
  for (const char c : say("slowly")) ada.send({&c, 1});
  EXPECT_EQ(ada.answer().body, R"({"text":"slowly"})");
}

TEST_F(HttpServerTest, ClosesWhenAskedTo) {
  serve();
  auto ada = client();
  const auto answer = ada.send(say("bye", "Connection: close\r\n")).answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(ada.is_closed());
}

TEST_F(HttpServerTest, Http10ClosesUnlessAskedNotTo) {
  serve();
  auto ada = client();
  ada.send("GET /whoami HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(ada.answer().header("Connection"), "keep-alive");
  ada.send("GET /whoami HTTP/1.0\r\n\r\n");
  EXPECT_EQ(ada.answer().header("Connection"), "close");
  EXPECT_TRUE(ada.is_closed());
}

TEST_F(HttpServerTest, AnswersHeadWithTheLengthAlone) {
  serve();
  auto ada = client();
  ada.send("HEAD /big HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto answer = ada.answer(true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Length"), std::to_string(1024 * 1024));
  EXPECT_EQ(ada.send(say("next")).answer().body, R"({"text":"next"})");
}

TEST_F(HttpServerTest, SendsALargeAnswerWhole) {
  serve();
  EXPECT_EQ(answer_to("GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n").body, std::string(1024 * 1024, 'x'));
}

TEST_F(HttpServerTest, TellsTheGatewayWhoCalls) {
  serve();
  const auto answer = client("127.0.0.9").send(whoami("User-Agent: test/1\r\n")).answer();
  EXPECT_NE(answer.body.find(R"("address":"127.0.0.9")"), std::string::npos) << answer.body;
  EXPECT_NE(answer.body.find(R"("user_agent":"test/1")"), std::string::npos) << answer.body;
}

TEST_F(HttpServerTest, TakesATargetInAbsoluteForm) {
  serve();
  EXPECT_EQ(answer_to("GET http://localhost:1/whoami HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 200);
  EXPECT_EQ(answer_to("GET ftp://localhost/whoami HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 400);
  EXPECT_EQ(answer_to("GET whoami HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 400);
  EXPECT_EQ(answer_to("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 400);
}

// B20
TEST_F(HttpServerTest, RefusesTooLargeHeaders) {
  serve();
  auto ada = client();
  const auto answer =
      ada.send("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + std::string(16 * 1024, 'x') + "\r\n\r\n").answer();
  EXPECT_EQ(answer.status, 431);
  EXPECT_NE(answer.body.find(R"("code":"headers_too_large")"), std::string::npos);
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(ada.is_closed());

  std::string many;
  for (int i = 0; i < 101; ++i) many += "X: y\r\n";
  EXPECT_EQ(answer_to(whoami(many)).status, 431);
}

TEST_F(HttpServerTest, AsksForTheLengthOfABodyThatIsAnnounced) {
  serve();
  auto ada = client();
  const auto answer =
      ada.send("POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n{}").answer();
  EXPECT_EQ(answer.status, 411);
  EXPECT_NE(answer.body.find(R"("code":"length_required")"), std::string::npos);
  EXPECT_TRUE(ada.is_closed()) << "what follows could be the body, or a request";
  EXPECT_NE(answer_to("POST /say HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 411) << "nothing speaks of a body";
  EXPECT_EQ(answer_to(whoami("Content-Type: application/json\r\n")).status, 200) << "some clients say it with GET";
}

TEST_F(HttpServerTest, TakesHeadersUpToTheLimit) {
  serve();
  const auto rest = whoami("X-Long: \r\n").size();
  EXPECT_EQ(answer_to(whoami("X-Long: " + std::string(16 * 1024 - rest, 'x') + "\r\n")).status, 200);
  EXPECT_EQ(answer_to(whoami("X-Long: " + std::string(16 * 1024 - rest + 1, 'x') + "\r\n")).status, 431);
}

std::string chunk(const std::string& text) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", text.size());
  return size + text + "\r\n";
}

const std::string chunked_post = "POST /say" + json_post + "Transfer-Encoding: chunked\r\n\r\n";

TEST_F(HttpServerTest, ReadsAChunkedBody) {
  serve();
  auto ada = client();
  const auto body = chunk(R"({"text":)") + "3;name=\"value\"\r\n\"in\r\n" + chunk(R"( parts"})");
  for (const std::string end : {"0\r\n\r\n", "0\r\nX-Trailer: ignored\r\nConnection: close\r\n\r\n"}) {
    const auto answer = ada.send(chunked_post + body + end).answer();
    EXPECT_EQ(answer.body, R"({"text":"in parts"})") << answer.status;
  }
}

// B20: a body beyond the limit is refused as soon as that is known, and the connection ends.
TEST_F(HttpServerTest, RefusesATooLargeBody) {
  serve();
  auto ada = client();
  EXPECT_EQ(ada.send("POST /say" + json_post + "Content-Length: 1073741824\r\n\r\n").answer().status, 413);
  EXPECT_TRUE(ada.is_closed());

  auto bob = client();
  bob.send(chunked_post);
  for (int i = 0; i < 5; ++i) bob.send(chunk(std::string(16 * 1024, ' ')));
  const auto answer = bob.answer();
  EXPECT_EQ(answer.status, 413);
  EXPECT_NE(answer.body.find(R"("code":"body_too_large")"), std::string::npos);

  auto carol = client();
  carol.send(chunked_post);
  for (int i = 0; i < 20; ++i) carol.send("1;" + std::string(15'000, 'x') + "\r\n \r\n");
  carol.send("1;" + std::string(1'000'000, 'x'));
  EXPECT_GE(carol.answer().status, 400);
}

TEST_F(HttpServerTest, TakesABodyUpToTheLimit) {
  serve();
  const std::string text(64 * 1024 - std::string(R"({"text":""})").size(), 'x');
  EXPECT_EQ(answer_to(say(text)).status, 200);
  EXPECT_EQ(answer_to(say(text + "x")).status, 413);
  EXPECT_EQ(answer_to(chunked_post + chunk(R"({"text":")" + text + R"("})") + "0\r\n\r\n").status, 200);
}

// D14: a call that takes more lets nobody send more to the other paths.
TEST_F(HttpServerTest, LimitsABodyByWhatItsPathTakes) {
  serve();
  const std::string announced = json_post + "Content-Length: 100000\r\n\r\n";
  for (const char* request : {"POST /say", "POST /nothing", "GET /store"}) {
    auto mallory = client();
    EXPECT_EQ(mallory.send(request + announced).answer().status, 413) << request << ", before the body is there";
    EXPECT_TRUE(mallory.is_closed()) << request;
  }
  auto eve = client();
  eve.send("POST /nothing" + json_post + "Transfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 5; ++i) eve.send(chunk(std::string(16 * 1024, ' ')));
  EXPECT_EQ(eve.answer().status, 413);
  const std::string bytes(100'000, 'x');
  EXPECT_EQ(answer_to("POST /store" + announced + bytes).status, 200);
  EXPECT_EQ(
      answer_to("POST /store" + json_post + "Transfer-Encoding: chunked\r\n\r\n" + chunk(bytes) + "0\r\n\r\n").status,
      200);
}

// B22
TEST_F(HttpServerTest, RefusesWhatCouldBeReadInTwoWays) {
  serve();
  const std::string post = "POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  const std::string smuggled = "GET /whoami HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::string requests[] = {
      post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
      post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled,
      post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + smuggled,
      post + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + smuggled,
      post + "X: a\r\n Content-Length: 44\r\n\r\n" + smuggled,
      "GET /whoami HTTP/1.1\nHost: localhost\n\n",
      "GET /whoami HTTP/1.1\r\nHost: localhost\n\r\n",
      "GET /whoami HTTP/1.1\r\n\r\n",
      "GET /whoami HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET /whoami HTTP/2.0\r\nHost: localhost\r\n\r\n",
      "GET /whoami HTTP/1.2\r\nHost: localhost\r\n\r\n",
      "GET  /whoami HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /whoami  HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /whoami\r\nHost: localhost\r\n\r\n",
      "G(T /whoami HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "\r\n\r\nGET /whoami HTTP/1.1\r\nHost: localhost\r\n\r\n",
      std::string("\x16\x03\x01\x02\x00\x01\x00\n\r\n\r\n", 12),
      chunked_post + "2\n{}\r\n0\r\n\r\n" + smuggled,
      chunked_post + "2\r\n{}0\r\n\r\n" + smuggled,
      chunked_post + "-2\r\n{}\r\n0\r\n\r\n" + smuggled,
      chunked_post + "0x2\r\n{}\r\n0\r\n\r\n" + smuggled,
      chunked_post + " 2\r\n{}\r\n0\r\n\r\n" + smuggled,
      chunked_post + "10000000000000002\r\n{}\r\n0\r\n\r\n" + smuggled,
      chunked_post + "2\r\n{}\r\n0\r\nContent-Length: 44\r\n\r\n" + smuggled,
  };
  for (const auto& request : requests) {
    auto mallory = client();
    SCOPED_TRACE(request);
    const auto answer = mallory.send(request).answer();
    EXPECT_TRUE(answer.status == 400 || answer.status == 413) << request << answer.head;
    EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(mallory.is_closed()) << request;
  }
}

TEST_F(HttpServerTest, AsksForTheBodyThatIsExpectedToBe) {
  serve();
  auto ada = client();
  ada.send("POST /say" + json_post + "Expect: 100-continue\r\nContent-Length: 15\r\n\r\n");
  EXPECT_EQ(ada.answer().status, 100);
  EXPECT_EQ(ada.send(R"({"text":"then"})").answer().body, R"({"text":"then"})");
  // Not asked for where it can't be taken, or is there already.
  EXPECT_EQ(ada.send(say("now", "Expect: 100-continue\r\n")).answer().status, 200);
  EXPECT_EQ(ada.send("POST /say" + json_post + "Expect: 100-continue\r\nContent-Length: 99999\r\n\r\n").answer().status,
            413);
  EXPECT_EQ(answer_to(say("what", "Expect: miracles\r\n")).status, 417);
}

// B21
TEST_F(HttpServerTest, CutsASlowHead) {
  auto options = quick();
  options.pace.stall = 200ms;
  serve(options);
  auto slow = client();
  slow.send("GET /whoami HTTP/1.1\r\nHost:");
  const auto answer = slow.answer();
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_NE(answer.body.find(R"("code":"request_timeout")"), std::string::npos) << answer.head;
  EXPECT_TRUE(slow.is_closed());
}

// It never stalls, and yet takes its time.
TEST_F(HttpServerTest, CutsAHeadThatDrips) {
  auto options = quick();
  options.pace.period = 300ms;
  serve(options);
  auto slow = client();
  std::atomic<bool> answered = false;
  std::thread dripping([&] {
    while (!answered) {
      slow.send("x");
      std::this_thread::sleep_for(5ms);
    }
  });
  const auto answer = slow.answer();
  answered = true;
  dripping.join();
  EXPECT_EQ(answer.status, 408);
}

TEST_F(HttpServerTest, CutsASlowBody) {
  auto options = quick();
  options.pace.stall = 200ms;
  serve(options);
  auto slow = client();
  slow.send("POST /say" + json_post + "Content-Length: 15\r\n\r\n{\"te");
  EXPECT_EQ(slow.answer().status, 408);
  EXPECT_TRUE(slow.is_closed());
}

TEST_F(HttpServerTest, ClosesSilentAndIdleConnections) {
  auto options = quick();
  options.pace.stall = 200ms;
  options.idle_timeout = 200ms;
  serve(options);
  auto silent = client();
  EXPECT_TRUE(silent.is_closed());
  auto idle = client();
  EXPECT_EQ(idle.send(say("something")).answer().status, 200);
  EXPECT_TRUE(idle.is_closed());
}

TEST_F(HttpServerTest, LetsACallTakeItsTime) {
  auto options = quick();
  options.idle_timeout = options.pace.stall = options.pace.period = 50ms;
  serve(options);
  auto ada = client();
  ada.send(hold());
  echo.wait_until_held(1);
  // Another connection outlives its own time-outs meanwhile.
  auto silent = client();
  EXPECT_TRUE(silent.is_closed());
  echo.let_go();
  EXPECT_EQ(ada.answer().status, 200);
}

TEST_F(HttpServerTest, CutsAReaderThatIsTooSlow) {
  auto options = quick();
  options.pace.stall = 200ms;
  serve(options);
  auto slow = client();
  // Far more than the sockets' buffers hold, and nothing of it is read.
  for (int i = 0; i < 64; ++i) slow.send(get_big);
  wait_until_connections(1);
  wait_until_connections(0);
  int answered = 0;
  while (slow.answer().status == 200) ++answered;
  EXPECT_LT(answered, 64);
}

// The whole takes far longer than a stall may, and the rate is measured many times meanwhile.
TEST_F(HttpServerTest, LetsASlowReaderTakeAsLongAsItNeeds) {
  auto options = quick();
  options.pace = {.stall = 2s, .period = 1s, .least_rate = 1'000};
  serve(options);
  Client slow(*server, "127.0.0.1", 32 * 1024);
  for (int i = 0; i < 16; ++i) slow.send(get_big);
  for (const auto end = after(3s); std::chrono::steady_clock::now() < end;) {
    slow.reads(16 * 1024);
    std::this_thread::sleep_for(10ms);
  }
  for (int i = 0; i < 16; ++i) EXPECT_EQ(slow.answer().body.size(), 1024U * 1024) << i;
}

// Each reply is handed over in one piece, and waits long for room in the system's buffer.
TEST_F(HttpServerTest, LetsASlowReaderOfManyShortRepliesTakeAsLongAsItNeeds) {
  auto options = quick();
  options.pace.stall = 1s;
  serve(options);
  Client slow(*server, "127.0.0.1", 32 * 1024);
  constexpr int replies = 400;
  const std::jthread sender([&slow] {
    const auto request = say(std::string(20'000, 'x'));
    for (int i = 0; i < replies; ++i) slow.send(request);
  });
  for (const auto end = after(5s); std::chrono::steady_clock::now() < end;) {
    slow.reads(1);  // as much as one call gives, which is a few KiB
    std::this_thread::sleep_for(100ms);
  }
  for (int i = 0; i < replies; ++i) ASSERT_EQ(slow.answer().status, 200) << i;
}

TEST_F(HttpServerTest, LimitsConnectionsOfANetwork) {
  auto options = quick();
  options.max_connections_per_network = 2;
  serve(options);
  std::optional<Client> first = client();
  EXPECT_EQ(first->send(say("one")).answer().status, 200);
  auto second = client();
  EXPECT_EQ(second.send(say("two")).answer().status, 200);
  auto third = client();
  const auto answer = third.answer();
  if (answer.status != 0) {  // it may be closed before anybody reads
    EXPECT_EQ(answer.status, 503) << answer.head;
    EXPECT_EQ(answer.header("Retry-After"), "5") << answer.head;
  }
  EXPECT_TRUE(third.is_closed());
  // Another network isn't touched, and a place that becomes free can be taken.
  EXPECT_EQ(client("127.0.0.2").send(say("else")).answer().status, 200);
  first.reset();
  EXPECT_EQ(status_before(after(10s)), 200);
}

TEST_F(HttpServerTest, DoesNotLimitTrustedProxies) {
  auto options = quick();
  options.max_connections_per_network = 1;
  options.trusted_proxies = {"127.0.0.0/30"};
  serve(options);
  auto first = client(), second = client();
  EXPECT_EQ(first.send(say("one")).answer().status, 200);
  EXPECT_EQ(second.send(say("two")).answer().status, 200);
}

// D14: whoever opens all connections keeps nobody out.
TEST_F(HttpServerTest, ClosesTheLongestSilentConnectionWhenThereAreTooMany) {
  auto options = quick();
  options.max_connections = 3;
  serve(options);
  std::vector<Client> clients;
  for (int i = 1; i <= 3; ++i) {
    clients.push_back(client(("127.0.0." + std::to_string(i)).c_str()));
    EXPECT_EQ(clients.back().send(say("one")).answer().status, 200);
  }
  EXPECT_EQ(clients[0].send(say("again")).answer().status, 200) << "the second one is silent longest now";
  auto fourth = client("127.0.0.4");
  EXPECT_EQ(fourth.send(say("a newcomer")).answer().status, 200);
  EXPECT_TRUE(clients[1].is_closed());
  EXPECT_EQ(clients[0].send(say("still here")).answer().status, 200);
  EXPECT_EQ(clients[2].send(say("still here")).answer().status, 200);
}

TEST_F(HttpServerTest, MakesRoomHoweverManyConnectionsAreHeldOpen) {
  auto options = quick();
  options.max_connections = 64;
  options.max_connections_per_network = 16;
  serve(options);
  std::vector<Client> hoarded;
  for (int i = 0; i < 640; ++i) {
    // Some say nothing, some have begun a request that they never end, some have had an answer.
    auto one = client(("127.0." + std::to_string(1 + i % 5) + "." + std::to_string(1 + i / 5 % 8)).c_str());
    if (i % 3 == 1) one.send("GET /whoami HTTP/1.1\r\nHost:");
    if (i % 3 == 2) one.send(say("x")).answer();
    hoarded.push_back(std::move(one));
    if (i % 16 == 0) {
      EXPECT_EQ(client("127.0.9.1").send(say("ada")).answer().status, 200) << i;
    }
  }
  EXPECT_LE(server->connections(), 64U + 64U);
}

TEST_F(HttpServerTest, NeverClosesAConnectionWhoseCallIsAtWork) {
  auto options = quick();
  options.max_connections = 2;
  serve(options);
  auto ada = client("127.0.0.1"), bob = client("127.0.0.2");
  ada.send(hold());
  bob.send(hold());
  echo.wait_until_held(2);
  auto late = client("127.0.0.3");
  const auto answer = late.answer();
  if (answer.status != 0) {  // it may be closed before anybody reads
    EXPECT_EQ(answer.status, 503) << answer.head;
    EXPECT_EQ(answer.header("Retry-After"), "5") << answer.head;
  }
  EXPECT_TRUE(late.is_closed());
  echo.let_go();
  EXPECT_EQ(ada.answer().body, R"({"text":"held"})");
  EXPECT_EQ(bob.answer().body, R"({"text":"held"})");
}

// One network's limit makes nobody else give way.
TEST_F(HttpServerTest, ClosesNobodyForANetworkThatHasItsShare) {
  auto options = quick();
  options.max_connections = 2;
  options.max_connections_per_network = 1;
  serve(options);
  auto ada = client("127.0.0.1"), bob = client("127.0.0.2");
  EXPECT_EQ(ada.send(say("one")).answer().status, 200);
  EXPECT_EQ(bob.send(say("one")).answer().status, 200);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(client("127.0.0.2").is_turned_away()) << i;
  EXPECT_EQ(ada.send(say("two")).answer().status, 200);
  EXPECT_EQ(bob.send(say("two")).answer().status, 200);
}

TEST_F(HttpServerTest, UsesAsManyThreadsAsThereAreProcessors) {
  EXPECT_EQ(io_threads_for(0), 2) << "unknown";
  EXPECT_EQ(io_threads_for(1), 2);
  EXPECT_EQ(io_threads_for(8), 8);
  EXPECT_EQ(io_threads_for(128), 16);
}

// Before a server drains, its clients are told to go elsewhere; and it takes what still comes.
TEST_F(HttpServerTest, SaysBeforehandThatConnectionsEnd) {
  serve();
  auto ada = client(), bob = client();
  EXPECT_EQ(ada.send(say("one")).answer().header("Connection"), std::nullopt);
  server->keep_alive(false);
  const auto last = ada.send(say("two")).answer();
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.header("Connection"), "close");
  EXPECT_TRUE(ada.is_closed());
  EXPECT_EQ(client().send(say("a new one")).answer().status, 200);
  server->keep_alive(true);
  EXPECT_EQ(bob.send(say("one")).answer().header("Connection"), std::nullopt);
}

TEST_F(HttpServerTest, DrainsByFinishingWhatHasBegun) {
  auto options = quick();
  options.io_threads = 1;
  serve(options);
  auto idle = client();
  EXPECT_EQ(idle.send(say("one")).answer().status, 200);
  auto busy = client();
  busy.send(hold());
  echo.wait_until_held(1);
  auto drained = std::async(std::launch::async, [&] { server->drain(after(10s)); });
  EXPECT_TRUE(idle.is_closed());
  echo.let_go();
  const auto answer = busy.answer();
  EXPECT_EQ(answer.body, R"({"text":"held"})");
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(busy.is_closed());
  drained.get();
  EXPECT_THROW(client(), std::runtime_error);
}

TEST_F(HttpServerTest, DrainEndsAtItsDeadline) {
  serve();
  auto busy = client();
  busy.send(hold());
  echo.wait_until_held(1);
  server->drain(after(100ms));
  EXPECT_TRUE(busy.is_closed());
  // The answer that comes now goes nowhere, even when the server is no more.
  server.reset();
  echo.let_go();
}

TEST_F(HttpServerTest, SurvivesClientsThatVanish) {
  serve();
  for (int i = 0; i < 50; ++i) client().send(say("gone"));
  for (int i = 0; i < 50; ++i) client().send("POST /say HTTP");
  EXPECT_EQ(answer_to(say("still here")).status, 200);
}

TEST_F(HttpServerTest, SaysWhereItCannotListen) {
  serve();
  auto options = quick();
  options.port = server->port();
  const auto refusal_of = [&] {
    Server other(echo.gateway(), options, echo.log());
    try {
      other.start();
    } catch (const ListenError& error) {
      return std::string(error.what());
    }
    return std::string("listening");
  };
  EXPECT_EQ(refusal_of(), "cannot listen on 127.0.0.1:" + std::to_string(options.port) + ": Address already in use");
  options.addresses = {"localhost"};
  EXPECT_NE(refusal_of().find("Address already in use"), std::string::npos);
  options.addresses = {"192.0.2.1"};
  EXPECT_NE(refusal_of().find("cannot listen on 192.0.2.1:"), std::string::npos);
  options.addresses = {"nonsense"};
  EXPECT_EQ(refusal_of(), "cannot listen on nonsense: it is not an IP address");
}

TEST_F(HttpServerTest, ListensOnBothLoopbacks) {
  auto options = quick();
  options.addresses = {"localhost"};
  serve(options);
  EXPECT_EQ(answer_to(say("four")).status, 200);
  const int descriptor = ::socket(AF_INET6, SOCK_STREAM, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  address.sin6_port = htons(server->port());
  if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ::close(descriptor);
    GTEST_SKIP() << "this machine has no IPv6";
  }
  const auto request = whoami("Connection: close\r\n");
  EXPECT_EQ(::send(descriptor, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::string text;
  char part[4096];
  for (ssize_t size; (size = ::recv(descriptor, part, sizeof part, 0)) > 0;)
    text.append(part, static_cast<std::size_t>(size));
  ::close(descriptor);
  EXPECT_NE(text.find(R"("address":"::1")"), std::string::npos) << text;
}

}  // namespace
}  // namespace ostiary::http
