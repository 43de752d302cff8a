#include "adapters/smtp_mailer.hpp"
#include "scaffolding/moved_clock.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <map>
#include <thread>
#include <vector>

namespace ostiary::adapters {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// A mail server that answers by a script: a reply for each verb, "" for closing the connection there, "..." for saying
/// nothing. "greeting" is its first line, "." the answer to a message, "during data" closes while one is sent.
/// Remembers what it was told.
class ScriptedServer {
 public:
  using Script = std::map<std::string, std::string>;

  explicit ScriptedServer(const Script& changes = {}) : script_(ordinary()) {
    for (const auto& [verb, reply] : changes) script_[verb] = reply;
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
  ~ScriptedServer() { finish(); }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string url(const std::string& query = "") const { return "smtp://127.0.0.1:" + std::to_string(port_) + query; }

  /// Waits for the end of the conversation.
  void finish() {
    if (thread_.joinable()) {
      done_ = true;
      thread_.join();
      ::close(listener_);
    }
  }

  std::vector<std::string> commands;
  std::string message;  ///< as it came over the wire, dots doubled
  std::atomic<std::size_t> message_bytes{0};
  std::atomic<bool> is_silent{false};

 private:
  static Script ordinary() {
    return {{"greeting", "220 mail.test ESMTP"},
            {"EHLO", "250-mail.test\r\n250 8BITMIME"},
            {"MAIL", "250 ok"},
            {"RCPT", "250 ok"},
            {"DATA", "354 go on"},
            {".", "250 queued as 4711"},
            {"QUIT", "221 bye"}};
  }

  void serve() {
    while (!done_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) != 1) continue;
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      converse(connection);
      ::close(connection);
    }
  }

  bool answer(int connection, const std::string& verb) {
    const auto reply = script_.contains(verb) ? script_[verb] : "502 not here";
    if (reply.empty()) return false;
    if (reply == "...") {
      is_silent = true;
      return true;
    }
    const std::string line = reply + "\r\n";
    return ::send(connection, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size());
  }

  void converse(int connection) {
    if (!answer(connection, "greeting")) return;
    std::string input;
    bool in_message = false;
    for (;;) {
      const std::string_view end = in_message ? "\r\n.\r\n" : "\r\n";
      if (const auto at = input.find(end); at != std::string::npos) {
        const std::string unit = input.substr(0, at + (in_message ? 2 : 0));
        input.erase(0, at + end.size());
        if (in_message) message = unit;
        else commands.push_back(unit);
        const std::string verb = in_message ? "." : unit.substr(0, 4);
        if (!answer(connection, verb)) return;
        in_message = verb == "DATA" && script_["DATA"].starts_with("354");
        if (in_message && script_.contains("during data")) return;
        if (verb == "QUIT") return;
        continue;
      }
      char buffer[4096];
      const ssize_t count = ::recv(connection, buffer, sizeof buffer, 0);
      if (count <= 0) return;
      if (in_message) message_bytes += static_cast<std::size_t>(count);
      input.append(buffer, static_cast<std::size_t>(count));
    }
  }

  Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> done_{false};
  std::thread thread_;
};

const testing::MovedClock hand_clock;

SmtpMailer mailer_for(const std::string& url) {
  SmtpServer server = parse_smtp_url(url).value();
  server.connect_timeout = 2s;
  server.total_timeout = 3s;
  return {server, parse_sender("Ödland <no-reply@example.org>").value(), hand_clock};
}

Mail mail_to_ada() {
  return {"0190b5e2@example.org", "ada@example.net", "Ihr Code für Ödland", "Guten Tag\n\n.\nFrom here ü = 5\n",
          "<p>Grüße\n"};
}

const auto nothing = [] {};

