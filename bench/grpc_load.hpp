#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ostiary::bench {

struct GrpcLoad {
  std::uint16_t port;
  std::string method;  ///< "/package.Service/Method"; the request is an empty message
  std::string bearer;
  int in_flight = 32;  ///< on one channel
  std::chrono::steady_clock::duration duration;
};

/// How many calls were answered. Throws when one fails.
std::uint64_t run(const GrpcLoad& load);

/// One call's answer as it came.
std::string call(std::uint16_t port, const std::string& method, const std::string& bearer);

}  // namespace ostiary::bench
