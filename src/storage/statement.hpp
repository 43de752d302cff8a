#pragma once

#include <string_view>

namespace ostiary {

enum class Engine { sqlite, postgres, cockroach };

/// An SQL text with the types of its row and of its parameters $1, $2, ...: `Statement<Row(Params...)>`. A row is an
/// aggregate without base classes, filled by position, or `void` if the statement returns no rows. The same text runs
/// on every engine unless `only` names one. `FOR UPDATE SKIP LOCKED`, for rows of a queue, is omitted on SQLite, which
/// has one writer and no row locks. A test prepares every statement on every engine and compares these types with the
/// engine's.
template <class Signature>
struct Statement;

template <class Row, class... Params>
struct Statement<Row(Params...)> {
  std::string_view text;
  enum class For { every_engine, sqlite, postgres } only = For::every_engine;
};

}  // namespace ostiary
