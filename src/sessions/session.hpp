#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"

namespace ostiary::sessions {

/// The lifetimes of sessions and tokens.
struct SessionPolicy {
  std::chrono::seconds access_lifetime{std::chrono::minutes{15}};
  std::chrono::seconds idle_lifetime{std::chrono::days{7}};       ///< without a refresh; also of a refresh token
  std::chrono::seconds session_lifetime{std::chrono::days{30}};   ///< maximum, even if it is used
  std::chrono::seconds refresh_grace{10};
  bool honour_lost_reply = true;
  std::int64_t max_sessions = 100;  ///< live sessions of an account
};

/// A refresh chain, as stored.
struct RefreshChain {
  bool ended = false;        ///< the chain or its session has ended, or its user may no longer sign in
  Time session_expires_at{};
  Time expires_at{};         ///< of its current token: the chain is idle from this time on
  std::int64_t generation = 1;  ///< of its current token
  std::optional<Time> consumed_at = std::nullopt;  ///< when the grace period of the previous token began
  std::optional<std::int64_t> reissued_generation = std::nullopt;  ///< of the last token that got a late reply
};

/// What is stored about a presented refresh token.
struct PresentedToken {
  bool session_ended = false;          ///< ended, or its user may no longer sign in
  Time session_expires_at{};
  Time idle_expires_at{};              ///< of the session or the token, whichever is earlier
  std::optional<Time> consumed_at = std::nullopt;  ///< when its grace period began: first use, or last late reply
  bool successor_used = false;         ///< the next token was presented
  bool recently_reissued_late = false; ///< one of the last three tokens of the chain got a late reply
};

/// What the chain knows about its token of this generation, whose MAC was valid. Empty for a generation that it has not
/// reached. A token older than the previous one counts as used long ago, and its successor too, so its reuse is always
/// theft.
std::optional<PresentedToken> presented_token(const RefreshChain& chain, std::int64_t generation);

/// Ordered by precedence: the first that applies wins.
enum class RefreshVerdict {
  unknown,  ///< no such token
  ended,  ///< its session has ended
  stolen,  ///< a reuse that is not a retry
  too_old,  ///< the session has reached its maximum lifetime
  idle,  ///< too long without a refresh
  reissue,  ///< a reuse within the grace period: return the same successor
  reissue_late,  ///< a lost reply: return the same successor, with a new grace period
  rotate,  ///< the first use: return a new successor
};

/// Decides about a presented refresh token at `now`. `token` is what is stored about it, if anything. A used token
/// returns its successor within `policy.refresh_grace` (half-open). Later it does so once in three generations if the
/// successor is unused and `same_device` holds, because the reply was lost. Otherwise its reuse is theft (RFC 9700,
/// section 4.14.2).
RefreshVerdict judge_refresh(const std::optional<PresentedToken>& token, bool same_device, const SessionPolicy& policy,
                             Time now);

/// A session that has not been ended, found when another one begins.
struct OpenSession {
  SessionId id;
  bool alive;  ///< neither too old nor idle
};

/// What happens to a user's sessions when another one begins.
struct MadeRoom {
  std::vector<SessionId> expired;  ///< already expired: mark them
  std::vector<SessionId> surplus;  ///< alive, but too many: end them
};

/// Selects from open sessions, newest first, those that must end so that one more fits into at most `most` live ones.
MadeRoom make_room(const std::vector<OpenSession>& open, std::int64_t most);

/// What is known at a login once the hashes have been computed.
struct LoginFacts {
  bool password_right = false;  ///< the account's
  bool may_sign_in = false;  ///< the account's status is active
  bool pending_password_right = false;  ///< that of a pending registration, decoy or not
};

/// Ordered by precedence: the first that applies wins. Only who knows a password learns more than the first, and who
/// knows that of a registration does not learn whether there is an account as well.
enum class LoginVerdict { accepted, account_disabled, email_not_verified, wrong_credentials };

LoginVerdict judge_login(const LoginFacts& facts);

/// The word in `amr` for a login with two factors (RFC 8176).
inline constexpr std::string_view multi_factor = "mfa";

/// Converts `amr` to its stored form and back: words separated by spaces.
std::string join_words(const std::vector<std::string>& words);
std::vector<std::string> split_words(std::string_view text);

}  // namespace ostiary::sessions
