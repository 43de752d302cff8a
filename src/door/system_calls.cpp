#include "door/system_calls.hpp"

namespace ostiary::door {

namespace {

v1::HealthReply ok() {
  v1::HealthReply reply;
  reply.set_status("ok");
  return reply;
}

struct NotReady {
  std::string words;      ///< for programs
  std::string sentences;  ///< for people

  void add(std::string_view word, std::string_view sentence) {
    words += (words.empty() ? "" : " ") + std::string(word);
    sentences += (sentences.empty() ? "" : " ") + std::string(sentence);
  }
};

void ask_storage(const SystemDeps& deps, NotReady& not_ready) {
  // An outage is what is asked for here: so it becomes a value before the dispatcher would make one of it.
  try {
    const auto state = deps.migrator.state();
    // A newer one is what this program has been running on while a newer version migrated.
    if (state != storage::SchemaState::current && state != storage::SchemaState::newer) {
      not_ready.add("schema", "The database's schema is not what this program needs.");
    }
    if (deps.db.takes_writes()) return;
    not_ready.add("storage", "The database is read-only.");
    deps.log.write(LogLevel::warning, "storage.not_ready", {{"error", "it is read-only, or its disk is full"}});
  } catch (const StorageError& error) {
    deps.log.write(LogLevel::warning, "storage.not_ready", {{"error", error.what()}});
    not_ready.add("storage", "The storage does not answer.");
  }
}

}  // namespace

Result<v1::HealthReply> health(SystemDeps&, const Call&, const v1::HealthRequest&) { return ok(); }

Result<v1::HealthReply> ready(SystemDeps& deps, const Call&, const v1::ReadyRequest&) {
  NotReady not_ready;
  if (deps.draining) {
    not_ready.add("draining", "The server is stopping.");
  } else {
    ask_storage(deps, not_ready);
    if (!deps.jobs_are_run()) not_ready.add("jobs", "The jobs are not run.");
  }
  if (not_ready.words.empty()) return ok();
  auto refused = refuse_for(Refusal::unavailable, std::chrono::seconds(1), not_ready.sentences);
  refused.error().facts.emplace_back("not_ready", not_ready.words);
  return refused;
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

Result<v1::AuthorizationServer> get_authorization_server(SystemDeps& deps, const Call&,
                                                         const v1::GetAuthorizationServerRequest&) {
  v1::AuthorizationServer reply;
  reply.set_issuer(deps.public_url);
  reply.set_jwks_uri(deps.public_url + "/.well-known/jwks.json");
  reply.set_service_documentation(deps.public_url + "/docs");
  return reply;
}

}  // namespace ostiary::door
