#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ostiary::limits {

/// A telephone number as ITU-T E.164 has it.
struct PhoneNumber {
  std::string e164;          ///< "+436641234567"
  std::string country_code;  ///< "43"
};

/// The country code at the beginning of `digits`: one that ITU-T assigned to a country or a group of countries. Empty
/// if there is none, and for codes of global services, networks and trials (800, 808, 87x, 881 to 883, 888, 979, 991):
/// nobody's phone has such a number, and texts to them are the dearest.
std::string_view country_code_of(std::string_view digits);

/// Reads a number in international form: a plus sign, an assigned country code, and 8 to 15 digits with it (E.164,
/// section 6.1). Blanks, hyphens, dots, slashes and brackets that people type are left out, and so is a "(0)", which in
/// most countries is dialled only at home. Nothing for any other text.
std::optional<PhoneNumber> parse_phone_number(std::string_view typed);

/// Whether a number begins with one of `prefixes`, which are digits without a plus sign. No prefixes admit every
/// number.
bool begins_with_any(const PhoneNumber& number, const std::vector<std::string>& prefixes);

/// What people are shown of a number where others may read it: "+43 ... 67".
std::string masked(const PhoneNumber& number);

}  // namespace ostiary::limits
