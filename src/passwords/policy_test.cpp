#include "passwords/policy.hpp"

#include <gtest/gtest.h>

namespace ostiary::passwords {
namespace {

using namespace std::string_literals;

const std::vector<std::string> adas_words{"ada.lovelace@analytical-engine.example", "Ada Lovelace", "countess_ada",
                                          "Ostiary"};
constexpr std::size_t argon2id_limit = 256;
constexpr std::size_t bcrypt_limit = 72;

std::string random_text(std::size_t length) {
  constexpr std::string_view letters = "k7#Vq!zR2mX9_wPe4Lh8sNd3Tj6yBu5G";
  std::string text;
  for (std::size_t i = 0; i < length; ++i) text += letters[(i * i * 7 + i * 3 + i / 5) % letters.size()];
  return text;
}

std::string repeated(std::size_t count, std::string_view part) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += part;
  return text;
}

struct Row {
  const char* what;
  std::string password;
  std::size_t longest;
  PasswordVerdict verdict;
};

const Row rows[] = {
    {"NUL at the end", "correct horse battery\0"s, argon2id_limit, PasswordVerdict::contains_nul},
    {"NUL goes before too short", "\0"s, argon2id_limit, PasswordVerdict::contains_nul},
    {"NUL goes before too long", random_text(300) + "\0"s, argon2id_limit, PasswordVerdict::contains_nul},
    {"empty", "", argon2id_limit, PasswordVerdict::too_short},
    {"7 characters", "k7#Vq!z", argon2id_limit, PasswordVerdict::too_short},
    {"7 characters of 14 bytes", "жщюдэёъ", argon2id_limit, PasswordVerdict::too_short},
    {"7 characters of 28 bytes", "🦊🐙🚲🧲🪁🥨🌵", argon2id_limit, PasswordVerdict::too_short},
    {"8 characters", "k7#Vq!zR", argon2id_limit, PasswordVerdict::acceptable},
    {"8 characters of 32 bytes", "🦊🐙🚲🧲🪁🥨🌵🫖", argon2id_limit, PasswordVerdict::acceptable},
    {"too long goes before too guessable", std::string(257, 'a'), argon2id_limit, PasswordVerdict::too_long},
    {"256 bytes", random_text(256), argon2id_limit, PasswordVerdict::acceptable},
    {"257 bytes", random_text(257), argon2id_limit, PasswordVerdict::too_long},
    {"86 characters of 258 bytes", repeated(86, "€"), argon2id_limit, PasswordVerdict::too_long},
    {"72 bytes under bcrypt", random_text(72), bcrypt_limit, PasswordVerdict::acceptable},
    {"73 bytes under bcrypt", random_text(73), bcrypt_limit, PasswordVerdict::too_long},
    {"a common one", "password", argon2id_limit, PasswordVerdict::too_guessable},
    {"a common one, dressed up", "P@ssw0rd1!", argon2id_limit, PasswordVerdict::too_guessable},
    {"a common one, backwards", "drowssap", argon2id_limit, PasswordVerdict::too_guessable},
    {"a row of keys", "zxcvbnm,./", argon2id_limit, PasswordVerdict::too_guessable},
    {"a sequence", "abcdefghijk", argon2id_limit, PasswordVerdict::too_guessable},
    {"a date", "31.12.1984", argon2id_limit, PasswordVerdict::too_guessable},
    {"one letter", std::string(40, 'x'), argon2id_limit, PasswordVerdict::too_guessable},
    {"one letter of two bytes", repeated(20, "ж"), argon2id_limit, PasswordVerdict::too_guessable},
    {"two letters of two bytes, in turn", repeated(10, "жщ"), argon2id_limit, PasswordVerdict::too_guessable},
    {"one part again and again", repeated(5, "abc"), argon2id_limit, PasswordVerdict::too_guessable},
    {"one's address", "ada.lovelace@analytical-engine.example", argon2id_limit, PasswordVerdict::too_guessable},
    {"its local part", "ada.lovelace", argon2id_limit, PasswordVerdict::too_guessable},
    {"one's name run together", "adalovelace", argon2id_limit, PasswordVerdict::too_guessable},
    {"one's name in capitals", "LOVELACE", argon2id_limit, PasswordVerdict::too_guessable},
    {"one's name with a year", "Lovelace1815", argon2id_limit, PasswordVerdict::too_guessable},
    {"one's name with signs for letters", "l0vel4ce", argon2id_limit, PasswordVerdict::too_guessable},
    {"one's user name", "countess_ada", argon2id_limit, PasswordVerdict::too_guessable},
    {"the domain", "analytical-engine", argon2id_limit, PasswordVerdict::too_guessable},
    {"the service's name", "Ostiary2026!", argon2id_limit, PasswordVerdict::too_guessable},
    {"a few words", "correct horse battery staple", argon2id_limit, PasswordVerdict::acceptable},
    {"words in another script", "верблюд чайник затмение", argon2id_limit, PasswordVerdict::acceptable},
    {"a long start of one letter hides what follows", std::string(100, 'x') + random_text(50), argon2id_limit,
     PasswordVerdict::too_guessable},
};

TEST(PasswordPolicy, Verdicts) {
  for (const Row& row : rows) {
    const PasswordJudgment judgment = judge_password(row.password, adas_words, row.longest);
    EXPECT_EQ(judgment.verdict, row.verdict) << row.what;
    EXPECT_EQ(judgment.advice.empty(), row.verdict == PasswordVerdict::acceptable) << row.what;
  }
}

TEST(PasswordPolicy, WordsAreOnlyOnesOwn) {
  EXPECT_EQ(judge_password("Analytical-Engine", {}, argon2id_limit).verdict, PasswordVerdict::acceptable);
  EXPECT_EQ(judge_password("Analytical-Engine", adas_words, argon2id_limit).verdict, PasswordVerdict::too_guessable);
}

TEST(PasswordPolicy, OwnWordsInAnotherScriptCount) {
  EXPECT_EQ(judge_password("бетховен", {}, argon2id_limit).verdict, PasswordVerdict::acceptable);
  EXPECT_EQ(judge_password("бетховен", {"Людвиг ван бетховен"}, argon2id_limit).verdict,
            PasswordVerdict::too_guessable);
}

TEST(PasswordPolicy, OddOwnWordsDoNoHarm) {
  const std::vector<std::string> words{"", " ", "@", "a", "ab", "@@@", ".", std::string(500, 'z'), "x@", "@x"};
  EXPECT_EQ(judge_password("correct horse battery staple", words, argon2id_limit).verdict, PasswordVerdict::acceptable);
}

TEST(PasswordPolicy, AdviceNamesTheWeakness) {
  const std::pair<std::string, std::string_view> table[] = {
      {"password", "Common words"},        {"P@ssw0rd", "similar signs"}, {"zxcvbnm,./", "patterns of keys"},
      {"abcdefghijk", "Sequences"},        {"31.12.1984", "Dates"},       {std::string(20, '!'), "Repeating"},
      {"passwordpassword", "Repeating"},   {"xq3xq3xq3xq3", "Repeating"}, {"lovelace", "Leave out your name"},
      {"1ov3lac3", "Leave out your name"},
  };
  for (const auto& [password, words] : table) {
    const std::string advice = judge_password(password, adas_words, argon2id_limit).advice;
    EXPECT_NE(advice.find(words), std::string::npos) << password << ": " << advice;
    EXPECT_NE(advice.find("uncommon"), std::string::npos) << advice;
  }
  EXPECT_NE(judge_password(random_text(257), {}, argon2id_limit).advice.find("at most 256 bytes"), std::string::npos);
  EXPECT_NE(judge_password(random_text(73), {}, bcrypt_limit).advice.find("at most 72 bytes"), std::string::npos);
  EXPECT_NE(judge_password("short", {}, bcrypt_limit).advice.find("at least 8"), std::string::npos);
}

}  // namespace
}  // namespace ostiary::passwords
