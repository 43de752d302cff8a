#pragma once

#include <string_view>

#include "base/id.hpp"
#include "base/random.hpp"
#include "storage/database.hpp"
#include "vault/server_keys.hpp"

namespace ostiary::vault {

/// The purpose for which data is stored. Each scope has its own keys, because data with a legal retention period must
/// not be encrypted with a key that erasure destroys.
enum class DataScope {
  person,  ///< data that is deleted with the account
};

/// Identifies a data key: its owner and scope.
struct DataKeyName {
  DataKeyName(UserId owner, DataScope scope = DataScope::person)  // NOLINT: a user's id stands for their own key
      : owner(owner), scope(scope) {}

  UserId owner;
  DataScope scope;
};

/// A new data key as data_keys.wrapped holds it: sealed under a key that is derived from the wrapping key for it alone.
Bytes make_wrapped_data_key(DataKeyName name, const ServerKey& wrapping_key, Random& random);

/// The data keys of accounts. What is encrypted with a key can be read only while its row exists. Using a key that was
/// wrapped with another master key throws WrongMasterKey. Thread-safe.
class DataKeys {
 public:
  DataKeys(const ServerKeys& keys, const Clock& clock, Random& random);

  /// Makes a data key, in the transaction that makes the account.
  void create(Transaction& tx, DataKeyName name) const;

  bool has_key(Transaction& tx, DataKeyName name) const;

  /// Encrypts with a data key. Empty if the key does not exist or was destroyed.
  std::optional<Bytes> seal(Transaction& tx, DataKeyName name, std::string_view purpose, BytesView plaintext) const;
  std::optional<Bytes> open(Transaction& tx, DataKeyName name, std::string_view purpose, BytesView sealed) const;

  /// The same with a key that is derived from the service's key for this value alone, so any number of values can be
  /// encrypted. A sealed value says itself whether an account's key or the service's was used.
  Bytes seal_for_service(std::string_view purpose, BytesView plaintext) const;
  std::optional<Bytes> open_for_service(std::string_view purpose, BytesView sealed) const;

  /// Destroys a data key.
  void destroy(Transaction& tx, DataKeyName name) const;

 private:
  const ServerKeys& keys_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace ostiary::vault
