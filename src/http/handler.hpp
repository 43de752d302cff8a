#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"
#include "http/message.hpp"

namespace ostiary::http {

/// Who answers the requests that a server reads. Thread-safe.
class Handler {
 public:
  virtual ~Handler() = default;

  /// Answers through `done`, exactly once, from this or another thread.
  virtual void handle(Request request, std::function<void(Response)> done) const = 0;

  /// The answer to a request that the server itself refuses: too large, malformed, timed out.
  virtual Response problem(const Refused& refused, const std::string& peer) const = 0;
};

}  // namespace ostiary::http
