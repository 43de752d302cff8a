#include "sessions/devices.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "crypto/digest.hpp"

namespace ostiary::sessions {

namespace {

// Key id, device id, flags, and half of an HMAC-SHA-256.
constexpr std::size_t id_size = 16;
constexpr std::size_t mac_size = 16;
constexpr std::size_t signed_size = id_size + id_size + 1;

Digest mac_of(BytesView key, BytesView signed_part) {
  return crypto::hmac_sha256(key, {as_bytes("device"), signed_part});
}

template <class FindKey>
std::optional<Device> device_from(std::string_view token, const FindKey& find_key) {
  const auto bytes = from_base64url(token);
  if (!bytes || bytes->size() != signed_size + mac_size) return std::nullopt;
  const BytesView all(*bytes);
  KeyId key_id;
  std::copy_n(all.begin(), id_size, key_id.uuid.bytes.begin());
  const auto key = find_key(key_id);
  if (!key) return std::nullopt;
  const Digest mac = mac_of(key->bytes, all.first(signed_size));
  if (!crypto::equal_in_constant_time(BytesView(mac).first(mac_size), all.subspan(signed_size))) return std::nullopt;
  Device device{{}, all[signed_size - 1] == 1, {}};
  std::copy_n(all.begin() + id_size, id_size, device.id.begin());
  device.hash = crypto::sha256(device.id);
  return device;
}

}  // namespace

Device Devices::make(bool has_logged_in) const {
  Device device{{}, has_logged_in, {}};
  random_.fill(device.id);
  device.hash = crypto::sha256(device.id);
  return device;
}

std::string Devices::sign(const Device& device) const {
  const auto key = keys_.current(vault::KeyPurpose::devices);
  Bytes token;
  token.insert(token.end(), key.id.uuid.bytes.begin(), key.id.uuid.bytes.end());
  token.insert(token.end(), device.id.begin(), device.id.end());
  token.push_back(device.has_logged_in ? 1 : 0);
  const Digest mac = mac_of(key.bytes, token);
  token.insert(token.end(), mac.begin(), mac.begin() + mac_size);
  return to_base64url(token);
}

std::optional<Device> Devices::read(std::string_view token) const {
  return device_from(token, [this](KeyId id) { return keys_.find(id); });
}

std::optional<Device> Devices::read_by_known_key(std::string_view token) const {
  return device_from(token, [this](KeyId id) { return keys_.find_known(id); });
}

}  // namespace ostiary::sessions
