#include "crypto/totp.hpp"

#include <liboath/oath.h>
#include <array>
#include <memory>
#include <stdexcept>

#include "crypto/digest.hpp"

namespace ostiary::crypto {

namespace {

constexpr unsigned digits = 6;

void require_success(int outcome, const char* what) {
  if (outcome != OATH_OK) throw std::runtime_error(std::string(what) + ": " + oath_strerror(outcome));
}

const char* chars_of(BytesView bytes) { return reinterpret_cast<const char*>(bytes.data()); }

}  // namespace

std::int64_t totp_step(Time now) {
  return std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count() / 30;
}

std::string totp_code(BytesView secret, std::int64_t step) {
  std::array<char, digits + 1> text{};
  require_success(oath_hotp_generate(chars_of(secret), secret.size(), static_cast<std::uint64_t>(step), digits, false,
                                     OATH_HOTP_DYNAMIC_TRUNCATION, text.data()),
                  "oath_hotp_generate");
  return {text.data(), digits};
}

TotpMatch match_totp(BytesView secret, std::string_view code, std::int64_t last_step, Time now) {
  TotpMatch match;
  const std::int64_t current = totp_step(now);
  for (std::int64_t step = current - 1; step <= current + 1; ++step) {
    if (!equal_in_constant_time(as_bytes(totp_code(secret, step)), as_bytes(code))) continue;
    if (step > last_step) return {TotpMatch::Verdict::right, step};
    match = {TotpMatch::Verdict::used, step};
  }
  return match;
}

std::string to_base32(BytesView bytes) {
  char* text = nullptr;
  std::size_t length = 0;
  require_success(oath_base32_encode(chars_of(bytes), bytes.size(), &text, &length), "oath_base32_encode");
  const std::unique_ptr<char, decltype(&std::free)> owned(text, &std::free);
  std::string encoded(text, length);
  encoded.resize(std::min(encoded.find('='), encoded.size()));
  return encoded;
}

}  // namespace ostiary::crypto
