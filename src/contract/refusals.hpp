#pragma once

#include "base/refusal.hpp"

namespace ostiary::contract {

/// How a refusal looks on each transport. The only place that knows HTTP and gRPC codes.
struct RefusalStatus {
  Refusal refusal;
  int http;
  int grpc;                ///< grpc::StatusCode
  std::string_view title;  ///< the problem's title
};

const RefusalStatus& status_of(Refusal refusal);

}  // namespace ostiary::contract
