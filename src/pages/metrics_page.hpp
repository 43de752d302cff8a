#pragma once

#include <string>
#include <vector>

#include "door/metrics.hpp"
#include "gateway/router.hpp"

namespace ostiary::pages {

/// GET /metrics, for peers in `networks` (CIDR, or addresses) that nobody forwards; to others there is nothing.
gateway::Page metrics_page(const door::Metrics& metrics, const std::vector<std::string>& networks);

}  // namespace ostiary::pages
