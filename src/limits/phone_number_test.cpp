#include "limits/phone_number.hpp"

#include <gtest/gtest.h>

namespace ostiary::limits {
namespace {

TEST(PhoneNumber, IsReadHoweverPeopleTypeIt) {
  struct Row {
    std::string typed, e164, country_code;
  };
  const Row rows[] = {
      {"+436641234567", "+436641234567", "43"},
      {"+43 664 123 45 67", "+436641234567", "43"},
      {" +43-664/123.45.67 ", "+436641234567", "43"},
      {"+43 (664) 1234567", "+436641234567", "43"},
      {"(+43) 664 1234567", "+436641234567", "43"},
      {"+43 (0) 664 1234567", "+436641234567", "43"},
      {"+43(0)664 1234567", "+436641234567", "43"},
      {"+39 (0)6 1234 5678", "+390612345678", "39"},
      {"+378 (0)549 123456", "+3780549123456", "378"},
      {"+1 (212) 555-0123", "+12125550123", "1"},
      {"+43\u00A0664\u202F123\u20114567", "+436641234567", "43"},
      {"\u202A+43 664 1234567\u202C", "+436641234567", "43"},
      {"+77011234567", "+77011234567", "7"},
      {"+883", "", ""},
      {"+1234567", "", ""},
      {"+12345678", "+12345678", "1"},
      {"+123456789012345", "+123456789012345", "1"},
      {"+1234567890123456", "", ""},
      {"", "", ""},
      {"+", "", ""},
      {"6641234567", "", ""},
      {"00436641234567", "", ""},
      {"43 +6641234567", "", ""},
      {"++436641234567", "", ""},
      {"+436641234567 ext. 5", "", ""},
      {"+43664FLOWERS", "", ""},
      {"+43\t6641234567", "", ""},
      {"+\u0664\u0663 664 1234567", "", ""},
      {std::string("+436641234567\0", 14), "", ""},
  };
  for (const auto& row : rows) {
    const auto number = parse_phone_number(row.typed);
    EXPECT_EQ(number ? number->e164 : "", row.e164) << row.typed;
    EXPECT_EQ(number ? number->country_code : "", row.country_code) << row.typed;
  }
}

TEST(PhoneNumber, OfAServiceOrOfNoCountryIsNone) {
  for (const char* code : {"0",   "210", "214", "259", "384", "388", "422", "671", "684", "699", "800", "808", "830",
                           "870", "878", "881", "882", "883", "888", "969", "978", "979", "990", "991", "997", "999"}) {
    EXPECT_TRUE(country_code_of(std::string(code) + "1234567").empty()) << code;
    EXPECT_FALSE(parse_phone_number("+" + std::string(code) + "12345678")) << code;
  }
}

TEST(PhoneNumber, BelongsToTheCountryOfItsCode) {
  EXPECT_EQ(country_code_of("18765551234"), "1");
  EXPECT_EQ(country_code_of("21"), "");
  EXPECT_EQ(country_code_of("211"), "211");
  EXPECT_EQ(country_code_of("3797"), "379");
  EXPECT_EQ(country_code_of("998"), "998");
  EXPECT_EQ(country_code_of(""), "");
}

TEST(PhoneNumber, IsAdmittedByItsFirstDigits) {
  const auto number = parse_phone_number("+12125550123");
  ASSERT_TRUE(number);
  EXPECT_TRUE(begins_with_any(*number, {}));
  EXPECT_TRUE(begins_with_any(*number, {"43", "1"}));
  EXPECT_TRUE(begins_with_any(*number, {"1212"}));
  EXPECT_FALSE(begins_with_any(*number, {"43", "1213"}));
}

TEST(PhoneNumber, IsShownWithoutMostOfItsDigits) {
  EXPECT_EQ(masked(*parse_phone_number("+436641234567")), "+43 ... 67");
}

}  // namespace
}  // namespace ostiary::limits
