#include "passwords/policy.hpp"

#include <zxcvbn.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "base/secret.hpp"

namespace ostiary::passwords {
namespace {

constexpr std::size_t fewest_characters = 8;
constexpr std::size_t judged_characters = 100;
constexpr std::size_t shortest_own_word = 3;
constexpr int required_score = 3;

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(utf8, begins_character));
}

/// The first hundred characters with a byte each, for zxcvbn counts bytes: ASCII stays, any other character becomes a
/// byte above it, the same for the same character, so that repetition is seen and nobody gains by an alphabet.
std::string one_byte_a_character(std::string_view utf8) {
  std::string bytes;
  for (const char byte : utf8) {
    if (begins_character(byte)) {
      if (bytes.size() == judged_characters) break;
      bytes += byte;
    } else if (!bytes.empty()) {
      bytes.back() = static_cast<char>(0x80 | ((bytes.back() * 31 + byte) & 0x7f));
    }
  }
  return bytes;
}

bool is_letter_or_digit(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
         static_cast<unsigned char>(byte) >= 0x80;
}

/// The words themselves, the halves of an address, and every run of letters and digits in them.
std::vector<std::string> guessable_parts(const std::vector<std::string>& own_words) {
  std::vector<std::string> parts;
  const auto add = [&parts](std::string_view part) {
    if (count_characters(part) < shortest_own_word) return;
    std::string word = one_byte_a_character(part);
    if (std::ranges::find(parts, word) == parts.end()) parts.push_back(std::move(word));
  };
  for (const std::string_view word : own_words) {
    add(word);
    const std::size_t at = word.find('@');
    if (at != std::string_view::npos) {
      add(word.substr(0, at));
      add(word.substr(at + 1));
    }
    std::string joined;
    for (auto rest = word.begin(); rest != word.end();) {
      const auto begin = std::find_if(rest, word.end(), is_letter_or_digit);
      rest = std::find_if_not(begin, word.end(), is_letter_or_digit);
      add({begin, rest});
      joined.append(begin, rest);
    }
    add(joined);
  }
  return parts;
}

struct FreeMatches {
  void operator()(ZxcMatch_t* first) const { ZxcvbnFreeInfo(first); }
};
using Matches = std::unique_ptr<ZxcMatch_t, FreeMatches>;

/// The published thresholds of zxcvbn: 10^3, 10^6, 10^8 and 10^10 guesses.
int score_of(double bits) {
  constexpr std::array thresholds{3.0, 6.0, 8.0, 10.0};
  const double decimals = bits * std::log10(2.0);
  return static_cast<int>(std::ranges::count_if(thresholds, [&](double threshold) { return decimals >= threshold; }));
}

/// What to say about a way of guessing, the most telling first.
struct Weakness {
  std::array<ZxcTypeMatch_t, 2> types;
  std::string_view sentence;
};

constexpr Weakness weaknesses[] = {
    {{USER_MATCH, USER_LEET_MATCH}, "Leave out your name, your address and the name of this service."},
    {{DICT_LEET_MATCH, DICT_LEET_MATCH}, "Replacing letters by similar signs, like @ for a, helps little."},
    {{DICTIONARY_MATCH, DICTIONARY_MATCH}, "Common words, names and passwords are guessed first."},
    {{SPATIAL_MATCH, SPATIAL_MATCH}, "Rows and patterns of keys are easy to guess."},
    {{SEQUENCE_MATCH, SEQUENCE_MATCH}, "Sequences like abc or 6543 are easy to guess."},
    {{DATE_MATCH, YEAR_MATCH}, "Dates and years are easy to guess."},
    {{REPEATS_MATCH, LONG_PWD_MATCH}, "Repeating a character or a part adds little."},
};
constexpr std::string_view what_helps = "Add more words that are uncommon and have nothing to do with each other.";

bool has_weakness(const ZxcMatch_t* match, const Weakness& weakness) {
  // One character matches the dictionary too, which tells the person nothing.
  constexpr int telling_length = 3;
  if (match->Length < telling_length) return false;
  int type = match->Type & ~MULTIPLE_MATCH;
  // That a part comes again says more than what the part is, unless it is the person's own.
  if ((match->Type & MULTIPLE_MATCH) && type != USER_MATCH && type != USER_LEET_MATCH) type = REPEATS_MATCH;
  return type == weakness.types[0] || type == weakness.types[1];
}

std::string advice_for(const ZxcMatch_t* first) {
  for (const Weakness& weakness : weaknesses) {
    for (const ZxcMatch_t* match = first; match; match = match->Next) {
      if (has_weakness(match, weakness)) return std::string(weakness.sentence) + " " + std::string(what_helps);
    }
  }
  return "Make it longer. " + std::string(what_helps);
}

PasswordJudgment judge_guessability(std::string_view password, const std::vector<std::string>& own_words) {
  const Secret judged(one_byte_a_character(password));
  const std::vector<std::string> parts = guessable_parts(own_words);
  std::vector<const char*> dictionary;
  for (const std::string& part : parts) dictionary.push_back(part.c_str());
  dictionary.push_back(nullptr);
  ZxcMatch_t* first = nullptr;
  const double bits = ZxcvbnMatch(judged.reveal().data(), dictionary.data(), &first);
  const Matches matches(first);
  if (score_of(bits) >= required_score) return {PasswordVerdict::acceptable, {}};
  return {PasswordVerdict::too_guessable, advice_for(matches.get())};
}

}  // namespace

PasswordJudgment judge_password(std::string_view password, const std::vector<std::string>& own_words,
                                std::size_t longest) {
  if (password.find('\0') != std::string_view::npos) {
    return {PasswordVerdict::contains_nul, "A password can't contain the NUL character."};
  }
  if (count_characters(password) < fewest_characters) {
    return {PasswordVerdict::too_short, "Use at least 8 characters; a few uncommon words are easy to remember."};
  }
  if (password.size() > longest) {
    return {PasswordVerdict::too_long, "Use at most " + std::to_string(longest) +
                                           " bytes: a letter of the English alphabet is one, others are two to four."};
  }
  return judge_guessability(password, own_words);
}

}  // namespace ostiary::passwords
