#pragma once

#include <memory>

#include "gateway/router.hpp"

namespace ostiary::gateway {

/// The call's request message from a request's path, query and JSON body. Refuses what the contract has no place for: a
/// body where none belongs, another media type than application/json, a query beside a body, fields that are unknown or
/// stand there twice.
Result<std::unique_ptr<contract::Message>> read_request(const Destination& destination, std::string_view query,
                                                        const http::Request& request);

}  // namespace ostiary::gateway
