#include "sessions/login.hpp"

#include "base/encoding.hpp"
#include "crypto/digest.hpp"
#include "crypto/password_hash.hpp"
#include "limits/email_address.hpp"
#include "limits/username.hpp"
#include "sessions/pending_login.hpp"
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
  std::optional<StoredPassword> user_password() const {
    if (!user || !user->password_hash || !user->password_changed_at) return std::nullopt;
    return StoredPassword{*user->password_hash, StoredPassword::Choice{user->id, *user->password_changed_at}};
  }

  std::optional<StoredPassword> pending_password() const {
    if (!pending || pending->password_hash.empty()) return std::nullopt;
    return StoredPassword{pending->password_hash, std::nullopt};
  }
};

Candidate find_candidate(Transaction& tx, const Identifier& identifier, Time now) {
  return {find_user(tx, identifier), find_pending(tx, identifier, now)};
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

/// As limits::Limits names the account of a signed-in user.
std::string account_key(UserId user) { return "user:" + to_string(user); }

/// The password that was given, where it is one of those that were read; nothing where it is none. A login that is
/// refused has always cost two hashes, the account's or nobody's and the registration's or nobody's, whatever exists.
std::optional<StoredPassword> proven_password(const Deps& deps, const Secret& password, const Candidate& candidate,
                                              const Digest& draw) {
  auto& hasher = deps.hasher;
  auto of_user = candidate.user_password();
  if (of_user ? hasher.verify(password, of_user->hash) : hasher.verify_nobody(password, draw)) return of_user;
  auto of_pending = candidate.pending_password();
  if (of_pending ? hasher.verify(password, of_pending->hash) : hasher.verify_nobody(password)) return of_pending;
  return std::nullopt;
}

/// A hash to put in the place of a weaker one; nothing where there is no need, or where it could not hold the password.
std::optional<std::string> stronger_hash(const Deps& deps, const Secret& password, const StoredPassword& proven) {
  const auto& parameters = deps.hasher.parameters();
  if (!proven.choice || !crypto::needs_rehash(proven.hash, parameters)) return std::nullopt;
  if (!crypto::can_hold(parameters.algorithm, password)) return std::nullopt;
  return deps.hasher.hash(password);
}

/// The costs that stored hashes have. No setting gives them: older ones stay until their owners sign in.
std::vector<passwords::CostInUse> read_costs_in_use(Database& db) {
  constexpr std::size_t most_costs = 32;
  using Costs = std::vector<passwords::CostInUse>;
  return *db.read([](Transaction& tx) -> Result<Costs> {
    Costs costs;
    std::string last;
    while (costs.size() < most_costs) {
      const auto next = tx.optional(statements::next_password_cost, last);
      if (!next) break;
      last = next->cost;
      costs.push_back({last, passwords::estimate_accounts([&](std::int64_t among) {
                         return tx.one(statements::count_passwords_of_cost, last, among, passwords::most_counted).count;
                       })});
    }
    return costs;
  });
}

/// Not worth a login: where they can't be read, the last ones hold.
void refresh_decoys(const Deps& deps, Time now) {
  auto& decoys = deps.hasher.decoys();
  if (!decoys.is_refresh_due(now)) return;
  try {
    decoys.use(read_costs_in_use(deps.db));
  } catch (const StorageError& error) {
    deps.log.write(LogLevel::warning, "decoys.not_read", {{"error", error.what()}});
  }
}

/// Writes down an attempt, whatever became of it.
void record_attempt(Transaction& tx, const Deps& deps, const Call& call, const Identifier& identifier,
                    std::optional<UserId> user, bool success, std::string_view reason, Time now) {
  tx.send(statements::insert_login_attempt, deps.ids.make<AttemptId>(), user, identifier_hash(deps, identifier),
          call.address, call.device ? std::optional(call.device->hash) : std::nullopt, success, std::string(reason),
          now);
}

/// A wrong password of an account, and a disabled one's right password, stand in the audit log, too.
void record_refusal(Transaction& tx, const Deps& deps, const Call& call, const Identifier& identifier,
                    const std::optional<LoginRow>& user, Refusal why, Time now) {
  const auto user_id = user ? std::optional(user->id) : std::nullopt;
  record_attempt(tx, deps, call, identifier, user_id, false, name_of(why), now);
  // Strangers must not fill the audit log, from which nobody may delete: whoever registers an address knows the
  // password of that registration.
  if (!user || why == Refusal::email_not_verified) return;
  deps.audit.record(
      tx, call,
      {.action = "session.start", .outcome = audit::Outcome::refused, .user = user_id, .reason = name_of(why)});
}

std::unexpected<Refused> refusal_for(LoginVerdict verdict, const Candidate& candidate) {
  switch (verdict) {
    case LoginVerdict::email_not_verified: {
      auto refused = refuse(Refusal::email_not_verified, "Verify the email address first: a code was mailed to it.");
      refused.error().facts.emplace_back("verification_id", to_string(candidate.pending->id));
      return refused;
    }
    case LoginVerdict::account_disabled: return refuse(Refusal::account_disabled, "This account may not sign in.");
    default: return refuse(Refusal::wrong_credentials, "There is no account with this identifier and password.");
  }
}

Result<Identifier> identifier_of(const v1::LoginRequest& request) {
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

  refresh_decoys(deps, now);
  const Secret password(request.password());
  const auto proven =
      proven_password(deps, password, read_candidate(deps, *identifier, now), identifier_hash(deps, *identifier));
  const auto stronger = proven ? stronger_hash(deps, password, *proven) : std::nullopt;

  return deps.db.transaction([&](Transaction& tx) -> Result<v1::LoginReply> {
    auto candidate = find_candidate(tx, *identifier, now);
    // The password that was right a moment ago must still be the one that is stored.
    const LoginFacts facts{proven && same_password(*proven, candidate.user_password()),
                           candidate.user && candidate.user->status == "active",
                           proven && same_password(*proven, candidate.pending_password())};
    const auto verdict = judge_login(facts);
    if (verdict != LoginVerdict::accepted) {
      const auto refused = refusal_for(verdict, candidate);
      record_refusal(tx, deps, call, *identifier, candidate.user, refused.error().why, now);
      return tx.keep(refused);
    }
    if (stronger) {
      tx.send(statements::replace_password_hash, candidate.user->id, proven->hash, *stronger,
              crypto::cost_of(*stronger));
    }
    const auto user = user_of(*candidate.user);
    const FirstStep first{
        user, candidate.user->password_changed_at, identifier_hash(deps, *identifier), {std::string("pwd")}};
    if (auto waiting = begin_second_step(tx, deps, call, first, now)) {
      record_attempt(tx, deps, call, *identifier, user.id, false, "second_step", now);
      return *std::move(waiting);
    }
    record_attempt(tx, deps, call, *identifier, user.id, true, "password", now);
    v1::LoginReply reply;
    put_tokens(reply, complete_sign_in(tx, deps, call, user, first.amr, now));
    return reply;
  });
}

limits::Identity mailbox_of(const Deps& deps, const std::string& email_canonical) {
  return {{}, false, bucket_key(deps, {email_canonical, true})};
}

limits::Identity identity_of(const Deps& deps, UserId user, const std::optional<Device>& device) {
  const bool knows_device = *deps.db.read([&](Transaction& tx) -> Result<bool> {
    return device && device->has_logged_in && tx.optional(statements::find_device, user, device->hash);
  });
  return {account_key(user), knows_device, {}};
}

limits::Identity identify(const Deps& deps, std::string_view identifier, const std::optional<Device>& device) {
  const Identifier name = canonical(identifier);
  const Digest device_hash = device && device->has_logged_in ? device->hash : Digest{};
  const auto& find = name.is_email ? statements::find_identity_by_email : statements::find_identity_by_username;
  const auto found = *deps.db.read([&](Transaction& tx) -> Result<std::optional<statements::IdentityRow>> {
    return tx.optional(find, name.canonical, device_hash);
  });
  const std::string key = bucket_key(deps, name);
  if (!found) return limits::Identity{key, false, key};
  const std::string mailbox = found->email_canonical ? bucket_key(deps, {*found->email_canonical, true}) : key;
  return limits::Identity{account_key(found->id), found->knows_device, mailbox};
}

}  // namespace ostiary::sessions
