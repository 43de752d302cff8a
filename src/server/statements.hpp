#pragma once

#include <cstdint>

#include "storage/statement.hpp"

namespace ostiary::server::statements {

struct AnswerRow {
  std::int64_t answer;
};
/// What `GET /health/ready` asks: a row of the schema, so that a database without one is not ready.
inline constexpr Statement<AnswerRow()> ask_storage{R"sql(
  SELECT count(*) FROM (SELECT id FROM server_keys LIMIT 1) AS one_key
)sql"};

}  // namespace ostiary::server::statements
