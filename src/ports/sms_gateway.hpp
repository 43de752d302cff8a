#pragma once

#include <functional>
#include <string>

#include "ports/mailer.hpp"

namespace ostiary {

struct TextMessage {
  std::string id;  ///< stable over retries
  std::string to;  ///< E.164
  std::string text;
};

/// Sends texts to phones. Blocks. Thread-safe. `before_sending` is called just before the message is handed over: after
/// the gateway was reached, and before it learns anything of the message. An outcome's `detail` names neither the
/// number nor the text.
class SmsGateway {
 public:
  virtual ~SmsGateway() = default;
  virtual DeliveryOutcome send(const TextMessage& message, const std::function<void()>& before_sending) = 0;
  virtual std::string description() const = 0;

  /// Like Mailer's.
  virtual void interrupt() {}
};

}  // namespace ostiary
