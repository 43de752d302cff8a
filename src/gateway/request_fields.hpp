#pragma once

#include <memory>

#include "gateway/router.hpp"

namespace ostiary::gateway {

/// Builds the call's request message from a request's path, query and body. A raw body is moved out of `request`.
/// Refuses what the contract does not allow: an unexpected body, a media type other than application/json or none for a
/// raw body, a query with a JSON body, unknown or repeated fields.
Result<std::unique_ptr<contract::Message>> read_request(const Destination& destination, std::string_view query,
                                                        http::Request& request);

}  // namespace ostiary::gateway
