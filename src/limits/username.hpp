#pragma once

#include <string>
#include <string_view>

namespace ostiary::limits {

/// Ordered by precedence: the first that applies wins.
enum class UsernameVerdict {
  not_text,             ///< not UTF-8
  too_short,            ///< under 3 characters, or under 3 visible ones
  too_long,             ///< over 32
  like_an_email,        ///< has an @, so it could be an address
  forbidden_character,  ///< neither letter, digit, mark, dot, hyphen nor underscore
  wrong_start,          ///< does not begin with a letter or digit
  acceptable,
};

UsernameVerdict judge_username(std::string_view username);

/// The message to the user for a verdict other than `acceptable`.
std::string_view explain(UsernameVerdict verdict);

/// The form by which a username is looked up: compatibility-normalised and case-folded (NFKC_Casefold, Unicode 3.13,
/// which is stable across versions of Unicode). Empty for a text that is not UTF-8.
std::string username_canonical(std::string_view username);

/// The confusable skeleton (Unicode TR39) of the case-folded, compatibility-normalised name. Names that look alike have
/// the same skeleton. Empty for a text that is not UTF-8.
std::string username_skeleton(std::string_view username);

/// The version of Unicode by which skeletons are computed. A newer version may compute another skeleton for a
/// name.
std::string skeleton_version();

/// A username in all its forms.
struct Username {
  std::string given, canonical, skeleton;
};
Username username_forms(std::string_view username);

}  // namespace ostiary::limits
