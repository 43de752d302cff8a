#include "accounts/forget_factors.hpp"

namespace ostiary::accounts {

void forget_factors(Transaction& tx, UserId user, Time since) {
  tx.execute(statements::delete_webauthn_credentials, user, since);
  tx.execute(statements::delete_totp_of, user, since);
  tx.execute(statements::delete_backup_codes_of, user, since);
  tx.execute(statements::delete_phone, user, since);
  if (const auto change = tx.optional(statements::find_phone_change, user)) {
    tx.execute(statements::delete_challenge, change->id);
  }
}

}  // namespace ostiary::accounts
