#include "base/capacity.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace ostiary {
namespace {

TEST(Capacity, BoundsConnectionsByDescriptorsAndMemory) {
  constexpr std::uint64_t gib = 1024 * 1024 * 1024;
  struct Row {
    const char* what;
    Capacity capacity;
    std::uint32_t connections;
  };
  const Row rows[] = {
      {"a shell's usual limit of descriptors", {1024, 8 * gib}, 768},
      {"a container of 512 MiB", {1'048'576, gib / 2}, 2048},
      {"4 GiB", {524'288, 4 * gib}, 16'384},
      {"no limit of descriptors", {std::numeric_limits<std::uint64_t>::max(), 4 * gib}, 16'384},
      {"very little", {40, gib}, 64},
      {"nothing is known", {0, 0}, 64},
      {"very much", {std::numeric_limits<std::uint64_t>::max(), 4096 * gib}, 1'000'000},
  };
  for (const auto& row : rows) EXPECT_EQ(connections_within(row.capacity), row.connections) << row.what;
}

TEST(Capacity, OfThisProcessIsKnown) {
  const auto capacity = capacity_of_process();
  EXPECT_GT(capacity.descriptors, 16U);
  EXPECT_GT(capacity.memory_bytes, 64U * 1024 * 1024);
}

}  // namespace
}  // namespace ostiary
