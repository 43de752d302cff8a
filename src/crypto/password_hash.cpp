#include "crypto/password_hash.hpp"

#include <crypt.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>

#include "crypto/hash_memory.hpp"

namespace ostiary::crypto {
namespace {

using Algorithm = PasswordParameters::Algorithm;

constexpr std::size_t bcrypt_takes = 72;
constexpr std::string_view bcrypt_alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t bcrypt_cost_size = 7;  // "$2b$12$"
constexpr std::size_t bcrypt_salt_and_hash_size = 53;
constexpr std::size_t salt_size = 16;
constexpr std::size_t hash_size = 32;
constexpr std::size_t longest_stored = 512;

// What a stored hash may cost us at most.
constexpr std::uint32_t most_memory_kib = 256 * 1024;
constexpr std::uint32_t most_passes = 10;
constexpr std::uint32_t most_lanes = 16;
constexpr std::uint32_t most_bcrypt_cost = 14;

struct Argon2idCost {
  std::uint32_t memory_kib, passes, lanes;
};

/// Takes `expected` off the front of `text`, or says no.
bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// Takes a decimal number off the front of `text`: digits only, no leading zero.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || text.front() == '0') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// The cost in $argon2id$v=19$m=...,t=...,p=...$salt$hash; nothing for any other form.
std::optional<Argon2idCost> parse_argon2id(std::string_view stored) {
  if (stored.size() > longest_stored || !take(stored, "$argon2id$v=19$m=")) return std::nullopt;
  const auto memory = take_number(stored);
  if (!memory || !take(stored, ",t=")) return std::nullopt;
  const auto passes = take_number(stored);
  if (!passes || !take(stored, ",p=")) return std::nullopt;
  const auto lanes = take_number(stored);
  if (!lanes || !take(stored, "$") || std::ranges::count(stored, '$') != 1) return std::nullopt;
  return Argon2idCost{*memory, *passes, *lanes};
}

/// The cost in $2b$NN$ and 53 characters of salt and hash, also for 2a and 2y; nothing for any other form.
std::optional<std::uint32_t> parse_bcrypt(std::string_view stored) {
  if (stored.size() != bcrypt_cost_size + bcrypt_salt_and_hash_size || !take(stored, "$2")) return std::nullopt;
  if (stored[0] != 'a' && stored[0] != 'b' && stored[0] != 'y') return std::nullopt;
  stored.remove_prefix(1);
  if (!take(stored, "$") || stored[2] != '$') return std::nullopt;
  std::uint32_t cost = 0;
  const auto [end, error] = std::from_chars(stored.data(), stored.data() + 2, cost);
  if (error != std::errc() || end != stored.data() + 2 || cost < 4 || cost > 31) return std::nullopt;
  if (stored.substr(3).find_first_not_of(bcrypt_alphabet) != std::string_view::npos) return std::nullopt;
  return cost;
}

void start_sodium() {
  static const int started = sodium_init();
  if (started < 0) throw std::runtime_error("libsodium does not start");
}

std::string base64(BytesView bytes) {
  constexpr int variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
  std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
  text.resize(std::strlen(text.c_str()));
  return text;
}

std::string hash_argon2id(std::string_view password, const PasswordParameters& parameters, Random& random) {
  start_sodium();
  std::array<std::uint8_t, salt_size> salt;
  random.fill(salt);
  std::array<std::uint8_t, hash_size> hash;
  const HashMemory memory;
  if (crypto_pwhash(hash.data(), hash.size(), password.data(), password.size(), salt.data(), parameters.passes,
                    std::size_t{parameters.memory_kib} * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::runtime_error("Argon2id failed: too little memory, or parameters out of range");
  }
  return "$argon2id$v=19$m=" + std::to_string(parameters.memory_kib) + ",t=" + std::to_string(parameters.passes) +
         ",p=1$" + base64(salt) + "$" + base64(hash);
}

bool bcrypt_holds(std::string_view password) {
  return password.size() <= bcrypt_takes && password.find('\0') == std::string_view::npos;
}

/// crypt(3) of at most the first 72 bytes before any NUL; empty when it refuses the setting.
std::string bcrypt(std::string_view password, const std::string& setting) {
  const Secret terminated(std::string(password.substr(0, bcrypt_takes)));
  const auto wiped = [](crypt_data* data) {
    sodium_memzero(data, sizeof *data);
    delete data;
  };
  const std::unique_ptr<crypt_data, decltype(wiped)> data(new crypt_data(), wiped);
  const char* hash = crypt_rn(terminated.reveal().data(), setting.c_str(), data.get(), sizeof *data);
  return hash ? std::string(hash) : std::string();
}

std::string hash_bcrypt(std::string_view password, const PasswordParameters& parameters, Random& random) {
  if (!bcrypt_holds(password)) {
    throw std::invalid_argument("bcrypt takes 72 bytes without NUL at most");
  }
  std::array<std::uint8_t, salt_size> salt;
  random.fill(salt);
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (!crypt_gensalt_rn("$2b$", parameters.bcrypt_cost, reinterpret_cast<const char*>(salt.data()), salt_size, setting,
                        sizeof setting)) {
    throw std::runtime_error("bcrypt failed: cost out of range");
  }
  std::string hash = bcrypt(password, setting);
  if (!parse_bcrypt(hash)) throw std::runtime_error("bcrypt failed");
  return hash;
}

bool verify_bcrypt(std::string_view password, const std::string& stored) {
  // Computed in any case, so that a password out of bounds takes as long as a wrong one.
  return ostiary::equal_in_constant_time(bcrypt(password, stored), stored) && bcrypt_holds(password);
}

}  // namespace

std::size_t longest_password(Algorithm algorithm) { return algorithm == Algorithm::bcrypt ? bcrypt_takes : 256; }

bool can_hold(Algorithm algorithm, const Secret& password) {
  if (algorithm == Algorithm::bcrypt) return bcrypt_holds(password.reveal());
  return password.reveal().size() <= longest_password(algorithm);
}

std::string hash_password(const Secret& password, const PasswordParameters& parameters, Random& random) {
  if (parameters.memory_kib > most_memory_kib || parameters.passes > most_passes ||
      parameters.bcrypt_cost > most_bcrypt_cost) {
    throw std::invalid_argument("a password hashed at this cost would never be verified");
  }
  return parameters.algorithm == Algorithm::bcrypt ? hash_bcrypt(password.reveal(), parameters, random)
                                                   : hash_argon2id(password.reveal(), parameters, random);
}

bool verify_password(const Secret& password, std::string_view stored) {
  if (const auto cost = parse_bcrypt(stored)) {
    return *cost <= most_bcrypt_cost && verify_bcrypt(password.reveal(), std::string(stored));
  }
  const auto cost = parse_argon2id(stored);
  if (!cost || cost->memory_kib > most_memory_kib || cost->passes > most_passes || cost->lanes > most_lanes) {
    return false;
  }
  start_sodium();
  const HashMemory memory;
  return crypto_pwhash_str_verify(std::string(stored).c_str(), password.reveal().data(), password.reveal().size()) == 0;
}

std::string_view cost_of(std::string_view stored) {
  if (parse_bcrypt(stored)) return stored.substr(0, bcrypt_cost_size);
  if (!parse_argon2id(stored)) return {};
  return stored.substr(0, stored.rfind('$', stored.rfind('$') - 1) + 1);
}

std::string make_unmatchable_hash(std::string_view cost, Random& random) {
  std::string stored(cost);
  if (cost.starts_with("$argon2id$")) {
    stored += base64(random.bytes(salt_size)) + "$" + base64(random.bytes(hash_size));
  } else {
    for (std::size_t i = 0; i < bcrypt_salt_and_hash_size; ++i) {
      stored += bcrypt_alphabet[random.below(std::uint32_t{bcrypt_alphabet.size()})];
    }
  }
  return !cost.empty() && cost_of(stored) == cost ? stored : std::string();
}

bool needs_rehash(std::string_view stored, const PasswordParameters& parameters) {
  if (parameters.algorithm == Algorithm::bcrypt) {
    const auto cost = parse_bcrypt(stored);
    return !cost || *cost < parameters.bcrypt_cost;
  }
  const auto cost = parse_argon2id(stored);
  return !cost || cost->memory_kib < parameters.memory_kib || cost->passes < parameters.passes;
}

}  // namespace ostiary::crypto