TEST(SmtpMailer, SendsOneMessageInBothForms) {
  ScriptedServer server;
  const auto outcome = mailer_for(server.url()).send(mail_to_ada(), nothing);
  server.finish();
  EXPECT_EQ(outcome.delivery, Delivery::accepted) << outcome.detail;
  EXPECT_THAT(outcome.detail, StartsWith("250 queued as 4711"));
  EXPECT_THAT(server.commands, ElementsAre(StartsWith("EHLO "), StartsWith("MAIL FROM:<no-reply@example.org>"),
                                           StartsWith("RCPT TO:<ada@example.net>"), "DATA", "QUIT"));
  const auto head = server.message.substr(0, server.message.find("\r\n\r\n"));
  EXPECT_THAT(head, HasSubstr("Date: Fri, 04 Oct 2024 00:00:00 +0000\r\n"));
  EXPECT_THAT(head, HasSubstr("From: =?UTF-8?Q?=C3=96dland?= <no-reply@example.org>\r\n"));
  EXPECT_THAT(head, HasSubstr("To: ada@example.net\r\n"));
  EXPECT_THAT(head, HasSubstr("Subject: =?UTF-8?Q?Ihr_Code_f=C3=BCr_=C3=96dland?=\r\n"));
  EXPECT_THAT(head, HasSubstr("Message-ID: <0190b5e2@example.org>\r\n"));
  EXPECT_THAT(head, HasSubstr("Auto-Submitted: auto-generated"));
  EXPECT_THAT(head, HasSubstr("Content-Type: multipart/alternative; boundary="));
  EXPECT_THAT(head, ::testing::AnyOf(HasSubstr("Mime-Version: 1.0"), HasSubstr("MIME-Version: 1.0")));
  EXPECT_THAT(server.message, HasSubstr("Content-Type: text/plain; charset=utf-8"));
  EXPECT_THAT(server.message, HasSubstr("Content-Type: text/html; charset=utf-8"));
  EXPECT_THAT(server.message, HasSubstr("Guten Tag\r\n\r\n..\r\nFrom here =C3=BC =3D 5\r\n"));
  EXPECT_THAT(server.message, HasSubstr("<p>Gr=C3=BC=C3=9Fe\r\n"));
  for (std::size_t at = 0; (at = server.message.find('\n', at)) != std::string::npos; ++at)
    EXPECT_EQ(server.message[at - 1], '\r') << "a bare line feed at " << at;
}

TEST(SmtpMailer, SaysWhatBecameOfIt) {
  const struct {
    std::string_view what;
    ScriptedServer::Script script;
    Delivery delivery;
    bool handed_over;
  } table[] = {
      {"not now, at the greeting", {{"greeting", "421 too busy"}}, Delivery::refused_for_now, false},
      {"no service", {{"greeting", "554 no SMTP here"}}, Delivery::refused_for_now, false},
      {"closed at the greeting", {{"greeting", ""}}, Delivery::refused_for_now, false},
      {"our name is refused", {{"EHLO", "504 need a full name"}, {"HELO", "504"}}, Delivery::refused_for_now, false},
      {"the sender is refused", {{"MAIL", "550 not you"}}, Delivery::refused_for_now, false},
      {"a sign-in is wanted", {{"MAIL", "530 5.7.0 sign in first"}}, Delivery::refused_for_now, false},
      {"our name is refused late", {{"RCPT", "504 5.5.2 need a full name"}}, Delivery::refused_for_now, false},
      {"TLS is wanted late", {{"RCPT", "530 5.7.0 STARTTLS first"}}, Delivery::refused_for_now, false},
      {"nothing is relayed for us", {{"RCPT", "554 5.7.1 relay access denied"}}, Delivery::refused_for_now, false},
      {"an address that is none", {{"RCPT", "501 5.1.3 bad address"}}, Delivery::refused, false},
      {"a policy at DATA", {{"DATA", "550 5.7.1 no"}}, Delivery::refused_for_now, false},
      {"the sender is put off", {{"MAIL", "451 later"}}, Delivery::refused_for_now, false},
      {"greylisted", {{"RCPT", "450 try again"}}, Delivery::refused_for_now, false},
      {"nobody of that name", {{"RCPT", "550 5.1.1 no such user"}}, Delivery::refused, false},
      {"closed at RCPT", {{"RCPT", ""}}, Delivery::refused_for_now, false},
      {"DATA put off", {{"DATA", "451 disk full"}}, Delivery::refused_for_now, false},
      {"DATA refused", {{"DATA", "554 no"}}, Delivery::refused, false},
      {"the message is put off", {{".", "452 disk full"}}, Delivery::refused_for_now, true},
      {"the message is refused", {{".", "554 spam"}}, Delivery::refused, true},
      {"closed instead of an answer", {{".", ""}}, Delivery::unknown, true},
      {"closed at QUIT", {{"QUIT", ""}}, Delivery::accepted, true},
  };
  for (const auto& row : table) {
    ScriptedServer server(row.script);
    bool handed_over = false;
    const auto outcome = mailer_for(server.url()).send(mail_to_ada(), [&] { handed_over = true; });
    EXPECT_EQ(outcome.delivery, row.delivery) << row.what << ": " << outcome.detail;
    EXPECT_EQ(handed_over, row.handed_over) << row.what;
  }
}

