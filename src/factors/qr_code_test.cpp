#include "factors/qr_code.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>

#include "base/encoding.hpp"

namespace ostiary::factors {
namespace {

std::uint32_t number_at(const Bytes& bytes, std::size_t start) {
  std::uint32_t number = 0;
  for (std::size_t i = start; i < start + 4; ++i) number = number << 8 | bytes.at(i);
  return number;
}

TEST(QrCodes, HaveTheirFinderPatterns) {
  const QrCode code("otpauth://totp/Example:ada%40example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example");
  ASSERT_EQ(code.width() % 4, 1U);
  constexpr std::array<std::string_view, 7> finder{"#######", "#.....#", "#.###.#", "#.###.#",
                                                   "#.###.#", "#.....#", "#######"};
  for (const auto& [top, left] :
       {std::pair<std::size_t, std::size_t>{0, 0}, {0, code.width() - 7}, {code.width() - 7, 0}}) {
    for (std::size_t row = 0; row < 7; ++row) {
      for (std::size_t column = 0; column < 7; ++column) {
        EXPECT_EQ(code.is_dark(top + row, left + column), finder[row][column] == '#') << row << ' ' << column;
      }
    }
  }
}

// The PNG shows the modules in a quiet zone of four, eight pixels each; checksums as the standard asks.
TEST(QrCodes, APngOfTheSameModules) {
  const QrCode code("short");
  const Bytes png = code.png();
  EXPECT_EQ(to_hex(BytesView(png).first(8)), "89504e470d0a1a0a");
  const std::size_t side = (code.width() + 8) * 8;
  EXPECT_EQ(number_at(png, 16), side);
  EXPECT_EQ(number_at(png, 20), side);
  std::size_t at = 8;
  Bytes data;
  std::string types;
  while (at < png.size()) {
    const std::size_t size = number_at(png, at);
    EXPECT_EQ(number_at(png, at + 8 + size), crc32(0, &png.at(at + 4), static_cast<uInt>(size + 4)));
    const std::string type(png.begin() + static_cast<std::ptrdiff_t>(at + 4),
                           png.begin() + static_cast<std::ptrdiff_t>(at + 8));
    if (type == "IDAT")
      data.assign(png.begin() + static_cast<std::ptrdiff_t>(at + 8),
                  png.begin() + static_cast<std::ptrdiff_t>(at + 8 + size));
    types += type + ' ';
    at += size + 12;
  }
  EXPECT_EQ(types, "IHDR IDAT IEND ");
  Bytes pixels(side * (side / 8 + 1));
  uLongf size = pixels.size();
  ASSERT_EQ(uncompress(pixels.data(), &size, data.data(), data.size()), Z_OK);
  ASSERT_EQ(size, pixels.size());
  for (std::size_t y = 0; y < side; ++y) {
    EXPECT_EQ(pixels[y * (side / 8 + 1)], 0) << "the filter of a row";
    for (std::size_t x = 0; x < side / 8; ++x) {
      const std::size_t row = y / 8;
      const bool inside = row >= 4 && row < 4 + code.width() && x >= 4 && x < 4 + code.width();
      const bool dark = inside && code.is_dark(row - 4, x - 4);
      ASSERT_EQ(pixels[y * (side / 8 + 1) + 1 + x], dark ? 0 : 0xff) << y << ' ' << x;
    }
  }
}

TEST(QrCodes, AnSvgWithAQuietZone) {
  const QrCode code("short");
  const std::string side = std::to_string(code.width() + 8);
  const std::string svg = code.svg();
  EXPECT_TRUE(svg.starts_with(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )" + side + " " + side + "\""))
      << svg;
  EXPECT_TRUE(svg.contains("M4 4h7v1h-7z")) << "the upper edge of the first finder pattern";
  EXPECT_TRUE(svg.ends_with("</svg>"));
}

TEST(QrCodes, ATextThatIsTooLong) { EXPECT_THROW(QrCode(std::string(3000, 'x')), std::length_error); }

}  // namespace
}  // namespace ostiary::factors
