#include "pages/metrics_page.hpp"

#include "base/text.hpp"
#include "base/trusted_proxies.hpp"
#include "http/local_request.hpp"
#include "pages/files.hpp"

namespace ostiary::pages {

namespace {

std::string_view without_dot(std::string_view host) {
  return host.substr(0, host.ends_with('.') ? host.size() - 1 : host.size());
}

/// Empty where it is this machine: then nobody but its own programs ask for that host.
std::string public_host(std::string_view origin) {
  const auto host = http::without_port(origin.substr(origin.find("://") + 3));
  return std::string(is_this_machine(host) ? std::string_view() : without_dot(host));
}

}  // namespace

gateway::Page metrics_page(const door::Metrics& metrics, const MetricsReaders& readers) {
  auto answer = [&metrics, allowed = TrustedProxies(readers.networks), proxies = TrustedProxies(readers.proxies),
                 foreign_host = public_host(readers.public_origin)](const http::Request& request) {
    const auto peer = parse_address(request.peer);
    const auto host = without_dot(http::without_port(request.header("host").value_or("")));
    const bool is_passed_on = http::is_forwarded(request) || (peer && proxies.trusts(*peer)) ||
                              (!foreign_host.empty() && equal_ignoring_case(host, foreign_host));
    if (!peer || !allowed.trusts(*peer) || is_passed_on) return nothing_here();
    return http::Response{.status = 200,
                          .headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
                          .body = std::make_shared<const std::string>(metrics.text())};
  };
  return {"GET", "/metrics", std::move(answer)};
}

}  // namespace ostiary::pages
