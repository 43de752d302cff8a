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

/// What became of handing over a mail.
enum class Delivery {
  accepted,
  refused_for_now,   ///< 4xx, no connection: try again later
  refused,           ///< 5xx: trying again won't help
  unknown,           ///< the connection broke after DATA: it may or may not arrive
};

struct DeliveryOutcome {
  Delivery delivery;
  std::string detail;  ///< what the server said, for the log
};

/// Sends mail. Blocks; thread-safe. `before_data` is called when the message is about to be handed over (for SMTP:
/// after the recipient was accepted, before DATA where the client library can tell, else before connecting).
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
