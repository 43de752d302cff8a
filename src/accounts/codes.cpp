#include "accounts/codes.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "base/encoding.hpp"
#include "crypto/digest.hpp"

namespace ostiary::accounts {

namespace {

using statements::ChallengeRow;

Digest code_mac(BytesView key, std::string_view purpose, VerificationId challenge, std::string_view subject,
                std::string_view code) {
  return crypto::hmac_sha256(
      key, {as_bytes("code"), as_bytes(purpose), challenge.uuid.bytes, as_bytes(subject), as_bytes(code)});
}

Secret six_digits(Random& random) {
  std::array<char, 7> text{};
  std::snprintf(text.data(), text.size(), "%06u", random.below(1'000'000));
  return Secret(std::string(text.data()));
}

bool is_code(const Deps& deps, const ChallengeRow& challenge, std::string_view code) {
  const auto key = deps.sessions.keys.find(challenge.key_id);
  if (!key) throw std::runtime_error("the server key of a code is missing");
  return crypto::equal_in_constant_time(code_mac(key->bytes, challenge.purpose, challenge.id, challenge.subject, code),
                                        challenge.code_mac);
}

/// Whom wrong guesses are counted for; beside the purpose.
Digest guess_key(const Deps& deps, std::string_view subject) {
  const auto key = deps.sessions.keys.current(vault::KeyPurpose::codes);
  return crypto::hmac_sha256(key.bytes, {as_bytes("guesses"), as_bytes(subject)});
}

/// The wrong guesses for a subject and purpose that count still, the oldest first; no more than the budget has.
std::vector<statements::GuessRow> guesses_at(Transaction& tx, const Deps& deps, const ChallengeRow& challenge,
                                             Time now) {
  return tx.all(statements::recent_guesses, guess_key(deps, challenge.subject), challenge.purpose,
                now - deps.code_policy.guess_window, deps.code_policy.guesses_per_window);
}

PresentedCode facts_about(Transaction& tx, const Deps& deps, const ChallengeRow& challenge, std::string_view code,
                          Time now) {
  const auto guesses = static_cast<std::int64_t>(guesses_at(tx, deps, challenge, now).size());
  return {challenge.expires_at, challenge.code_expires_at, challenge.attempts, guesses, is_code(deps, challenge, code)};
}

bool is_texted(std::string_view purpose) { return purpose == verify_phone_purpose || purpose == login_sms_purpose; }

CodeTimes times_of_code(const CodePolicy& policy, Time now) {
  return {now + policy.code_lifetime, now + policy.resend_pause};
}

}  // namespace

FreshCode make_code(const Deps& deps, std::string_view purpose, VerificationId challenge, std::string_view subject) {
  const auto key = deps.sessions.keys.current(vault::KeyPurpose::codes);
  FreshCode fresh{
      six_digits(deps.sessions.random), Secret(to_base64url(deps.sessions.random.bytes(32))), {}, {}, key.id};
  fresh.code_mac = code_mac(key.bytes, purpose, challenge, subject, fresh.code.reveal());
  fresh.link_hash = link_hash_of(fresh.link_token.reveal());
  return fresh;
}

FreshCode make_unknowable_code(const Deps& deps) {
  FreshCode fresh{{}, {}, {}, {}, deps.sessions.keys.current(vault::KeyPurpose::codes).id};
  deps.sessions.random.fill(fresh.code_mac);
  deps.sessions.random.fill(fresh.link_hash);
  return fresh;
}

Digest link_hash_of(std::string_view link_token) { return crypto::sha256(as_bytes(link_token)); }

std::string digits_of(std::string_view typed) {
  std::string digits;
  std::ranges::copy_if(typed, std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
  return digits;
}

CodeTimes write_challenge(Transaction& tx, const Deps& deps, const NewChallenge& challenge, const FreshCode& fresh,
                          Time now) {
  const auto times = times_of_code(deps.code_policy, now);
  tx.send(statements::insert_challenge, challenge.id, std::string(challenge.purpose), challenge.user, challenge.subject,
          challenge.device_hash, fresh.code_mac, fresh.link_hash, fresh.key_id, times.expires_at, times.resend_at, now,
          now + challenge.lifetime);
  return times;
}

CodeTimes renew_code(Transaction& tx, const Deps& deps, VerificationId challenge, const FreshCode& fresh, Time now) {
  const auto times = times_of_code(deps.code_policy, now);
  tx.send(statements::renew_code, challenge, fresh.code_mac, fresh.link_hash, fresh.key_id, times.expires_at,
          times.resend_at);
  return times;
}

void drop_challenges(Transaction& tx, std::string_view purpose, const std::string& subject, std::int64_t kept) {
  for (const auto& surplus : tx.all(statements::surplus_challenges, purpose, subject, kept)) {
    tx.execute(statements::delete_challenge, surplus.id);
  }
}

CodeVerdict try_code(Transaction& tx, const Deps& deps, const ChallengeRow& challenge, std::string_view code,
                     Time now) {
  const auto verdict = judge_code(facts_about(tx, deps, challenge, code, now), deps.code_policy, now);
  if (verdict == CodeVerdict::unknown || verdict == CodeVerdict::expired) expire(tx, challenge);
  if (verdict == CodeVerdict::wrong) {
    tx.execute(statements::count_attempt, challenge.id);
    tx.execute(statements::insert_guess, deps.sessions.ids.make_uuid(), guess_key(deps, challenge.subject),
               challenge.purpose, now);
  }
  return verdict;
}

std::unexpected<Refused> refusal_for(Transaction& tx, const Deps& deps, const ChallengeRow& challenge,
                                     CodeVerdict verdict, Time now) {
  switch (verdict) {
    case CodeVerdict::budget_spent: {
      const Time free_at = guesses_at(tx, deps, challenge, now).front().guessed_at + deps.code_policy.guess_window;
      auto refused = refuse(Refusal::code_budget_spent,
                            is_texted(challenge.purpose)
                                ? "Too many wrong codes today: try again later."
                                : "Too many wrong codes for this address today: use the link in the mail.",
                            "code");
      refused.error().retry_after = std::chrono::ceil<std::chrono::seconds>(free_at - now);
      return refused;
    }
    case CodeVerdict::attempts_spent:
      return refuse(Refusal::code_attempts_spent, "No attempts are left for this code: ask for a new one.", "code");
    case CodeVerdict::expired: return refuse(Refusal::code_expired, "The code has expired: ask for a new one.", "code");
    case CodeVerdict::wrong: {
      auto refused = refuse(Refusal::wrong_code, "This is not the code that was sent.", "code");
      refused.error().facts.emplace_back("attempts_left", deps.code_policy.attempts_per_code - challenge.attempts - 1);
      return refused;
    }
    case CodeVerdict::unknown:
    case CodeVerdict::right: break;
  }
  throw std::logic_error("a verdict that this does not refuse");
}

void expire(Transaction& tx, const ChallengeRow& challenge) {
  // A time that is past by any clock.
  tx.execute(statements::expire_code, challenge.id, Time(std::chrono::seconds(1)));
}

}  // namespace ostiary::accounts
