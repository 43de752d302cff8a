#pragma once

#include <cstdint>

namespace ostiary {

/// What a process may use at most.
struct Capacity {
  std::uint64_t descriptors = 0;   ///< open files and sockets: the hard limit
  std::uint64_t memory_bytes = 0;  ///< of the machine, or of the process's cgroup where that is less
};

Capacity capacity_of_process();

/// How many connections a server may have open: three quarters of the descriptors, since the database, gRPC and files
/// need some as well, and a quarter of the memory at 64 KiB each. 64 at least.
std::uint32_t connections_within(const Capacity& capacity);

}  // namespace ostiary
