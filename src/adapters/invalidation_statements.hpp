#pragma once

#include <string>

#include "storage/statement.hpp"

namespace ostiary::adapters::statements {

struct Notified {
  std::int64_t count;
};

/// $1 the channel, $2 the payload; delivered to those who listen when the transaction commits.
inline constexpr Statement<Notified(std::string, std::string)> notify{
    "SELECT count(*) FROM pg_notify($1, $2)", Statement<Notified(std::string, std::string)>::For::postgres};

}  // namespace ostiary::adapters::statements
