#pragma once

#include <string_view>

namespace ostiary {

enum class Engine { sqlite, postgres, cockroach };

/// An SQL text with the type of its row and of its parameters $1, $2, ...: `Statement<Row(Params...)>`. A row is an
/// aggregate without base classes, filled by position; `void` where none comes back. The same text runs on every
/// engine unless it names one: then it is `only` for that engine. `FOR UPDATE SKIP LOCKED`, for rows of a queue, is
/// left out on SQLite: it has one writer and no row locks. A test prepares every statement on every engine and compares
/// these types with the engine's.
template <class Signature>
struct Statement;

template <class Row, class... Params>
struct Statement<Row(Params...)> {
  std::string_view text;
  enum class For { every_engine, sqlite, postgres } only = For::every_engine;
};

}  // namespace ostiary
