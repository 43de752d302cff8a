#pragma once

#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "sessions/session.hpp"
#include "storage/statement.hpp"

namespace ostiary::sessions::statements {

/// The user of a login or a session, as stored by the accounts room.
struct UserRow {
  UserId id;
  std::optional<std::string> email;
  bool email_verified;
  std::optional<std::string> username;
  std::string status;
  Time created_at;
  std::string display_name;
};

inline constexpr Statement<UserRow(UserId)> find_user{R"sql(
  SELECT u.id, u.email, u.email_verified, u.username, u.status, u.created_at, p.display_name
  FROM users u JOIN user_profiles p ON p.user_id = u.id
  WHERE u.id = $1
)sql"};

/// The same with the password hash, if there is one, for a login.
struct LoginRow {
  UserId id;
  std::optional<std::string> email;
  bool email_verified;
  std::optional<std::string> username;
  std::string status;
  Time created_at;
  std::string display_name;
  std::optional<std::string> password_hash;
  std::optional<Time> password_changed_at;  ///< not changed by a stronger hash of the same password
};

inline constexpr Statement<LoginRow(std::string)> find_login_by_email{R"sql(
  SELECT u.id, u.email, u.email_verified, u.username, u.status, u.created_at, p.display_name, c.hash,
         c.changed_at
  FROM users u JOIN user_profiles p ON p.user_id = u.id LEFT JOIN password_credentials c ON c.user_id = u.id
  WHERE u.email_canonical = $1
)sql"};

inline constexpr Statement<LoginRow(std::string)> find_login_by_username{R"sql(
  SELECT u.id, u.email, u.email_verified, u.username, u.status, u.created_at, p.display_name, c.hash,
         c.changed_at
  FROM users u JOIN user_profiles p ON p.user_id = u.id LEFT JOIN password_credentials c ON c.user_id = u.id
  WHERE u.username_canonical = $1
)sql"};

inline constexpr Statement<LoginRow(UserId)> find_login{R"sql(
  SELECT u.id, u.email, u.email_verified, u.username, u.status, u.created_at, p.display_name, c.hash,
         c.changed_at
  FROM users u JOIN user_profiles p ON p.user_id = u.id LEFT JOIN password_credentials c ON c.user_id = u.id
  WHERE u.id = $1
)sql"};

/// What the limits by identifier ask: the account, its mailbox, and whether it knows the device `$2`.
struct IdentityRow {
  UserId id;
  std::optional<std::string> email_canonical;
  bool knows_device;
};
inline constexpr Statement<IdentityRow(std::string, Digest)> find_identity_by_email{R"sql(
  SELECT u.id, u.email_canonical,
         EXISTS (SELECT 1 FROM devices d WHERE d.user_id = u.id AND d.device_hash = $2)
  FROM users u WHERE u.email_canonical = $1
)sql"};

inline constexpr Statement<IdentityRow(std::string, Digest)> find_identity_by_username{R"sql(
  SELECT u.id, u.email_canonical,
         EXISTS (SELECT 1 FROM devices d WHERE d.user_id = u.id AND d.device_hash = $2)
  FROM users u WHERE u.username_canonical = $1
)sql"};

struct CostRow {
  std::string cost;
};
/// The first cost of a password hash behind `$1`.
inline constexpr Statement<CostRow(std::string)> next_password_cost{R"sql(
  SELECT cost FROM password_credentials WHERE cost > $1 ORDER BY cost LIMIT 1
)sql"};

struct CountRow {
  std::int64_t count;
};
/// Those in the samples below `$2`, and no more than `$3`.
inline constexpr Statement<CountRow(std::string, std::int64_t, std::int64_t)> count_passwords_of_cost{R"sql(
  SELECT count(*) FROM (SELECT 1 FROM password_credentials WHERE cost = $1 AND sample < $2 LIMIT $3) AS counted
)sql"};

struct RoleNameRow {
  std::string name;
};
inline constexpr Statement<RoleNameRow(UserId)> roles_of{R"sql(
  SELECT r.name FROM user_roles ur JOIN roles r ON r.id = ur.role_id WHERE ur.user_id = $1 ORDER BY r.name LIMIT 100
)sql"};

/// The newest live registration, decoy or not, so that a login tells nobody which of both it is.
struct PendingRow {
  VerificationId id;
  std::string password_hash;  ///< empty once an account was made of it
};
inline constexpr Statement<PendingRow(std::string, Time)> newest_pending_by_email{R"sql(
  SELECT p.id, p.password_hash FROM challenges c JOIN pending_registrations p ON p.id = c.id
  WHERE c.purpose = 'verify_email' AND c.subject = $1 AND c.expires_at > $2
  ORDER BY c.created_at DESC, c.id DESC LIMIT 1
)sql"};

inline constexpr Statement<PendingRow(std::string, Time)> newest_pending_by_username{R"sql(
  SELECT p.id, p.password_hash FROM pending_registrations p JOIN challenges c ON c.id = p.id
  WHERE p.username_canonical = $1 AND c.expires_at > $2
  ORDER BY c.created_at DESC, c.id DESC LIMIT 1
)sql"};

inline constexpr Statement<void(AttemptId, std::optional<UserId>, Digest, std::string, std::optional<Digest>, bool,
                                std::string, Time)>
    insert_login_attempt{R"sql(
  INSERT INTO login_attempts (id, user_id, identifier_hash, address, device_hash, success, reason, attempted_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
)sql"};

inline constexpr Statement<void(UserId, Time)> note_login{R"sql(
  UPDATE users SET last_login_at = $2 WHERE id = $1
)sql"};

/// $3: a stronger hash of the same password as $2, and $4 its cost.
inline constexpr Statement<void(UserId, std::string, std::string, std::string_view)> replace_password_hash{R"sql(
  UPDATE password_credentials SET hash = $3, cost = $4 WHERE user_id = $1 AND hash = $2
)sql"};

struct DeviceRow {
  Time first_seen_at;
};
inline constexpr Statement<DeviceRow(UserId, Digest)> find_device{R"sql(
  SELECT first_seen_at FROM devices WHERE user_id = $1 AND device_hash = $2
)sql"};

inline constexpr Statement<void(UserId, Digest, Time)> remember_device{R"sql(
  INSERT INTO devices (user_id, device_hash, first_seen_at, last_seen_at) VALUES ($1, $2, $3, $3)
  ON CONFLICT (user_id, device_hash) DO UPDATE SET last_seen_at = excluded.last_seen_at
)sql"};

/// Keeps the 99 devices used last, to make room for one more. Deletes at most a hundred rows.
inline constexpr Statement<void(UserId)> forget_surplus_devices{R"sql(
  DELETE FROM devices WHERE (user_id, device_hash) IN
    (SELECT user_id, device_hash FROM devices WHERE user_id = $1 ORDER BY last_seen_at DESC LIMIT 100 OFFSET 99)
)sql"};

inline constexpr Statement<void(SessionId, UserId, Digest, std::string, std::string, std::string,
                                std::optional<std::string>, std::string, Time, Time)>
    insert_session{R"sql(
  INSERT INTO sessions (id, user_id, device_hash, user_agent, device_name, address, place, amr, auth_time, created_at,
                        expires_at, version)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, 1)
)sql"};

/// A session with a valid access token cannot be idle, because no access token outlives its chain.
struct SessionRow {
  SessionId id;
  UserId user_id;
  std::string amr;
  Time auth_time;
  Time created_at;
  Time expires_at;
  std::optional<Time> ended_at;
};
inline constexpr Statement<SessionRow(SessionId)> find_session{R"sql(
  SELECT id, user_id, amr, auth_time, created_at, expires_at, ended_at FROM sessions WHERE id = $1
)sql"};

struct RenewedRow {
  Time expires_at;
  std::int64_t version;
};
/// Only for a live session.
inline constexpr Statement<RenewedRow(SessionId, Time, std::string)> renew_session{R"sql(
  UPDATE sessions SET auth_time = $2, amr = $3, version = version + 1
  WHERE id = $1 AND ended_at IS NULL AND expires_at > $2
  RETURNING expires_at, version
)sql"};

inline constexpr Statement<void(SessionId, std::string)> set_amr{R"sql(
  UPDATE sessions SET amr = $2 WHERE id = $1
)sql"};

struct ListedSessionRow {
  SessionId id;
  std::string device_name;
  std::string address;
  std::optional<std::string> place;
  std::string user_agent;
  Time created_at;
  Time last_refreshed_at;
  Time expires_at;
};
/// Each with the chain that expires last, which is the one refreshed last.
inline constexpr Statement<ListedSessionRow(UserId, Time, Time, SessionId, std::int64_t)> list_live_sessions{R"sql(
  SELECT s.id, s.device_name, s.address, s.place, s.user_agent, s.created_at, c.issued_at, s.expires_at
  FROM sessions s JOIN refresh_chains c
    ON c.id = (SELECT l.id FROM refresh_chains l WHERE l.session_id = s.id AND l.revoked_at IS NULL
               ORDER BY l.expires_at DESC, l.id DESC LIMIT 1)
  WHERE s.user_id = $1 AND s.ended_at IS NULL AND s.expires_at > $2 AND c.expires_at > $2
    AND (s.created_at, s.id) < ($3, $4)
  ORDER BY s.created_at DESC, s.id DESC
  LIMIT $5
)sql"};

/// A user's sessions that were not ended, newest first. The limit returns all of them, because a login keeps no more
/// than MAX_SESSIONS_PER_ACCOUNT, which is at most 1000.
inline constexpr Statement<OpenSession(UserId, Time)> list_open_sessions{R"sql(
  SELECT s.id,
         s.expires_at > $2 AND EXISTS (SELECT 1 FROM refresh_chains c
                                       WHERE c.session_id = s.id AND c.expires_at > $2 AND c.revoked_at IS NULL)
  FROM sessions s
  WHERE s.user_id = $1 AND s.ended_at IS NULL
  ORDER BY s.created_at DESC, s.id DESC
  LIMIT 1000
)sql"};

struct VersionRow {
  std::int64_t version;
};
/// Only for a live session.
inline constexpr Statement<VersionRow(SessionId, Time, std::string)> end_session{R"sql(
  UPDATE sessions SET ended_at = $2, end_reason = $3, version = version + 1
  WHERE id = $1 AND ended_at IS NULL AND expires_at > $2
    AND EXISTS (SELECT 1 FROM refresh_chains c
                WHERE c.session_id = sessions.id AND c.expires_at > $2 AND c.revoked_at IS NULL)
  RETURNING version
)sql"};

/// For an expired session. No event is written, so its version is not changed.
inline constexpr Statement<void(SessionId, Time)> note_expiry{R"sql(
  UPDATE sessions SET ended_at = $2, end_reason = 'expired' WHERE id = $1 AND ended_at IS NULL
)sql"};

struct EndedRow {
  SessionId id;
  Time created_at;
  std::int64_t version;
};
/// Ends the oldest 100 live sessions of a user that began after `$5`, `$6`, except `$2` if it is not
/// null.
inline constexpr Statement<EndedRow(UserId, std::optional<SessionId>, Time, std::string, Time, SessionId)>
    end_some_sessions{R"sql(
  UPDATE sessions SET ended_at = $3, end_reason = $4, version = version + 1
  WHERE id IN (SELECT s.id FROM sessions s
               WHERE s.user_id = $1 AND (s.id <> $2 OR $2 IS NULL) AND s.ended_at IS NULL AND s.expires_at > $3
                 AND (s.created_at, s.id) > ($5, $6)
                 AND EXISTS (SELECT 1 FROM refresh_chains c
                             WHERE c.session_id = s.id AND c.expires_at > $3 AND c.revoked_at IS NULL)
               ORDER BY s.created_at, s.id LIMIT 100)
  RETURNING id, created_at, version
)sql"};

inline constexpr Statement<void(ChainId, SessionId, KeyId, Digest, Time, Time)> insert_chain{R"sql(
  INSERT INTO refresh_chains (id, session_id, key_id, generation, current_hash, issued_at, expires_at)
  VALUES ($1, $2, $3, 1, $4, $5, $6)
)sql"};

struct ChainRow {
  SessionId session_id;
  UserId user_id;
  KeyId key_id;
  std::int64_t generation;
  Digest current_hash;
  std::optional<Digest> previous_hash;
  Time chain_expires_at;
  std::optional<Time> consumed_at;
  std::optional<std::int64_t> reissued_generation;
  std::optional<Time> revoked_at;
  Digest device_hash;
  Time session_expires_at;
  std::optional<Time> ended_at;
  std::string amr;
  Time auth_time;
  std::string user_status;
  std::optional<std::string> email;
  bool email_verified;
  std::optional<std::string> username;
  Time user_created_at;
  std::string display_name;
};
inline constexpr Statement<ChainRow(ChainId)> find_chain{R"sql(
  SELECT c.session_id, s.user_id, c.key_id, c.generation, c.current_hash, c.previous_hash, c.expires_at,
         c.consumed_at, c.reissued_generation, c.revoked_at, s.device_hash, s.expires_at, s.ended_at, s.amr,
         s.auth_time,
         u.status, u.email, u.email_verified, u.username, u.created_at, p.display_name
  FROM refresh_chains c JOIN sessions s ON s.id = c.session_id JOIN users u ON u.id = s.user_id
    JOIN user_profiles p ON p.user_id = u.id
  WHERE c.id = $1
)sql"};

/// The roles of the user of the chain's session.
inline constexpr Statement<RoleNameRow(ChainId)> roles_by_chain{R"sql(
  SELECT r.name
  FROM refresh_chains c JOIN sessions s ON s.id = c.session_id
    JOIN user_roles ur ON ur.user_id = s.user_id JOIN roles r ON r.id = ur.role_id
  WHERE c.id = $1 ORDER BY r.name LIMIT 100
)sql"};

/// Moves to the next generation, whose token has the SHA-256 `$2`. The only write of a refresh.
inline constexpr Statement<void(ChainId, Digest, Time, Time)> rotate_chain{R"sql(
  UPDATE refresh_chains
  SET generation = generation + 1, previous_hash = current_hash, current_hash = $2, issued_at = $3, consumed_at = $3,
      expires_at = $4
  WHERE id = $1
)sql"};

/// Starts a new grace period for the previous token.
inline constexpr Statement<void(ChainId, Time)> note_late_reissue{R"sql(
  UPDATE refresh_chains SET consumed_at = $2, reissued_generation = generation - 1 WHERE id = $1
)sql"};

inline constexpr Statement<void(ChainId, Time)> revoke_chain{R"sql(
  UPDATE refresh_chains SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL
)sql"};

inline constexpr Statement<void(SessionId, Time)> revoke_chains_of{R"sql(
  UPDATE refresh_chains SET revoked_at = $2 WHERE session_id = $1 AND revoked_at IS NULL
)sql"};

/// The second factors of an account, and whether the device `$2` is remembered at `$3`.
struct FactorsRow {
  bool totp;
  bool webauthn;
  bool backup_code;  ///< one that was not used
  bool sms;
  bool device_remembered;
};
/// $4: whether texted codes are taken.
inline constexpr Statement<FactorsRow(UserId, Digest, Time, bool)> find_factors{R"sql(
  SELECT EXISTS (SELECT 1 FROM totp_secrets t WHERE t.user_id = $1 AND t.confirmed),
         EXISTS (SELECT 1 FROM webauthn_credentials w WHERE w.user_id = $1),
         EXISTS (SELECT 1 FROM backup_codes b WHERE b.user_id = $1 AND b.used_at IS NULL),
         $4 AND EXISTS (SELECT 1 FROM phone_numbers n WHERE n.user_id = $1),
         EXISTS (SELECT 1 FROM remembered_devices d WHERE d.user_id = $1 AND d.device_hash = $2 AND d.expires_at > $3)
)sql"};

/// $6: when the password that was given had been chosen.
inline constexpr Statement<void(PendingLoginId, UserId, Digest, Digest, Digest, std::optional<Time>, std::string, Time,
                                Time)>
    insert_pending_login{R"sql(
  INSERT INTO pending_logins (id, user_id, token_hash, device_hash, identifier_hash, password_changed_at, amr,
                              created_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
)sql"};

/// At most a hundred: no account has more.
inline constexpr Statement<void(UserId)> forget_remembered_devices{R"sql(
  DELETE FROM remembered_devices WHERE user_id = $1
)sql"};

struct IssuerRow {
  std::string url;
};
inline constexpr Statement<IssuerRow()> find_issuer{R"sql(
  SELECT url FROM issuer WHERE id = 1
)sql"};

inline constexpr Statement<void(std::string, Time)> note_issuer{R"sql(
  INSERT INTO issuer (id, url, noted_at) VALUES (1, $1, $2)
  ON CONFLICT (id) DO UPDATE SET url = excluded.url, noted_at = excluded.noted_at
)sql"};

// What is left of a person's logins: a hundred rows at most.

/// With their refresh chains.
inline constexpr Statement<void(UserId)> delete_some_sessions_of{R"sql(
  DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = $1 ORDER BY id LIMIT 100)
)sql"};

inline constexpr Statement<void(UserId)> delete_some_devices_of{R"sql(
  DELETE FROM devices WHERE (user_id, device_hash) IN
    (SELECT user_id, device_hash FROM devices WHERE user_id = $1 ORDER BY device_hash LIMIT 100)
)sql"};

inline constexpr Statement<void(UserId)> delete_some_pending_logins_of{R"sql(
  DELETE FROM pending_logins WHERE id IN (SELECT id FROM pending_logins WHERE user_id = $1 ORDER BY id LIMIT 100)
)sql"};

inline constexpr Statement<void(UserId)> delete_some_login_attempts_of{R"sql(
  DELETE FROM login_attempts WHERE id IN
    (SELECT id FROM login_attempts WHERE user_id = $1 ORDER BY attempted_at LIMIT 100)
)sql"};

struct LiveChainRow {
  ChainId id;
};
inline constexpr Statement<LiveChainRow(SessionId, Time)> find_live_chain{R"sql(
  SELECT id FROM refresh_chains WHERE session_id = $1 AND expires_at > $2 AND revoked_at IS NULL LIMIT 1
)sql"};

}  // namespace ostiary::sessions::statements
