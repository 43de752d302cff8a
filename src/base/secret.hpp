#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace ostiary {

/// Overwrites `text`. The compiler does not optimise this away.
void wipe(std::string& text);

/// Constant-time comparison: the time depends only on the lengths.
bool equal_in_constant_time(std::string_view left, std::string_view right);

/// A secret text: a password, a key, a token. It cannot be written to a stream or a log, is wiped when freed, and is
/// compared in constant time. Call `reveal` only where the bytes are needed.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { wipe(other.value_); }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe(value_);
      value_ = other.value_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe(value_);
      value_ = std::move(other.value_);
      wipe(other.value_);
    }
    return *this;
  }
  ~Secret() { wipe(value_); }

  std::string_view reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

  friend bool operator==(const Secret& left, const Secret& right) {
    return equal_in_constant_time(left.value_, right.value_);
  }

 private:
  std::string value_;
};

}  // namespace ostiary
