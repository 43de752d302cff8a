#include "crypto/cbor.hpp"

#include <cbor.h>

#include <algorithm>
#include <limits>

#include "base/text.hpp"

namespace ostiary::crypto {
namespace {

constexpr int deepest = 8;
constexpr std::size_t most_values = 1000;

/// What libcbor read last: the head of an array or map, or a whole value.
struct Token {
  enum class Kind { refused, value, array, map } kind = Kind::refused;
  CborValue value;
  std::size_t size = 0;  // entries of the array or map
};

void take_value(void* token, CborValue value) {
  *static_cast<Token*>(token) = {Token::Kind::value, std::move(value), 0};
}

void take_unsigned(void* token, std::uint64_t number) {
  if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return;
  take_value(token, {static_cast<std::int64_t>(number)});
}

/// A negative number is written as -1 - `number`.
void take_negative(void* token, std::uint64_t number) {
  if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return;
  take_value(token, {-1 - static_cast<std::int64_t>(number)});
}

void take_bytes(void* token, cbor_data data, std::size_t size) { take_value(token, {BytesView(data, size)}); }

void take_text(void* token, cbor_data data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  if (inspect(text).valid) take_value(token, {text});
}

void take_array(void* token, std::size_t size) { *static_cast<Token*>(token) = {Token::Kind::array, {}, size}; }
void take_map(void* token, std::size_t size) { *static_cast<Token*>(token) = {Token::Kind::map, {}, size}; }
void take_other(void* token) { take_value(token, {}); }
void take_float(void* token, float) { take_value(token, {}); }
void take_double(void* token, double) { take_value(token, {}); }
void take_bool(void* token, bool value) { take_value(token, {value}); }

/// What has no callback here leaves the token refused.
cbor_callbacks make_callbacks() {
  cbor_callbacks callbacks = cbor_empty_callbacks;
  callbacks.uint8 = [](void* token, std::uint8_t number) { take_unsigned(token, number); };
  callbacks.uint16 = [](void* token, std::uint16_t number) { take_unsigned(token, number); };
  callbacks.uint32 = [](void* token, std::uint32_t number) { take_unsigned(token, number); };
  callbacks.uint64 = take_unsigned;
  callbacks.negint8 = [](void* token, std::uint8_t number) { take_negative(token, number); };
  callbacks.negint16 = [](void* token, std::uint16_t number) { take_negative(token, number); };
  callbacks.negint32 = [](void* token, std::uint32_t number) { take_negative(token, number); };
  callbacks.negint64 = take_negative;
  callbacks.byte_string = take_bytes;
  callbacks.string = take_text;
  callbacks.array_start = take_array;
  callbacks.map_start = take_map;
  callbacks.undefined = take_other;
  callbacks.null = take_other;
  callbacks.boolean = take_bool;
  callbacks.float2 = take_float;
  callbacks.float4 = take_float;
  callbacks.float8 = take_double;
  return callbacks;
}

/// Reads by libcbor's streaming decoder. Its tree would allocate what an array's head claims.
class CborReader {
 public:
  explicit CborReader(BytesView rest) : rest_(rest) {}

  BytesView rest() const { return rest_; }

  std::optional<CborValue> read(int depth = 1) {
    Token token = next();
    switch (token.kind) {
      case Token::Kind::refused: return std::nullopt;
      case Token::Kind::value: return std::move(token.value);
      case Token::Kind::array: return depth < deepest ? read_array(token.size, depth) : std::nullopt;
      case Token::Kind::map: return depth < deepest ? read_map(token.size, depth) : std::nullopt;
    }
    return std::nullopt;
  }

 private:
  Token next() {
    static const cbor_callbacks callbacks = make_callbacks();
    Token token;
    if (rest_.empty() || ++values_ > most_values) return token;
    const cbor_decoder_result result = cbor_stream_decode(rest_.data(), rest_.size(), &callbacks, &token);
    if (result.status != CBOR_DECODER_FINISHED) return {};
    rest_ = rest_.subspan(result.read);
    return token;
  }

  std::optional<CborValue> read_array(std::size_t size, int depth) {
    CborValue::Array array;
    for (std::size_t i = 0; i < size; ++i) {
      auto value = read(depth + 1);
      if (!value) return std::nullopt;
      array.push_back(std::move(*value));
    }
    return CborValue{std::move(array)};
  }

  std::optional<CborValue> read_map(std::size_t size, int depth) {
    CborValue map{CborValue::Map{}};
    for (std::size_t i = 0; i < size; ++i) {
      const Token key = next();
      const auto* const number = key.value.as<std::int64_t>();
      const auto* const text = key.value.as<std::string_view>();
      if ((!number && !text) || (number ? map.find(*number) : map.find(*text)) != nullptr) return std::nullopt;
      auto value = read(depth + 1);
      if (!value) return std::nullopt;
      auto& entries = std::get<CborValue::Map>(map.value);
      if (number) entries.push_back({*number, std::move(*value)});
      else entries.push_back({*text, std::move(*value)});
    }
    return map;
  }

  BytesView rest_;
  std::size_t values_ = 0;
};

template <class Key>
const CborValue* find_in(const CborValue& value, const Key& key) {
  const auto* const map = value.as<CborValue::Map>();
  if (map == nullptr) return nullptr;
  const auto entry = std::ranges::find_if(*map, [&](const CborEntry& candidate) {
    const auto* const found = std::get_if<Key>(&candidate.key);
    return found != nullptr && *found == key;
  });
  return entry == map->end() ? nullptr : &entry->value;
}

}  // namespace

const CborValue* CborValue::find(std::int64_t key) const { return find_in(*this, key); }
const CborValue* CborValue::find(std::string_view key) const { return find_in(*this, key); }

std::optional<CborValue> take_cbor(BytesView& rest) {
  CborReader reader(rest);
  auto value = reader.read();
  if (value) rest = reader.rest();
  return value;
}

std::optional<CborValue> parse_cbor(BytesView bytes) {
  auto value = take_cbor(bytes);
  if (!bytes.empty()) return std::nullopt;
  return value;
}

}  // namespace ostiary::crypto
