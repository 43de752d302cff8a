#include "pages/metrics_page.hpp"

#include "base/trusted_proxies.hpp"
#include "http/local_request.hpp"
#include "pages/files.hpp"

namespace ostiary::pages {

gateway::Page metrics_page(const door::Metrics& metrics, const std::vector<std::string>& networks) {
  auto answer = [&metrics, allowed = TrustedProxies(networks)](const http::Request& request) {
    const auto peer = parse_address(request.peer);
    if (!peer || !allowed.trusts(*peer) || http::is_forwarded(request)) return nothing_here();
    return http::Response{.status = 200,
                          .headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
                          .body = std::make_shared<const std::string>(metrics.text())};
  };
  return {"GET", "/metrics", std::move(answer)};
}

}  // namespace ostiary::pages
