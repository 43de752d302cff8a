#pragma once

#include <string>

#include "contract/contract.hpp"
#include "gateway/cookies.hpp"

namespace ostiary::pages {

/// The OpenAPI description of the HTTP API: one document in two formats.
struct OpenApi {
  std::string json, yaml;
};

struct OpenApiFacts {
  std::string version;        ///< of the program
  std::string public_origin;  ///< where it is served
  gateway::CookieOptions cookies;
};

/// Describes every call of the contract that has a route (OpenAPI 3.1): parameters, bodies, replies, each refusal by
/// its status and code, examples, and the contract's comments. Slow; made once.
OpenApi describe(const contract::Contract& contract, const OpenApiFacts& facts);

/// The same for the contract itself, without a server.
OpenApi describe(const OpenApiFacts& facts);

}  // namespace ostiary::pages
