#include "server/system_calls.hpp"

#include "server/statements.hpp"

namespace ostiary::server {

namespace {

v1::HealthReply ok() {
  v1::HealthReply reply;
  reply.set_status("ok");
  return reply;
}

}  // namespace

Result<v1::HealthReply> health(SystemDeps&, const Call&, const v1::HealthRequest&) { return ok(); }

Result<v1::HealthReply> ready(SystemDeps& deps, const Call&, const v1::ReadyRequest&) {
  if (deps.draining) return refuse_for(Refusal::unavailable, std::chrono::seconds(1), "The server is stopping.");
  return deps.db.read([](Transaction& tx) -> Result<v1::HealthReply> {
    tx.one(statements::ask_storage);
    return ok();
  });
}

Result<v1::ListKeysReply> list_keys(SystemDeps& deps, const Call&, const v1::ListKeysRequest&) {
  v1::ListKeysReply reply;
  for (const auto& published : deps.keys.published_keys()) {
    const auto jwk = published.key->public_jwk();
    auto& key = *reply.add_keys();
    key.set_kty(jwk.kty);
    key.set_use("sig");
    key.set_alg(std::string(crypto::name_of(published.key->algorithm())));
    key.set_kid(to_string(published.id));
    if (!jwk.crv.empty()) key.set_crv(jwk.crv);
    if (!jwk.x.empty()) key.set_x(jwk.x);
    if (!jwk.y.empty()) key.set_y(jwk.y);
    if (!jwk.n.empty()) key.set_n(jwk.n);
    if (!jwk.e.empty()) key.set_e(jwk.e);
  }
  return reply;
}

}  // namespace ostiary::server
