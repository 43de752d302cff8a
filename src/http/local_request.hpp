#pragma once

#include <string_view>

#include "http/message.hpp"

namespace ostiary::http {

/// Whether a proxy says that it forwarded the request.
bool is_forwarded(const Request& request);

/// Whether a request is local: from a loopback peer, to a local name, and not through a proxy.
bool is_local_request(const Request& request);

/// The host of a Host header or of a URL's authority, an IPv6 address in its brackets.
std::string_view without_port(std::string_view host);

}  // namespace ostiary::http
