#pragma once

#include <string>
#include <string_view>

namespace ostiary::limits {

/// Ordered by precedence: the first that applies wins.
enum class UsernameVerdict {
  not_text,             ///< not UTF-8
  too_short,            ///< under 3 characters
  too_long,             ///< over 32
  like_an_email,        ///< has an @: it could be somebody's address
  forbidden_character,  ///< neither letter, digit, mark, dot, hyphen nor underscore
  wrong_start,          ///< does not begin with a letter or digit
  acceptable,
};

UsernameVerdict judge_username(std::string_view username);

/// What a verdict other than `acceptable` says to the person.
std::string_view explain(UsernameVerdict verdict);

/// What usernames are compared by: the confusable skeleton (Unicode TR39) of the case-folded, compatibility-normalised
/// name. Names that look alike have the same. Empty for a text that is not UTF-8.
std::string username_skeleton(std::string_view username);

}  // namespace ostiary::limits
