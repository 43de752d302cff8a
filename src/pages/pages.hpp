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
  bool local = false;         ///< PUBLIC_URL is this machine: the first page tells what runs
  std::string version;
  std::vector<std::pair<std::string, std::string>>
      running;  ///< what the first page tells: {"Storage", "SQLite in ./data"}
  std::function<std::vector<MailboxEntry>()> mailbox;  ///< the latest mails, newest first; empty where they are sent
  OpenApi description;
  const door::Metrics* metrics = nullptr;           ///< what /metrics tells
  std::vector<std::string> metrics_networks;  ///< whom
  std::vector<std::string> trusted_proxies;   ///< whom not
};

/// All that a person opens: the first page, the API reference with the description it shows, what a mailed link opens,
/// the development mailbox, the metrics, and what they are made of under /assets/.
std::vector<gateway::Page> make_pages(PagesOptions options);

}  // namespace ostiary::pages
