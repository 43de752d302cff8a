#include "sessions/login.hpp"

#include "base/encoding.hpp"
#include "crypto/digest.hpp"
#include "limits/email_address.hpp"
#include "limits/username.hpp"
#include "sessions/start_session.hpp"
#include "sessions/statements.hpp"

namespace ostiary::sessions {

namespace {

using statements::LoginRow;
using statements::PendingRow;
using statements::UserRow;

/// An email or a username in the form under which accounts are found. An `@` tells one from the other.
struct Identifier {
  std::string canonical;
  bool is_email;
};

Identifier canonical(std::string_view text) {
  if (const auto email = limits::parse_email(text)) return {email->canonical, true};
  return {limits::username_canonical(text), false};
}

std::optional<LoginRow> find_user(Transaction& tx, const Identifier& identifier) {
  return identifier.is_email ? tx.optional(statements::find_login_by_email, identifier.canonical)
                             : tx.optional(statements::find_login_by_username, identifier.canonical);
}

UserRow user_of(const LoginRow& row) {
  return {row.id, row.email, row.email_verified, row.username, row.status, row.created_at, row.display_name};
}

std::optional<PendingRow> find_pending(Transaction& tx, const Identifier& identifier, Time now) {
  return identifier.is_email ? tx.optional(statements::newest_pending_by_email, identifier.canonical, now)
                             : tx.optional(statements::newest_pending_by_username, identifier.canonical, now);
}

/// A password as it was read.
struct StoredPassword {
  struct Choice {
    UserId user;
    Time changed_at;
    bool operator==(const Choice&) const = default;
  };
  std::string hash;
  std::optional<Choice> choice;  ///< a pending registration has none
};

/// Whether what proved `before` proves `now`, too: another login may have put a stronger hash of it into the row.
bool same_password(const StoredPassword& before, const std::optional<StoredPassword>& now) {
  return now && (now->hash == before.hash || (before.choice && now->choice == before.choice));
}

/// Whom the identifier names. Both questions are always asked, so that the answer's time does not tell.
struct Candidate {
  std::optional<LoginRow> user;
  std::optional<PendingRow> pending;

