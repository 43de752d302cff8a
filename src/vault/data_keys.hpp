#pragma once

#include <string_view>

#include "base/id.hpp"
#include "base/random.hpp"
#include "storage/database.hpp"
#include "vault/server_keys.hpp"

namespace ostiary::vault {

/// Each person's data key. What is sealed under it can be read only while its row exists. Thread-safe.
class DataKeys {
 public:
  DataKeys(const ServerKeys& keys, const Clock& clock, Random& random);

  /// Makes the data key of a person to be, in the transaction that makes their first row.
  void create(Transaction& tx, UserId owner) const;

  bool has_key(Transaction& tx, UserId owner) const;

  /// Seals under the owner's key; nothing when the owner has none (any more).
  std::optional<Bytes> seal(Transaction& tx, UserId owner, std::string_view purpose, BytesView plaintext) const;
  /// The same under the key that `wrapped` holds, as the transaction has read it.
  Bytes seal(BytesView wrapped, UserId owner, std::string_view purpose, BytesView plaintext) const;
  std::optional<Bytes> open(Transaction& tx, UserId owner, std::string_view purpose, BytesView sealed) const;

  /// The same under the service's own key. A sealed value says itself under which of them.
  Bytes seal_for_service(std::string_view purpose, BytesView plaintext) const;
  std::optional<Bytes> open_for_service(std::string_view purpose, BytesView sealed) const;

  /// Destroys a person's key.
  void destroy(Transaction& tx, UserId owner) const;

 private:
  const ServerKeys& keys_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace ostiary::vault
