#include "vault/data_keys.hpp"

#include <algorithm>
#include <stdexcept>

#include "crypto/digest.hpp"
#include "crypto/seal.hpp"
#include "vault/statements.hpp"

namespace ostiary::vault {
namespace {

constexpr std::size_t data_key_size = 32;

// A sealed value begins with the kind of its key; the service's is followed by the key's id, for that one rotates, and
// by the salt that its own key was derived with.
constexpr std::uint8_t sealed_for_person = 'p';
constexpr std::uint8_t sealed_for_service = 's';
constexpr std::size_t key_id_size = sizeof(Uuid::bytes);
constexpr std::size_t row_salt_size = 16;
constexpr std::size_t service_prefix_size = 1 + key_id_size + row_salt_size;

std::string_view name_of(DataScope scope) {
  switch (scope) {
    case DataScope::person: return "person";
  }
  throw std::logic_error("a data key for nothing");
}

std::string wrapping_context(DataKeyName name) {
  return "data key " + std::string(name_of(name.scope)) + " of " + to_string(name.owner);
}
std::string sealing_context(DataKeyName name, std::string_view purpose) {
  return std::string(purpose) + " of " + to_string(name.owner);
}
std::string service_context(std::string_view purpose) { return std::string(purpose) + " of the service"; }

/// A key for one value. With one key for all, the random nonces of AES-GCM would allow for 2^32 values (NIST SP
/// 800-38D, section 8.3).
Digest row_key(const ServerKey& key, BytesView salt, std::string_view purpose) {
  return crypto::hmac_sha256(key.bytes, {as_bytes("ostiary row key v1"), salt, as_bytes(purpose)});
}

/// A key that wraps one data key, for the same reason: anybody may register, so there is no bound on how many there
/// are.
Digest wrapping_key_for(DataKeyName name, const ServerKey& wrapping_key) {
  return crypto::hmac_sha256(wrapping_key.bytes,
                             {as_bytes("ostiary wrapping key v1"), as_bytes(wrapping_context(name))});
}

Bytes unwrap(const statements::DataKeyRow& key, DataKeyName name, const ServerKey& wrapping_key) {
  const std::string what = wrapping_context(name);
  expect_master_key(wrapping_key.id, key.wrapping_key_id, what);
  auto unwrapped = crypto::open(wrapping_key_for(name, wrapping_key), key.wrapped, what);
  if (!unwrapped) throw std::runtime_error("the " + what + " does not open under the master key: it was changed");
  return *std::move(unwrapped);
}

void append(Bytes& bytes, BytesView more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

}  // namespace

Bytes make_wrapped_data_key(DataKeyName name, const ServerKey& wrapping_key, Random& random) {
  const Bytes key = random.bytes(data_key_size);
  return crypto::seal(wrapping_key_for(name, wrapping_key), key, wrapping_context(name), random);
}

DataKeys::DataKeys(const ServerKeys& keys, const Clock& clock, Random& random)
    : keys_(keys), clock_(clock), random_(random) {}

void DataKeys::create(Transaction& tx, DataKeyName name) const {
  const ServerKey& wrapping_key = keys_.wrapping_key();
  const Bytes wrapped = make_wrapped_data_key(name, wrapping_key, random_);
  tx.execute(statements::insert_data_key, name.owner, name_of(name.scope), wrapped, wrapping_key.id, clock_.now());
}

bool DataKeys::has_key(Transaction& tx, DataKeyName name) const {
  return tx.optional(statements::find_data_key, name.owner, name_of(name.scope)).has_value();
}

std::optional<Bytes> DataKeys::seal(Transaction& tx, DataKeyName name, std::string_view purpose,
                                    BytesView plaintext) const {
  const auto row = tx.optional(statements::find_data_key, name.owner, name_of(name.scope));
  if (!row) return std::nullopt;
  const Bytes key = unwrap(*row, name, keys_.wrapping_key());
  Bytes sealed{sealed_for_person};
  append(sealed, crypto::seal(key, plaintext, sealing_context(name, purpose), random_));
  return sealed;
}

std::optional<Bytes> DataKeys::open(Transaction& tx, DataKeyName name, std::string_view purpose,
                                    BytesView sealed) const {
  if (sealed.empty() || sealed[0] != sealed_for_person) return std::nullopt;
  const auto row = tx.optional(statements::find_data_key, name.owner, name_of(name.scope));
  if (!row) return std::nullopt;
  return crypto::open(unwrap(*row, name, keys_.wrapping_key()), sealed.subspan(1), sealing_context(name, purpose));
}

Bytes DataKeys::seal_for_service(std::string_view purpose, BytesView plaintext) const {
  const ServerKey key = keys_.current(KeyPurpose::service_sealing);
  const Bytes salt = random_.bytes(row_salt_size);
  Bytes sealed{sealed_for_service};
  append(sealed, key.id.uuid.bytes);
  append(sealed, salt);
  append(sealed, crypto::seal(row_key(key, salt, purpose), plaintext, service_context(purpose), random_));
  return sealed;
}

std::optional<Bytes> DataKeys::open_for_service(std::string_view purpose, BytesView sealed) const {
  if (sealed.size() < service_prefix_size || sealed[0] != sealed_for_service) return std::nullopt;
  KeyId id;
  std::ranges::copy(sealed.subspan(1, key_id_size), id.uuid.bytes.begin());
  const auto key = keys_.find(id);
  if (!key) return std::nullopt;
  const BytesView salt = sealed.subspan(1 + key_id_size, row_salt_size);
  return crypto::open(row_key(*key, salt, purpose), sealed.subspan(service_prefix_size), service_context(purpose));
}

void DataKeys::destroy(Transaction& tx, DataKeyName name) const {
  tx.execute(statements::delete_data_key, name.owner, name_of(name.scope));
}

}  // namespace ostiary::vault
