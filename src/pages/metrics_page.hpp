#pragma once

#include <string>
#include <vector>

#include "door/metrics.hpp"
#include "gateway/router.hpp"

namespace ostiary::pages {

/// GET /metrics, for direct requests from peers in `networks` (CIDR, or addresses). Others get 404.
gateway::Page metrics_page(const door::Metrics& metrics, const std::vector<std::string>& networks);

}  // namespace ostiary::pages
