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

/// The purpose of a service key. Each purpose has its own keys.
enum class KeyPurpose {
  token_signing,    ///< access tokens
  refresh_chain,    ///< MACs of refresh tokens; a chain keeps its first key
  codes,            ///< six-digit codes and hashed identifiers
  devices,          ///< signatures of device cookies
  service_sealing,  ///< audit details without an account, job payloads
};

/// A symmetric key with its id.
struct ServerKey {
  KeyId id;
  Bytes bytes;  ///< 32
};

/// A key that signs access tokens, or still verifies them.
struct TokenKey {
  KeyId id;  ///< `kid`, in its text form
  Time not_before;
  std::shared_ptr<const crypto::JwsKey> key;
};

/// How often a running server reads its keys.
inline constexpr std::chrono::seconds pause_between_readings{5};

/// How long a new key is published before it signs, so that every server has read it and no client uses an older copy
/// of the published keys (clients may cache them for five minutes).
inline constexpr std::chrono::minutes published_before_signing{10};

/// The service's keys, stored in the database encrypted with the master key and cached in memory. Thread-safe.
class ServerKeys {
 public:
  enum class Use {
    signer,   ///< a server, which signs tokens by `token_algorithm`
    visitor,  ///< a command or a worker: `token_algorithm` counts only where there is no signing key at all
  };

  /// Loads all keys and makes those that are missing, in one transaction, so that instances starting together agree. A
  /// new signing key of another algorithm than the present one's is in force `published_before_signing` later. Who
  /// changes the algorithm back signs with the older key at once, for it was published all along; a key that was to
  /// follow it is withdrawn. Among several servers the one that starts last decides; a `visitor` changes no algorithm.
  /// Throws WrongMasterKey when a key in the database was sealed under another master key.
  ServerKeys(Database& db, const Clock& clock, const IdSource& ids, Random& random, Secret master_key,
             crypto::JwsAlgorithm token_algorithm, Use use = Use::signer);

  /// Reads the keys in the database again. Throws like the constructor; the known keys are then kept.
  void read_again();

  /// The newest valid key for a purpose (not `token_signing`).
  ServerKey current(KeyPurpose purpose) const;

  /// The key with this id, of any age. Empty for an unknown id. Queries the database for an id that it does not know,
  /// at most once a second in all.
  std::optional<ServerKey> find(KeyId id) const;

  /// The same without the database: may be empty for a key that another instance created recently.
  std::optional<ServerKey> find_known(KeyId id) const;

  TokenKey signing_key() const;
  std::shared_ptr<const crypto::JwsKey> verifying_key(std::string_view kid) const;
  std::vector<TokenKey> published_keys() const;

  /// The key from which the wrapping keys of data keys are derived, with the master key's id. Only for `DataKeys`.
  const ServerKey& wrapping_key() const { return wrapping_key_; }

 private:
  struct State;
  std::shared_ptr<State> state_;
  ServerKey wrapping_key_;
};

/// The service's keys in a database.
struct KeysFound {
  std::size_t count = 0;
  std::optional<TokenKey> signing;  ///< the current signing key, of any algorithm
  std::optional<TokenKey> next;  ///< the next signing key, already published
};

/// Whether a database has keys, encrypted with any master key.
bool holds_keys(Database& db);

/// Decrypts all existing keys and creates none. Throws WrongMasterKey like ServerKeys.
KeysFound look_at_keys(Database& db, const Clock& clock, const Secret& master_key);

/// A key in the database was encrypted with another master key, or its row was changed.
class WrongMasterKey final : public WrongSetting {
 public:
  using WrongSetting::WrongSetting;
};

/// The id of a master key, stored with everything encrypted with it. Derived from the key; reveals nothing about it.
KeyId id_of_master_key(const Secret& master_key);

/// Throws WrongMasterKey, naming `what`, if it was encrypted with another master key.
void expect_master_key(KeyId present, KeyId sealed_under, std::string_view what);

}  // namespace ostiary::vault
