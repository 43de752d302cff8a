#include "factors/webauthn_credentials.hpp"

#include <algorithm>

#include "crypto/cose_key.hpp"
#include "factors/backup_codes.hpp"
#include "factors/changed_factor.hpp"
#include "factors/webauthn_challenges.hpp"
#include "sessions/live_session.hpp"
#include "sessions/start_session.hpp"

namespace ostiary::factors {

namespace {

using statements::WebAuthnCredentialRow;

constexpr std::size_t most_credentials = 20;

std::string text_of(BytesView bytes) { return std::string(as_text(bytes)); }

std::unexpected<Refused> refuse_more() {
  return refuse(Refusal::factor_exists, "An account has at most 20 security keys and passkeys: remove one first.");
}

void describe_account(v1::PublicKeyCredentialUserEntityJSON& target, const sessions::statements::UserRow& user) {
  const std::string name = user.email.value_or(user.username.value_or(to_string(user.id)));
  target.set_id(text_of(user.id.uuid.bytes));
  target.set_name(name);
  target.set_displayname(user.display_name.empty() ? name : user.display_name);
}

v1::PublicKeyCredentialCreationOptionsJSON creation_options(const Deps& deps, const sessions::statements::UserRow& user,
                                                            const std::vector<WebAuthnCredentialRow>& credentials,
                                                            BytesView challenge) {
  v1::PublicKeyCredentialCreationOptionsJSON options;
  options.mutable_rp()->set_id(deps.relying_party.id);
  options.mutable_rp()->set_name(deps.accounts.service_name);
  describe_account(*options.mutable_user(), user);
  options.set_challenge(text_of(challenge));
  for (const auto algorithm : {crypto::JwsAlgorithm::es256, crypto::JwsAlgorithm::eddsa, crypto::JwsAlgorithm::rs256}) {
    auto& parameters = *options.add_pubkeycredparams();
    parameters.set_type("public-key");
    parameters.set_alg(crypto::cose_number_of(algorithm));
  }
  options.set_timeout(std::chrono::milliseconds(challenge_lifetime).count());
  for (const auto& row : credentials) *options.add_excludecredentials() = descriptor_of(row);
  auto& selection = *options.mutable_authenticatorselection();
  selection.set_residentkey("preferred");
  selection.set_userverification("preferred");
  options.set_attestation("none");
  options.mutable_extensions()->set_credprops(true);
  return options;
}

v1::WebAuthnCredential message_of(const WebAuthnCredentialRow& row) {
  v1::WebAuthnCredential message;
  message.set_credential_id(to_string(row.id));
  message.set_label(row.label);
  sessions::set_time(*message.mutable_created_at(), row.created_at);
  if (row.last_used_at) sessions::set_time(*message.mutable_last_used_at(), *row.last_used_at);
  for (auto& transport : sessions::split_words(row.transports)) message.add_transports(std::move(transport));
  message.set_aaguid(to_string(row.aaguid));
  if (row.discoverable) message.set_discoverable(*row.discoverable);
  message.set_backup_eligible(row.backup_eligible);
  message.set_backed_up(row.backed_up);
  return message;
}

v1::AllAcceptedCredentialsOptionsJSON signal_of(const Deps& deps, UserId user,
                                                const std::vector<WebAuthnCredentialRow>& credentials) {
  v1::AllAcceptedCredentialsOptionsJSON signal;
  signal.set_rpid(deps.relying_party.id);
  signal.set_userid(text_of(user.uuid.bytes));
  for (const auto& row : credentials) signal.add_allacceptedcredentialids(text_of(row.credential_id));
  return signal;
}

/// Words of lower-case letters and hyphens, each once; what is none of those is left out. Authenticators' words, and
/// browsers may know new ones.
std::vector<std::string> transports_of(const v1::AuthenticatorAttestationResponseJSON& response) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  std::vector<std::string> words;
  for (const auto& word : response.transports()) {
    const bool is_word = !word.empty() && word.find_first_not_of(letters) == std::string::npos;
    if (is_word && std::ranges::find(words, word) == words.end()) words.push_back(word);
  }
  return words;
}

WebAuthnCredentialRow row_of(const Deps& deps, const v1::AddWebAuthnCredentialRequest& request,
                             const crypto::Registration& made, Time now) {
  const auto& credential = request.credential();
  const auto transports = transports_of(credential.response());
  const bool is_built_in = std::ranges::find(transports, "internal") != transports.end();
  const std::string usual_label = is_built_in || made.backup_eligible ? "Passkey" : "Security key";
  const auto& properties = credential.clientextensionresults().credprops();
  return {.id = deps.accounts.sessions.ids.make<WebAuthnCredentialId>(),
          .credential_id = made.credential_id,
          .label = request.label().empty() ? usual_label : request.label(),
          .transports = sessions::join_words(transports),
          .aaguid = Uuid{made.aaguid},
          .discoverable = properties.has_rk() ? std::optional(properties.rk()) : std::nullopt,
          .backup_eligible = made.backup_eligible,
          .backed_up = made.backed_up,
          .created_at = now,
          .last_used_at = std::nullopt};
}

/// The registration, if its challenge was ours. The challenge is spent then.
Result<crypto::Registration> check_registration(const Deps& deps, const Call& call,
                                                const v1::RegistrationResponseJSON& credential, Time now) {
  const Bytes client_data = to_bytes(as_bytes(credential.response().clientdatajson()));
  const ChallengeUse use{ChallengeUse::Purpose::add, call.person().session_id.uuid.bytes};
  const auto taken = deps.accounts.sessions.db.transaction(
      [&](Transaction& tx) -> Result<bool> { return take_challenge(tx, client_data, use, now); });
  if (!*taken) {
    return refuse(Refusal::wrong_assertion, "The challenge is none of this session's, was answered or has expired.");
  }
  const auto data = crypto::parse_client_data(client_data);
  auto registration = crypto::verify_registration(
      {as_bytes(credential.id()), client_data, as_bytes(credential.response().attestationobject())},
      {.relying_party = deps.relying_party, .challenge = data->challenge});
  if (registration.verdict == crypto::WebAuthnVerdict::accepted) return registration;
  auto refused = refuse(Refusal::wrong_assertion, "The registration is not accepted.", "credential");
  refused.error().facts.emplace_back("verdict", std::string(name_of(registration.verdict)));
  return refused;
}

std::unexpected<Refused> refuse_unknown() {
  return refuse(Refusal::not_found, "You have no such security key or passkey.", "credential_id");
}

}  // namespace

