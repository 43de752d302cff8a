#include "delivery/mails.hpp"

#include <boost/json.hpp>

#include "delivery/statements.hpp"

namespace ostiary::delivery {
namespace {

/// Binds a payload to its job: moved to another row it does not open.
std::string purpose_of(JobId id) { return "job payload " + to_string(id); }

void write_job(Transaction& tx, const vault::DataKeys& keys, const IdSource& ids, Time now, std::string_view job,
               const MailOrder& order) {
  boost::json::object values;
  for (const auto& [name, value] : order.values) values[name] = value;
  const boost::json::object payload{
      {"kind", order.kind}, {"to", order.to}, {"locale", order.locale}, {"values", std::move(values)}};
  const auto id = ids.make<JobId>();
  const Bytes sealed = keys.seal_for_service(purpose_of(id), as_bytes(boost::json::serialize(payload)));
  const auto finished_at = order.decoy ? std::optional(now) : std::nullopt;
  tx.send(statements::insert_job, id, order.owner, job, order.decoy ? BytesView() : BytesView(sealed),
          order.decoy ? "done" : "ready", now, order.expires_at, order.once, finished_at);
}

}  // namespace

void order_mail(Transaction& tx, const vault::DataKeys& keys, const IdSource& ids, Time now, const MailOrder& order) {
  write_job(tx, keys, ids, now, mail_job, order);
}

void order_text(Transaction& tx, const vault::DataKeys& keys, const IdSource& ids, Time now, const MailOrder& order) {
  write_job(tx, keys, ids, now, sms_job, order);
}

void cancel_mails(Transaction& tx, UserId owner) {
  while (tx.execute(statements::delete_some_jobs_of, owner) > 0) {
  }
}

std::optional<OrderedMail> open_order(const vault::DataKeys& keys, JobId id, BytesView payload) {
  const auto opened = keys.open_for_service(purpose_of(id), payload);
  if (!opened) return std::nullopt;
  const boost::json::value read = boost::json::parse(boost::json::string_view(as_text(*opened)));
  const boost::json::object& order = read.as_object();
  const auto text = [](const boost::json::value& value) { return std::string(value.as_string()); };
  OrderedMail mail{text(order.at("kind")), text(order.at("to")), text(order.at("locale")), {}};
  for (const auto& [name, value] : order.at("values").as_object()) mail.values.emplace_back(name, text(value));
  return mail;
}

}  // namespace ostiary::delivery
