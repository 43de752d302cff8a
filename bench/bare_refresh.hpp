#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "storage.hpp"

namespace ostiary::bench {

/// What a refresh costs without us: a loop over the driver that sends the statements of a rotation, the program's own
/// texts in its own order, prepared, one after the other, in a serializable transaction. On PostgreSQL each client is a
/// thread with a connection of its own; SQLite has one writer at a time, so there one thread is the fastest that a loop
/// can be. Nothing is signed, sealed, parsed or judged.
class BareRefresh {
 public:
  BareRefresh(const Place& place, const Seed& seed, std::size_t clients);
  ~BareRefresh();

  /// Rotations in a second.
  double run(std::chrono::steady_clock::duration duration);

 private:
  class Client;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace ostiary::bench
