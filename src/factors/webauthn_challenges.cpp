#include "factors/webauthn_challenges.hpp"

#include "crypto/digest.hpp"
#include "factors/statements.hpp"

namespace ostiary::factors {

namespace {

std::string text_of(ChallengeUse::Purpose purpose) {
  switch (purpose) {
    case ChallengeUse::Purpose::add: return "add";
    case ChallengeUse::Purpose::sign_in: return "sign_in";
    case ChallengeUse::Purpose::second_step: return "second_step";
    case ChallengeUse::Purpose::reauthenticate: return "reauthenticate";
  }
  throw std::logic_error("a challenge without a purpose");
}

}  // namespace

Bytes make_challenge(Transaction& tx, const Deps& deps, const ChallengeUse& use, Time now) {
  Bytes challenge = deps.accounts.sessions.random.bytes(32);
  tx.execute(statements::insert_webauthn_challenge, crypto::sha256(challenge), text_of(use.purpose), use.holder,
             now + challenge_lifetime);
  return challenge;
}

bool take_challenge(Transaction& tx, BytesView client_data_json, const ChallengeUse& use, Time now) {
  const auto data = crypto::parse_client_data(client_data_json);
  if (!data) return false;
  const auto taken = tx.optional(statements::take_webauthn_challenge, crypto::sha256(data->challenge),
                                 text_of(use.purpose), use.holder);
  return taken && now < taken->expires_at;
}

}  // namespace ostiary::factors
