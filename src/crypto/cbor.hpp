#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"

namespace ostiary::crypto {

struct CborEntry;

/// A CBOR value (RFC 8949). Texts and byte strings lie in the bytes that were parsed, which must outlive it. null,
/// undefined and floating-point numbers are kept as monostate: no format that we read gives them a meaning.
struct CborValue {
  using Array = std::vector<CborValue>;
  using Map = std::vector<CborEntry>;
  std::variant<std::monostate, bool, std::int64_t, BytesView, std::string_view, Array, Map> value;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&value);
  }

  /// The value in this map under a number or a text. Null if this is no map or has no such key.
  const CborValue* find(std::int64_t key) const;
  const CborValue* find(std::string_view key) const;
};

/// An entry of a map. Its key is a number or a text.
struct CborEntry {
  std::variant<std::int64_t, std::string_view> key;
  CborValue value;
};

/// Takes one value from the front of `rest`. Empty if there is none, and for what CTAP 2.1, section 8, forbids and no
/// authenticator sends: indefinite lengths, tags, a key that occurs twice, other kinds of keys; also for integers
/// beyond 64 bits with a sign, text that is not UTF-8, more than 8 levels, or more than 1000 values.
std::optional<CborValue> take_cbor(BytesView& rest);

/// Parses `bytes` as one value, with nothing after it.
std::optional<CborValue> parse_cbor(BytesView bytes);

}  // namespace ostiary::crypto
