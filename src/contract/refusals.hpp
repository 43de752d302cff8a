#pragma once

#include "base/refusal.hpp"

namespace ostiary::contract {

/// What a refused call costs in the rate limits.
enum class RefusalCost {
  nothing,  ///< the server failed: everything that the class allows is refunded
  call,     ///< an error of the caller, but no guess: the account is refunded
  guess,    ///< a wrong guess of a secret: nothing is refunded
};

/// The representation of a refusal on each transport, and its cost. The only place that knows HTTP and gRPC codes.
struct RefusalStatus {
  Refusal refusal;
  int http;
  int grpc;  ///< grpc::StatusCode
  RefusalCost cost;
  std::string_view title;  ///< the problem's title
};

const RefusalStatus& status_of(Refusal refusal);

}  // namespace ostiary::contract