TEST(SmtpMailer, ClosedDuringTheMessageIsUnknown) {
  ScriptedServer server(ScriptedServer::Script{{"during data", "close"}});
  Mail mail = mail_to_ada();
  mail.text = std::string(4'000'000, 'x');
  EXPECT_EQ(mailer_for(server.url()).send(mail, nothing).delivery, Delivery::unknown);
}

TEST(SmtpMailer, NobodyListens) {
  ScriptedServer server;
  const std::string url = server.url();
  server.finish();
  EXPECT_EQ(mailer_for(url).send(mail_to_ada(), nothing).delivery, Delivery::refused_for_now);
}

TEST(SmtpMailer, HandsOverBeforeTheFirstByte) {
  ScriptedServer server;
  std::size_t bytes = 1;
  int calls = 0;
  const auto outcome = mailer_for(server.url()).send(mail_to_ada(), [&] {
    std::this_thread::sleep_for(50ms);
    bytes = server.message_bytes;
    ++calls;
  });
  server.finish();
  EXPECT_EQ(outcome.delivery, Delivery::accepted);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(bytes, 0u);
  EXPECT_EQ(server.commands[3], "DATA");
}

TEST(SmtpMailer, AnObjectionKeepsTheMessageBack) {
  ScriptedServer server;
  const auto object = [] { throw std::runtime_error("the lease was lost"); };
  EXPECT_THROW(mailer_for(server.url()).send(mail_to_ada(), object), std::runtime_error);
  server.finish();
  EXPECT_EQ(server.message, "") << "a message that was not ended is none";
  EXPECT_EQ(server.commands.back(), "DATA");
}

// A server that is told to end can't wait for one that says nothing.
TEST(SmtpMailer, BreaksOffWhenInterrupted) {
  for (const auto& [silent_at, delivery] :
       {std::pair("greeting", Delivery::refused_for_now), std::pair("RCPT", Delivery::refused_for_now),
        std::pair(".", Delivery::unknown)}) {
    ScriptedServer server(ScriptedServer::Script{{silent_at, "..."}});
    SmtpMailer mailer(*parse_smtp_url(server.url()), *parse_sender("no-reply@example.org"), hand_clock);
    const auto begun = std::chrono::steady_clock::now();
    auto sending = std::async(std::launch::async, [&] { return mailer.send(mail_to_ada(), nothing); });
    while (!server.is_silent && std::chrono::steady_clock::now() - begun < 10s) std::this_thread::sleep_for(1ms);
    mailer.interrupt();
    EXPECT_EQ(sending.get().delivery, delivery) << silent_at;
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s) << silent_at;
    const auto later = std::chrono::steady_clock::now();
    EXPECT_EQ(mailer.send(mail_to_ada(), nothing).delivery, Delivery::refused_for_now) << "whatever comes later";
    EXPECT_LT(std::chrono::steady_clock::now() - later, 3s);
  }
}

// ASVS 12.3.1: no silent fallback
TEST(SmtpMailer, SaysNothingInTheClearWhereTlsIsRequired) {
  ScriptedServer server;
  bool handed_over = false;
  const auto outcome =
      mailer_for("smtp://ada:s3cret@" + server.url("?starttls=required").substr(7)).send(mail_to_ada(), [&] {
        handed_over = true;
      });
  server.finish();
  EXPECT_EQ(outcome.delivery, Delivery::refused_for_now);
  EXPECT_FALSE(handed_over);
  for (const std::string& command : server.commands) {
    EXPECT_THAT(command, Not(StartsWith("AUTH")));
    EXPECT_THAT(command, Not(StartsWith("MAIL")));
  }
}

TEST(SmtpMailer, AWrongPasswordIsOurFault) {
  ScriptedServer server({{"EHLO", "250-mail.test\r\n250 AUTH PLAIN"}, {"AUTH", "535 wrong"}});
  const auto outcome = mailer_for("smtp://ada:s3cret@" + server.url().substr(7)).send(mail_to_ada(), nothing);
  EXPECT_EQ(outcome.delivery, Delivery::refused_for_now) << outcome.detail;
  EXPECT_THAT(outcome.detail, Not(HasSubstr("s3cret")));
}

