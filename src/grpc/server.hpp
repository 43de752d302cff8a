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
  /// Where to listen. "localhost" stands for 127.0.0.1 and, where the machine has it, ::1; "*" for every address.
  std::vector<std::string> addresses{"localhost"};
  std::uint16_t port = 9001;  ///< 0 lets the machine choose: see Server::port
  /// With them TLS is spoken beyond the loopback addresses. They are read again when they change.
  TlsFiles tls;
  /// Without them other addresses than loopback ones are refused unless this says that it is meant so.
  bool plaintext_beyond_loopback = false;
  std::vector<std::string> trusted_proxies;  ///< networks in CIDR form whose x-forwarded-for is believed
  int max_metadata_bytes = 16 * 1024;
  std::size_t memory_bytes = 64 * 1024 * 1024;  ///< for what is received; beyond it gRPC closes streams
};

/// gRPC in front of a dispatcher: one generic service answers every call of the contract; beside it stand
/// grpc.health.v1 and server reflection. A refusal becomes a status with a google.rpc.Status in its details. The
/// dispatcher, the random source and the log must outlive the server.
class Server {
 public:
  Server(door::Dispatcher& dispatcher, const door::RememberedReplies& remembered_replies, ServerOptions options,
         Random& random, Log& log);
  /// Cancels what is open, and waits until the use cases at work have returned.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens and serves, on gRPC's threads. Throws ListenError.
  void start();

  /// The port that `start` listens on.
  std::uint16_t port() const;

  /// What grpc.health.v1 says of every service, until `drain`. Thread-safe.
  void set_serving(bool serving);

  /// Reports NOT_SERVING, refuses new calls, lets those that have begun finish until `deadline`, cancels the rest (long
  /// watches of health and reflection among them) and stops.
  void drain(std::chrono::steady_clock::time_point deadline);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ostiary::grpc_transport
