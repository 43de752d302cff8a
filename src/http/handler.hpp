#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace ostiary::http {

/// Answers the requests that a server reads. Thread-safe.
class Handler {
 public:
  virtual ~Handler() = default;

  /// Calls `done` with the response, exactly once, on this or another thread.
  virtual void handle(Request request, std::function<void(Response)> done) const = 0;

  /// The maximum size of the body of such a request in bytes, chunked or not; beyond it the server answers 413. Called
  /// after the head and before the body is read, on the connection's thread.
  virtual std::size_t body_limit(std::string_view verb, std::string_view target) const = 0;

  /// The response to a request that the server itself refuses: too large, malformed, timed out.
  virtual Response problem(const Refused& refused, const std::string& peer) const = 0;
};

}  // namespace ostiary::http
