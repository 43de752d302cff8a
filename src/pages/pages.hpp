#pragma once

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
  bool local = false;         ///< PUBLIC_URL is this machine: the start page shows the status
  std::string version;
  std::vector<std::pair<std::string, std::string>>
      running;  ///< what the start page shows: {"Storage", "SQLite in ./data"}
  std::function<std::vector<MailboxEntry>()> mailbox;  ///< the latest mails, newest first; empty if mail is sent
  OpenApi description;
  const door::Metrics* metrics = nullptr;           ///< for /metrics
  std::vector<std::string> metrics_networks;  ///< who may read /metrics
};

/// All pages: the start page, the API reference and its OpenAPI description, the page behind a mailed link, the
/// development mailbox, the metrics, and their files under /assets/.
std::vector<gateway::Page> make_pages(PagesOptions options);

}  // namespace ostiary::pages