TEST(SmtpMailer, SendsNothingUnsignedWhereThereIsAUser) {
  for (const auto& [offer, complaint] : std::map<std::string, std::string>{
           {"250 mail.test", "no way to sign in"}, {"250-mail.test\r\n250 AUTH GSSAPI", "Login denied"}}) {
    ScriptedServer server(ScriptedServer::Script{{"EHLO", offer}});
    bool handed_over = false;
    const auto outcome =
        mailer_for("smtp://ada:s3cret@" + server.url().substr(7)).send(mail_to_ada(), [&] { handed_over = true; });
    server.finish();
    EXPECT_EQ(outcome.delivery, Delivery::refused_for_now) << offer;
    EXPECT_THAT(outcome.detail, HasSubstr(complaint));
    EXPECT_FALSE(handed_over);
    EXPECT_THAT(server.commands, Not(Contains(StartsWith("RCPT"))));
  }
  // "AGFk" begins the base64 of what PLAIN says (RFC 4616).
  ScriptedServer server({{"EHLO", "250-mail.test\r\n250 AUTH PLAIN"}, {"AUTH", "334 "}, {"AGFk", "235 welcome"}});
  EXPECT_EQ(mailer_for("smtp://ada:s3cret@" + server.url().substr(7)).send(mail_to_ada(), nothing).delivery,
            Delivery::accepted);
}

TEST(SmtpMailer, CallsItselfByTheGivenName) {
  for (const std::string name : {"id.example.org", "[192.0.2.1]", "[IPv6:2001:db8::1]"}) {
    ScriptedServer server;
    EXPECT_EQ(mailer_for(server.url("?ehlo=" + name)).send(mail_to_ada(), nothing).delivery, Delivery::accepted);
    server.finish();
    EXPECT_EQ(server.commands.front(), "EHLO " + name);
  }
  ScriptedServer server;
  mailer_for(server.url()).greet();
  server.finish();
  EXPECT_EQ(server.commands.front(), "EHLO [127.0.0.1]") << "not the machine's bare name";

  EXPECT_EQ(ehlo_name_for("id.example.org"), "id.example.org");
  EXPECT_EQ(ehlo_name_for("192.0.2.1"), "[192.0.2.1]");
  EXPECT_EQ(ehlo_name_for("2001:db8::1"), "[IPv6:2001:db8::1]");
  for (const std::string local : {"localhost", "127.0.0.1", "::1", "a.localhost", "id"})
    EXPECT_EQ(ehlo_name_for(local), "[127.0.0.1]") << local;
}

/// What a mailer says of a server that answers by a script, and what it told it.
struct Greeted {
  SmtpGreeting greeting;
  std::vector<std::string> commands;
};
Greeted greet(const ScriptedServer::Script& changes, const std::string& query = "", const std::string& user = "") {
  ScriptedServer server(changes);
  const auto at = parse_smtp_url("smtp://" + user + server.url(query).substr(7));
  auto greeting = SmtpMailer(*at, *parse_sender("no-reply%test@example.org"), hand_clock).greet();
  server.finish();
  return {std::move(greeting), server.commands};
}

TEST(SmtpMailer, GreetsAsFarAsTheSenderAndSendsNothing) {
  const auto taken = greet({});
  EXPECT_EQ(taken.greeting.failed_at, SmtpStep::none);
  EXPECT_THAT(taken.commands, ElementsAre(StartsWith("EHLO"), "MAIL FROM:<no-reply%test@example.org>", "QUIT"));
}

TEST(SmtpMailer, SaysHowFarAGreetingCame) {
  for (const std::string refusal : {"550 not you", "553 not yours", "530 authenticate first", "451 later"}) {
    const auto refused = greet({{"MAIL", refusal}});
    EXPECT_EQ(refused.greeting.failed_at, SmtpStep::sender) << refusal;
    EXPECT_THAT(refused.greeting.detail, HasSubstr(refusal));
    EXPECT_THAT(refused.greeting.detail, Not(HasSubstr("\n")));
  }
  const auto plain = greet({}, "?starttls=required");
  EXPECT_EQ(plain.greeting.failed_at, SmtpStep::encrypt);
  EXPECT_THAT(plain.commands, Not(Contains(StartsWith("MAIL"))));
  EXPECT_EQ(greet({{"greeting", ""}}).greeting.failed_at, SmtpStep::connect);
  for (const ScriptedServer::Script& script :
       {ScriptedServer::Script{{"EHLO", "504 need a full name"}, {"HELO", "504 need a full name"}},
        ScriptedServer::Script{{"greeting", "554 need a full name"}}}) {
    const auto unknown = greet(script);
    EXPECT_EQ(unknown.greeting.failed_at, SmtpStep::greet);
    EXPECT_THAT(unknown.greeting.detail, HasSubstr("need a full name"));
  }
  EXPECT_EQ(
      greet({{"EHLO", "250-mail.test\r\n250 AUTH PLAIN"}, {"AUTH", "535 wrong"}}, "", "ada:pw@").greeting.failed_at,
      SmtpStep::authenticate);
  const auto unsigned_in = greet({}, "", "ada:pw@");
  EXPECT_EQ(unsigned_in.greeting.failed_at, SmtpStep::authenticate);
  EXPECT_THAT(unsigned_in.greeting.detail, HasSubstr("no way to sign in"));
}

