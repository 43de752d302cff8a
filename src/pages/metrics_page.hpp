#pragma once

#include <string>
#include <vector>

#include "door/metrics.hpp"
#include "gateway/router.hpp"

namespace ostiary::pages {

/// Who may read /metrics. Networks are in CIDR form, or single addresses.
struct MetricsReaders {
  std::vector<std::string> networks;
  std::vector<std::string> proxies;  ///< what comes from one of them was passed on for somebody else
  std::string public_origin;  ///< PUBLIC_URL; who asks for its host came by a proxy, unless it is this machine
};

/// GET /metrics, for peers in `readers.networks` who ask for it themselves; to others there is nothing. A proxy shows
/// by its address, by the headers that it adds, or by the Host that it passes on.
gateway::Page metrics_page(const door::Metrics& metrics, const MetricsReaders& readers);

}  // namespace ostiary::pages
