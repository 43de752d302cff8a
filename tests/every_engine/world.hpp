#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "accounts/deps.hpp"
#include "accounts/register.hpp"
#include "accounts/verify_email.hpp"
#include "adapters/memory_rate_limiter.hpp"
#include "audit/audit_entry.hpp"
#include "delivery/executor.hpp"
#include "every_engine.hpp"
#include "factors/deps.hpp"
#include "scaffolding/moved_clock.hpp"
#include "sessions/check_session.hpp"
#include "sessions/end_sessions.hpp"
#include "sessions/list_sessions.hpp"
#include "sessions/login.hpp"
#include "sessions/refresh.hpp"

namespace ostiary::testing {

/// Keeps the lines that were written.
class KeepingLog final : public Log {
 public:
  void write(LogLevel, std::string_view event, std::initializer_list<LogField> fields) override {
    std::string line(event);
    for (const auto& field : fields) {
      line += ' ' + std::string(field.name) + '=';
      if (const auto* text = std::get_if<std::string_view>(&field.value)) line += *text;
    }
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// A mail server that keeps what it gets.
class KeepingMailer final : public Mailer {
 public:
  DeliveryOutcome send(const Mail& mail, const std::function<void()>& before_data) override {
    before_data();
    mails.push_back(mail);
    return {Delivery::accepted, "kept"};
  }
  std::string description() const override { return "kept by the test"; }

  std::vector<Mail> mails;
};

/// A gateway that keeps the texts that it gets.
class KeepingGateway final : public SmsGateway {
 public:
  DeliveryOutcome send(const TextMessage& message, const std::function<void()>& before_sending) override {
    before_sending();
    texts.push_back(message);
    return {Delivery::accepted, "kept"};
  }
  std::string description() const override { return "kept by the test"; }

  std::vector<TextMessage> texts;
};

/// Forgets at once in the same process: what every engine's channel does for its own instance.
class LocalInvalidation final : public Invalidation {
 public:
  void publish(Transaction& tx, UserId user) override {
    tx.after_commit([this, user] { listener_.forget_user(user); });
  }
  void publish_all(Transaction& tx) override {
    tx.after_commit([this] { listener_.forget_all(); });
  }
  bool in_force() const override { return force; }
  void listen(Listener listener) override { listener_ = std::move(listener); }

  std::atomic<bool> force = true;

 private:
  Listener listener_;
};

/// All rooms over one database, with a clock of the test's and a mail server that keeps. Hashes cheaply: the strength
/// of hashes is tested elsewhere. Nothing is limited unless it is asked for.
class World {
 public:
  explicit World(Database& database, bool limited = false)
      : db(database), limits(limiter, limits::contract_rates(), limited) {}

  Database& db;
  MovedClock clock;
  SystemRandom random;
  KeepingLog log;
  KeepingMailer mailer;
  KeepingGateway gateway;
  LocalInvalidation invalidation;
  IdSource ids{clock, random, IdSource::Order::by_time};
  vault::ServerKeys keys{db, clock, ids, random, Secret(std::string(32, 'k')), crypto::JwsAlgorithm::es256};
  vault::DataKeys data_keys{keys, clock, random};
  audit::AuditLog audit{data_keys, ids, random, log};
  passwords::Hasher hasher{crypto::PasswordParameters{.memory_kib = 1024, .passes = 1}, 2, random};
  sessions::AccessTokens tokens{keys, ids, {"https://id.example.org", "https://id.example.org"}};
  sessions::Devices devices{keys, random};
  sessions::SessionCache cache{invalidation, [](const v1::CheckSessionReply& reply) { return reply.DebugString(); }};
  adapters::MemoryRateLimiter limiter{random};
  limits::Limits limits;
  sessions::Deps sessions{clock, ids,          random, db,     keys,
                          audit, invalidation, hasher, tokens, devices,
                          cache, limits,       log,    {},     [](std::string_view) { return std::nullopt; }};
  accounts::Deps accounts{sessions, data_keys, {}, {}, "https://id.example.org", "Example", "https://app.example.org",
                          [] {}};
  factors::Deps factors{accounts, {"example.org", {"https://example.org"}}};
  delivery::MailTemplates templates{std::filesystem::path()};
  delivery::Executor executor{{db, data_keys, templates, mailer, gateway, clock, random, log}, "id.example.org"};

  /// Runs all jobs that are due; gives the mails that they sent. `gateway` has the texts.
  std::vector<Mail> delivered() {
    mailer.mails.clear();
    gateway.texts.clear();
    while (executor.run_one()) {
    }
    return mailer.mails;
  }
};

/// The six digits in a mail.
inline std::string code_in(const Mail& mail) {
  for (std::size_t start = 0; start + 6 <= mail.text.size(); ++start) {
    const auto is_digit = [&](std::size_t i) { return i < mail.text.size() && std::isdigit(mail.text[i]) != 0; };
    if (start > 0 && (is_digit(start - 1) || std::isalpha(mail.text[start - 1]) != 0)) continue;
    std::size_t end = start;
    while (is_digit(end)) ++end;
    if (end - start == 6) return mail.text.substr(start, 6);
  }
  return "no code";
}

/// The token of the link in a mail.
inline std::string token_in(const Mail& mail) {
  const std::string mark = "#token=";
  const auto start = mail.text.find(mark);
  if (start == std::string::npos) return "no token";
  const auto end = mail.text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
                                               start + mark.size());
  return mail.text.substr(start + mark.size(), end - start - mark.size());
}

/// Somebody in front of a device.
class Person {
 public:
  Person(World& world, std::string email, std::string password = "plaited copper lantern 42")
      : world_(world), email_(std::move(email)), password_(std::move(password)) {}

