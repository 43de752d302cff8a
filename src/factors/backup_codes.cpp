#include "factors/backup_codes.hpp"

#include <algorithm>

#include "crypto/digest.hpp"
#include "crypto/totp.hpp"
#include "factors/statements.hpp"

namespace ostiary::factors {

namespace {

constexpr std::size_t code_count = 10;
constexpr std::size_t code_letters = 10;  // of base32: five bits each

/// A code as its MAC covers it: lower-case letters and digits.
std::string bare(std::string_view typed) {
  std::string code;
  for (const char c : typed) {
    if (c >= 'A' && c <= 'Z') code += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) code += c;
  }
  return code;
}

/// In two halves, as people read and type it: "mfrgg-zdfmz".
std::string draw_code(Random& random) {
  const std::string letters = bare(crypto::to_base32(random.bytes(code_letters))).substr(0, code_letters);
  return letters.substr(0, code_letters / 2) + "-" + letters.substr(code_letters / 2);
}

Digest mac_of(BytesView key, UserId user, std::string_view code) {
  return crypto::hmac_sha256(key, {as_bytes("backup code"), user.uuid.bytes, as_bytes(bare(code))});
}

}  // namespace

std::vector<std::string> make_backup_codes(Transaction& tx, const Deps& deps, UserId user, Time now) {
  const auto& room = deps.accounts.sessions;
  const auto key = room.keys.current(vault::KeyPurpose::codes);
  tx.execute(statements::delete_backup_codes, user);
  std::vector<std::string> codes;
  while (codes.size() < code_count) {
    codes.push_back(draw_code(room.random));
    tx.send(statements::insert_backup_code, user, mac_of(key.bytes, user, codes.back()), key.id, now);
  }
  return codes;
}

std::vector<std::string> make_missing_backup_codes(Transaction& tx, const Deps& deps, UserId user, Time now) {
  if (count_backup_codes(tx, user) > 0) return {};
  return make_backup_codes(tx, deps, user, now);
}

std::int64_t count_backup_codes(Transaction& tx, UserId user) {
  return std::ranges::count_if(tx.all(statements::list_backup_codes, user),
                               [](const auto& code) { return !code.used_at; });
}

bool use_backup_code(Transaction& tx, const Deps& deps, UserId user, std::string_view typed, Time now) {
  for (const auto& code : tx.all(statements::list_backup_codes, user)) {
    const auto key = deps.accounts.sessions.keys.find(code.key_id);
    if (!key) throw std::runtime_error("the server key of a backup code is missing");
    if (!crypto::equal_in_constant_time(mac_of(key->bytes, user, typed), code.code_mac)) continue;
    return tx.execute(statements::use_backup_code, user, code.code_mac, now) == 1;
  }
  return false;
}

}  // namespace ostiary::factors
