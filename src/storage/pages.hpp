#pragma once

#include <tuple>
#include <utility>
#include <vector>

#include "storage/database.hpp"

namespace ostiary {

// A read of any length, page by page. Its statement gives one page: at most $1 rows, in the order of a unique key, and
// only those behind the key that its other parameters name:
//   SELECT ... WHERE (created_at, id) > ($2, $3) ORDER BY created_at, id LIMIT $1
// `behind` is the key before the first row, `key_of` gives a row's; what all pages have in common, whose rows they are,
// may stand among the key's parameters.

inline constexpr std::int64_t rows_a_page = 500;

namespace storage {

/// `read(key)` returns the page after a key.
template <class Key, class KeyOf, class Read, class Use>
void each_row_of_pages(Key behind, const KeyOf& key_of, const Read& read, const Use& use) {
  for (bool more = true; more;) {
    auto rows = read(std::as_const(behind));
    more = static_cast<std::int64_t>(rows.size()) == rows_a_page;
    if (more) behind = key_of(rows.back());
    for (auto& row : rows) use(std::move(row));
  }
}

template <class Row, class... Key>
std::vector<Row> read_page(Transaction& tx, const Statement<Row(std::int64_t, Key...)>& page,
                           const std::tuple<Key...>& behind) {
  return std::apply([&](const Key&... key) { return tx.all(page, rows_a_page, key...); }, behind);
}

}  // namespace storage

/// Passes every row to `use`, in one transaction.
template <class Row, class... Key, class KeyOf, class Use>
void each_row(Transaction& tx, const Statement<Row(std::int64_t, Key...)>& page,
              const std::type_identity_t<std::tuple<Key...>>& behind, const KeyOf& key_of, const Use& use) {
  const auto read = [&](const std::tuple<Key...>& key) { return storage::read_page(tx, page, key); };
  storage::each_row_of_pages(behind, key_of, read, use);
}

/// The same with a short transaction for each page, so that it blocks nobody. Rows that are added or deleted meanwhile
/// may or may not be included; all others are, exactly once. `use` runs outside transactions.
template <class Row, class... Key, class KeyOf, class Use>
void each_row(Database& db, const Statement<Row(std::int64_t, Key...)>& page,
              const std::type_identity_t<std::tuple<Key...>>& behind, const KeyOf& key_of, const Use& use) {
  const auto read = [&](const std::tuple<Key...>& key) {
    return db.read([&](Transaction& tx) -> Result<std::vector<Row>> { return storage::read_page(tx, page, key); })
        .value();
  };
  storage::each_row_of_pages(behind, key_of, read, use);
}

}  // namespace ostiary