  Result<v1::RegisterReply> registers(std::optional<std::string> username = std::nullopt) {
    v1::RegisterRequest request;
    request.set_email(email_);
    request.set_password(password_);
    if (username) request.set_username(*username);
    auto reply = accounts::register_account(world_.accounts, call(), request);
    if (reply) {
      verification_id = reply->verification_id();
      device_token = reply->device_id();
    }
    return reply;
  }

  Result<v1::TokenReply> verifies(const std::string& code) {
    v1::VerifyEmailRequest request;
    request.set_verification_id(verification_id);
    request.set_code(code);
    return keep(accounts::verify_email(world_.accounts, call(), request));
  }

  Result<v1::TokenReply> opens_link(const std::string& token, std::optional<std::string> password = std::nullopt) {
    v1::VerifyEmailRequest request;
    request.set_token(token);
    if (password) request.set_password(*password);
    return keep(accounts::verify_email(world_.accounts, call(), request));
  }

  Result<v1::LoginReply> logs_in() { return logs_in(password_); }
  Result<v1::LoginReply> logs_in(const std::string& password) {
    v1::LoginRequest request;
    request.set_email(email_);
    request.set_password(password);
    return keep(sessions::login(world_.sessions, call(), request));
  }

  Result<v1::TokenReply> refreshes() { return keep(refreshes_with(refresh_token)); }
  Result<v1::TokenReply> refreshes_with(const std::string& token) {
    v1::RefreshRequest request;
    request.set_refresh_token(token);
    return sessions::refresh(world_.sessions, call(), request);
  }

  Result<v1::LogoutReply> logs_out() {
    v1::LogoutRequest request;
    request.set_refresh_token(refresh_token);
    return sessions::logout(world_.sessions, call(), request);
  }

  /// Whether the access token is taken now.
  Result<ostiary::Person> is_recognised() {
    return sessions::authenticate(world_.sessions, Secret(access_token), world_.clock.now());
  }

  /// Registers, reads the mail and types the code.
  void settles_in() {
    ASSERT_TRUE(registers());
    const auto mails = world_.delivered();
    ASSERT_EQ(mails.size(), 1U);
    ASSERT_TRUE(verifies(code_in(mails.front())));
  }

  /// A call from this person's device; signed in where `caller` says so.
  Call call(Caller caller = Nobody{}) const {
    Call call;
    call.received_at = world_.clock.now();
    call.method = "test";
    call.address = "203.0.113.7";
    call.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    call.trace_id = std::string(32, '1');
    call.device = world_.devices.read(device_token);
    call.caller = std::move(caller);
    return call;
  }

  std::string verification_id;
  std::string device_token;
  std::string access_token;
  std::string refresh_token;

 private:
  template <class Reply>
  Result<Reply> keep(Result<Reply> reply) {
    if (reply) {
      access_token = reply->access_token();
      refresh_token = reply->refresh_token();
      if (reply->has_device_id()) device_token = reply->device_id();
    }
    return reply;
  }

  World& world_;
  std::string email_;
  std::string password_;
};

/// Why a call was refused; a name that no refusal has where it was not.
template <class T>
std::string refusal_of(const Result<T>& result) {
  return result ? "accepted" : std::string(ostiary::name_of(result.error().why));
}

}  // namespace ostiary::testing
