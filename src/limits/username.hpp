#pragma once

#include <string>
#include <string_view>

namespace ostiary::limits {

/// Ordered by precedence: the first that applies wins.
enum class UsernameVerdict {
  not_text,             ///< not UTF-8
  too_short,            ///< under 3 characters, or under 3 that can be seen
  too_long,             ///< over 32
  like_an_email,        ///< has an @: it could be somebody's address
  forbidden_character,  ///< neither letter, digit, mark, dot, hyphen nor underscore
  wrong_start,          ///< does not begin with a letter or digit
  acceptable,
};

UsernameVerdict judge_username(std::string_view username);

/// What a verdict other than `acceptable` says to the person.
std::string_view explain(UsernameVerdict verdict);

/// The form under which a username is found: compatibility-normalised and case-folded (NFKC_Casefold, Unicode 3.13,
/// which is stable across versions of Unicode). Empty for a text that is not UTF-8.
std::string username_canonical(std::string_view username);

/// What keeps usernames apart that look alike: the confusable skeleton (Unicode TR39) of the case-folded,
/// compatibility-normalised name. Names that look alike have the same. Empty for a text that is not UTF-8.
std::string username_skeleton(std::string_view username);

/// The version of the data that skeletons are made by, which is Unicode's: a newer one may give a name another
/// skeleton.
std::string skeleton_version();

/// A username in all its forms.
struct Username {
  std::string given, canonical, skeleton;
};
Username username_forms(std::string_view username);

}  // namespace ostiary::limits
