#pragma once

#include "http/message.hpp"

namespace ostiary::http {

/// Whether a proxy says that it forwarded the request.
bool is_forwarded(const Request& request);

/// Whether a request is local: from a loopback peer, to a local name, and not through a proxy.
bool is_local_request(const Request& request);

}  // namespace ostiary::http
