#include "factors/remembered_devices.hpp"

#include "accounts/account_mail.hpp"
#include "factors/statements.hpp"
#include "sessions/start_session.hpp"
#include "sessions/statements.hpp"
#include "sessions/user_agent.hpp"

namespace ostiary::factors {

namespace {

v1::RememberedDevice message_of(const statements::RememberedDeviceRow& row, const Call& call) {
  v1::RememberedDevice device;
  device.set_id(to_string(row.id));
  device.set_current(call.device && call.device->hash == row.device_hash);
  device.set_device_name(row.device_name);
  device.set_user_agent(row.user_agent);
  sessions::set_time(*device.mutable_created_at(), row.created_at);
  sessions::set_time(*device.mutable_expires_at(), row.expires_at);
  return device;
}

void record(Transaction& tx, const Deps& deps, const Call& call, UserId user, std::string_view action) {
  deps.accounts.sessions.audit.record(tx, call, {.action = std::string(action), .user = user, .actor = user});
}

}  // namespace

Result<v1::ListRememberedDevicesReply> list_remembered_devices(Deps& deps, const Call& call,
                                                               const v1::ListRememberedDevicesRequest&) {
  const Time now = deps.accounts.sessions.clock.now();
  return deps.accounts.sessions.db.read([&](Transaction& tx) -> Result<v1::ListRememberedDevicesReply> {
    v1::ListRememberedDevicesReply reply;
    for (const auto& row : tx.all(statements::list_remembered_devices, call.person().user_id, now)) {
      *reply.add_devices() = message_of(row, call);
    }
    return reply;
  });
}

Result<v1::ForgetRememberedDeviceReply> forget_remembered_device(Deps& deps, const Call& call,
                                                                 const v1::ForgetRememberedDeviceRequest& request) {
  const UserId user = call.person().user_id;
  const auto id = parse_id<RememberedDeviceId>(request.id());
  return deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<v1::ForgetRememberedDeviceReply> {
    if (!id || tx.execute(statements::forget_remembered_device, user, *id) == 0) {
      return refuse(Refusal::not_found, "You have no such remembered device.", "id");
    }
    record(tx, deps, call, user, "device.forget");
    return v1::ForgetRememberedDeviceReply{};
  });
}

Result<v1::ForgetRememberedDevicesReply> forget_remembered_devices(Deps& deps, const Call& call,
                                                                   const v1::ForgetRememberedDevicesRequest&) {
  const UserId user = call.person().user_id;
  return deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<v1::ForgetRememberedDevicesReply> {
    v1::ForgetRememberedDevicesReply reply;
    reply.set_forgotten(tx.execute(sessions::statements::forget_remembered_devices, user));
    if (reply.forgotten() > 0) record(tx, deps, call, user, "device.forget");
    return reply;
  });
}

void remember_device(Transaction& tx, const Deps& deps, const Call& call, UserId user, const std::string& device_token,
                     Time now) {
  const auto& room = deps.accounts.sessions;
  const auto device = room.devices.read(device_token);
  if (!device) throw std::logic_error("a device token of our own can't be read");
  tx.execute(statements::forget_surplus_remembered_devices, user);
  tx.execute(statements::remember_device, room.ids.make<RememberedDeviceId>(), user, device->hash,
             sessions::device_name_of(call.user_agent), call.user_agent, now, now + room.second_step.remember_lifetime);
  record(tx, deps, call, user, "device.remember");
  accounts::order_security_notice(tx, deps.accounts, call, user, "device_remembered", now);
}

}  // namespace ostiary::factors
