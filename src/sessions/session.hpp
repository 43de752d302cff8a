#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"

namespace ostiary::sessions {

/// How long sessions and tokens live.
struct SessionPolicy {
  std::chrono::seconds access_lifetime{std::chrono::minutes{15}};
  std::chrono::seconds idle_lifetime{std::chrono::days{7}};       ///< without a refresh; also a refresh token's life
  std::chrono::seconds session_lifetime{std::chrono::days{30}};   ///< however much it is used
  std::chrono::seconds refresh_grace{10};
  bool honour_lost_reply = true;
  std::int64_t max_sessions = 100;  ///< live ones of an account
};

/// A refresh chain as storage has it.
struct RefreshChain {
  bool ended = false;        ///< the chain or its session, or its user may not sign in any more
  Time session_expires_at{};
  Time expires_at{};         ///< of its current token: the chain is idle from then on
  std::int64_t generation = 1;  ///< of its current token
  std::optional<Time> consumed_at = std::nullopt;  ///< when the grace of the token before that began
  std::optional<std::int64_t> reissued_generation =
      std::nullopt;  ///< of the token that was answered late, the last time
};

/// What storage knows of a refresh token that was presented.
struct PresentedToken {
  bool session_ended = false;          ///< ended, or its user may not sign in any more
  Time session_expires_at{};
  Time idle_expires_at{};              ///< of the session and of the token: whichever comes first
  std::optional<Time> consumed_at = std::nullopt;  ///< when its grace began: its first use, or its last late answer
  bool successor_used = false;         ///< the token after it was presented
  bool recently_reissued_late = false; ///< a late answer stands among the last three tokens of the chain
};

/// What the chain knows of its token of this generation, whose MAC was right; nothing for a generation that it has not
/// come to. Of a token older than the one before the current, it knows that it was used long ago, and its successor,
/// too: however lately that was, it is theft.
std::optional<PresentedToken> presented_token(const RefreshChain& chain, std::int64_t generation);

/// Ordered by precedence: the first that applies wins.
enum class RefreshVerdict {
  unknown,       ///< no such token
  ended,         ///< its session has ended
  stolen,        ///< a second use that nothing explains
  too_old,       ///< the session has lived its life
  idle,          ///< too long without a refresh
  reissue,       ///< a second use within the grace: the same successor
  reissue_late,  ///< the reply was lost on its way: the same successor, and a new grace
  rotate,        ///< a first use: a successor
};

/// Judges a presented refresh token at `now`. `token` is what storage knows of it, if anything.
/// A consumed token is answered with its successor within `policy.refresh_grace` (half-open), and later, once in three
/// generations, while the successor is unused and `same_device` holds: the reply was lost. Otherwise its second use is
/// theft (RFC 9700, section 4.14.2).
RefreshVerdict judge_refresh(const std::optional<PresentedToken>& token, bool same_device, const SessionPolicy& policy,
                             Time now);

/// A session that was never ended, as it is found when another one begins.
struct OpenSession {
  SessionId id;
  bool alive;  ///< neither too old nor idle
};

/// What becomes of a person's sessions when another one begins.
struct MadeRoom {
  std::vector<SessionId> expired;   ///< were over already: it is written down
  std::vector<SessionId> surplus;  ///< alive, and too many
};

/// Of open sessions, the latest first, those that have to end for one more to be among at most `most` live ones.
MadeRoom make_room(const std::vector<OpenSession>& open, std::int64_t most);

/// What is known at a login once the hashes have been computed.
struct LoginFacts {
  bool password_right = false;          ///< the account's
  bool may_sign_in = false;             ///< the account's status is active
  bool pending_password_right = false;  ///< that of a pending registration, decoy or not
};

/// Ordered by precedence: the first that applies wins. Only who knows a password learns more than the first, and who
/// knows that of a registration does not learn whether there is an account as well.
enum class LoginVerdict { accepted, account_disabled, email_not_verified, wrong_credentials };

LoginVerdict judge_login(const LoginFacts& facts);

/// `amr` as it stands in a row, and back: words with a space between.
std::string join_words(const std::vector<std::string>& words);
std::vector<std::string> split_words(std::string_view text);

}  // namespace ostiary::sessions
