#pragma once

#include <atomic>
#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "ports/sms_gateway.hpp"

namespace ostiary::adapters {

/// A gateway for texts, as SMS_URL names it.
struct SmsServer {
  enum class Shape {
    json,    ///< POST {"to", "from", "text"} to the URL
    twilio,  ///< Twilio's: POST To, From and Body as a form to /2010-04-01/Accounts/{user}/Messages.json
  };
  Shape shape = Shape::json;
  Secret url;            ///< without user and password; a path or query may be secret
  std::string shown;     ///< "https://sms.example.org:443", for people
  std::string user;      ///< empty for no basic authentication
  Secret password;
  Secret token;          ///< sent as a bearer token, if there is one
  std::string sender;    ///< a number, a name, or with Twilio the id of a messaging service ("MG..."); may be empty
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds total_timeout{30};
};

/// Reads `https://sms.example.org/send` (with `user:password@` for basic authentication) or
/// `twilio://SID:TOKEN@api.twilio.com`; user and password are percent-encoded. http:// is taken for this machine only,
/// where twilio:// means http, too. The error is a sentence without a secret.
std::expected<SmsServer, std::string> parse_sms_url(std::string_view url);

/// Whether a gateway can be reached, and what happened, on one line.
struct SmsReach {
  bool reached = false;
  std::string detail;
};

/// Sends each text by one HTTP/1.1 request over a connection of its own, by libcurl, with verified TLS except to this
/// machine. Redirects are not followed. The id of the message is sent as Idempotency-Key. Any 2xx is `accepted`; 400
/// and 422 are `refused`; other 3xx and 4xx, and 503, may be caused by our settings or this hour, and are
/// `refused_for_now`, like a gateway that is not reached. A 5xx or a connection that breaks after the message was
/// handed over is `unknown`.
class HttpSmsGateway final : public SmsGateway {
 public:
  explicit HttpSmsGateway(SmsServer server);

  DeliveryOutcome send(const TextMessage& message, const std::function<void()>& before_sending) override;

  /// Connects, with the TLS handshake, and sends nothing.
  SmsReach reach() const;

  void interrupt() override;

  std::string description() const override;  ///< "https://sms.example.org:443", or with "(Twilio)" behind it

 private:
  const SmsServer server_;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace ostiary::adapters