  /// Nothing for nobody, and for an account without a password: the answer and its time are the same.
  std::optional<StoredPassword> password() const {
    if (user && user->password_hash && user->password_changed_at) {
      return StoredPassword{*user->password_hash, StoredPassword::Choice{user->id, *user->password_changed_at}};
    }
    if (pending) return StoredPassword{pending->password_hash, std::nullopt};
    return std::nullopt;
  }
};

Candidate find_candidate(Transaction& tx, const Identifier& identifier, Time now) {
  Candidate candidate{find_user(tx, identifier), find_pending(tx, identifier, now)};
  if (candidate.user) candidate.pending.reset();
  return candidate;
}

Candidate read_candidate(const Deps& deps, const Identifier& identifier, Time now) {
  return *deps.db.read([&](Transaction& tx) -> Result<Candidate> { return find_candidate(tx, identifier, now); });
}

Digest identifier_hash(const Deps& deps, const Identifier& identifier) {
  const auto key = deps.keys.current(vault::KeyPurpose::codes);
  return crypto::hmac_sha256(key.bytes, {as_bytes("login identifier"), as_bytes(identifier.canonical)});
}

std::string bucket_key(const Deps& deps, const Identifier& identifier) {
  return "identifier:" + to_hex(identifier_hash(deps, identifier));
}

/// Writes down an attempt, whatever became of it; a failed one of an account in the audit log, too.
void record_attempt(Transaction& tx, const Deps& deps, const Call& call, const Identifier& identifier,
                    const std::optional<LoginRow>& user, bool success, std::string_view reason, Time now) {
  const auto user_id = user ? std::optional(user->id) : std::nullopt;
  const auto device = call.device ? std::optional(call.device->hash) : std::nullopt;
  tx.send(statements::insert_login_attempt, deps.ids.make<AttemptId>(), user_id, identifier_hash(deps, identifier),
          call.address, device, success, std::string(reason), now);
  // Strangers must not fill the audit log, from which nobody may delete.
  if (success || !user) return;
  deps.audit.record(tx, call,
                    {.action = "session.start", .outcome = audit::Outcome::refused, .user = user_id, .reason = reason});
}

std::unexpected<Refused> refusal_for(LoginVerdict verdict, const Candidate& candidate) {
  switch (verdict) {
    case LoginVerdict::email_not_verified: {
      auto refused = refuse(Refusal::email_not_verified, "Prove the email address first: a code was mailed to it.");
      refused.error().facts.emplace_back("verification_id", to_string(candidate.pending->id));
      return refused;
    }
    case LoginVerdict::account_disabled: return refuse(Refusal::account_disabled, "This account may not sign in.");
    default: return refuse(Refusal::wrong_credentials, "There is no account with this identifier and password.");
  }
}

Result<Identifier> identifier_of(const v1::LoginRequest& request) {
  if (request.has_email() && request.has_username()) {
    return refuse(Refusal::invalid_field, "Send an email or a username, not both.", "username");
  }
  if (!request.has_email() && !request.has_username()) {
    return refuse(Refusal::missing_field, "Send an email or a username.", "email");
  }
  return canonical(request.has_email() ? request.email() : request.username());
}

}  // namespace

Result<v1::LoginReply> login(Deps& deps, const Call& call, const v1::LoginRequest& request) {
  const Time now = deps.clock.now();
  const auto identifier = identifier_of(request);
  if (!identifier) return std::unexpected(identifier.error());

  const Secret password(request.password());
  const auto stored = read_candidate(deps, *identifier, now).password();
  const bool right = stored ? deps.hasher.verify(password, stored->hash) : deps.hasher.verify_nobody(password);
  std::optional<std::string> stronger;
  if (right && crypto::needs_rehash(stored->hash, deps.hasher.parameters())) stronger = deps.hasher.hash(password);

  return deps.db.transaction([&](Transaction& tx) -> Result<v1::LoginReply> {
    auto candidate = find_candidate(tx, *identifier, now);
    // The password that was right a moment ago must still be the one that is stored.
    const LoginFacts facts{right && same_password(*stored, candidate.password()), candidate.user.has_value(),
                           candidate.user && candidate.user->status == "active"};
    const auto verdict = judge_login(facts);
    if (verdict != LoginVerdict::accepted) {
      const auto refused = refusal_for(verdict, candidate);
      record_attempt(tx, deps, call, *identifier, candidate.user, false, name_of(refused.error().why), now);
      return tx.keep(refused);
    }
    if (stronger) tx.send(statements::replace_password_hash, candidate.user->id, stored->hash, *stronger);
    record_attempt(tx, deps, call, *identifier, candidate.user, true, "password", now);
    v1::LoginReply reply;
    put_tokens(reply, complete_sign_in(tx, deps, call, user_of(*candidate.user), {"pwd"}, now));
    return reply;
  });
}

limits::Identity mailbox_of(const Deps& deps, const std::string& email_canonical) {
  return {{}, false, bucket_key(deps, {email_canonical, true})};
}

limits::Identity identify(const Deps& deps, std::string_view identifier, const std::optional<Device>& device) {
  const Identifier name = canonical(identifier);
  return *deps.db.read([&](Transaction& tx) -> Result<limits::Identity> {
    const auto user = find_user(tx, name);
    const std::string key = bucket_key(deps, name);
    if (!user) return limits::Identity{key, false, key};
    const bool known =
        device && device->has_logged_in && tx.optional(statements::find_device, user->id, device->hash).has_value();
    const std::string mailbox = name.is_email || !user->email ? key : bucket_key(deps, canonical(*user->email));
    return limits::Identity{"user:" + to_string(user->id), known, mailbox};
  });
}

}  // namespace ostiary::sessions
