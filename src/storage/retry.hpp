#pragma once

#include <functional>

#include "storage/database.hpp"

namespace ostiary::storage {

/// The connection broke before its transaction can have been committed, so it can be retried on another connection.
class ConnectionLost final : public StorageError {
 public:
  using StorageError::StorageError;
};

/// Retries `attempt`, with exponential back-off and jitter, while it throws SerializationFailure (up to sixteen
/// times in all), UniqueViolation or ConnectionLost (up to three times each). Rethrows the last one. Other
/// exceptions pass.
void retry(const std::function<void()>& attempt);

}  // namespace ostiary::storage
