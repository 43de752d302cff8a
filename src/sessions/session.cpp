#include "sessions/session.hpp"

namespace ostiary::sessions {

namespace {

bool reply_was_lost(const PresentedToken& token, bool same_device, const SessionPolicy& policy) {
  return policy.honour_lost_reply && same_device && !token.successor_used && !token.recently_reissued_late;
}

}  // namespace

std::optional<PresentedToken> presented_token(const RefreshChain& chain, std::int64_t generation) {
  if (generation > chain.generation) return std::nullopt;
  PresentedToken token{.session_ended = chain.ended,
                       .session_expires_at = chain.session_expires_at,
                       .idle_expires_at = chain.expires_at};
  // A late answer is possible only for the token before the current one: any older one's successor was used.
  token.successor_used = generation < chain.generation - 1;
  if (token.successor_used) token.consumed_at = Time{};
  if (generation == chain.generation - 1) token.consumed_at = chain.consumed_at;
  token.recently_reissued_late = chain.reissued_generation && *chain.reissued_generation > chain.generation - 3;
  return token;
}

RefreshVerdict judge_refresh(const std::optional<PresentedToken>& token, bool same_device, const SessionPolicy& policy,
                             Time now) {
  if (!token) return RefreshVerdict::unknown;
  if (token->session_ended) return RefreshVerdict::ended;
  // A use in a time to come says that the clock was set back; a grace must not grow by as much.
  const bool in_grace = token->consumed_at && now < *token->consumed_at + policy.refresh_grace &&
                        now >= *token->consumed_at - policy.refresh_grace;
  if (token->consumed_at && !in_grace && !reply_was_lost(*token, same_device, policy)) return RefreshVerdict::stolen;
  if (now >= token->session_expires_at) return RefreshVerdict::too_old;
  if (now >= token->idle_expires_at) return RefreshVerdict::idle;
  if (!token->consumed_at) return RefreshVerdict::rotate;
  return in_grace ? RefreshVerdict::reissue : RefreshVerdict::reissue_late;
}

MadeRoom make_room(const std::vector<OpenSession>& open, std::int64_t most) {
  MadeRoom room;
  std::int64_t alive = 1;  // the one that begins
  for (const auto& session : open) {
    if (!session.alive) {
      room.expired.push_back(session.id);
    } else if (++alive > most) {
      room.surplus.push_back(session.id);
    }
  }
  return room;
}

LoginVerdict judge_login(const LoginFacts& facts) {
  if (facts.password_right) return facts.may_sign_in ? LoginVerdict::accepted : LoginVerdict::account_disabled;
  return facts.pending_password_right ? LoginVerdict::email_not_verified : LoginVerdict::wrong_credentials;
}

std::string join_words(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = text.find(' ');
    if (end != 0) words.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return words;
}

}  // namespace ostiary::sessions
