// R4.1, B18: what a username may be, and which are the same name.
#include "limits/username.hpp"

#include <gtest/gtest.h>

namespace ostiary::limits {
namespace {

TEST(Username, Verdicts) {
  struct Row {
    std::string_view name;
    UsernameVerdict verdict;
  };
  const Row table[] = {
      {"ada", UsernameVerdict::acceptable},
      {"Ada.Love-lace_1", UsernameVerdict::acceptable},
      {"müller", UsernameVerdict::acceptable},
      {" ada ", UsernameVerdict::acceptable},
      {"a  ", UsernameVerdict::too_short},
      {"ольга", UsernameVerdict::acceptable},
      {"12345678901234567890123456789012", UsernameVerdict::acceptable},
      {"\xff\xfe\xfd", UsernameVerdict::not_text},
      {"ab", UsernameVerdict::too_short},
      {"ää", UsernameVerdict::too_short},
      {"", UsernameVerdict::too_short},
      {"\u115F\u115F\u115F", UsernameVerdict::too_short},
      {"ad\uFE0F\uFE0F", UsernameVerdict::too_short},
      {"123456789012345678901234567890123", UsernameVerdict::too_long},
      {"ada@example.org", UsernameVerdict::like_an_email},
      {"ada＠example.org", UsernameVerdict::like_an_email},
      {"ada lovelace", UsernameVerdict::forbidden_character},
      {"ada\r\nBcc", UsernameVerdict::forbidden_character},
      {"ada\u200b", UsernameVerdict::forbidden_character},
      {"<script>", UsernameVerdict::forbidden_character},
      {".ada", UsernameVerdict::wrong_start},
      {"_ada", UsernameVerdict::wrong_start},
  };
  for (const auto& row : table) EXPECT_EQ(judge_username(row.name), row.verdict) << row.name;
}

TEST(Username, IsFoundAndKeptWithoutTheBlanksAroundIt) {
  EXPECT_EQ(username_canonical(" Ada "), "ada");
  EXPECT_EQ(username_canonical("\u2000Ada\u2003"), "ada");
  EXPECT_EQ(username_forms(" Ada ").given, "Ada");
  EXPECT_EQ(username_skeleton(" ada "), username_skeleton("ada"));
}

TEST(Username, NamesThatLookAlikeAreTheSameB18) {
  const std::pair<std::string_view, std::string_view> same[] = {
      {"ada", "ADA"},
      {"paypal", "pаypal"},  // the second а is Cyrillic
      {"kelvin", "\u212Aelvin"},
      {"ada1", "adal"},
      {"file", "ﬁle"},
      {"bill0", "billO"},
      {"istanbul", "ISTANBUL"},
  };
  for (const auto& [left, right] : same) EXPECT_EQ(username_skeleton(left), username_skeleton(right)) << right;
  EXPECT_NE(username_skeleton("ada"), username_skeleton("eda"));
  EXPECT_NE(username_skeleton("müller"), username_skeleton("muller"));
}

TEST(Username, SpellingsOfOneNameHaveOneFormAndNamesThatLookAlikeDoNotB18) {
  const std::pair<std::string_view, std::string_view> same[] = {
      {"ada", "ADA"}, {"kelvin", "\u212Aelvin"}, {"file", "ﬁle"}, {"istanbul", "ISTANBUL"}, {"é1x", "e\u03011x"}};
  for (const auto& [left, right] : same) EXPECT_EQ(username_canonical(left), username_canonical(right)) << right;
  const std::pair<std::string_view, std::string_view> alike[] = {
      {"paypal", "pаypal"}, {"ada1", "adal"}, {"bill0", "billO"}};
  for (const auto& [left, right] : alike) EXPECT_NE(username_canonical(left), username_canonical(right)) << right;
  EXPECT_EQ(username_canonical("\xff\xfe\xfd"), "");
  const auto ada = username_forms("Ada1");
  EXPECT_EQ(ada.given, "Ada1");
  EXPECT_EQ(ada.canonical, "ada1");
  EXPECT_EQ(ada.skeleton, username_skeleton("adal"));
}

TEST(Username, TheDataOfSkeletonsHasAVersion) {
  EXPECT_NE(skeleton_version().find('.'), std::string::npos);
  EXPECT_LT(skeleton_version().size(), 12U);
}

TEST(Username, EveryRefusalIsExplained) {
  for (int verdict = 0; verdict < static_cast<int>(UsernameVerdict::acceptable); ++verdict) {
    EXPECT_FALSE(explain(static_cast<UsernameVerdict>(verdict)).empty());
  }
}

}  // namespace
}  // namespace ostiary::limits
