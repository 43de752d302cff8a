#pragma once

#include <string_view>

#include "storage/database.hpp"

namespace ostiary {

/// The role that the program connects as may not do what it tried (42501, 3F000). The message says what.
class MissingPrivilege final : public StorageError {
 public:
  using StorageError::StorageError;
};

/// What to do about it.
inline constexpr std::string_view advice_on_privileges =
    "run `ostiary migrate` as the role that owns the tables, with DATABASE_SERVING_ROLE naming the role that serves";

}  // namespace ostiary
