#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace ostiary::factors {

/// A QR code (ISO/IEC 18004) of a text, with error correction level M.
class QrCode {
 public:
  /// Throws std::length_error for a text that is too long for one code (over 2,331 bytes).
  explicit QrCode(std::string_view text);

  /// Images with the quiet zone of four modules that the standard asks for: an SVG without a size of its own, and a
  /// black and white PNG of eight pixels a module.
  std::string svg() const;
  Bytes png() const;

  std::size_t width() const { return width_; }  ///< in modules, without the quiet zone
  bool is_dark(std::size_t row, std::size_t column) const { return dark_[row * width_ + column]; }

 private:
  std::size_t width_ = 0;
  std::vector<bool> dark_;
};

}  // namespace ostiary::factors
