#pragma once

#include "base/refusal.hpp"

namespace ostiary::contract {

/// What a refused call costs those whom the limits count it for.
enum class RefusalCost {
  nothing,  ///< it failed here, and everybody gets back what the class lets them have
  call,     ///< the caller's doing, but no guess: the account gets back what it paid
  guess,    ///< a wrong guess at somebody's secret: nobody gets anything back
};

/// How a refusal looks on each transport, and what it costs. The only place that knows HTTP and gRPC codes.
struct RefusalStatus {
  Refusal refusal;
  int http;
  int grpc;  ///< grpc::StatusCode
  RefusalCost cost;
  std::string_view title;  ///< the problem's title
};

const RefusalStatus& status_of(Refusal refusal);

}  // namespace ostiary::contract
