#pragma once

#include <string_view>

#include "base/id.hpp"
#include "base/random.hpp"
#include "storage/database.hpp"
#include "vault/server_keys.hpp"

namespace ostiary::vault {

/// What data is kept for. Each scope has keys of its own: what the law keeps must not lie under a key that erasure
/// destroys.
enum class DataScope {
  person,  ///< what goes with the account
};

/// Which data key: whose, and for what.
struct DataKeyName {
  DataKeyName(UserId owner, DataScope scope = DataScope::person)  // NOLINT: a user's id stands for their own key
      : owner(owner), scope(scope) {}

  UserId owner;
  DataScope scope;
};

/// A new data key as data_keys.wrapped holds it: sealed under a key that is derived from the wrapping key for it alone.
Bytes make_wrapped_data_key(DataKeyName name, const ServerKey& wrapping_key, Random& random);

/// People's data keys. What is sealed under one can be read only while its row exists. A key that was wrapped under
/// another master key than the present one is a WrongMasterKey to whoever needs it. Thread-safe.
class DataKeys {
 public:
  DataKeys(const ServerKeys& keys, const Clock& clock, Random& random);

  /// Makes a data key, in the transaction that makes the account.
  void create(Transaction& tx, DataKeyName name) const;

  bool has_key(Transaction& tx, DataKeyName name) const;

  /// Seals under a data key; nothing when there is none (any more).
  std::optional<Bytes> seal(Transaction& tx, DataKeyName name, std::string_view purpose, BytesView plaintext) const;
  std::optional<Bytes> open(Transaction& tx, DataKeyName name, std::string_view purpose, BytesView sealed) const;

  /// The same under a key that is derived from the service's own for this value alone, so that any number can be
  /// sealed. A sealed value says itself whether it is a person's or the service's.
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
