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
  /// Where to listen. "localhost" means 127.0.0.1 and ::1, "*" means every address of both families; IPv6 only if the
  /// machine supports it.
  std::vector<std::string> addresses{"localhost"};
  std::uint16_t port = 8001;  ///< 0 picks a free port: see Server::port
  int io_threads = 2;

  std::size_t header_limit = 16 * 1024;  ///< bytes of the request line and the headers; beyond it 431

  TlsFiles tls;  ///< with them only HTTPS is accepted

  std::chrono::milliseconds handshake_timeout{10'000};  ///< of TLS
  std::chrono::milliseconds idle_timeout{75'000};  ///< between two requests
  PaceLimits pace;  ///< for clients that send a request or take a response, and for those that have not begun to send
  std::chrono::milliseconds linger_timeout{2'000};  ///< until the client closes its side after the last response
  std::chrono::milliseconds sweep_interval{1'000};  ///< how often the time-outs are checked

  std::size_t max_connections = 16'384;  ///< when it is reached, the one that has been silent longest makes room
  std::size_t max_connections_per_network = 1'024;  ///< of one IPv4 address or IPv6 /64
  std::vector<std::string> trusted_proxies;  ///< networks in CIDR form to which the limit per network does not apply
};

/// The number of I/O threads: one for each processor, but at least 2 and at most 16.
int io_threads_for(unsigned processors);

/// HTTP/1.1, with TLS if there is a certificate, in front of a handler: sockets, framing, keep-alive,
/// limits, time-outs. A request that arrives too slowly is answered with
/// 408. Pipelined requests are answered in order, one at a time. An ambiguous request is
/// answered with 400 and the connection is closed. The handler must outlive the server; later responses are
/// dropped.
class Server {
 public:
  /// Throws std::invalid_argument for a malformed trusted proxy, TlsFilesError for an unusable
  /// certificate.
  Server(const Handler& handler, ServerOptions options, Log& log);
  /// Closes open connections.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens and serves on its own threads. Throws ListenError.
  void start();

  /// The port that `start` listens on.
  std::uint16_t port() const;

  /// Whether connections stay open for another request. Otherwise every response has "Connection: close", so that
  /// clients go elsewhere before the server drains. Thread-safe.
  void keep_alive(bool on);

  /// The number of open connections.
  std::size_t connections() const;

  /// Graceful shutdown: accepts no new connections, closes idle ones, lets running requests finish until `deadline`,
  /// closes the rest, and joins its threads.
  void drain(std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::http
