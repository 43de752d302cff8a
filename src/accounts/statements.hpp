#pragma once

#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "storage/statement.hpp"

namespace ostiary::accounts::statements {

struct ChallengeRow {
  VerificationId id;
  std::string purpose;
  std::optional<UserId> user_id;
  std::string subject;
  Digest device_hash;
  Digest code_mac;
  KeyId key_id;
  std::int64_t attempts;
  Time code_expires_at;
  Time resend_at;
  Time expires_at;
};
inline constexpr Statement<ChallengeRow(VerificationId, std::string)> find_challenge{R"sql(
  SELECT id, purpose, user_id, subject, device_hash, code_mac, key_id, attempts, code_expires_at, resend_at, expires_at
  FROM challenges WHERE id = $1 AND purpose = $2
)sql"};

inline constexpr Statement<ChallengeRow(Digest, std::string)> find_challenge_by_link{R"sql(
  SELECT id, purpose, user_id, subject, device_hash, code_mac, key_id, attempts, code_expires_at, resend_at, expires_at
  FROM challenges WHERE link_hash = $1 AND purpose = $2
)sql"};

inline constexpr Statement<void(VerificationId, std::string, std::optional<UserId>, std::string, Digest, Digest, Digest,
                                KeyId, Time, Time, Time, Time)>
    insert_challenge{R"sql(
  INSERT INTO challenges (id, purpose, user_id, subject, device_hash, code_mac, link_hash, key_id, attempts,
                          code_expires_at, resend_at, created_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, $12)
)sql"};

/// With its dependent rows.
inline constexpr Statement<void(VerificationId)> delete_challenge{R"sql(
  DELETE FROM challenges WHERE id = $1
)sql"};

inline constexpr Statement<void(VerificationId, Digest, Digest, KeyId, Time, Time)> renew_code{R"sql(
  UPDATE challenges
  SET code_mac = $2, link_hash = $3, key_id = $4, code_expires_at = $5, resend_at = $6, attempts = 0
  WHERE id = $1
)sql"};

/// Its code and link expire at $2.
inline constexpr Statement<void(VerificationId, Time)> expire_code{R"sql(
  UPDATE challenges SET code_expires_at = $2 WHERE id = $1
)sql"};

inline constexpr Statement<void(VerificationId)> count_attempt{R"sql(
  UPDATE challenges SET attempts = attempts + 1 WHERE id = $1
)sql"};

struct RegistrationRow {
  UserId user_id;
  std::string email;
  std::optional<std::string> username;
  std::string display_name;
  std::string locale;
  std::string password_hash;
};
inline constexpr Statement<RegistrationRow(VerificationId)> find_registration{R"sql(
  SELECT user_id, email, username, display_name, locale, password_hash FROM pending_registrations WHERE id = $1
)sql"};

inline constexpr Statement<void(VerificationId, UserId, std::string, std::optional<std::string>,
                                std::optional<std::string>, std::optional<std::string>, std::string, std::string,
                                std::string)>
    insert_registration{R"sql(
  INSERT INTO pending_registrations (id, user_id, email, username, username_canonical, username_skeleton, display_name,
                                     locale, password_hash)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
)sql"};

struct PendingIdRow {
  VerificationId id;
};
/// The challenges of a purpose and subject except the newest `$3`.
inline constexpr Statement<PendingIdRow(std::string_view, std::string, std::int64_t)> surplus_challenges{R"sql(
  SELECT id FROM challenges WHERE purpose = $1 AND subject = $2
  ORDER BY created_at DESC, id DESC LIMIT 100 OFFSET $3
)sql"};

/// The code was exchanged for the token with the SHA-256 `$2`, which takes the place of the link until $4. `$3`: as
/// many attempts as a code has, so that none is left.
inline constexpr Statement<void(VerificationId, Digest, std::int64_t, Time)> exchange_code{R"sql(
  UPDATE challenges SET link_hash = $2, attempts = $3, code_expires_at = $4 WHERE id = $1
)sql"};

struct BegunRow {
  VerificationId id;
  UserId user_id;                 ///< the account that would be made of it
  std::optional<UserId> account;  ///< the one that the address has
};
/// The registrations of an address. Never more than live ones are allowed.
inline constexpr Statement<BegunRow(std::string)> list_registrations_at{R"sql(
  SELECT c.id, p.user_id, c.user_id
  FROM challenges c JOIN pending_registrations p ON p.id = c.id
  WHERE c.purpose = 'verify_email' AND c.subject = $1 ORDER BY c.created_at, c.id LIMIT 100
)sql"};

/// Its address has the account `$2` from now on, or none.
inline constexpr Statement<void(VerificationId, std::optional<UserId>)> name_account{R"sql(
  UPDATE challenges SET user_id = $2 WHERE id = $1
)sql"};

inline constexpr Statement<void(VerificationId)> forget_password_of_registration{R"sql(
  UPDATE pending_registrations SET password_hash = '' WHERE id = $1
)sql"};

struct EmailChangeRow {
  VerificationId id;
  UserId user_id;
  SessionId session_id;
  std::string email;
};
inline constexpr Statement<EmailChangeRow(VerificationId)> find_email_change{R"sql(
  SELECT id, user_id, session_id, email FROM email_changes WHERE id = $1
)sql"};

inline constexpr Statement<EmailChangeRow(UserId)> find_email_change_of{R"sql(
  SELECT id, user_id, session_id, email FROM email_changes WHERE user_id = $1
)sql"};

inline constexpr Statement<void(VerificationId, UserId, SessionId, std::string)> insert_email_change{R"sql(
  INSERT INTO email_changes (id, user_id, session_id, email) VALUES ($1, $2, $3, $4)
)sql"};

/// With its challenge.
inline constexpr Statement<void(UserId)> delete_email_change_of{R"sql(
  DELETE FROM challenges WHERE id = (SELECT id FROM email_changes WHERE user_id = $1)
)sql"};

struct EmailUndoRow {
  Uuid id;
  UserId user_id;
  std::string email;
  std::string email_canonical;
  std::int64_t account_version;
  Time expires_at;
};
inline constexpr Statement<EmailUndoRow(Digest)> find_email_undo_by_link{R"sql(
  SELECT id, user_id, email, email_canonical, account_version, expires_at FROM email_undos WHERE link_hash = $1
)sql"};

/// The account's right to go back to the address `$2`, also one that has expired.
inline constexpr Statement<EmailUndoRow(UserId, std::string)> find_email_undo_of{R"sql(
  SELECT id, user_id, email, email_canonical, account_version, expires_at FROM email_undos
  WHERE user_id = $1 AND email_canonical = $2
)sql"};

/// In the place of one that has expired, whosever it was.
inline constexpr Statement<void(Uuid, UserId, std::string, std::string, Digest, std::int64_t, Time)> insert_email_undo{
    R"sql(
  INSERT INTO email_undos (id, user_id, email, email_canonical, link_hash, account_version, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (email_canonical) DO UPDATE
  SET id = excluded.id, user_id = excluded.user_id, email = excluded.email, link_hash = excluded.link_hash,
      account_version = excluded.account_version, expires_at = excluded.expires_at
)sql"};

/// Those of the change that made version `$2` and of a hundred later ones at most.
inline constexpr Statement<EmailUndoRow(UserId, std::int64_t)> delete_some_email_undos{R"sql(
  DELETE FROM email_undos WHERE id IN
    (SELECT id FROM email_undos WHERE user_id = $1 AND account_version >= $2 ORDER BY account_version LIMIT 100)
  RETURNING id, user_id, email, email_canonical, account_version, expires_at
)sql"};

inline constexpr Statement<void(Uuid)> delete_email_undo{R"sql(
  DELETE FROM email_undos WHERE id = $1
)sql"};

struct GuessRow {
  Time guessed_at;
};
/// The oldest `$4` wrong guesses since `$3`.
inline constexpr Statement<GuessRow(Digest, std::string, Time, std::int64_t)> recent_guesses{R"sql(
  SELECT guessed_at FROM code_guesses WHERE identifier_hash = $1 AND purpose = $2 AND guessed_at > $3
  ORDER BY guessed_at LIMIT $4
)sql"};

inline constexpr Statement<void(Uuid, Digest, std::string, Time)> insert_guess{R"sql(
  INSERT INTO code_guesses (id, identifier_hash, purpose, guessed_at) VALUES ($1, $2, $3, $4)
)sql"};

struct OwnerRow {
  UserId id;
  std::optional<std::string> email;  ///< never null: the account was found by it
  std::string display_name;
  std::string locale;
  std::optional<Time> noticed_at;  ///< the last notice that somebody tried to register the address
  std::optional<std::string> former_email;  ///< the address that was asked for, if the account may go back to it

  /// The address that was asked for, as the account has or had it.
  const std::string& address() const { return former_email ? *former_email : email.value(); }
};

/// The same with its status, for a reset of the password.
struct ForgetfulRow {
  UserId id;
  std::optional<std::string> email;  ///< never null: the account was found by it
  std::string status;
  std::string display_name;
  std::string locale;
};
inline constexpr Statement<ForgetfulRow(std::string)> find_forgetful{R"sql(
  SELECT u.id, u.email, u.status, p.display_name, p.locale
  FROM users u JOIN user_profiles p ON p.user_id = u.id WHERE u.email_canonical = $1
)sql"};

/// Whose address it is, or who may go back to it by a link.
inline constexpr Statement<OwnerRow(std::string, Time)> find_holder{R"sql(
  SELECT u.id, u.email, p.display_name, p.locale, n.sent_at, h.email
  FROM users u JOIN user_profiles p ON p.user_id = u.id LEFT JOIN registration_notices n ON n.user_id = u.id
    LEFT JOIN email_undos h ON h.email_canonical = $1 AND h.user_id = u.id
  WHERE u.id IN (
    SELECT o.id FROM users o WHERE o.email_canonical = $1
    UNION ALL
    SELECT e.user_id FROM email_undos e WHERE e.email_canonical = $1 AND e.expires_at > $2
      AND NOT EXISTS (SELECT 1 FROM users o WHERE o.email_canonical = $1)
  )
)sql"};

struct UserIdRow {
  UserId id;
};
inline constexpr Statement<UserIdRow(std::string)> find_username{R"sql(
  SELECT id FROM users WHERE username_canonical = $1
)sql"};

/// One account with this skeleton, of any version of Unicode, because most skeletons are the same in all.
inline constexpr Statement<UserIdRow(std::string)> find_skeleton{R"sql(
  SELECT id FROM users WHERE username_skeleton = $1 LIMIT 1
)sql"};

inline constexpr Statement<UserIdRow(std::string, std::string)> find_skeleton_of_version{R"sql(
  SELECT id FROM users WHERE username_skeleton = $1 AND skeleton_version = $2
)sql"};

/// A live registration of another address that reserves a name with this skeleton.
inline constexpr Statement<PendingIdRow(std::string, std::string, Time)> find_reserved_skeleton{R"sql(
  SELECT c.id FROM pending_registrations p JOIN challenges c ON c.id = p.id
  WHERE p.username_skeleton = $1 AND c.subject <> $2 AND c.expires_at > $3 LIMIT 1
)sql"};

struct NameRow {
  UserId id;
  std::optional<std::string> username;          ///< never null
  std::optional<std::string> skeleton_version;  ///< never null
};
/// A hundred names after version $1 and id $2, of versions before $3.
inline constexpr Statement<NameRow(std::string, UserId, std::string)> list_older_skeletons{R"sql(
  SELECT id, username, skeleton_version FROM users WHERE (skeleton_version, id) > ($1, $2) AND skeleton_version < $3
  ORDER BY skeleton_version, id LIMIT 100
)sql"};

/// A hundred names after version $1 and id $2.
inline constexpr Statement<NameRow(std::string, UserId)> list_newer_skeletons{R"sql(
  SELECT id, username, skeleton_version FROM users WHERE (skeleton_version, id) > ($1, $2)
  ORDER BY skeleton_version, id LIMIT 100
)sql"};

inline constexpr Statement<void(UserId, std::string, std::optional<std::string>)> set_skeleton{R"sql(
  UPDATE users SET skeleton_version = $2, username_skeleton = $3 WHERE id = $1
)sql"};

inline constexpr Statement<void(UserId, Time)> note_notice{R"sql(
  INSERT INTO registration_notices (user_id, sent_at) VALUES ($1, $2)
  ON CONFLICT (user_id) DO UPDATE SET sent_at = excluded.sent_at
)sql"};

inline constexpr Statement<void(UserId, std::optional<std::string>, std::optional<std::string>, bool,
                                std::optional<std::string>, std::optional<std::string>, std::optional<std::string>,
                                std::optional<std::string>, Time)>
    insert_user{R"sql(
  INSERT INTO users (id, email, email_canonical, email_verified, username, username_canonical, username_skeleton,
                     skeleton_version, status, created_at, updated_at, version)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'active', $9, $9, 1)
)sql"};

/// $3: the cost of the hash, $4: the user's sample (passwords/decoys.hpp).
inline constexpr Statement<void(UserId, std::string, std::string_view, std::int64_t, Time)> insert_password{R"sql(
  INSERT INTO password_credentials (user_id, hash, cost, sample, changed_at) VALUES ($1, $2, $3, $4, $5)
)sql"};

struct PasswordRow {
  std::string hash;
  Time changed_at;
};
inline constexpr Statement<PasswordRow(UserId)> find_password{R"sql(
  SELECT hash, changed_at FROM password_credentials WHERE user_id = $1
)sql"};

/// Whether there was one before or not.
inline constexpr Statement<void(UserId, std::string, std::string_view, std::int64_t, Time)> set_password{R"sql(
  INSERT INTO password_credentials (user_id, hash, cost, sample, changed_at) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, cost = excluded.cost, changed_at = excluded.changed_at
)sql"};

inline constexpr Statement<void(UserId, std::string, std::string, Time)> insert_profile{R"sql(
  INSERT INTO user_profiles (user_id, display_name, avatar_url, locale, time_zone, updated_at)
  VALUES ($1, $2, '', $3, 'UTC', $4)
)sql"};

struct VersionRow {
  std::int64_t version;
};
inline constexpr Statement<VersionRow(UserId, Time)> touch_user{R"sql(
  UPDATE users SET version = version + 1, updated_at = $2 WHERE id = $1 RETURNING version
)sql"};

inline constexpr Statement<VersionRow(UserId, std::string, Time)> set_status{R"sql(
  UPDATE users SET status = $2, version = version + 1, updated_at = $3 WHERE id = $1 RETURNING version
)sql"};

inline constexpr Statement<VersionRow(UserId, Time)> set_email_verified{R"sql(
  UPDATE users SET email_verified = true, version = version + 1, updated_at = $2 WHERE id = $1 RETURNING version
)sql"};

/// Its address, proven.
inline constexpr Statement<VersionRow(UserId, std::string, std::string, Time)> set_email{R"sql(
  UPDATE users
  SET email = $2, email_canonical = $3, email_verified = true, version = version + 1, updated_at = $4
  WHERE id = $1 RETURNING version
)sql"};

/// What is left of a deleted account: its id, its times and its version. Its address and username are free.
inline constexpr Statement<VersionRow(UserId, Time)> empty_user{R"sql(
  UPDATE users
  SET status = 'deleted', email = NULL, email_canonical = NULL, email_verified = false, username = NULL,
      username_canonical = NULL, username_skeleton = NULL, skeleton_version = NULL, last_login_at = NULL,
      version = version + 1, updated_at = $2
  WHERE id = $1 RETURNING version
)sql"};

inline constexpr Statement<void(UserId)> delete_password{R"sql(
  DELETE FROM password_credentials WHERE user_id = $1
)sql"};

inline constexpr Statement<void(UserId)> delete_profile{R"sql(
  DELETE FROM user_profiles WHERE user_id = $1
)sql"};

// The second factors of a person that were added at $2 or later.

/// Twenty rows at most.
inline constexpr Statement<void(UserId, Time)> delete_webauthn_credentials{R"sql(
  DELETE FROM webauthn_credentials WHERE user_id = $1 AND created_at >= $2
)sql"};

inline constexpr Statement<void(UserId)> delete_notice{R"sql(
  DELETE FROM registration_notices WHERE user_id = $1
)sql"};

inline constexpr Statement<void(UserId)> delete_roles_of{R"sql(
  DELETE FROM user_roles WHERE user_id = $1
)sql"};

/// Two rows at most.
inline constexpr Statement<void(UserId, Time)> delete_totp_of{R"sql(
  DELETE FROM totp_secrets WHERE user_id = $1 AND created_at >= $2
)sql"};

/// Ten rows at most.
inline constexpr Statement<void(UserId, Time)> delete_backup_codes_of{R"sql(
  DELETE FROM backup_codes WHERE user_id = $1 AND created_at >= $2
)sql"};

struct AccountRow {
  UserId id;
  std::optional<std::string> email;
  bool email_verified;
  std::optional<std::string> username;
  std::string status;
  Time created_at;
  Time updated_at;
  std::optional<Time> last_login_at;
  std::string display_name;
  std::string avatar_url;
  std::string locale;
  std::string time_zone;
  Time profile_updated_at;
  std::optional<std::string> email_canonical;
};
inline constexpr Statement<AccountRow(UserId)> find_account{R"sql(
  SELECT u.id, u.email, u.email_verified, u.username, u.status, u.created_at, u.updated_at, u.last_login_at,
         p.display_name, p.avatar_url, p.locale, p.time_zone, p.updated_at, u.email_canonical
  FROM users u JOIN user_profiles p ON p.user_id = u.id WHERE u.id = $1
)sql"};

/// Accounts with an address, sorted by address.
inline constexpr Statement<AccountRow(std::string, std::int64_t)> list_accounts{R"sql(
  SELECT u.id, u.email, u.email_verified, u.username, u.status, u.created_at, u.updated_at, u.last_login_at,
         p.display_name, p.avatar_url, p.locale, p.time_zone, p.updated_at, u.email_canonical
  FROM users u JOIN user_profiles p ON p.user_id = u.id
  WHERE u.email_canonical > $1 ORDER BY u.email_canonical LIMIT $2
)sql"};

/// Accounts without an address, sorted by id.
inline constexpr Statement<AccountRow(UserId, std::int64_t)> list_accounts_without_email{R"sql(
  SELECT u.id, u.email, u.email_verified, u.username, u.status, u.created_at, u.updated_at, u.last_login_at,
         p.display_name, p.avatar_url, p.locale, p.time_zone, p.updated_at, u.email_canonical
  FROM users u JOIN user_profiles p ON p.user_id = u.id
  WHERE u.email_canonical IS NULL AND u.status <> 'deleted' AND u.id > $1 ORDER BY u.id LIMIT $2
)sql"};

inline constexpr Statement<void(UserId, std::string, std::string, std::string, std::string, Time)> update_profile{R"sql(
  UPDATE user_profiles SET display_name = $2, avatar_url = $3, locale = $4, time_zone = $5, updated_at = $6
  WHERE user_id = $1
)sql"};

struct PhoneRow {
  Bytes number_sealed;
  Time verified_at;
};
inline constexpr Statement<PhoneRow(UserId)> find_phone{R"sql(
  SELECT number_sealed, verified_at FROM phone_numbers WHERE user_id = $1
)sql"};

/// Whether there was one before or not.
inline constexpr Statement<void(UserId, Bytes, Time)> set_phone{R"sql(
  INSERT INTO phone_numbers (user_id, number_sealed, verified_at) VALUES ($1, $2, $3)
  ON CONFLICT (user_id) DO UPDATE SET number_sealed = excluded.number_sealed, verified_at = excluded.verified_at
)sql"};

inline constexpr Statement<void(UserId, Time)> delete_phone{R"sql(
  DELETE FROM phone_numbers WHERE user_id = $1 AND verified_at >= $2
)sql"};

struct PhoneChangeRow {
  VerificationId id;
  Bytes number_sealed;
  Time code_expires_at;
  Time resend_at;
  Time expires_at;
};
inline constexpr Statement<PhoneChangeRow(UserId)> find_phone_change{R"sql(
  SELECT p.id, p.number_sealed, c.code_expires_at, c.resend_at, c.expires_at
  FROM phone_changes p JOIN challenges c ON c.id = p.id WHERE p.user_id = $1
)sql"};

inline constexpr Statement<void(VerificationId, UserId, Bytes)> insert_phone_change{R"sql(
  INSERT INTO phone_changes (id, user_id, number_sealed) VALUES ($1, $2, $3)
)sql"};

inline constexpr Statement<void(Uuid, UserId, Digest, Digest, Time)> insert_text{R"sql(
  INSERT INTO texts (id, user_id, number_hash, prefix_hash, ordered_at) VALUES ($1, $2, $3, $4, $5)
)sql"};

struct TextRow {
  Time ordered_at;
};
/// The newest text since `$2` after the `$3` newest ones, like the next three.
inline constexpr Statement<TextRow(UserId, Time, std::int64_t)> older_text_of_account{R"sql(
  SELECT ordered_at FROM texts WHERE user_id = $1 AND ordered_at > $2 ORDER BY ordered_at DESC LIMIT 1 OFFSET $3
)sql"};

inline constexpr Statement<TextRow(Digest, Time, std::int64_t)> older_text_to_number{R"sql(
  SELECT ordered_at FROM texts WHERE number_hash = $1 AND ordered_at > $2 ORDER BY ordered_at DESC LIMIT 1 OFFSET $3
)sql"};

inline constexpr Statement<TextRow(Digest, Time, std::int64_t)> older_text_to_prefix{R"sql(
  SELECT ordered_at FROM texts WHERE prefix_hash = $1 AND ordered_at > $2 ORDER BY ordered_at DESC LIMIT 1 OFFSET $3
)sql"};

inline constexpr Statement<TextRow(Time, std::int64_t)> older_text{R"sql(
  SELECT ordered_at FROM texts WHERE ordered_at > $1 ORDER BY ordered_at DESC LIMIT 1 OFFSET $2
)sql"};

inline constexpr Statement<void(UserId)> delete_texts_of{R"sql(
  DELETE FROM texts WHERE user_id = $1
)sql"};

}  // namespace ostiary::accounts::statements
