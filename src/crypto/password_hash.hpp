#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/secret.hpp"

namespace ostiary::crypto {

/// How new passwords are hashed. The defaults are OWASP's first choice (Argon2id, RFC 9106).
struct PasswordParameters {
  enum class Algorithm { argon2id, bcrypt } algorithm = Algorithm::argon2id;
  std::uint32_t memory_kib = 19 * 1024;
  std::uint32_t passes = 2;
  std::uint32_t bcrypt_cost = 12;
};

/// The longest password that `algorithm` takes, in bytes: 72 for bcrypt, which would ignore the rest, else 256.
std::size_t longest_password(PasswordParameters::Algorithm algorithm);

/// Whether `algorithm` takes the whole of `password`: no more bytes than it can hold, and no NUL under bcrypt, which
/// ends there.
bool can_hold(PasswordParameters::Algorithm algorithm, const Secret& password);

/// A PHC string ($argon2id$...) or a bcrypt string ($2b$...) of the bytes exactly as given, NUL refused by the caller.
/// Throws std::runtime_error where memory is short, std::invalid_argument for a password that bcrypt would cut and for
/// parameters beyond what `verify_password` accepts.
std::string hash_password(const Secret& password, const PasswordParameters& parameters, Random& random);

/// Whether `password` matches `stored`: Argon2id (any number of lanes) or bcrypt (2a, 2b, 2y). False for an unknown
/// format, and for a hash beyond 256 MiB, 10 passes or bcrypt cost 14 (denial of service).
bool verify_password(const Secret& password, std::string_view stored);

/// The algorithm and cost of a stored hash: its text up to the salt, as in "$argon2id$v=19$m=19456,t=2,p=1$" or
/// "$2b$12$". Empty for an unknown form.
std::string_view cost_of(std::string_view stored);

/// A stored hash of this algorithm and cost, as `cost_of` gives them, that no password matches: salt and hash are
/// random. To verify against it takes as long as against any other of this cost. Empty for an unknown form.
std::string make_unmatchable_hash(std::string_view cost, Random& random);

/// Whether `stored` is of another algorithm or weaker parameters than `parameters`.
bool needs_rehash(std::string_view stored, const PasswordParameters& parameters);

}  // namespace ostiary::crypto
