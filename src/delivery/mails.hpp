#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/id.hpp"
#include "storage/database.hpp"
#include "vault/data_keys.hpp"

namespace ostiary::delivery {

/// A mail to be written and sent. `kind` names its template ("verify_email", "registration_notice"); `locale` chooses
/// the language, falling back to the language without region, then English.
struct MailOrder {
  std::string_view kind;
  std::string to;
  std::string locale;
  std::vector<std::pair<std::string, std::string>> values;  ///< what the template shows
  Time expires_at;    ///< not sent after this
  bool once = false;  ///< holds a code: when it is unknown whether it was sent, it is not sent again
};

/// Writes the order as a job in `tx`, its payload sealed under the service's key.
void order_mail(Transaction& tx, const vault::DataKeys& keys, const IdSource& ids, Time now, const MailOrder& order);

}  // namespace ostiary::delivery
