#pragma once

#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "storage/statement.hpp"

namespace ostiary::factors::statements {

struct PendingLoginRow {
  PendingLoginId id;
  UserId user_id;
  Digest device_hash;
  Digest identifier_hash;
  std::optional<Time> password_changed_at;  ///< of the password that was given
  std::string amr;
  Time expires_at;
  std::optional<Time> completed_at;
  std::optional<Time> current_password_changed_at;
  std::optional<std::string> email;
  bool email_verified;
  std::optional<std::string> username;
  std::string status;
  Time user_created_at;
  std::string display_name;
};
inline constexpr Statement<PendingLoginRow(Digest)> find_pending_login{R"sql(
  SELECT l.id, l.user_id, l.device_hash, l.identifier_hash, l.password_changed_at, l.amr,
         l.expires_at, l.completed_at, c.changed_at, u.email, u.email_verified, u.username, u.status, u.created_at,
         p.display_name
  FROM pending_logins l JOIN users u ON u.id = l.user_id JOIN user_profiles p ON p.user_id = u.id
    LEFT JOIN password_credentials c ON c.user_id = u.id
  WHERE l.token_hash = $1
)sql"};

/// Changes no row if it was completed before.
inline constexpr Statement<void(PendingLoginId, Time)> complete_pending_login{R"sql(
  UPDATE pending_logins SET completed_at = $2 WHERE id = $1 AND completed_at IS NULL
)sql"};

inline constexpr Statement<void(PendingLoginId)> delete_pending_login{R"sql(
  DELETE FROM pending_logins WHERE id = $1
)sql"};

/// Replaces one that was offered before.
inline constexpr Statement<void(UserId, BytesView, std::string, Time)> offer_totp{R"sql(
  INSERT INTO totp_secrets (user_id, confirmed, sealed_secret, label, last_step, created_at)
  VALUES ($1, false, $2, $3, 0, $4)
  ON CONFLICT (user_id, confirmed) DO UPDATE
  SET sealed_secret = excluded.sealed_secret, label = excluded.label, last_step = 0, created_at = excluded.created_at
)sql"};

struct TotpRow {
  Bytes sealed_secret;
  std::int64_t last_step;
  Time created_at;
};
/// $2: the one in use, or the one that is offered.
inline constexpr Statement<TotpRow(UserId, bool)> find_totp{R"sql(
  SELECT sealed_secret, last_step, created_at FROM totp_secrets WHERE user_id = $1 AND confirmed = $2
)sql"};

inline constexpr Statement<void(UserId, bool)> delete_totp{R"sql(
  DELETE FROM totp_secrets WHERE user_id = $1 AND confirmed = $2
)sql"};

/// The offered one is in use from now on. Its code of the step $2 is spent.
inline constexpr Statement<void(UserId, std::int64_t, Time)> confirm_totp{R"sql(
  UPDATE totp_secrets SET confirmed = true, last_step = $2, last_used_at = $3, created_at = $3
  WHERE user_id = $1 AND NOT confirmed
)sql"};

/// Changes no row if a code of this step or a later one was accepted before.
inline constexpr Statement<void(UserId, std::int64_t, Time)> use_totp_step{R"sql(
  UPDATE totp_secrets SET last_step = $2, last_used_at = $3
  WHERE user_id = $1 AND confirmed AND last_step < $2
)sql"};

struct BackupCodeRow {
  Digest code_mac;
  KeyId key_id;
  std::optional<Time> used_at;
};
inline constexpr Statement<BackupCodeRow(UserId)> list_backup_codes{R"sql(
  SELECT code_mac, key_id, used_at FROM backup_codes WHERE user_id = $1 ORDER BY code_mac LIMIT 10
)sql"};

inline constexpr Statement<void(UserId, Digest, KeyId, Time)> insert_backup_code{R"sql(
  INSERT INTO backup_codes (user_id, code_mac, key_id, created_at) VALUES ($1, $2, $3, $4)
)sql"};

/// Changes no row if it was used before.
inline constexpr Statement<void(UserId, Digest, Time)> use_backup_code{R"sql(
  UPDATE backup_codes SET used_at = $3 WHERE user_id = $1 AND code_mac = $2 AND used_at IS NULL
)sql"};

struct WebAuthnCredentialRow {
  WebAuthnCredentialId id;
  Bytes credential_id;
  std::string label;
  std::string transports;
  Uuid aaguid;
  std::optional<bool> discoverable;
  bool backup_eligible;
  bool backed_up;
  Time created_at;
  std::optional<Time> last_used_at;
};
/// All of them: an account has no more.
inline constexpr Statement<WebAuthnCredentialRow(UserId)> list_webauthn_credentials{R"sql(
  SELECT id, credential_id, label, transports, aaguid, discoverable, backup_eligible, backed_up, created_at,
         last_used_at
  FROM webauthn_credentials WHERE user_id = $1 ORDER BY created_at, id LIMIT 20
)sql"};

/// What an assertion is judged by, and its owner.
struct KnownCredentialRow {
  WebAuthnCredentialId id;
  Bytes public_key;
  std::int64_t sign_count;
  bool backup_eligible;
  UserId user_id;
  std::optional<std::string> email;
  bool email_verified;
  std::optional<std::string> username;
  std::string status;
  Time user_created_at;
  std::string display_name;
};
inline constexpr Statement<KnownCredentialRow(BytesView)> find_webauthn_credential{R"sql(
  SELECT w.id, w.public_key, w.sign_count, w.backup_eligible, u.id, u.email, u.email_verified, u.username, u.status,
         u.created_at, p.display_name
  FROM webauthn_credentials w JOIN users u ON u.id = w.user_id JOIN user_profiles p ON p.user_id = u.id
  WHERE w.credential_id = $1
)sql"};

/// Adds no row if somebody has this credential. $3: the credential's id.
inline constexpr Statement<void(WebAuthnCredentialId, UserId, BytesView, BytesView, std::int64_t, std::string,
                                std::string, Uuid, std::optional<bool>, bool, bool, Time)>
    insert_webauthn_credential{R"sql(
  INSERT INTO webauthn_credentials (id, user_id, credential_id, public_key, sign_count, label, transports, aaguid,
                                    discoverable, backup_eligible, backed_up, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
  ON CONFLICT (credential_id) DO NOTHING
)sql"};

/// Changes no row if it was removed, or if another login has brought its sign count to $2 or beyond.
inline constexpr Statement<void(WebAuthnCredentialId, std::int64_t, bool, Time)> use_webauthn_credential{R"sql(
  UPDATE webauthn_credentials SET sign_count = $2, backed_up = $3, last_used_at = $4
  WHERE id = $1 AND (sign_count < $2 OR sign_count + $2 = 0)
)sql"};

inline constexpr Statement<WebAuthnCredentialRow(WebAuthnCredentialId, UserId, std::string)> rename_webauthn_credential{
    R"sql(
  UPDATE webauthn_credentials SET label = $3 WHERE id = $1 AND user_id = $2
  RETURNING id, credential_id, label, transports, aaguid, discoverable, backup_eligible, backed_up, created_at,
            last_used_at
)sql"};

struct LabelRow {
  std::string label;
};
inline constexpr Statement<LabelRow(WebAuthnCredentialId, UserId)> delete_webauthn_credential{R"sql(
  DELETE FROM webauthn_credentials WHERE id = $1 AND user_id = $2 RETURNING label
)sql"};

inline constexpr Statement<void(Digest, std::string, BytesView, Time)> insert_webauthn_challenge{R"sql(
  INSERT INTO webauthn_challenges (challenge_hash, purpose, holder, expires_at) VALUES ($1, $2, $3, $4)
)sql"};

struct ChallengeExpiryRow {
  Time expires_at;
};
/// Whoever presents it has spent it, also when it has expired.
inline constexpr Statement<ChallengeExpiryRow(Digest, std::string, BytesView)> take_webauthn_challenge{R"sql(
  DELETE FROM webauthn_challenges WHERE challenge_hash = $1 AND purpose = $2 AND holder = $3 RETURNING expires_at
)sql"};

struct RememberedDeviceRow {
  RememberedDeviceId id;
  Digest device_hash;
  std::string device_name;
  std::string user_agent;
  Time created_at;
  Time expires_at;
};
/// An account has a hundred at most.
inline constexpr Statement<RememberedDeviceRow(UserId, Time)> list_remembered_devices{R"sql(
  SELECT id, device_hash, device_name, user_agent, created_at, expires_at FROM remembered_devices
  WHERE user_id = $1 AND expires_at > $2
  ORDER BY created_at DESC, id DESC LIMIT 100
)sql"};

inline constexpr Statement<void(UserId, RememberedDeviceId)> forget_remembered_device{R"sql(
  DELETE FROM remembered_devices WHERE id = $2 AND user_id = $1
)sql"};

/// Keeps the 99 remembered last, to make room for one more. Deletes at most a hundred rows.
inline constexpr Statement<void(UserId)> forget_surplus_remembered_devices{R"sql(
  DELETE FROM remembered_devices WHERE id IN
    (SELECT id FROM remembered_devices WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT 100 OFFSET 99)
)sql"};

inline constexpr Statement<void(RememberedDeviceId, UserId, Digest, std::string, std::string, Time, Time)>
    remember_device{R"sql(
  INSERT INTO remembered_devices (id, user_id, device_hash, device_name, user_agent, created_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (user_id, device_hash) DO UPDATE
  SET device_name = excluded.device_name, user_agent = excluded.user_agent, created_at = excluded.created_at,
      expires_at = excluded.expires_at
)sql"};

}  // namespace ostiary::factors::statements
