#include "sessions/freshness.hpp"

#include <algorithm>

#include "sessions/pending_login.hpp"
#include "sessions/start_session.hpp"
#include "sessions/statements.hpp"

namespace ostiary::sessions {

std::vector<std::string> renewing_methods_of(Transaction& tx, UserId user, Time now) {
  return methods_of(tx.one(statements::find_factors, user, Digest{}, now, false));
}

bool has_second_factor(const Person& person) { return std::ranges::find(person.amr, multi_factor) != person.amr.end(); }

std::string words_of_fresh_login(bool has_password, std::vector<std::string> factors) {
  if (has_password) factors.insert(factors.begin(), "password");
  return join_words(factors);
}

}  // namespace ostiary::sessions