// B17
TEST(SmtpMailer, NothingEndsALineButTheAdapter) {
  ScriptedServer server;
  Mail mail = mail_to_ada();
  mail.subject = "Hello\r\nBcc: everyone@example.org\r\n\r\nbody";
  mail.text = "\r\n.\r\nMAIL FROM:<evil@example.org>\r\n.\n.";
  EXPECT_EQ(mailer_for(server.url()).send(mail, nothing).delivery, Delivery::accepted);
  server.finish();
  EXPECT_EQ(server.commands.size(), 5u);
  EXPECT_THAT(server.message, Not(HasSubstr("\r\nBcc:")));
  EXPECT_THAT(server.message, HasSubstr("\r\nSubject: =?UTF-8?Q?Hello=0D=0ABcc=3A_everyone=40example=2Eorg"));

  for (const std::string to : {"a@b.org\r\nRCPT TO:<c@d.org>", "a@b.org>", "<a@b.org", "a b@c.org", "a@b,c", "ada",
                               "@b.org", "a@", "a@b@c", "ü@b.org", "a@münchen.de", "a\"@b.org"}) {
    mail.to = to;
    EXPECT_EQ(mailer_for("smtp://127.0.0.1:1").send(mail, nothing).delivery, Delivery::refused) << to;
  }
}

TEST(EncodeHeader, WordsAreShortAndWhole) {
  EXPECT_EQ(encode_header("Plain words, 123456", 9), "Plain words, 123456");
  EXPECT_EQ(encode_header("=?UTF-8?Q?trick?=", 9), "=?UTF-8?Q?=3D=3FUTF=2D8=3FQ=3Ftrick=3F=3D?=");
  std::string umlauts;
  for (int i = 0; i < 60; ++i) umlauts += "ü€";
  const std::string encoded = encode_header(umlauts, 9);
  std::size_t begin = 0;
  while (begin < encoded.size()) {
    const auto end = std::min(encoded.find("\r\n ", begin), encoded.size());
    const std::string word = encoded.substr(begin, end - begin);
    EXPECT_LE(word.size(), begin == 0 ? 76u - 9 : 75u);
    EXPECT_THAT(word, StartsWith("=?UTF-8?Q?="));
    EXPECT_TRUE(word.ends_with("=BC?=") || word.ends_with("=AC?=")) << word;  // the last byte of ü or of €
    begin = end + 3;
  }
}

// RFC 2047, section 2: a line with an encoded word has 76 characters at most, the header's name included.
TEST(SmtpMailer, KeepsHeadersToTheirWidth) {
  for (const std::string name : {"Ödland", "Ödland und Söhne, die größte Gesellschaft für Türen und Schlösser",
                                 "A service with a name of sixty-one characters, a rather long one", "Example, Inc."}) {
    ScriptedServer server;
    SmtpServer at = parse_smtp_url(server.url()).value();
    const MailSender sender{name, "no-reply-to-this-address@mail.subdomain.example.org"};
    Mail mail = mail_to_ada();
    mail.subject = "123456 ist Ihr Code für " + name;
    EXPECT_EQ(SmtpMailer(at, sender, hand_clock).send(mail, nothing).delivery, Delivery::accepted);
    server.finish();
    const auto head = server.message.substr(0, server.message.find("\r\n\r\n")) + "\r\n";
    for (std::size_t begin = 0; begin < head.size();) {
      const auto end = head.find("\r\n", begin);
      const std::string line = head.substr(begin, end - begin);
      EXPECT_TRUE(line.size() <= 76 || line.find("=?UTF-8?Q?") == std::string::npos) << line;
      begin = end + 2;
    }
    EXPECT_THAT(head, HasSubstr("<no-reply-to-this-address@mail.subdomain.example.org>\r\n"));
  }
}

