#include "accounts/status.hpp"

namespace ostiary::accounts {

VouchVerdict judge_vouching(const std::optional<AddressFacts>& address) {
  if (!address) return VouchVerdict::gone;
  if (!address->exists) return VouchVerdict::no_address;
  return address->verified ? VouchVerdict::already : VouchVerdict::vouches;
}

StatusVerdict judge_status(std::optional<std::string_view> current, std::string_view wanted) {
  if (!current || *current == deleted_status) return StatusVerdict::gone;
  return *current == wanted ? StatusVerdict::already : StatusVerdict::changes;
}

}  // namespace ostiary::accounts
