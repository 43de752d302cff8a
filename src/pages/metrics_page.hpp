#pragma once

#include <string>
#include <vector>

#include "door/metrics.hpp"
#include "gateway/router.hpp"

namespace ostiary::pages {

/// Who may read /metrics. Networks are in CIDR notation, or single addresses.
struct MetricsReaders {
  std::vector<std::string> networks;
  std::vector<std::string> proxies;  ///< requests from them are for somebody else
  std::string public_origin;  ///< PUBLIC_URL; a request for its host came through a proxy, unless it is this machine
};

/// GET /metrics, for direct requests from peers in `readers.networks`. Others get 404. A proxy is recognised by its
/// address, by the headers that it adds, or by the Host that it passes on.
gateway::Page metrics_page(const door::Metrics& metrics, const MetricsReaders& readers);

}  // namespace ostiary::pages
