#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/id.hpp"
#include "storage/database.hpp"
#include "vault/data_keys.hpp"

namespace ostiary::delivery {

/// A mail to be written and sent. `kind` names its template ("verify_email", "registration_notice"); `locale` chooses
/// the language, falling back to the language without region, then English.
struct MailOrder {
  std::optional<UserId> owner;  ///< whose data it holds, be they an account already or not yet
  std::string_view kind;
  std::string to;
  std::string locale;
  std::vector<std::pair<std::string, std::string>> values;  ///< what the template shows
  Time expires_at;    ///< not sent after this
  bool once = false;  ///< holds a code: when it is unknown whether it was sent, it is not sent again
};

/// Writes the order as a job in `tx`, its payload sealed under the service's key.
void order_mail(Transaction& tx, const vault::DataKeys& keys, const IdSource& ids, Time now, const MailOrder& order);

/// The kind of the jobs that `order_mail` writes.
inline constexpr std::string_view mail_job = "mail";

/// An order as the executor finds it.
struct OrderedMail {
  std::string kind;
  std::string to;
  std::string locale;
  std::vector<std::pair<std::string, std::string>> values;
};

/// The order in a job's payload; nothing when it does not open under the service's keys as that of the job `id`.
std::optional<OrderedMail> open_order(const vault::DataKeys& keys, JobId id, BytesView payload);

}  // namespace ostiary::delivery
