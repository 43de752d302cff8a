#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/random.hpp"
#include "base/time.hpp"
#include "door/dispatcher.hpp"
#include "gateway/gateway.hpp"
#include "scaffolding/tested_door.hpp"
#include "scaffolding/written_contract.hpp"

namespace ostiary::testing {

/// For tests of the transports: a contract of a few calls, the whole way from dispatcher and gateway to its functions.
/// Whoever has a token may call WhoIsIn.
/// Say repeats a text (and refuses the text "taken"), Hold answers once the test lets go, Whoami, WhichDevice and
/// WhichToken tell what the transport said of the call, Store takes up to 128 KiB. The page /big is a megabyte.
class EchoService {
 public:
  EchoService()
      : contract_(written_.services(),
                  {{"test.Echo.Say", [this](auto&, auto& request) { return say(request); }},
                   {"test.Echo.Hold", [this](auto&, auto&) { return hold(); }},
                   {"test.Echo.Whoami", [this](auto& call, auto&) { return whoami(call); }},
                   {"test.Echo.WhoIsIn", [this](auto& call, auto&) { return whoami(call); }},
                   {"test.Echo.WhichToken", [this](auto&, auto& request) { return which_token(request); }},
                   {"test.Echo.Store", [this](auto&, auto& request) { return store(request); }},
                   {"test.Echo.WhichDevice", [this](auto& call, auto&) { return whoami(call); }}}),
        limits_(limiter_, limits::contract_rates(), false),
        workers_(std::in_place, 4, 64),
        dispatcher_({contract_, checks(), limits_, {*workers_, *workers_}, {}, clock_, log_}),
        remembered_replies_(contract_, {{"test.Echo.WhoIsIn", [this](auto& token, Time) { return known(token); }}},
                            limits_, clock_),
        gateway_(dispatcher_, remembered_replies_, {{"GET", "/big", [](auto&) { return big(); }}}, random_, log_,
                 {.public_origin = "http://localhost:8001", .cors_origins = {}, .trusted_proxies = {}, .cookies = {}}) {
  }

  /// Lets every held call go on, and waits for it: a call that is done reaches for the gateway.
  ~EchoService() {
    let_go();
    workers_.reset();
  }
  EchoService(const EchoService&) = delete;
  EchoService& operator=(const EchoService&) = delete;

  door::Dispatcher& dispatcher() { return dispatcher_; }
  const gateway::Gateway& gateway() const { return gateway_; }
  const door::RememberedReplies& remembered_replies() const { return remembered_replies_; }
  Random& random() { return random_; }
  KeptLog& log() { return log_; }
  WrittenContract& written() { return written_; }

