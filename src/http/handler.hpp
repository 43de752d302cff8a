#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace ostiary::http {

/// Who answers the requests that a server reads. Thread-safe.
class Handler {
 public:
  virtual ~Handler() = default;

  /// Answers through `done`, exactly once, from this or another thread.
  virtual void handle(Request request, std::function<void(Response)> done) const = 0;

  /// The most bytes that the body of such a request may have, chunked or not: beyond it the server answers 413. Asked
  /// once the head is read and before the body is, on the connection's thread.
  virtual std::size_t body_limit(std::string_view verb, std::string_view target) const = 0;

  /// The answer to a request that the server itself refuses: too large, malformed, timed out.
  virtual Response problem(const Refused& refused, const std::string& peer) const = 0;
};

}  // namespace ostiary::http
