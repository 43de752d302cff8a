#include "factors/qr_code.hpp"

#include <qrencode.h>
#include <zlib.h>

#include <cerrno>
#include <memory>
#include <stdexcept>

namespace ostiary::factors {

namespace {

constexpr std::size_t quiet = 4;   // modules
constexpr std::size_t scale = 8;   // pixels a module

void append_number(Bytes& bytes, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(number >> shift));
}

/// A chunk of a PNG file (PNG, section 5.3).
void append_chunk(Bytes& file, std::string_view type, BytesView data) {
  append_number(file, static_cast<std::uint32_t>(data.size()));
  const std::size_t start = file.size();
  file.insert(file.end(), type.begin(), type.end());
  file.insert(file.end(), data.begin(), data.end());
  append_number(file,
                static_cast<std::uint32_t>(crc32(0, file.data() + start, static_cast<uInt>(file.size() - start))));
}

Bytes deflated(BytesView data) {
  uLongf size = compressBound(data.size());
  Bytes compressed(size);
  if (compress(compressed.data(), &size, data.data(), data.size()) != Z_OK) {
    throw std::runtime_error("zlib can't compress an image");
  }
  compressed.resize(size);
  return compressed;
}

}  // namespace

QrCode::QrCode(std::string_view text) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeData(static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()), 0,
                        QR_ECLEVEL_M),
      &QRcode_free);
  if (!code) {
    if (errno == ERANGE) throw std::length_error("the text is too long for a QR code");
    throw std::runtime_error("libqrencode can't make a QR code");
  }
  width_ = static_cast<std::size_t>(code->width);
  dark_.reserve(width_ * width_);
  // The lowest bit of a module says whether it is dark.
  for (std::size_t i = 0; i < width_ * width_; ++i) dark_.push_back((code->data[i] & 1) != 0);
}

std::string QrCode::svg() const {
  const std::string side = std::to_string(width_ + 2 * quiet);
  std::string path;
  for (std::size_t row = 0; row < width_; ++row) {
    for (std::size_t column = 0; column < width_; ++column) {
      if (!is_dark(row, column)) continue;
      std::size_t end = column;
      while (end < width_ && is_dark(row, end)) ++end;
      const std::string length = std::to_string(end - column);
      path += "M" + std::to_string(column + quiet) + " " + std::to_string(row + quiet) + "h" + length + "v1h-" +
              length + "z";
      column = end;
    }
  }
  return R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )" + side + " " + side +
         R"(" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h)" + side + "v" + side + R"(H0z"/><path d=")" +
         path + R"("/></svg>)";
}

Bytes QrCode::png() const {
  const std::size_t side = (width_ + 2 * quiet) * scale;
  // A row is a byte that names its filter (none) and a bit a pixel, of which 1 is white.
  const std::size_t row_bytes = 1 + side / 8;
  Bytes pixels(side * row_bytes, 0xff);
  for (std::size_t y = 0; y < side; ++y) {
    pixels[y * row_bytes] = 0;
    const std::size_t row = y / scale;
    if (row < quiet || row >= quiet + width_) continue;
    for (std::size_t column = 0; column < width_; ++column) {
      // A module is as wide as a byte has bits.
      if (is_dark(row - quiet, column)) pixels[y * row_bytes + 1 + quiet + column] = 0;
    }
  }
  static_assert(scale == 8);
  Bytes header;
  append_number(header, static_cast<std::uint32_t>(side));
  append_number(header, static_cast<std::uint32_t>(side));
  constexpr std::array<std::uint8_t, 5> one_bit_of_grey{1, 0, 0, 0, 0};
  header.insert(header.end(), one_bit_of_grey.begin(), one_bit_of_grey.end());
  Bytes file{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  append_chunk(file, "IHDR", header);
  append_chunk(file, "IDAT", deflated(pixels));
  append_chunk(file, "IEND", {});
  return file;
}

}  // namespace ostiary::factors
