#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/listening.hpp"
#include "base/tls_files.hpp"
#include "http/handler.hpp"
#include "http/pace.hpp"
#include "ports/log.hpp"

namespace ostiary::http {

struct ServerOptions {
  /// Where to listen. "localhost" stands for 127.0.0.1 and ::1, "*" for every address of both families; in both, IPv6
  /// only where the machine has it.
  std::vector<std::string> addresses{"localhost"};
  std::uint16_t port = 8001;  ///< 0 lets the machine choose: see Server::port
  int io_threads = 2;

  std::size_t header_limit = 16 * 1024;  ///< bytes of the request line and the headers; beyond it 431

  TlsFiles tls;  ///< with them HTTPS is spoken, and nothing else

  std::chrono::milliseconds handshake_timeout{10'000};  ///< of TLS
  std::chrono::milliseconds idle_timeout{75'000};  ///< between two requests
  PaceLimits pace;  ///< of a client that sends a request, or takes a reply; and of one that has not begun to send
  std::chrono::milliseconds linger_timeout{2'000};  ///< until the client closes its side after the last answer
  std::chrono::milliseconds sweep_interval{1'000};  ///< how often these are looked at

  std::size_t max_connections = 16'384;  ///< when it is reached, the one that has been silent longest makes room
  std::size_t max_connections_per_network = 1'024;  ///< of one IPv4 address or IPv6 /64
  std::vector<std::string> trusted_proxies;  ///< networks in CIDR form to which the limit per network does not apply
};

/// How many threads read and write: one for each processor, but 2 at least and 16 at most.
int io_threads_for(unsigned processors);

/// HTTP/1.1, over TLS where there is a certificate, in front of a handler: sockets, framing, keep-alive, limits,
/// time-outs. A client that is too slow to send its request is answered with 408. A client may send requests ahead;
/// they are answered in order, one at a time. A request that could be understood in two ways is answered with 400, and
/// the connection is closed. The handler must outlive the server; answers that it gives after that are dropped.
class Server {
 public:
  /// Throws std::invalid_argument for a trusted proxy that is no network, TlsFilesError for a certificate that can't be
  /// used.
  Server(const Handler& handler, ServerOptions options, Log& log);
  /// Closes what is open.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens and serves, on threads of its own. Throws ListenError.
  void start();

  /// The port that `start` listens on.
  std::uint16_t port() const;

  /// Whether connections stay open for another request. While they don't, every reply says "Connection: close": for a
  /// server that is about to drain, so that clients go elsewhere beforehand. Thread-safe.
  void keep_alive(bool on);

  /// How many are open.
  std::size_t connections() const;

  /// Takes no new connections, closes the idle ones, lets requests that have begun finish until `deadline`, closes the
  /// rest, and joins its threads.
  void drain(std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::http
