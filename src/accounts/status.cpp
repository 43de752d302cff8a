#include "accounts/status.hpp"

namespace ostiary::accounts {

StatusVerdict judge_status(std::optional<std::string_view> current, std::string_view wanted) {
  if (!current || *current == deleted_status) return StatusVerdict::gone;
  return *current == wanted ? StatusVerdict::already : StatusVerdict::changes;
}

}  // namespace ostiary::accounts
