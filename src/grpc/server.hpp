#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/listening.hpp"
#include "base/random.hpp"
#include "base/tls_files.hpp"
#include "door/dispatcher.hpp"
#include "door/remembered_replies.hpp"
#include "ports/log.hpp"

namespace ostiary::grpc_transport {

struct ServerOptions {
  /// Where to listen. "localhost" means 127.0.0.1 and, if the machine supports it, ::1; "*" means every address.
  std::vector<std::string> addresses{"localhost"};
  std::uint16_t port = 9001;  ///< 0 picks a free port: see Server::port
  /// With them TLS is used on all addresses except loopback addresses. They are read again when they change.
  TlsFiles tls;
  /// Without TLS files, addresses other than loopback addresses are refused unless this is set.
  bool plaintext_beyond_loopback = false;
  std::vector<std::string> trusted_proxies;  ///< networks in CIDR form whose x-forwarded-for is trusted
  int max_metadata_bytes = 16 * 1024;
  std::size_t memory_bytes = 64 * 1024 * 1024;  ///< for received data; beyond it gRPC closes streams
};

/// gRPC in front of a dispatcher: one generic service answers every call of the contract, besides grpc.health.v1 and
/// server reflection. A refusal becomes a status with a google.rpc.Status in its details. The dispatcher, the random
/// source and the log must outlive the server.
class Server {
 public:
  Server(door::Dispatcher& dispatcher, const door::RememberedReplies& remembered_replies, ServerOptions options,
         Random& random, Log& log);
  /// Cancels open calls, and waits until running use cases have returned.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens and serves on gRPC's threads. Throws ListenError.
  void start();

  /// The port that `start` listens on.
  std::uint16_t port() const;

  /// Sets the status that grpc.health.v1 reports for every service until `drain`. Thread-safe.
  void set_serving(bool serving);

  /// Graceful shutdown: reports NOT_SERVING, refuses new calls, lets running calls finish until `deadline`, cancels the
  /// rest (including health watches and reflection) and stops.
  void drain(std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::grpc_transport
