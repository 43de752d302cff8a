#pragma once

#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "storage/statement.hpp"

namespace ostiary::sessions::statements {

/// Whom a login or a session is about, as the accounts room keeps it.
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

/// The same with the hash of the password, if there is one: what a login needs.
struct LoginRow {
  UserId id;
  std::optional<std::string> email;
  bool email_verified;
  std::optional<std::string> username;
  std::string status;
  Time created_at;
  std::string display_name;
  std::optional<std::string> password_hash;
};

inline constexpr Statement<LoginRow(std::string)> find_login_by_email{R"sql(
  SELECT u.id, u.email, u.email_verified, u.username, u.status, u.created_at, p.display_name, c.hash
  FROM users u JOIN user_profiles p ON p.user_id = u.id LEFT JOIN password_credentials c ON c.user_id = u.id
  WHERE u.email_canonical = $1
)sql"};

inline constexpr Statement<LoginRow(std::string)> find_login_by_username{R"sql(
  SELECT u.id, u.email, u.email_verified, u.username, u.status, u.created_at, p.display_name, c.hash
  FROM users u JOIN user_profiles p ON p.user_id = u.id LEFT JOIN password_credentials c ON c.user_id = u.id
  WHERE u.username_canonical = $1
)sql"};

struct RoleNameRow {
  std::string name;
};
inline constexpr Statement<RoleNameRow(UserId)> roles_of{R"sql(
  SELECT r.name FROM user_roles ur JOIN roles r ON r.id = ur.role_id WHERE ur.user_id = $1 ORDER BY r.name LIMIT 100
)sql"};

/// Of a registration that is no decoy: the challenge of one names an account.
struct PendingRow {
  VerificationId id;
  std::string password_hash;
};
inline constexpr Statement<PendingRow(std::string, Time)> newest_pending_by_email{R"sql(
  SELECT p.id, p.password_hash FROM challenges c JOIN pending_registrations p ON p.id = c.id
  WHERE c.purpose = 'verify_email' AND c.subject = $1 AND c.expires_at > $2 AND c.user_id IS NULL
  ORDER BY c.created_at DESC LIMIT 1
)sql"};

inline constexpr Statement<PendingRow(std::string, Time)> newest_pending_by_username{R"sql(
  SELECT p.id, p.password_hash FROM pending_registrations p JOIN challenges c ON c.id = p.id
  WHERE p.username_canonical = $1 AND c.expires_at > $2 AND c.user_id IS NULL
  ORDER BY c.created_at DESC LIMIT 1
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

/// $3: a stronger hash of the same password as $2.
inline constexpr Statement<void(UserId, std::string, std::string)> replace_password_hash{R"sql(
  UPDATE password_credentials SET hash = $3 WHERE user_id = $1 AND hash = $2
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

/// Leaves room for one more beside the 99 that the person has used last; a hundred rows at most.
inline constexpr Statement<void(UserId)> forget_surplus_devices{R"sql(
  DELETE FROM devices WHERE (user_id, device_hash) IN
    (SELECT user_id, device_hash FROM devices WHERE user_id = $1 ORDER BY last_seen_at DESC LIMIT 100 OFFSET 99)
)sql"};

inline constexpr Statement<void(SessionId, UserId, Digest, std::string, std::string, std::string,
                                std::optional<std::string>, std::string, Time, Time, Time)>
    insert_session{R"sql(
  INSERT INTO sessions (id, user_id, device_hash, user_agent, device_name, address, place, amr, auth_time, created_at,
                        last_refreshed_at, idle_expires_at, expires_at, version)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9, $10, $11, 1)
)sql"};

struct SessionRow {
  SessionId id;
  UserId user_id;
  std::string amr;
  Time auth_time;
  Time created_at;
  Time idle_expires_at;
  Time expires_at;
  std::optional<Time> ended_at;
};
inline constexpr Statement<SessionRow(SessionId)> find_session{R"sql(
  SELECT id, user_id, amr, auth_time, created_at, idle_expires_at, expires_at, ended_at FROM sessions WHERE id = $1
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
inline constexpr Statement<ListedSessionRow(UserId, Time, Time, SessionId, std::int64_t)> list_live_sessions{R"sql(
  SELECT id, device_name, address, place, user_agent, created_at, last_refreshed_at, expires_at
  FROM sessions
  WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 AND idle_expires_at > $2
    AND (created_at, id) < ($3, $4)
  ORDER BY created_at DESC, id DESC
  LIMIT $5
)sql"};

struct VersionRow {
  std::int64_t version;
};
inline constexpr Statement<VersionRow(SessionId, Time, std::string)> end_session{R"sql(
  UPDATE sessions SET ended_at = $2, end_reason = $3, version = version + 1
  WHERE id = $1 AND ended_at IS NULL RETURNING version
)sql"};

struct EndedRow {
  SessionId id;
  std::int64_t version;
};
/// Ends up to 500 live sessions of a user, but never `$2`, where it names one.
inline constexpr Statement<EndedRow(UserId, std::optional<SessionId>, Time, std::string)> end_some_sessions{R"sql(
  UPDATE sessions SET ended_at = $3, end_reason = $4, version = version + 1
  WHERE id IN (SELECT id FROM sessions
               WHERE user_id = $1 AND (id <> $2 OR $2 IS NULL) AND ended_at IS NULL LIMIT 500)
  RETURNING id, version
)sql"};

inline constexpr Statement<void(Digest, SessionId, std::int64_t, KeyId, Time, Time)> insert_refresh_token{R"sql(
  INSERT INTO refresh_tokens (hash, session_id, generation, key_id, issued_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6)
)sql"};

struct RefreshTokenRow {
  SessionId session_id;
  UserId user_id;
  std::int64_t generation;
  KeyId key_id;
  Time token_expires_at;
  std::optional<Time> consumed_at;
  Digest device_hash;
  Time idle_expires_at;
  Time session_expires_at;
  std::optional<Time> ended_at;
  std::int64_t session_version;
  std::string amr;
  Time auth_time;
  std::string user_status;
  std::optional<std::string> email;
  bool email_verified;
  std::optional<std::string> username;
  Time user_created_at;
  std::string display_name;
};
inline constexpr Statement<RefreshTokenRow(Digest)> find_refresh_token{R"sql(
  SELECT t.session_id, s.user_id, t.generation, t.key_id, t.expires_at, t.consumed_at, s.device_hash,
         s.idle_expires_at, s.expires_at, s.ended_at, s.version, s.amr, s.auth_time,
         u.status, u.email, u.email_verified, u.username, u.created_at, p.display_name
  FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
    JOIN user_profiles p ON p.user_id = u.id
  WHERE t.hash = $1
)sql"};

/// Of the person whose session it belongs to.
inline constexpr Statement<RoleNameRow(Digest)> roles_by_refresh_token{R"sql(
  SELECT r.name
  FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
    JOIN user_roles ur ON ur.user_id = s.user_id JOIN roles r ON r.id = ur.role_id
  WHERE t.hash = $1 ORDER BY r.name LIMIT 100
)sql"};

struct WrappedKeyRow {
  Bytes wrapped;
  KeyId wrapping_key_id;
};
/// Of the person whose session it belongs to.
inline constexpr Statement<WrappedKeyRow(Digest)> data_key_by_refresh_token{R"sql(
  SELECT k.wrapped, k.wrapping_key_id
  FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
    JOIN data_keys k ON k.owner_id = s.user_id AND k.scope = 'person'
  WHERE t.hash = $1
)sql"};

struct GenerationRow {
  std::int64_t generation;
  std::optional<Time> consumed_at;
  std::optional<Time> reissued_at;
};
inline constexpr Statement<GenerationRow(SessionId)> last_generations{R"sql(
  SELECT generation, consumed_at, reissued_at FROM refresh_tokens WHERE session_id = $1
  ORDER BY generation DESC LIMIT 3
)sql"};

inline constexpr Statement<void(Digest, Time)> consume_refresh_token{R"sql(
  UPDATE refresh_tokens SET consumed_at = $2, first_consumed_at = $2 WHERE hash = $1 AND consumed_at IS NULL
)sql"};

inline constexpr Statement<void(Digest, Time)> note_late_reissue{R"sql(
  UPDATE refresh_tokens SET consumed_at = $2, reissued_at = $2 WHERE hash = $1
)sql"};

inline constexpr Statement<void(SessionId, Time, Time)> note_refresh{R"sql(
  UPDATE sessions SET last_refreshed_at = $2, idle_expires_at = $3, version = version + 1 WHERE id = $1
)sql"};

}  // namespace ostiary::sessions::statements
