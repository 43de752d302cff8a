#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/refusal.hpp"

namespace ostiary {

/// An additional member of a refusal: a text or an integer.
using Fact = std::variant<std::string, std::int64_t>;

/// Why a call was refused. A refusal is a normal value that the caller gets as a reply (RFC 9457).
struct Refused {
  Refusal why;
  std::string detail;                                            ///< a sentence for developers
  std::string field;                                             ///< the offending field in snake_case, if one is
  std::optional<std::chrono::seconds> retry_after;               ///< when to try again
  std::vector<std::pair<std::string, Fact>> facts;               ///< further members of the problem, in snake_case
};

inline std::unexpected<Refused> refuse(Refusal why, std::string detail = {}, std::string field = {}) {
  return std::unexpected(Refused{why, std::move(detail), std::move(field), std::nullopt, {}});
}

inline std::unexpected<Refused> refuse_for(Refusal why, std::chrono::seconds retry_after, std::string detail = {}) {
  return std::unexpected(Refused{why, std::move(detail), {}, retry_after, {}});
}

template <class T>
using Result = std::expected<T, Refused>;

}  // namespace ostiary
