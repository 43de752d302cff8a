#include "crypto/openssl.hpp"

#include <openssl/err.h>

#include <stdexcept>
#include <string>

namespace ostiary::crypto {

void require(bool done, const char* what) {
  if (done) return;
  ERR_clear_error();
  throw std::runtime_error(std::string("OpenSSL failed to ") + what);
}

}  // namespace ostiary::crypto
