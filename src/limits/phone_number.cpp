#include "limits/phone_number.hpp"

#include <algorithm>
#include <array>

namespace ostiary::limits {

namespace {

constexpr std::size_t fewest_digits = 8, most_digits = 15;

/// The country codes of geographic areas in "List of ITU-T Recommendation E.164 assigned country codes" (annex to ITU
/// Operational Bulletin No. 1114, 15 December 2016) with the amendments since. No code is the beginning of another.
constexpr auto country_codes = std::to_array<std::string_view>(
    {"1",   "20",  "211", "212", "213", "216", "218", "220", "221", "222", "223", "224", "225", "226", "227", "228",
     "229", "230", "231", "232", "233", "234", "235", "236", "237", "238", "239", "240", "241", "242", "243", "244",
     "245", "246", "247", "248", "249", "250", "251", "252", "253", "254", "255", "256", "257", "258", "260", "261",
     "262", "263", "264", "265", "266", "267", "268", "269", "27",  "290", "291", "297", "298", "299", "30",  "31",
     "32",  "33",  "34",  "350", "351", "352", "353", "354", "355", "356", "357", "358", "359", "36",  "370", "371",
     "372", "373", "374", "375", "376", "377", "378", "379", "380", "381", "382", "383", "385", "386", "387", "389",
     "39",  "40",  "41",  "420", "421", "423", "43",  "44",  "45",  "46",  "47",  "48",  "49",  "500", "501", "502",
     "503", "504", "505", "506", "507", "508", "509", "51",  "52",  "53",  "54",  "55",  "56",  "57",  "58",  "590",
     "591", "592", "593", "594", "595", "596", "597", "598", "599", "60",  "61",  "62",  "63",  "64",  "65",  "66",
     "670", "672", "673", "674", "675", "676", "677", "678", "679", "680", "681", "682", "683", "685", "686", "687",
     "688", "689", "690", "691", "692", "7",   "81",  "82",  "84",  "850", "852", "853", "855", "856", "86",  "880",
     "886", "90",  "91",  "92",  "93",  "94",  "95",  "960", "961", "962", "963", "964", "965", "966", "967", "968",
     "970", "971", "972", "973", "974", "975", "976", "977", "98",  "992", "993", "994", "995", "996", "998"});

constexpr bool is_sorted_and_prefix_free() {
  for (std::size_t i = 1; i < country_codes.size(); ++i) {
    if (country_codes[i - 1] >= country_codes[i] || country_codes[i].starts_with(country_codes[i - 1])) return false;
  }
  return true;
}
static_assert(is_sorted_and_prefix_free());

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What people write between digits, and what contact lists add: no-break blanks, hyphens that are not ASCII, and marks
/// of direction.
constexpr auto fillers =
    std::to_array<std::string_view>({" ", "-", ".", "/", "(", ")", "\u00A0", "\u202F", "\u2009", "\u2010", "\u2011",
                                     "\u2012", "\u2013", "\u200E", "\u202A", "\u202C", "\u202D", "\u2060"});

/// `typed` without what stands between the digits. Nothing if it has anything else than those and digits.
std::optional<std::string> digits_of(std::string_view typed) {
  std::string digits;
  while (!typed.empty()) {
    if (is_digit(typed.front())) {
      digits += typed.front();
      typed.remove_prefix(1);
      continue;
    }
    const auto filler = std::ranges::find_if(fillers, [&](std::string_view one) { return typed.starts_with(one); });
    if (filler == fillers.end()) return std::nullopt;
    typed.remove_prefix(filler->size());
  }
  return digits;
}

/// Whether numbers of this country keep their leading zero abroad: Italy, the Vatican and San Marino.
bool keeps_leading_zero(std::string_view country_code) { return country_code == "39" || country_code == "378"; }

}  // namespace

std::string_view country_code_of(std::string_view digits) {
  for (const std::size_t length : {1U, 2U, 3U}) {
    const auto code = digits.substr(0, length);
    if (code.size() == length && std::ranges::binary_search(country_codes, code)) return code;
  }
  return {};
}

std::optional<PhoneNumber> parse_phone_number(std::string_view typed) {
  const auto plus = typed.find('+');
  if (plus == std::string_view::npos) return std::nullopt;
  const auto before = digits_of(typed.substr(0, plus));
  std::string rest(typed.substr(plus + 1));
  auto digits = digits_of(rest);
  if (!before || !before->empty() || !digits) return std::nullopt;
  const std::string country_code(country_code_of(*digits));
  constexpr std::string_view zero_at_home = "(0)";
  if (const auto at = rest.find(zero_at_home); at != std::string::npos && !keeps_leading_zero(country_code)) {
    // Only straight after the country code is it one.
    if (digits_of(rest.substr(0, at)) == country_code) digits->erase(country_code.size(), 1);
  }
  const bool has_length = digits->size() >= fewest_digits && digits->size() <= most_digits;
  if (country_code.empty() || !has_length) return std::nullopt;
  return PhoneNumber{"+" + *digits, country_code};
}

bool begins_with_any(const PhoneNumber& number, const std::vector<std::string>& prefixes) {
  const auto digits = std::string_view(number.e164).substr(1);
  return prefixes.empty() ||
         std::ranges::any_of(prefixes, [digits](const std::string& prefix) { return digits.starts_with(prefix); });
}

std::string masked(const PhoneNumber& number) {
  return "+" + number.country_code + " ... " + number.e164.substr(number.e164.size() - 2);
}

}  // namespace ostiary::limits
