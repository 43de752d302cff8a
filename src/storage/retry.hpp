#pragma once

#include <functional>

namespace ostiary::storage {

/// Calls `attempt` again, after a pause that grows and is drawn at random, while it throws SerializationFailure (ten
/// times in all) or UniqueViolation (three times); the last one is the caller's. Other exceptions pass.
void retry(const std::function<void()>& attempt);

}  // namespace ostiary::storage
