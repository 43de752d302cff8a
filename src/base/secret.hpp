#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace ostiary {

/// Overwrites `text` in a way that the compiler keeps.
void wipe(std::string& text);

/// Whether both hold the same bytes, in a time that depends on the lengths only.
bool equal_in_constant_time(std::string_view left, std::string_view right);

/// A text that must not be seen: a password, a key, a token. It has no way into a stream or a log; it is wiped when
/// freed; it compares in constant time. `reveal` marks each place that really needs the bytes.
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
