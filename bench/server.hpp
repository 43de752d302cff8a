#pragma once

#include <filesystem>

#include "http_load.hpp"
#include "storage.hpp"

namespace ostiary::bench {

/// `ostiary serve` on a filled database, without rate limits.
class Server {
 public:
  /// Waits until it has answered a request.
  Server(const std::filesystem::path& program, const Place& place);

  std::uint16_t port() const { return port_; }
  std::uint16_t grpc_port() const { return grpc_port_; }
  Process& process() { return *process_; }
  double milliseconds_to_first_answer() const { return milliseconds_; }

  /// Signs people in; their access tokens.
  std::vector<std::string> access_tokens(std::size_t count) const;

 private:
  std::uint16_t port_ = free_port();
  std::uint16_t grpc_port_ = free_port();
  double milliseconds_ = 0;
  std::unique_ptr<Process> process_;
};

/// One of this program's own bare servers.
class BareServer {
 public:
  /// `kind` is "bare-http" or "bare-grpc"; `answer` what it says to everything.
  BareServer(const std::string& kind, const std::string& answer);
  std::uint16_t port() const { return port_; }
  Process& process() { return *process_; }

 private:
  TemporaryFolder folder_;
  std::uint16_t port_ = free_port();
  std::unique_ptr<Process> process_;
};

std::string login_request(std::size_t user);

}  // namespace ostiary::bench