TEST(SmtpUrl, IsRead) {
  using enum SmtpServer::Security;
  const struct {
    std::string url, host, user, password;
    int port;
    SmtpServer::Security security;
  } table[] = {
      {"smtp://mail.example.org", "mail.example.org", "", "", 587, starttls},
      {"SMTPS://mail.example.org", "mail.example.org", "", "", 465, tls},
      {"smtps://mail.example.org", "mail.example.org", "", "", 465, tls},
      {"smtp://ada%40example.org:p%3Aw%2Fd@mail.example.org:25", "mail.example.org", "ada@example.org", "p:w/d", 25,
       starttls},
      {"smtp://mail.example.org?starttls=off", "mail.example.org", "", "", 587, none},
      {"smtp://localhost:1025", "localhost", "", "", 1025, none},
      {"smtp://127.0.0.1:1025/?starttls=required", "127.0.0.1", "", "", 1025, starttls},
      {"smtp://[::1]:1025", "[::1]", "", "", 1025, none},
      {"smtp://localhost.example.org", "localhost.example.org", "", "", 587, starttls},
      {"smtp://127.example.org", "127.example.org", "", "", 587, starttls},
      {"smtp://127.0.0.1.example.org", "127.0.0.1.example.org", "", "", 587, starttls},
      {"smtp://user:ab;cd@h.org", "h.org", "user", "ab;cd", 587, starttls},
      {"smtp://us;er:ab;cd;@h.org/", "h.org", "us;er", "ab;cd;", 587, starttls},
      {"smtp://localhost?ca_file=/etc/ca.pem", "localhost", "", "", 587, starttls},
      {"smtp://localhost?ca_file=/etc/ca.pem&starttls=off", "localhost", "", "", 587, none},
      {"smtp://localhost?starttls=off&ca_file=/etc/ca.pem", "localhost", "", "", 587, none},
  };
  for (const auto& row : table) {
    const auto server = parse_smtp_url(row.url);
    ASSERT_TRUE(server) << row.url << ": " << server.error();
    EXPECT_EQ(server->host, row.host);
    EXPECT_EQ(server->user, row.user);
    EXPECT_EQ(server->password.reveal(), row.password);
    EXPECT_EQ(server->port, row.port);
    EXPECT_EQ(server->security, row.security) << row.url;
  }
  EXPECT_EQ(parse_smtp_url("smtps://h?ca_file=/etc/ca.pem")->ca_file, "/etc/ca.pem");
  EXPECT_EQ(parse_smtp_url("smtps://h?ca_file=/etc/my%20ca.pem")->ca_file, "/etc/my ca.pem");
  for (const std::string url :
       {"", "mail.example.org", "http://mail.example.org", "smtp://", "smtp://h:99999", "smtp://h/path",
        "smtp://h?starttls=maybe", "smtps://h?starttls=off", "smtp://u:pw@h?x", "smtp://user:12?pw@h",
        "smtp://user:12#pw@h", "smtp://user:12/pw@h", "smtp://user:pw%zz@h", "smtp://user:pw%0a@h", "smtp://:pw@h",
        "smtp://h?ca_file=", "smtp://h?ehlo=a%20b", "smtp://h?ehlo="}) {
    const auto server = parse_smtp_url(url);
    ASSERT_FALSE(server) << url;
    EXPECT_THAT(server.error(), Not(HasSubstr("pw")));
  }
}

TEST(MailFrom, IsRead) {
  EXPECT_EQ(parse_sender("no-reply@example.org")->address, "no-reply@example.org");
  EXPECT_EQ(parse_sender("Ostiary <no-reply@example.org>")->name, "Ostiary");
  EXPECT_EQ(parse_sender("\"Example, Inc.\" <no-reply@example.org>")->name, "Example, Inc.");
  EXPECT_EQ(parse_sender("<no-reply@example.org>")->name, "");
  EXPECT_EQ(parse_sender(R"("Ada \"the \\ one\" <ada@b>" <no-reply@example.org>)")->name, R"(Ada "the \ one" <ada@b>)");
  EXPECT_EQ(parse_sender(R"("Ada \"the \\ one\" <ada@b>" <no-reply@example.org>)")->address, "no-reply@example.org");
  for (const std::string text : {"", "Ostiary", "Ostiary <>", R"("Ada \" <a@b.org>)", R"("A" B" <a@b.org>)",
                                 R"("A <a@b.org>)", "Ostiary <a@b", "a@b> <", "a@b\r\nBcc: c@d"})
    EXPECT_FALSE(parse_sender(text)) << text;
}

}  // namespace
}  // namespace ostiary::adapters
