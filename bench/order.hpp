#pragma once

#include <cstddef>
#include <stdexcept>
#include <vector>

namespace ostiary::bench {

/// The part of `users` that is client `number`'s of `of`, scattered over them all, the same in each run.
inline std::vector<std::size_t> order_of(std::size_t users, std::size_t number, std::size_t of) {
  if (number >= users) throw std::invalid_argument("fewer people than clients");
  // A prime that divides no number of users here: each comes once.
  constexpr std::size_t stride = 7'368'787;
  std::vector<std::size_t> order;
  for (std::size_t i = number; i < users; i += of) order.push_back(i * stride % users);
  return order;
}

}  // namespace ostiary::bench
