#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "report.hpp"
#include "server.hpp"

namespace ostiary::bench {

struct Plan {
  std::filesystem::path program;
  int rounds = 9;
  Span phase = std::chrono::seconds(2);  ///< how long each side runs in a round
};

/// One engine with so many people: a program on one copy of the data, bare loops on another.
struct Bed {
  const Plan& plan;
  std::string label;  ///< of its rows
  const Seed& seed;
  const Place& bare_place;
  Server& server;
};

/// Each measures the row or rows that the goals name, both sides in turns. Refreshes begin with the tokens that the
/// database was filled with, so a bed does for one number of clients.
/// Against hashes in memory that is kept, and last, as the goal is set, against hashes as libsodium does them.
std::vector<Row> measure_logins(Bed& bed);
Row measure_session_checks(Bed& bed);
Row measure_grpc_checks(Bed& bed);
Row measure_refreshes(Bed& bed, std::size_t clients);
/// p99 and p99.9.
std::vector<Row> measure_flood(Bed& bed);
Row measure_memory_in_flood(Bed& bed);
/// Starts servers of its own: nobody else may serve from `place`. The time to the first answer, and memory.
std::vector<Row> measure_starts(const Plan& plan, const std::string& label, const Place& place);

}  // namespace ostiary::bench
