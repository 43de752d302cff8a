#include "base/capacity.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace ostiary {
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

/// The number that a file of the cgroup file system holds; unlimited where it is not there or says "max".
std::uint64_t limit_in(const std::string& path) {
  std::uint64_t limit = 0;
  return std::ifstream(path) >> limit ? limit : unlimited;
}

/// Of version 2 where the process is in such a group, else of version 1, as seen from inside a container.
std::uint64_t cgroup_memory() {
  constexpr std::string_view version_2 = "0::";
  std::uint64_t least = limit_in("/sys/fs/cgroup/memory/memory.limit_in_bytes");
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with(version_2)) continue;
    // The limits of the groups above hold as well.
    for (std::string group = line.substr(version_2.size());; group.erase(group.rfind('/'))) {
      least = std::min(least, limit_in("/sys/fs/cgroup" + group + "/memory.max"));
      if (group.find('/') == std::string::npos) break;
    }
  }
  return least;
}

}  // namespace

Capacity capacity_of_process() {
  rlimit files{};
  const bool is_known = getrlimit(RLIMIT_NOFILE, &files) == 0;
  const auto pages = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
  const auto page_bytes = static_cast<std::uint64_t>(std::max(0L, sysconf(_SC_PAGESIZE)));
  return {is_known ? files.rlim_max : 0, std::min(pages * page_bytes, cgroup_memory())};
}

std::uint32_t connections_within(const Capacity& capacity) {
  constexpr std::uint64_t least = 64, most = 1'000'000, bytes_of_one = 64 * 1024;
  const std::uint64_t by_descriptors = capacity.descriptors / 4 * 3;
  const std::uint64_t by_memory = capacity.memory_bytes / 4 / bytes_of_one;
  return static_cast<std::uint32_t>(std::clamp(std::min(by_descriptors, by_memory), least, most));
}

}  // namespace ostiary
