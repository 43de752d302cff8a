#include "factors/guesses.hpp"

#include "accounts/statements.hpp"
#include "crypto/digest.hpp"
#include "sessions/statements.hpp"

namespace ostiary::factors {

namespace {

constexpr std::string_view second_factor_purpose = "second_factor";

/// Whose budget a guess is taken from: the account's, or the account's on a device that it knows.
Digest budget_key(Transaction& tx, const Deps& deps, const Call& call, UserId user) {
  const auto& sessions = deps.accounts.sessions;
  const bool known = call.device && tx.optional(sessions::statements::find_device, user, call.device->hash);
  const auto key = sessions.keys.current(vault::KeyPurpose::codes);
  return crypto::hmac_sha256(
      key.bytes, {as_bytes("guesses of factors"), user.uuid.bytes, known ? BytesView(call.device->hash) : BytesView()});
}

using Guesses = std::vector<accounts::statements::GuessRow>;

/// Those that still count, the oldest first; no more than the budget has.
Guesses guesses_at(Transaction& tx, const Deps& deps, const Digest& budget, Time now) {
  const auto& policy = deps.accounts.code_policy;
  return tx.all(accounts::statements::recent_guesses, budget, std::string(second_factor_purpose),
                now - policy.guess_window, policy.guesses_per_window);
}

}  // namespace

std::optional<std::unexpected<Refused>> refuse_spent_budget(Transaction& tx, const Deps& deps, const Call& call,
                                                            UserId user, Time now) {
  const auto& policy = deps.accounts.code_policy;
  const auto guesses = guesses_at(tx, deps, budget_key(tx, deps, call, user), now);
  if (static_cast<std::int64_t>(guesses.size()) < policy.guesses_per_window) return std::nullopt;
  const auto wait = guesses.front().guessed_at + policy.guess_window - now;
  return refuse_for(Refusal::code_budget_spent, std::chrono::ceil<std::chrono::seconds>(wait),
                    "Too many wrong second factors today: use a device on which you have signed in before.");
}

std::int64_t count_wrong_factor(Transaction& tx, const Deps& deps, const Call& call, UserId user, Time now) {
  const Digest budget = budget_key(tx, deps, call, user);
  tx.execute(accounts::statements::insert_guess, deps.accounts.sessions.ids.make_uuid(), budget,
             std::string(second_factor_purpose), now);
  const auto spent = static_cast<std::int64_t>(guesses_at(tx, deps, budget, now).size());
  return deps.accounts.code_policy.guesses_per_window - spent;
}

}  // namespace ostiary::factors
