#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "door/metrics.hpp"
#include "gateway/router.hpp"
#include "pages/mailbox_pages.hpp"
#include "pages/openapi.hpp"

namespace ostiary::pages {

struct PagesOptions {
  std::string public_origin;  ///< PUBLIC_URL
  bool local = false;         ///< PUBLIC_URL is this machine: the first page tells this machine what runs
  std::string service_name;   ///< as pages call the service
  std::string app_url;        ///< where its people sign in; empty: pages have no way back
  std::chrono::seconds code_lifetime{600};
  std::string version;
  std::vector<std::pair<std::string, std::string>>
      running;  ///< what the first page tells: {"Storage", "SQLite in ./data"}
  std::function<std::vector<MailboxEntry>()> mailbox;  ///< the latest mails, newest first; empty where they are sent
  Secret mailbox_key = Secret();  ///< whoever reads them has to know it
  OpenApi description;
  const door::Metrics* metrics = nullptr;           ///< for /metrics
  std::vector<std::string> metrics_networks;  ///< who may read /metrics
  std::vector<std::string> trusted_proxies;   ///< who may not
};

/// All that a person opens: the first page, the API reference with the description it shows, what a mailed link opens,
/// what a browser shows at /login and /register, the development mailbox, the metrics, and what they are made of under
/// /assets/.
std::vector<gateway::Page> make_pages(PagesOptions options);

}  // namespace ostiary::pages
