#include "http/local_request.hpp"

#include <algorithm>
#include <array>

#include "base/ip_address.hpp"

namespace ostiary::http {

namespace {

/// Whether a Host header names this machine, whatever the port.
bool is_local_host(std::string_view host) { return is_this_machine(without_port(host)); }

}  // namespace

std::string_view without_port(std::string_view host) {
  const auto port = host.rfind(':');
  const bool has_one = port != std::string_view::npos && host.find(']', port) == std::string_view::npos;
  return host.substr(0, has_one ? port : host.size());
}

bool is_forwarded(const Request& request) {
  static constexpr std::array headers{"forwarded",         "via",       "x-forwarded-for", "x-forwarded-host",
                                      "x-forwarded-proto", "x-real-ip", "x-forwarded-by",  "x-forwarded-server",
                                      "x-original-host",   "cf-ray",    "true-client-ip"};
  return std::ranges::any_of(headers, [&](std::string_view name) { return request.header(name).has_value(); });
}

bool is_local_request(const Request& request) {
  const auto peer = parse_address(request.peer);
  const auto hosts = request.header_lines("host");
  return peer && peer->is_loopback() && hosts.size() == 1 && is_local_host(hosts.front()) && !is_forwarded(request);
}

}  // namespace ostiary::http
