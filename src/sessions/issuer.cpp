#include "sessions/issuer.hpp"

#include "sessions/statements.hpp"

namespace ostiary::sessions {

namespace {

std::optional<std::string> find(Transaction& tx) {
  auto row = tx.optional(statements::find_issuer);
  return row ? std::optional(std::move(row->url)) : std::nullopt;
}

}  // namespace

std::optional<std::string> noted_issuer(Database& db) {
  return *db.read([](Transaction& tx) -> Result<std::optional<std::string>> { return find(tx); });
}

std::optional<std::string> note_issuer(Database& db, const std::string& url, Time now) {
  return *db.transaction([&](Transaction& tx) -> Result<std::optional<std::string>> {
    auto before = find(tx);
    if (before == url) return std::optional<std::string>();
    tx.execute(statements::note_issuer, url, now);
    return before;
  });
}

}  // namespace ostiary::sessions
