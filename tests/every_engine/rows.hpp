#pragma once

#include <cstdint>
#include <string>

#include "base/id.hpp"
#include "storage/statement.hpp"
#include "storage/value.hpp"

namespace ostiary::testing {

/// What tests of the storage ask for most.
struct Number {
  std::int64_t value;
};

inline constexpr Statement<void(Uuid, std::string)> insert_role{"INSERT INTO roles (id, name) VALUES ($1, $2)"};

}  // namespace ostiary::testing
