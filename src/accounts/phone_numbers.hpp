#pragma once

#include <optional>

#include "accounts/codes.hpp"
#include "accounts/text_caps.hpp"
#include "limits/phone_number.hpp"

namespace ostiary::accounts {

/// A phone number that its owner has proven.
struct ProvenPhone {
  limits::PhoneNumber number;
  Time verified_at;
};

/// The phone of an account, decrypted. Throws std::runtime_error if the row does not open under the account's key.
std::optional<ProvenPhone> find_phone(Transaction& tx, const Deps& deps, UserId user);

/// A number as it is stored: encrypted with its owner's key. `purpose` tells the tables apart.
Bytes seal_number(Transaction& tx, const Deps& deps, UserId user, std::string_view purpose,
                  const limits::PhoneNumber& number);
limits::PhoneNumber open_number(Transaction& tx, const Deps& deps, UserId user, std::string_view purpose,
                                BytesView sealed);

inline constexpr std::string_view phone_purpose = "phone number", phone_change_purpose = "phone number to be proven";

/// A keyed hash of a number (a blind index): whoever reads the database can't tell by it which number it is.
Digest index_of(const Deps& deps, const limits::PhoneNumber& number);

/// Counts a text of `user` to `number` for the caps, which all servers on the database share. Where one is reached,
/// refuses with rate_limited, and says so in the log; such a refusal must commit (`tx.keep`). The cap of a number does
/// not hold for a login: whoever enters somebody else's number could spend it.
Result<void> count_text(Transaction& tx, const Deps& deps, const Call& call, UserId user,
                        const limits::PhoneNumber& number, TextUse use, Time now);

/// Orders the text with a code, by the template that has the purpose's name.
void order_code_text(Transaction& tx, const Deps& deps, UserId user, std::string_view purpose, const FreshCode& fresh,
                     const limits::PhoneNumber& number, const std::string& locale, Time now);

}  // namespace ostiary::accounts
