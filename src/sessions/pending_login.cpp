#include "sessions/pending_login.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "crypto/digest.hpp"
#include "sessions/second_step.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::sessions {

namespace {

SecondStepFacts facts_about(const Deps& deps, const statements::FactorsRow& factors,
                            const std::vector<std::string>& roles) {
  return {.has_factor = !methods_of(factors).empty(),
          .must_have_factor = must_have_factor(deps.second_step, roles),
          .device_remembered = factors.device_remembered,
          .is_administrator = std::ranges::find(roles, admin_role) != roles.end()};
}

v1::LoginReply wait_for_second_step(Transaction& tx, const Deps& deps, const Call& call, const FirstStep& first,
                                    const std::vector<std::string>& methods, Time now) {
  const Device device = call.device ? *call.device : deps.devices.make(false);
  std::string token = to_base64url(deps.random.bytes(32));
  tx.send(statements::insert_pending_login, deps.ids.make<PendingLoginId>(), first.user.id, hash_of_token(token),
          device.hash, first.identifier_hash, first.password_changed_at, join_words(first.amr), now,
          now + deps.second_step.time_to_complete);
  v1::LoginReply reply;
  reply.set_mfa_required(true);
  reply.set_mfa_token(std::move(token));
  for (const auto& method : methods) reply.add_methods(method);
  reply.set_device_id(deps.devices.sign(device));
  return reply;
}

}  // namespace

std::optional<v1::LoginReply> begin_second_step(Transaction& tx, const Deps& deps, const Call& call,
                                                const FirstStep& first, Time now) {
  const auto roles = tx.ask(statements::roles_of, first.user.id);
  const auto factors = tx.one(statements::find_factors, first.user.id, call.device ? call.device->hash : Digest{}, now,
                              deps.second_step.sms);
  switch (judge_second_step(facts_about(deps, factors, names_of(roles.rows())))) {
    case SecondStep::none: return std::nullopt;
    case SecondStep::enrol: return wait_for_second_step(tx, deps, call, first, {"enrol_totp"}, now);
    case SecondStep::verify: return wait_for_second_step(tx, deps, call, first, methods_of(factors), now);
  }
  throw std::logic_error("a second step without an answer");
}

Digest hash_of_token(std::string_view token) { return crypto::sha256(as_bytes(token)); }

std::vector<std::string> methods_of(const statements::FactorsRow& factors) {
  std::vector<std::string> methods;
  if (factors.totp) methods.emplace_back("totp");
  if (factors.webauthn) methods.emplace_back("webauthn");
  if (factors.sms) methods.emplace_back("sms");
  if (!methods.empty() && factors.backup_code) methods.emplace_back("backup_code");
  return methods;
}

void forget_remembered_devices(Transaction& tx, UserId user) { tx.send(statements::forget_remembered_devices, user); }

}  // namespace ostiary::sessions
