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

/// Hashes the exact bytes of a password and returns a PHC string ($argon2id$...) or a bcrypt string ($2b$...). The
/// caller must refuse NUL. Throws std::runtime_error if there is not enough memory, and std::invalid_argument for a
/// password that bcrypt would truncate or parameters that `verify_password` does not accept.
std::string hash_password(const Secret& password, const PasswordParameters& parameters, Random& random);

/// Whether `password` matches `stored`: Argon2id (any number of lanes) or bcrypt (2a, 2b, 2y). False for an unknown
/// format, and for a hash beyond 256 MiB, 10 passes or bcrypt cost 14 (denial of service).
bool verify_password(const Secret& password, std::string_view stored);

/// Whether `stored` has another algorithm or weaker parameters than `parameters`.
bool needs_rehash(std::string_view stored, const PasswordParameters& parameters);

}  // namespace ostiary::crypto
