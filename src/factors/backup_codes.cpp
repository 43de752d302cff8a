#include "factors/backup_codes.hpp"

#include <algorithm>

#include "accounts/account_mail.hpp"
#include "accounts/statements.hpp"
#include "crypto/digest.hpp"
#include "crypto/totp.hpp"
#include "factors/changed_factor.hpp"
#include "factors/second_step.hpp"
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
  tx.execute(accounts::statements::delete_backup_codes_of, user, Time());
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

Result<v1::BackupCodes> make_new_backup_codes(Deps& deps, const Call& call, const v1::MakeBackupCodesRequest&) {
  const UserId user = call.person().user_id;
  const Time now = deps.accounts.sessions.clock.now();
  return deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<v1::BackupCodes> {
    if (methods_of(tx, deps, user, now).empty()) {
      return refuse(Refusal::factor_missing, "Backup codes replace a second factor, and the account has none.");
    }
    v1::BackupCodes reply;
    for (auto& code : make_backup_codes(tx, deps, user, now)) reply.add_codes(std::move(code));
    note_changed_factor(tx, deps, call, {user, "backup_codes.make", "backup_codes_made"}, now);
    return reply;
  });
}

Result<v1::CountBackupCodesReply> count_own_backup_codes(Deps& deps, const Call& call,
                                                         const v1::CountBackupCodesRequest&) {
  return deps.accounts.sessions.db.read([&](Transaction& tx) -> Result<v1::CountBackupCodesReply> {
    v1::CountBackupCodesReply reply;
    reply.set_left(count_backup_codes(tx, call.person().user_id));
    return reply;
  });
}

Result<v1::TokenReply> verify_backup_code(Deps& deps, const Call& call, const v1::VerifyBackupCodeRequest& request) {
  const Time now = deps.accounts.sessions.clock.now();
  return deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<v1::TokenReply> {
    const auto login = find_pending_login(tx, deps, call, Secret(request.mfa_token()), now);
    if (!login) return std::unexpected(login.error());
    if (methods_of(tx, deps, login->user.id, now).empty()) {
      return refuse(Refusal::factor_missing, "The account has no second factor.");
    }
    if (!use_backup_code(tx, deps, call, login->user.id, request.code(), now)) {
      return refuse_wrong_factor(tx, deps, call, *login, Refusal::wrong_code, now);
    }
    return complete_pending_login(tx, deps, call, *login, "backup", request.remember_device(), now);
  });
}

bool use_backup_code(Transaction& tx, const Deps& deps, const Call& call, UserId user, std::string_view typed,
                     Time now) {
  for (const auto& code : tx.all(statements::list_backup_codes, user)) {
    const auto key = deps.accounts.sessions.keys.find(code.key_id);
    if (!key) throw std::runtime_error("the server key of a backup code is missing");
    if (!crypto::equal_in_constant_time(mac_of(key->bytes, user, typed), code.code_mac)) continue;
    if (tx.execute(statements::use_backup_code, user, code.code_mac, now) == 0) return false;
    const auto left = std::to_string(count_backup_codes(tx, user));
    deps.accounts.sessions.audit.record(
        tx, call, {.action = "backup_codes.use", .user = user, .actor = user, .metadata = {{"codes_left", left}}});
    accounts::order_security_notice(tx, deps.accounts, call, user, "backup_code_used", now, {{"codes_left", left}});
    return true;
  }
  return false;
}

}  // namespace ostiary::factors
