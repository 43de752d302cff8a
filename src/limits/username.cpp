#include "limits/username.hpp"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uspoof.h>
#include <unicode/utf8.h>

#include <array>
#include <memory>
#include <stdexcept>

#include "base/text.hpp"

namespace ostiary::limits {

namespace {

constexpr int shortest = 3;
constexpr int longest = 32;

bool is_utf8(std::string_view text) {
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t position = 0; position < size;) {
    UChar32 character = 0;
    U8_NEXT(text.data(), position, size, character);
    if (character < 0) return false;
  }
  return true;
}

/// Without the spaces around it that phone keyboards add.
icu::UnicodeString to_unicode(std::string_view typed) {
  const auto text = trim_blanks(typed, " ");
  return icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
}

bool is_name_character(UChar32 character) {
  constexpr std::uint32_t welcome = U_GC_L_MASK | U_GC_ND_MASK | U_GC_MN_MASK | U_GC_MC_MASK;
  return (U_GET_GC_MASK(character) & welcome) != 0 || character == '.' || character == '-' || character == '_';
}

const icu::Normalizer2& compatibility_case_folding() {
  UErrorCode error = U_ZERO_ERROR;
  const auto* normalizer = icu::Normalizer2::getNFKCCasefoldInstance(error);
  if (U_FAILURE(error)) throw std::runtime_error(std::string("ICU has no case folding: ") + u_errorName(error));
  return *normalizer;
}

const USpoofChecker& spoof_checker() {
  struct Close {
    void operator()(USpoofChecker* checker) const { uspoof_close(checker); }
  };
  static const std::unique_ptr<USpoofChecker, Close> checker = [] {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<USpoofChecker, Close> opened(uspoof_open(&error));
    if (U_FAILURE(error)) throw std::runtime_error(std::string("ICU has no confusables: ") + u_errorName(error));
    return opened;
  }();
  return *checker;
}

icu::UnicodeString fold(const icu::UnicodeString& text) {
  UErrorCode error = U_ZERO_ERROR;
  icu::UnicodeString folded = compatibility_case_folding().normalize(text, error);
  return U_FAILURE(error) ? text : folded;
}

}  // namespace

UsernameVerdict judge_username(std::string_view username) {
  if (!is_utf8(username)) return UsernameVerdict::not_text;
  const icu::UnicodeString name = to_unicode(username);
  const std::int32_t characters = name.countChar32();
  const icu::UnicodeString folded = fold(name);
  // Folding drops what can't be seen, such as U+115F: a name must be found by something.
  if (characters < shortest || folded.countChar32() < shortest) return UsernameVerdict::too_short;
  if (characters > longest) return UsernameVerdict::too_long;
  if (folded.indexOf(static_cast<UChar>('@')) >= 0) return UsernameVerdict::like_an_email;
  for (std::int32_t position = 0; position < name.length(); position = name.moveIndex32(position, 1)) {
    if (!is_name_character(name.char32At(position))) return UsernameVerdict::forbidden_character;
  }
  const UChar32 first = name.char32At(0);
  return u_isalnum(first) ? UsernameVerdict::acceptable : UsernameVerdict::wrong_start;
}

std::string_view explain(UsernameVerdict verdict) {
  switch (verdict) {
    case UsernameVerdict::not_text: return "A username is a text in UTF-8.";
    case UsernameVerdict::too_short: return "A username has at least 3 characters.";
    case UsernameVerdict::too_long: return "A username has at most 32 characters.";
    case UsernameVerdict::like_an_email: return "A username is not an email address: it has no @.";
    case UsernameVerdict::forbidden_character:
      return "A username is made of letters, digits, dots, hyphens and underscores.";
    case UsernameVerdict::wrong_start: return "A username begins with a letter or a digit.";
    case UsernameVerdict::acceptable: return "";
  }
  return "";
}

std::string username_canonical(std::string_view username) {
  std::string text;
  if (is_utf8(username)) fold(to_unicode(username)).toUTF8String(text);
  // Folding makes spaces of other blanks (U+2000). No username has any.
  return std::string(trim_blanks(text, " "));
}

std::string username_skeleton(std::string_view username) {
  if (!is_utf8(username)) return {};
  const icu::UnicodeString folded = fold(to_unicode(username));
  UErrorCode error = U_ZERO_ERROR;
  icu::UnicodeString skeleton;
  uspoof_getSkeletonUnicodeString(&spoof_checker(), 0, folded, skeleton, &error);
  if (U_FAILURE(error)) throw std::runtime_error(std::string("ICU makes no skeleton: ") + u_errorName(error));
  // A skeleton may bring capitals back ("0" looks like "O"): folding once more makes it one name again.
  std::string text;
  fold(skeleton).toUTF8String(text);
  return text;
}

std::string skeleton_version() {
  UVersionInfo version;
  u_getUnicodeVersion(version);
  std::array<char, U_MAX_VERSION_STRING_LENGTH> text{};
  u_versionToString(version, text.data());
  return text.data();
}

Username username_forms(std::string_view username) {
  return {std::string(trim_blanks(username, " ")), username_canonical(username), username_skeleton(username)};
}

}  // namespace ostiary::limits