v1::PublicKeyCredentialDescriptorJSON descriptor_of(const WebAuthnCredentialRow& row) {
  v1::PublicKeyCredentialDescriptorJSON descriptor;
  descriptor.set_type("public-key");
  descriptor.set_id(text_of(row.credential_id));
  for (auto& transport : sessions::split_words(row.transports)) descriptor.add_transports(std::move(transport));
  return descriptor;
}

Result<v1::PublicKeyCredentialCreationOptionsJSON> begin_webauthn_credential(
    Deps& deps, const Call& call, const v1::BeginWebAuthnCredentialRequest&) {
  const auto& person = call.person();
  const Time now = deps.accounts.sessions.clock.now();
  using Options = v1::PublicKeyCredentialCreationOptionsJSON;
  return deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<Options> {
    if (auto alive = sessions::require_live_session(tx, person, now); !alive) return std::unexpected(alive.error());
    const auto user = tx.one(sessions::statements::find_user, person.user_id);
    const auto credentials = tx.all(statements::list_webauthn_credentials, person.user_id);
    if (credentials.size() >= most_credentials) return refuse_more();
    const Bytes challenge = make_challenge(tx, deps, {ChallengeUse::Purpose::add, person.session_id.uuid.bytes}, now);
    return creation_options(deps, user, credentials, challenge);
  });
}

