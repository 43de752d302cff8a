#pragma once

#include <memory>

#include "gateway/router.hpp"

namespace ostiary::gateway {

/// The call's request message from a request's path, query and body, of which a raw one is taken out of `request`.
/// Refuses what the contract has no place for: a body where none belongs, another media type than application/json or
/// none for a raw body, a query beside a JSON body, fields that are unknown or stand there twice.
Result<std::unique_ptr<contract::Message>> read_request(const Destination& destination, std::string_view query,
                                                        http::Request& request);

}  // namespace ostiary::gateway
