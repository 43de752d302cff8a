#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/id.hpp"
#include "base/secret.hpp"
#include "base/wrong_setting.hpp"
#include "crypto/jws.hpp"
#include "storage/database.hpp"

namespace ostiary::vault {

/// What a key of the service is for. Each purpose has keys of its own.
enum class KeyPurpose {
  token_signing,    ///< access tokens
  refresh_chain,    ///< MACs of refresh tokens; a chain keeps the key that it began with
  codes,            ///< six-digit codes and hashed identifiers
  devices,          ///< signatures of device cookies
  service_sealing,  ///< audit details without a person, job payloads
};

/// A symmetric key with its id.
struct ServerKey {
  KeyId id;
  Bytes bytes;  ///< 32
};

/// The key that signs access tokens now, or one that verifies them still.
struct TokenKey {
  KeyId id;  ///< `kid`, in its text form
  Time not_before;
  std::shared_ptr<const crypto::JwsKey> key;
};

/// How often a running server reads its keys again.
inline constexpr std::chrono::seconds pause_between_readings{5};

/// How long a key that follows another is published before it signs: until every server has read it, and until nobody
/// uses a copy of the published keys any more that was made before (they may be kept for five minutes).
inline constexpr std::chrono::minutes published_before_signing{10};

/// The service's own keys, kept in the database sealed under the master key. Thread-safe: what is read stays in memory.
class ServerKeys {
 public:
  /// Loads all keys and makes those that are missing, in one transaction, so that instances starting together agree. A
  /// new signing key of another algorithm than the present one's is in force `published_before_signing` later. Who
  /// changes the algorithm back signs with the older key at once, for it was published all along; a key that was to
  /// follow it is withdrawn. Among several instances the one that starts last decides. Throws WrongMasterKey when a key
  /// in the database was sealed under another master key.
  ServerKeys(Database& db, const Clock& clock, const IdSource& ids, Random& random, Secret master_key,
             crypto::JwsAlgorithm token_algorithm);

  /// Reads the keys in the database again. Throws as the constructor does; then what was known stays.
  void read_again();

  /// The newest key in force for a purpose (not `token_signing`).
  ServerKey current(KeyPurpose purpose) const;

  /// The key under an id of any age; nothing for an unknown id. Looks into the database once for one it has not seen,
  /// at most once a second in all.
  std::optional<ServerKey> find(KeyId id) const;

  /// The same from memory alone: nothing also for a key that another instance has made lately.
  std::optional<ServerKey> find_known(KeyId id) const;

  TokenKey signing_key() const;
  std::shared_ptr<const crypto::JwsKey> verifying_key(std::string_view kid) const;
  std::vector<TokenKey> published_keys() const;

  /// What the keys that wrap data keys are derived from, and the master key's id: `DataKeys` alone asks for it.
  const ServerKey& wrapping_key() const { return wrapping_key_; }

 private:
  struct State;
  std::shared_ptr<State> state_;
  ServerKey wrapping_key_;
};

/// The service's keys as they lie in a database.
struct KeysFound {
  std::size_t count = 0;
  std::optional<TokenKey> signing;  ///< that signs access tokens now, of any algorithm
  std::optional<TokenKey> next;  ///< that is published and will sign them after it
};

/// Whether a database holds keys, sealed under whatever master key.
bool holds_keys(Database& db);

/// Opens all keys that there are and makes none. Throws WrongMasterKey as ServerKeys does.
KeysFound look_at_keys(Database& db, const Clock& clock, const Secret& master_key);

/// A key in the database was sealed under another master key than the present one, or its row was changed.
class WrongMasterKey final : public WrongSetting {
 public:
  using WrongSetting::WrongSetting;
};

/// What the database has beside everything that is sealed under a master key: derived from it, and tells nothing of it.
KeyId id_of_master_key(const Secret& master_key);

/// Throws WrongMasterKey, which names `what`, where that was sealed under another master key than the present one.
void expect_master_key(KeyId present, KeyId sealed_under, std::string_view what);

}  // namespace ostiary::vault