Result<v1::AddWebAuthnCredentialReply> add_webauthn_credential(Deps& deps, const Call& call,
                                                               const v1::AddWebAuthnCredentialRequest& request) {
  const Time now = deps.accounts.sessions.clock.now();
  const UserId user = call.person().user_id;
  const auto made = check_registration(deps, call, request.credential(), now);
  if (!made) return std::unexpected(made.error());
  const auto row = row_of(deps, request, *made, now);
  return deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<v1::AddWebAuthnCredentialReply> {
    if (auto alive = sessions::require_live_session(tx, call.person(), now); !alive) {
      return std::unexpected(alive.error());
    }
    if (tx.all(statements::list_webauthn_credentials, user).size() >= most_credentials) return refuse_more();
    const auto added = tx.execute(statements::insert_webauthn_credential, row.id, user, row.credential_id,
                                  made->public_key, std::int64_t{made->sign_count}, row.label, row.transports,
                                  row.aaguid, row.discoverable, row.backup_eligible, row.backed_up, now);
    if (added == 0) return refuse(Refusal::factor_exists, "This security key or passkey is registered already.");
    v1::AddWebAuthnCredentialReply reply;
    *reply.mutable_credential() = message_of(row);
    for (auto& code : make_missing_backup_codes(tx, deps, user, now)) reply.add_backup_codes(std::move(code));
    note_changed_factor(tx, deps, call, {user, "webauthn.add", "passkey_added", {{"label", row.label}}}, now);
    if (request.end_other_sessions()) end_other_sessions(tx, deps, call, now);
    return reply;
  });
}

Result<v1::ListWebAuthnCredentialsReply> list_webauthn_credentials(Deps& deps, const Call& call,
                                                                   const v1::ListWebAuthnCredentialsRequest&) {
  const UserId user = call.person().user_id;
  const auto rows = *deps.accounts.sessions.db.read([&](Transaction& tx) -> Result<std::vector<WebAuthnCredentialRow>> {
    return tx.all(statements::list_webauthn_credentials, user);
  });
  v1::ListWebAuthnCredentialsReply reply;
  for (const auto& row : rows) *reply.add_credentials() = message_of(row);
  *reply.mutable_signal() = signal_of(deps, user, rows);
  return reply;
}

Result<v1::WebAuthnCredential> rename_webauthn_credential(Deps& deps, const Call& call,
                                                          const v1::RenameWebAuthnCredentialRequest& request) {
  const auto id = parse_id<WebAuthnCredentialId>(request.credential_id());
  return deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<v1::WebAuthnCredential> {
    const auto renamed =
        tx.optional(statements::rename_webauthn_credential, id.value(), call.person().user_id, request.label());
    if (!renamed) return refuse_unknown();
    return message_of(*renamed);
  });
}

Result<v1::RemoveWebAuthnCredentialReply> remove_webauthn_credential(
    Deps& deps, const Call& call, const v1::RemoveWebAuthnCredentialRequest& request) {
  const auto id = parse_id<WebAuthnCredentialId>(request.credential_id());
  const UserId user = call.person().user_id;
  const Time now = deps.accounts.sessions.clock.now();
  return deps.accounts.sessions.db.transaction([&](Transaction& tx) -> Result<v1::RemoveWebAuthnCredentialReply> {
    const auto removed = tx.optional(statements::delete_webauthn_credential, id.value(), user);
    if (!removed) return refuse_unknown();
    if (const auto settled = settle_removed_factor(tx, deps, user, now); !settled) {
      return std::unexpected(settled.error());
    }
    note_changed_factor(tx, deps, call, {user, "webauthn.remove", "passkey_removed", {{"label", removed->label}}}, now);
    v1::RemoveWebAuthnCredentialReply reply;
    *reply.mutable_signal() = signal_of(deps, user, tx.all(statements::list_webauthn_credentials, user));
    return reply;
  });
}

Result<v1::RelatedOrigins> list_related_origins(Deps& deps, const Call&, const v1::ListRelatedOriginsRequest&) {
  if (deps.related_origins.empty()) {
    return refuse(Refusal::not_found, "No other sites use the passkeys of this one.");
  }
  v1::RelatedOrigins reply;
  for (const auto& origin : deps.related_origins) reply.add_origins(origin);
  return reply;
}

}  // namespace ostiary::factors
