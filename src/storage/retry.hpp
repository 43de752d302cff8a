#pragma once

#include <functional>

#include "storage/database.hpp"

namespace ostiary::storage {

/// The connection broke before anything of its transaction can have been committed: it may run again on another.
class ConnectionLost final : public StorageError {
 public:
  using StorageError::StorageError;
};

/// Calls `attempt` again, after a pause that grows and is drawn at random, while it throws SerializationFailure
/// (sixteen times in all), UniqueViolation or ConnectionLost (three times of each); the last one is the caller's. Other
/// exceptions pass.
void retry(const std::function<void()>& attempt);

}  // namespace ostiary::storage
