#include "vault/data_keys.hpp"

#include <algorithm>
#include <stdexcept>

#include "crypto/seal.hpp"
#include "vault/statements.hpp"

namespace ostiary::vault {
namespace {

constexpr std::size_t data_key_size = 32;

// A sealed value begins with the kind of its key; the service's is followed by the key's id, for that one rotates.
constexpr std::uint8_t sealed_for_person = 'p';
constexpr std::uint8_t sealed_for_service = 's';
constexpr std::size_t service_prefix_size = 1 + sizeof(Uuid::bytes);

std::string wrapping_context(UserId owner) { return "data key " + to_string(owner); }
std::string person_context(UserId owner, std::string_view purpose) {
  return std::string(purpose) + " of " + to_string(owner);
}
std::string service_context(std::string_view purpose) { return std::string(purpose) + " of the service"; }

Bytes unwrap(BytesView wrapped, UserId owner, BytesView wrapping_key) {
  auto key = crypto::open(wrapping_key, wrapped, wrapping_context(owner));
  if (!key) throw std::runtime_error("the data key of " + to_string(owner) + " does not open under the master key");
  return *std::move(key);
}

Bytes prefixed(Bytes prefix, BytesView sealed) {
  prefix.insert(prefix.end(), sealed.begin(), sealed.end());
  return prefix;
}

}  // namespace

DataKeys::DataKeys(const ServerKeys& keys, const Clock& clock, Random& random)
    : keys_(keys), clock_(clock), random_(random) {}

void DataKeys::create(Transaction& tx, UserId owner) const {
  const Bytes key = random_.bytes(data_key_size);
  const Bytes wrapped = crypto::seal(keys_.wrapping_key(), key, wrapping_context(owner), random_);
  tx.execute(statements::insert_data_key, owner, wrapped, clock_.now());
}

bool DataKeys::has_key(Transaction& tx, UserId owner) const {
  return tx.optional(statements::find_data_key, owner).has_value();
}

std::optional<Bytes> DataKeys::seal(Transaction& tx, UserId owner, std::string_view purpose,
                                    BytesView plaintext) const {
  const auto row = tx.optional(statements::find_data_key, owner);
  if (!row) return std::nullopt;
  return seal(row->wrapped, owner, purpose, plaintext);
}

Bytes DataKeys::seal(BytesView wrapped, UserId owner, std::string_view purpose, BytesView plaintext) const {
  const Bytes key = unwrap(wrapped, owner, keys_.wrapping_key());
  return prefixed({sealed_for_person}, crypto::seal(key, plaintext, person_context(owner, purpose), random_));
}

std::optional<Bytes> DataKeys::open(Transaction& tx, UserId owner, std::string_view purpose, BytesView sealed) const {
  if (sealed.empty() || sealed[0] != sealed_for_person) return std::nullopt;
  const auto row = tx.optional(statements::find_data_key, owner);
  if (!row) return std::nullopt;
  return crypto::open(unwrap(row->wrapped, owner, keys_.wrapping_key()), sealed.subspan(1),
                      person_context(owner, purpose));
}

Bytes DataKeys::seal_for_service(std::string_view purpose, BytesView plaintext) const {
  const ServerKey key = keys_.current(KeyPurpose::service_sealing);
  Bytes prefix{sealed_for_service};
  prefix.insert(prefix.end(), key.id.uuid.bytes.begin(), key.id.uuid.bytes.end());
  return prefixed(std::move(prefix), crypto::seal(key.bytes, plaintext, service_context(purpose), random_));
}

std::optional<Bytes> DataKeys::open_for_service(std::string_view purpose, BytesView sealed) const {
  if (sealed.size() < service_prefix_size || sealed[0] != sealed_for_service) return std::nullopt;
  KeyId id;
  std::ranges::copy(sealed.subspan(1, sizeof id.uuid.bytes), id.uuid.bytes.begin());
  const auto key = keys_.find(id);
  if (!key) return std::nullopt;
  return crypto::open(key->bytes, sealed.subspan(service_prefix_size), service_context(purpose));
}

void DataKeys::destroy(Transaction& tx, UserId owner) const { tx.execute(statements::delete_data_key, owner); }

}  // namespace ostiary::vault
