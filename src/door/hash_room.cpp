#include "door/hash_room.hpp"

namespace ostiary::door {

std::unique_ptr<HashRoom::Place> HashRoom::enter(const std::string& network, bool has_logged_in) {
  const std::lock_guard lock(mutex_);
  const bool stranger = !has_logged_in;
  if (taken_ >= places_ || (stranger && strangers_ >= places_ - places_ / 2)) return nullptr;
  int& of_network = by_network_[network];
  if (of_network >= places_per_network_) return nullptr;
  ++of_network;
  ++taken_;
  if (stranger) ++strangers_;
  return std::make_unique<Place>(*this, network, stranger);
}

void HashRoom::leave(const std::string& network, bool stranger) {
  const std::lock_guard lock(mutex_);
  --taken_;
  if (stranger) --strangers_;
  const auto found = by_network_.find(network);
  if (--found->second == 0) by_network_.erase(found);
}

}  // namespace ostiary::door
