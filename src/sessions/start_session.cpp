#include "sessions/start_session.hpp"

#include "base/encoding.hpp"
#include "delivery/outbox.hpp"
#include "sessions/chains.hpp"
#include "sessions/user_agent.hpp"

namespace ostiary::sessions {

namespace {

/// One new device in sixteen, drawn by its random hash, makes the person's surplus ones go: to look at each login would
/// be to read a hundred rows at each. So a script that never keeps its device leaves about so many, not one a login.
bool makes_room(const Device& device) { return device.hash[0] % 16 == 0; }

/// The device of the session to be, trusted from now on: the one that calls if this person has used it before, else a
/// new one.
Device trust_device(Transaction& tx, const Deps& deps, const Call& call, UserId user, Time now) {
  const bool known = call.device && tx.optional(statements::find_device, user, call.device->hash);
  Device device = known ? *call.device : deps.devices.make(true);
  device.has_logged_in = true;
  if (!known && makes_room(device)) tx.send(statements::forget_surplus_devices, user);
  tx.send(statements::remember_device, user, device.hash, now);
  return device;
}

void make_room(Transaction& tx, const Deps& deps, const Call& call, UserId user, const std::vector<OpenSession>& open,
               Time now) {
  const auto room = make_room(open, deps.policy.max_sessions);
  for (const auto session : room.expired) write_off(tx, deps, session, user, now);
  for (const auto session : room.surplus) {
    end_session(tx, deps, call, session, user, audit::ActorKind::system, "too_many_sessions", now);
  }
}

struct Started {
  SessionId session;
  std::string refresh_token;
  Time access_expires_at;
};

/// Its row and its chain, an audit row and the event `session.started`.
Started start_session(Transaction& tx, const Deps& deps, const Call& call, UserId user, const Device& device,
                      const std::vector<std::string>& amr, Time now) {
  const auto session = deps.ids.make<SessionId>();
  const Time expires_at = now + deps.policy.session_lifetime;
  const Time idle_expires_at = std::min<Time>(now + deps.policy.idle_lifetime, expires_at);
  tx.send(statements::insert_session, session, user, device.hash, call.user_agent, device_name_of(call.user_agent),
          call.address, deps.place_of(call.address), join_words(amr), now, expires_at);
  auto refresh_token = start_chain(tx, deps, session, now, idle_expires_at);
  deps.audit.record(tx, call,
                    {.action = "session.start",
                     .user = user,
                     .actor = user,
                     .reason = amr.front(),
                     .metadata = {{"session_id", to_string(session)}}});
  delivery::announce(tx, deps.ids, now,
                     {"session.started", session.uuid, 1, {{"user_id", to_string(user)}, {"amr", join_words(amr)}}});
  return {session, std::move(refresh_token), std::min<Time>(now + deps.policy.access_lifetime, idle_expires_at)};
}

v1::TokenReply tokens_for(const Deps& deps, const statements::UserRow& user, const std::vector<std::string>& roles,
                          const std::vector<std::string>& amr, Started started, Time now) {
  v1::TokenReply reply;
  reply.set_access_token(
      deps.tokens.issue({user.id, started.session, roles, amr, now, now, started.access_expires_at}));
  reply.set_token(reply.access_token());
  reply.set_refresh_token(std::move(started.refresh_token));
  reply.set_token_type("Bearer");
  reply.set_expires_in(std::chrono::floor<std::chrono::seconds>(started.access_expires_at - now).count());
  reply.set_session_id(to_string(started.session));
  *reply.mutable_user() = user_message(user, roles);
  return reply;
}

}  // namespace

v1::TokenReply complete_sign_in(Transaction& tx, const Deps& deps, const Call& call, const statements::UserRow& user,
                                const std::vector<std::string>& amr, Time now) {
  // Read with the roles.
  const auto open = tx.ask(statements::list_open_sessions, user.id, now);
  const Device device = trust_device(tx, deps, call, user.id, now);
  const auto roles = roles_of(tx, user.id);
  make_room(tx, deps, call, user.id, open.rows(), now);
  tx.send(statements::note_login, user.id, now);
  auto started = start_session(tx, deps, call, user.id, device, amr, now);

  auto reply = tokens_for(deps, user, roles, amr, std::move(started), now);
  reply.set_device_id(deps.devices.sign(device));
  return reply;
}

Result<v1::TokenReply> renew_session(Transaction& tx, const Deps& deps, const Call& call,
                                     const statements::UserRow& user, SessionId session,
                                     const std::vector<std::string>& amr, Time now) {
  const auto renewed = tx.optional(statements::renew_session, session, now, join_words(amr));
  if (!renewed) return refuse(Refusal::session_ended, "The session has ended: sign in again.");
  tx.send(statements::revoke_chains_of, session, now);
  const Time idle_expires_at = std::min<Time>(now + deps.policy.idle_lifetime, renewed->expires_at);
  Started started{session, start_chain(tx, deps, session, now, idle_expires_at),
                  std::min<Time>(now + deps.policy.access_lifetime, idle_expires_at)};
  deps.invalidation.publish(tx, user.id);
  deps.audit.record(tx, call,
                    {.action = "session.reauthenticate",
                     .user = user.id,
                     .reason = amr.front(),
                     .metadata = {{"session_id", to_string(session)}}});
  delivery::announce(tx, deps.ids, now,
                     {"session.reauthenticated",
                      session.uuid,
                      renewed->version,
                      {{"user_id", to_string(user.id)}, {"amr", join_words(amr)}}});
  auto reply = tokens_for(deps, user, roles_of(tx, user.id), amr, std::move(started), now);
  if (call.device) reply.set_device_id(deps.devices.sign(*call.device));
  return reply;
}

void add_second_factor(Transaction& tx, const Deps& deps, const Person& caller, std::string_view method) {
  auto amr = caller.amr;
  if (std::ranges::find(amr, multi_factor) != amr.end()) return;
  amr.emplace_back(method);
  amr.emplace_back(multi_factor);
  tx.execute(statements::set_amr, caller.session_id, join_words(amr));
  deps.invalidation.publish(tx, caller.user_id);
}

bool end_session(Transaction& tx, const Deps& deps, const Call& call, SessionId session, UserId user,
                 const audit::Actor& actor, std::string_view reason, Time now) {
  const auto ended = tx.optional(statements::end_session, session, now, std::string(reason));
  if (!ended) {
    write_off(tx, deps, session, user, now);
    return false;
  }
  tx.send(statements::revoke_chains_of, session, now);
  deps.invalidation.publish(tx, user);
  deps.audit.record(tx, call,
                    {.action = "session.end",
                     .user = user,
                     .actor = actor,
                     .reason = reason,
                     .metadata = {{"session_id", to_string(session)}}});
  delivery::announce(
      tx, deps.ids, now,
      {"session.ended", session.uuid, ended->version, {{"user_id", to_string(user)}, {"reason", std::string(reason)}}});
  return true;
}

void write_off(Transaction& tx, const Deps& deps, SessionId session, UserId user, Time now) {
  tx.send(statements::note_expiry, session, now);
  tx.send(statements::revoke_chains_of, session, now);
  deps.invalidation.publish(tx, user);
}

v1::User user_message(const statements::UserRow& user, const std::vector<std::string>& roles) {
  v1::User message;
  message.set_user_id(to_string(user.id));
  if (user.email) message.set_email(*user.email);
  message.set_email_verified(user.email_verified);
  if (user.username) message.set_username(*user.username);
  if (!user.display_name.empty()) message.set_display_name(user.display_name);
  for (const auto& role : roles) message.add_roles(role);
  set_time(*message.mutable_created_at(), user.created_at);
  return message;
}

std::vector<std::string> roles_of(Transaction& tx, UserId user) { return names_of(tx.all(statements::roles_of, user)); }

std::vector<std::string> names_of(const std::vector<statements::RoleNameRow>& rows) {
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(row.name);
  return names;
}

void set_time(google::protobuf::Timestamp& target, Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  target.set_seconds(seconds.time_since_epoch().count());
  target.set_nanos(static_cast<std::int32_t>(std::chrono::nanoseconds(time - seconds).count()));
}

}  // namespace ostiary::sessions
