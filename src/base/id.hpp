#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/time.hpp"

namespace ostiary {

/// A UUID (RFC 9562), 16 bytes in network order.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;
};

/// The canonical form: 36 lower-case characters.
std::string to_string(const Uuid& uuid);

/// Parses the 36-character form of a UUID, in upper or lower case. Empty for any other text.
std::optional<Uuid> parse_uuid(std::string_view text);

/// A UUID with a type for what it identifies, so that a user's id cannot be used as a session's.
template <class Tag>
struct Id {
  Uuid uuid;
  auto operator<=>(const Id&) const = default;
};

template <class Tag>
std::string to_string(const Id<Tag>& id) {
  return to_string(id.uuid);
}

template <class I>
std::optional<I> parse_id(std::string_view text) {
  if (const auto uuid = parse_uuid(text)) return I{*uuid};
  return std::nullopt;
}

using UserId = Id<struct UserTag>;
using SessionId = Id<struct SessionTag>;
using ChainId = Id<struct ChainTag>;
using ServiceId = Id<struct ServiceTag>;
using VerificationId = Id<struct VerificationTag>;
using KeyId = Id<struct KeyTag>;
using JobId = Id<struct JobTag>;
using EventId = Id<struct EventTag>;
using AuditId = Id<struct AuditTag>;
using AttemptId = Id<struct AttemptTag>;
using RoleId = Id<struct RoleTag>;
using PendingLoginId = Id<struct PendingLoginTag>;
using RememberedDeviceId = Id<struct RememberedDeviceTag>;

/// Generates ids. Time-ordered ids (version 7) keep B-tree inserts together. Random ids (version 4) avoid the hot range
/// that ordered keys cause on CockroachDB. Thread-safe. `clock` and `random` must outlive it.
class IdSource {
 public:
  enum class Order { by_time, random };
  IdSource(const Clock& clock, Random& random, Order order) : clock_(clock), random_(random), order_(order) {}

  Uuid make_uuid() const;

  template <class I>
  I make() const {
    return I{make_uuid()};
  }

 private:
  const Clock& clock_;
  Random& random_;
  Order order_;
};

}  // namespace ostiary

template <class Tag>
struct std::hash<ostiary::Id<Tag>> {
  std::size_t operator()(const ostiary::Id<Tag>& id) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(id.uuid.bytes.data()), id.uuid.bytes.size()});
  }
};
