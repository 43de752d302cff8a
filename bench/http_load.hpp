#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::bench {

using Moment = std::chrono::steady_clock::time_point;
using Span = std::chrono::steady_clock::duration;

struct HttpReply {
  int status;
  std::string_view head, body;
};

/// One client: it sends a request, waits for the answer, and sends the next.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// The next request's bytes, good until `take`.
  virtual std::string_view request() = 0;
  /// Gives how long the client rests before its next request.
  virtual Span take(const HttpReply& reply) = 0;
};

/// The same GET again and again; everything but 200 is counted, and answered by trying again.
class RepeatedRequest final : public HttpClient {
 public:
  explicit RepeatedRequest(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string_view request() override { return bytes_; }
  Span take(const HttpReply&) override { return {}; }

 private:
  std::string bytes_;
};

struct HttpLoad {
  std::uint16_t port;
  Span duration;
  /// Each client has a connection and an address of its own (127.1.0.0/16), so that limits by network see many.
  std::vector<std::unique_ptr<HttpClient>> clients;
  /// Zero: each client sends when it has its answer. Otherwise each sends at this interval whether or not it is late,
  /// and latencies count from the moment that the request was due.
  Span pace{};
};

struct HttpResult {
  std::map<int, std::uint64_t> by_status;
  std::vector<double> latencies_us;  ///< of answers 200, sorted; only with a pace
  double seconds = 0;

  std::uint64_t total() const;
  double percentile_us(double share) const;
};

/// Runs it on the calling thread, one epoll loop. Throws when a connection breaks.
HttpResult run(HttpLoad load);

/// One exchange on a connection of its own.
struct OwnedReply {
  int status = 0;
  std::string head, body;
};
OwnedReply ask(std::uint16_t port, const std::string& request);

std::string get_request(std::string_view path, std::string_view bearer);
std::string post_request(std::string_view path, std::string_view json);

/// The text under a name of a flat piece of JSON; empty when there is none.
std::string_view json_text(std::string_view json, std::string_view name);

}  // namespace ostiary::bench
