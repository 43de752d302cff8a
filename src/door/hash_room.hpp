#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace ostiary::door {

/// Limits the calls that compute a password hash: in total, and for each network. Half of the places are reserved for
/// devices that have logged in before, so that owners can sign in during a flood. Thread-safe.
class HashRoom {
 public:
  HashRoom(int places, int places_per_network) : places_(places), places_per_network_(places_per_network) {}

  /// A reserved place, released on destruction. The HashRoom must outlive it.
  class Place {
   public:
    Place(HashRoom& room, std::string network, bool stranger)
        : room_(room), network_(std::move(network)), stranger_(stranger) {}
    ~Place() { room_.leave(network_, stranger_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    HashRoom& room_;
    std::string network_;
    bool stranger_;
  };

  /// A place, or null when there is none for this one.
  std::unique_ptr<Place> enter(const std::string& network, bool has_logged_in);

 private:
  void leave(const std::string& network, bool stranger);

  const int places_;
  const int places_per_network_;
  std::mutex mutex_;
  int taken_ = 0;
  int strangers_ = 0;
  std::unordered_map<std::string, int> by_network_;
};

}  // namespace ostiary::door
