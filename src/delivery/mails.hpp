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
  std::optional<UserId> owner;  ///< whose data it holds, with or without an account
  std::string_view kind;
  std::string to;  ///< empty for a decoy: a job like any other that sends nothing
  std::string locale;
  std::vector<std::pair<std::string, std::string>> values;  ///< the template's variables
  Time expires_at;    ///< not sent after this
  bool once = false;  ///< it holds a code: not retried if it may have been sent
  bool decoy = false;  ///< never sent: the order only takes as long as another
};

/// Writes the order as a job in `tx`, with its payload encrypted with the service's key. The job of a decoy is done
/// from the start and has no payload.
void order_mail(Transaction& tx, const vault::DataKeys& keys, const IdSource& ids, Time now, const MailOrder& order);

/// The same for a text to a phone: `to` is a number in E.164, and `kind` names a template for texts.
void order_text(Transaction& tx, const vault::DataKeys& keys, const IdSource& ids, Time now, const MailOrder& order);

/// Deletes the jobs that hold the user's data and are not finished. An attempt that is in progress goes on, and is its
/// last.
void cancel_mails(Transaction& tx, UserId owner);

/// The kinds of the jobs that `order_mail` and `order_text` write.
inline constexpr std::string_view mail_job = "mail", sms_job = "sms";

/// An order, as the executor reads it.
struct OrderedMail {
  std::string kind;
  std::string to;
  std::string locale;
  std::vector<std::pair<std::string, std::string>> values;
};

/// Decrypts the order in the payload of job `id`. Empty if that fails, as for the payload of another job.
std::optional<OrderedMail> open_order(const vault::DataKeys& keys, JobId id, BytesView payload);

}  // namespace ostiary::delivery
