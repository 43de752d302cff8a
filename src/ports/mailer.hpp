#pragma once

#include <functional>
#include <stdexcept>
#include <string>

namespace ostiary {

struct Mail {
  std::string message_id;  ///< without brackets; stable over retries
  std::string to;
  std::string subject;
  std::string text;
  std::string html;
};

/// The outcome of an attempt to send a mail.
enum class Delivery {
  accepted,
  refused_for_now,   ///< 4xx, no connection: try again later
  refused,           ///< 5xx: permanent, do not retry
  unknown,           ///< the connection broke after DATA: the mail may or may not arrive
};

struct DeliveryOutcome {
  Delivery delivery;
  std::string detail;  ///< what the server said, for the log
};

/// Sends mail. Blocks. Thread-safe. `before_data` is called just before the message is handed over. (For SMTP: after
/// the recipient was accepted and before DATA if the client library allows it, otherwise before connecting.)
class Mailer {
 public:
  virtual ~Mailer() = default;
  virtual DeliveryOutcome send(const Mail& mail, const std::function<void()>& before_data) = 0;
  virtual std::string description() const = 0;

  /// Breaks off what is being sent, soon, and whatever is sent later at once: the process is about to end. What `send`
  /// then returns is as true as ever. Does not wait.
  virtual void interrupt() {}
};

}  // namespace ostiary