  /// Waits until `count` calls are held.
  void wait_until_held(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_ >= count; });
  }

  void let_go() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  struct NoLimiter final : RateLimiter {
    std::optional<Duration> take(std::span<const RateBucket>, Time) override { return std::nullopt; }
    void give_back(std::span<const RateBucket>) override {}
  };

  /// One for all tests: compiling it starts protoc.
  static WrittenContract& the_contract() {
    static WrittenContract contract(R"(
          service Echo {
            rpc Say(SayRequest) returns (SayReply) {
              option (google.api.http) = {post: "/say" body: "*"};
              option (ostiary.policy) = {caller: ANYONE rate: WRITE audit: "echo.say" refusals: "username_taken"};
            }
            rpc Hold(HoldRequest) returns (SayReply) {
              option (google.api.http) = {post: "/hold" body: "*"};
              option (ostiary.policy) = {caller: ANYONE rate: WRITE audit: "echo.hold"};
            }
            rpc Whoami(WhoamiRequest) returns (WhoamiReply) {
              option (google.api.http) = {get: "/whoami"};
              option (ostiary.policy) = {caller: ANYONE rate: READ audit: "echo.whoami"};
            }
            rpc WhoIsIn(WhoIsInRequest) returns (WhoamiReply) {
              option (google.api.http) = {get: "/who-is-in"};
              option (ostiary.policy) = {caller: USER rate: READ audit: "echo.who"};
            }
            rpc WhichToken(WhichTokenRequest) returns (SayReply) {
              option (google.api.http) = {post: "/token" body: "*"};
              option (ostiary.policy) = {caller: ANYONE rate: READ audit: "echo.token"};
            }
            rpc Store(google.api.HttpBody) returns (SayReply) {
              option (google.api.http) = {post: "/store" body: "*"};
              option (ostiary.policy) = {caller: ANYONE rate: WRITE audit: "echo.store" max_body_bytes: 131072};
            }
            rpc WhichDevice(WhichDeviceRequest) returns (WhoamiReply) {
              option (google.api.http) = {post: "/device" body: "*"};
              option (ostiary.policy) = {caller: ANYONE rate: READ audit: "echo.device"};
            }
          }
          enum Mood { MOOD_UNSPECIFIED = 0; MOOD_FINE = 1; }
          message Inner { string text = 1 [(ostiary.rule) = {max_bytes: 10}]; Mood mood = 2; }
          message SayRequest {
            string text = 1 [(ostiary.rule) = {required: true max_bytes: 65536}];
            optional Inner inner = 2;
            repeated Mood moods = 3;
          }
          message SayReply { string text = 1; }
          message HoldRequest {}
          message WhoIsInRequest {}
          message WhoamiRequest {}
          message WhichDeviceRequest {
            optional string device_id = 1 [(ostiary.rule) = {max_bytes: 128 secret: true cookie: DEVICE}];
          }
          message WhichTokenRequest {
            optional string access_token = 1 [(ostiary.rule) = {max_bytes: 64 secret: true cookie: ACCESS}];
          }
          message WhoamiReply { string address = 1; string user_agent = 2; string trace_id = 3; string device = 4; }
        )");
    return contract;
  }

  static door::CallerChecks checks() {
    door::CallerChecks checks;
    checks.user = [](const Secret&, Time) -> Result<Person> { return Person{}; };
    checks.device = checks.remembered_device = [](std::string_view token) -> std::optional<Device> {
      Device device{};
      device.hash.fill(static_cast<std::uint8_t>(token.size()));
      return device;
    };
    return checks;
  }

  static http::Response big() {
    return {.status = 200,
            .headers = {{"Content-Type", "text/plain"}},
            .body = std::make_shared<const std::string>(1024 * 1024, 'x')};
  }

  using Answer = Result<std::unique_ptr<contract::Message>>;

  std::unique_ptr<contract::Message> message(const std::string& type,
                                             std::initializer_list<std::pair<const char*, std::string>> texts) {
    auto made = written_.make(type);
    for (const auto& [name, text] : texts) {
      made->GetReflection()->SetString(made.get(), made->GetDescriptor()->FindFieldByName(name), text);
    }
    return made;
  }

  Answer say(const contract::Message& request) {
    const auto text = request.GetReflection()->GetString(request, request.GetDescriptor()->FindFieldByName("text"));
    if (text != "taken") return message("SayReply", {{"text", text}});
    auto refused = refuse_for(Refusal::username_taken, std::chrono::seconds(7), "Somebody has it.");
    refused.error().field = "text";
    refused.error().facts.emplace_back("suggestion", "taken2");
    return refused;
  }

  Answer which_token(const contract::Message& request) {
    const auto* const field = request.GetDescriptor()->FindFieldByName("access_token");
    return message("SayReply", {{"text", request.GetReflection()->GetString(request, field)}});
  }

  Answer store(const contract::Message& request) {
    const auto* const field = request.GetDescriptor()->FindFieldByName("data");
    return message("SayReply", {{"text", std::to_string(request.GetReflection()->GetString(request, field).size())}});
  }

  Answer hold() {
    std::unique_lock lock(mutex_);
    ++held_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
    return message("SayReply", {{"text", "held"}});
  }

  /// WhoIsIn is known beforehand to the token "kept".
  std::optional<door::RememberedReply> known(const Secret& token) {
    if (token.reveal() != "kept") return std::nullopt;
    const auto reply = message("WhoamiReply", {{"address", "known beforehand"}});
    return door::RememberedReply{nullptr, std::make_shared<const std::string>(reply->SerializeAsString()), {}};
  }

  Answer whoami(const Call& call) {
    return message("WhoamiReply", {{"address", call.address},
                                   {"user_agent", call.user_agent},
                                   {"trace_id", call.trace_id},
                                   {"device", call.device ? std::to_string(call.device->hash[0]) : ""}});
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int held_ = 0;
  bool open_ = false;

  SystemClock clock_;
  SystemRandom random_;
  KeptLog log_;
  NoLimiter limiter_;
  WrittenContract& written_ = the_contract();
  contract::Contract contract_;
  limits::Limits limits_;
  std::optional<Workers> workers_;
  door::Dispatcher dispatcher_;
  door::RememberedReplies remembered_replies_;
  gateway::Gateway gateway_;
};

}  // namespace ostiary::testing
