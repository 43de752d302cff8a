// Security keys and passkeys on every engine: a software authenticator that can lie, and the clock in the test's hand.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "accounts/change_status.hpp"
#include "accounts/delete_account.hpp"
#include "delivery/clean_up.hpp"
#include "factors/reauthenticate.hpp"
#include "factors/webauthn_credentials.hpp"
#include "factors/webauthn_login.hpp"
#include "scaffolding/software_authenticator.hpp"
#include "world.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Said = SoftwareAuthenticator::Said;

std::string text(BytesView bytes) { return std::string(as_text(bytes)); }

class WebAuthn : public OnEveryEngine {
 protected:
  World world{*database};
  Person ada{world, "ada@example.org"};
  Person bob{world, "bob@example.org"};
  SoftwareAuthenticator key;

  Call signed_in(const Person& person) { return person.call(*Person(person).is_recognised()); }

  Result<v1::PublicKeyCredentialCreationOptionsJSON> begins_to_add(const Person& person) {
    return factors::begin_webauthn_credential(world.factors, signed_in(person), {});
  }

  Result<v1::AddWebAuthnCredentialReply> adds(const Person& person, const SoftwareAuthenticator& authenticator,
                                              const std::string& challenge, const Said& said = {}) {
    const auto made = authenticator.register_for(as_bytes(challenge), said);
    v1::AddWebAuthnCredentialRequest request;
    request.set_label("My key");
    auto& credential = *request.mutable_credential();
    credential.set_id(text(made.id));
    credential.set_type("public-key");
    credential.mutable_response()->set_clientdatajson(text(made.client_data_json));
    credential.mutable_response()->set_attestationobject(text(made.attestation_object));
    for (const auto* transport : {"usb", "nfc", "usb", "NOT A WORD"}) {
      credential.mutable_response()->add_transports(transport);
    }
    credential.mutable_clientextensionresults()->mutable_credprops()->set_rk(true);
    return factors::add_webauthn_credential(world.factors, signed_in(person), request);
  }

  Result<v1::AddWebAuthnCredentialReply> adds(const Person& person, const SoftwareAuthenticator& authenticator,
                                              const Said& said = {}) {
    const auto options = begins_to_add(person);
    EXPECT_TRUE(options) << refusal_of(options);
    return adds(person, authenticator, options->challenge(), said);
  }

  /// Ada is settled, and has the key.
  void enrols(const Said& said = {}) {
    ada.settles_in();
    const auto added = adds(ada, key, said);
    ASSERT_TRUE(added) << refusal_of(added);
    world.delivered();
  }

  Result<v1::PublicKeyCredentialRequestOptionsJSON> asks(Person& person, const std::string& mfa_token = "") {
    v1::BeginWebAuthnLoginRequest request;
    if (!mfa_token.empty()) request.set_mfa_token(mfa_token);
    auto options = factors::begin_webauthn_login(world.factors, person.call(), request);
    if (options) person.device_token = options->device_id();
    return options;
  }

  static v1::VerifyWebAuthnLoginRequest answer(const SoftwareAuthenticator& authenticator, const std::string& challenge,
                                               const Said& said, const std::string& mfa_token,
                                               const std::string& user_handle) {
    const auto made = authenticator.assert_for(as_bytes(challenge), said);
    v1::VerifyWebAuthnLoginRequest request;
    if (!mfa_token.empty()) request.set_mfa_token(mfa_token);
    auto& credential = *request.mutable_credential();
    credential.set_id(text(made.id));
    credential.set_type("public-key");
    auto& response = *credential.mutable_response();
    response.set_clientdatajson(text(made.client_data_json));
    response.set_authenticatordata(text(made.authenticator_data));
    response.set_signature(text(made.signature));
    if (!user_handle.empty()) response.set_userhandle(user_handle);
    return request;
  }

  Result<v1::TokenReply> sends(Person& person, const v1::VerifyWebAuthnLoginRequest& request) {
    auto reply = factors::verify_webauthn_login(world.factors, person.call(), request);
    if (reply) {
      person.access_token = reply->access_token();
      person.device_token = reply->device_id();
    }
    return reply;
  }

  std::string handle_of(const Person& person) { return text(Person(person).is_recognised()->user_id.uuid.bytes); }

  /// A login by passkey on a device that is not signed in, with the handle of Ada.
  Result<v1::TokenReply> passkey_login(const Said& said = {}, const std::string& handle = "") {
    Person stranger(world, "ada@example.org");
    const auto options = asks(stranger);
    EXPECT_TRUE(options) << refusal_of(options);
    return sends(stranger, answer(key, options->challenge(), said, "", handle.empty() ? handle_of(ada) : handle));
  }

  std::string mfa_token_of(Person& person) {
    const auto reply = person.logs_in();
    EXPECT_TRUE(reply && reply->mfa_required()) << refusal_of(reply);
    return reply ? reply->mfa_token() : "";
  }

  /// Ada's login by password, with this answer as its second step.
  Result<v1::TokenReply> second_step(const SoftwareAuthenticator& authenticator, const Said& said = {}) {
    Person device = ada;
    const std::string token = mfa_token_of(device);
    const auto options = asks(device, token);
    EXPECT_TRUE(options) << refusal_of(options);
    return sends(device, answer(authenticator, options->challenge(), said, token, ""));
  }

  struct ReasonRow {
    std::string outcome;
  };
  std::int64_t refused_in_audit() {
    static constexpr Statement<ReasonRow()> find{
        "SELECT outcome FROM audit_log WHERE outcome = 'refused' ORDER BY occurred_at, id LIMIT 100"};
    const auto rows = *world.db.read([&](Transaction& tx) -> Result<std::vector<ReasonRow>> { return tx.all(find); });
    return static_cast<std::int64_t>(rows.size());
  }

  struct CountRow {
    std::int64_t count;
  };
  std::int64_t count(const Statement<CountRow()>& statement) {
    return (*world.db.read([&](Transaction& tx) -> Result<CountRow> { return tx.one(statement); })).count;
  }
  std::int64_t challenges() {
    static constexpr Statement<CountRow()> all{"SELECT count(*) FROM webauthn_challenges"};
    return count(all);
  }

  Call by_operator() const {
    Call call;
    call.received_at = world.clock.now();
    call.method = "ostiary user";
    call.address = "local";
    call.caller = Operator{};
    return call;
  }
};
ON_EVERY_ENGINE(WebAuthn);

TEST_P(WebAuthn, IsASecondFactorFromThenOn) {
  ada.settles_in();
  const auto options = begins_to_add(ada);
  ASSERT_TRUE(options) << refusal_of(options);
  EXPECT_EQ(options->rp().id(), "example.org");
  EXPECT_EQ(options->user().id(), handle_of(ada));
  EXPECT_EQ(options->challenge().size(), 32U);
  EXPECT_THAT(options->excludecredentials(), IsEmpty());
  const auto added = adds(ada, key, options->challenge());
  ASSERT_TRUE(added) << refusal_of(added);
  EXPECT_EQ(added->credential().label(), "My key");
  EXPECT_THAT(added->credential().transports(), ElementsAre("usb", "nfc"));
  EXPECT_TRUE(added->credential().discoverable());
  EXPECT_THAT(added->backup_codes(), SizeIs(10));
  const auto mails = world.delivered();
  ASSERT_THAT(mails, SizeIs(1));
  EXPECT_THAT(mails[0].text, HasSubstr("My key"));
  EXPECT_EQ(begins_to_add(ada)->excludecredentials(0).id(), text(key.id()));

  Person device = ada;
  const auto login = device.logs_in();
  ASSERT_TRUE(login && login->mfa_required());
  EXPECT_THAT(login->methods(), ElementsAre("webauthn", "backup_code"));
  const auto asked = asks(device, login->mfa_token());
  ASSERT_TRUE(asked) << refusal_of(asked);
  EXPECT_EQ(asked->allowcredentials(0).id(), text(key.id()));
  EXPECT_EQ(asked->userverification(), "discouraged");
  Said said{.flags = SoftwareAuthenticator::present, .sign_count = 1};
  const auto tokens = sends(device, answer(key, asked->challenge(), said, login->mfa_token(), ""));
  ASSERT_TRUE(tokens) << refusal_of(tokens);
  EXPECT_THAT(device.is_recognised()->amr, ElementsAre("pwd", "hwk", "mfa"));
  const auto list = factors::list_webauthn_credentials(world.factors, signed_in(device), {});
  EXPECT_TRUE(list->credentials(0).has_last_used_at());
  EXPECT_THAT(list->signal().allacceptedcredentialids(), ElementsAre(text(key.id())));
}

TEST_P(WebAuthn, IsAWholeLoginByItself) {
  enrols({.flags = SoftwareAuthenticator::present | SoftwareAuthenticator::verified | SoftwareAuthenticator::eligible});
  Person phone(world, "ada@example.org");
  const auto options = asks(phone);
  ASSERT_TRUE(options) << refusal_of(options);
  EXPECT_EQ(options->userverification(), "required");
  EXPECT_THAT(options->allowcredentials(), IsEmpty());
  Said said;
  said.flags |= SoftwareAuthenticator::eligible | SoftwareAuthenticator::backed_up;
  const auto tokens = sends(phone, answer(key, options->challenge(), said, "", handle_of(ada)));
  ASSERT_TRUE(tokens) << refusal_of(tokens);
  EXPECT_EQ(tokens->user().email(), "ada@example.org");
  EXPECT_THAT(phone.is_recognised()->amr, ElementsAre("swk", "user", "mfa"));
  EXPECT_TRUE(factors::list_webauthn_credentials(world.factors, signed_in(phone), {})->credentials(0).backed_up());
}

// B12, at registration.
TEST_P(WebAuthn, RefusesWrongRegistrations) {
  ada.settles_in();
  bob.settles_in();
  EXPECT_EQ(refusal_of(adds(ada, key, std::string(32, 'x'))), "wrong_assertion") << "a challenge of the client's";
  const auto said = [](auto change) {
    Said it;
    change(it);
    return it;
  };
  const std::pair<const char*, Said> wrong[] = {
      {"wrong_type", said([](Said& it) { it.type = "webauthn.get"; })},
      {"wrong_origin", said([](Said& it) { it.origin = "https://example.org.evil.net"; })},
      {"wrong_origin", said([](Said& it) { it.origin = "http://example.org"; })},
      {"wrong_origin", said([](Said& it) { it.origin = "https://example.org:444"; })},
      {"wrong_rp_id", said([](Said& it) { it.rp_id = "evil.net"; })},
      {"user_absent", said([](Said& it) { it.flags = SoftwareAuthenticator::verified; })},
  };
  for (const auto& [verdict, it] : wrong) {
    const auto refused = adds(ada, key, it);
    ASSERT_EQ(refusal_of(refused), "wrong_assertion") << verdict;
    EXPECT_EQ(std::get<std::string>(refused.error().facts.at(0).second), verdict);
  }
  const SoftwareAuthenticator long_id(crypto::JwsAlgorithm::es256, Bytes(1024, 1));
  EXPECT_EQ(refusal_of(adds(ada, long_id)), "wrong_assertion");
  const auto challenge = begins_to_add(ada)->challenge();
  EXPECT_EQ(refusal_of(adds(bob, key, challenge)), "wrong_assertion") << "in somebody else's session";
  EXPECT_EQ(refusal_of(adds(ada, key, challenge)), "accepted") << "which did not spend it";
  EXPECT_EQ(refusal_of(adds(ada, key, challenge)), "wrong_assertion") << "a challenge that was answered";
  EXPECT_EQ(refusal_of(adds(ada, key)), "factor_exists") << "the same credential again";
  EXPECT_EQ(refusal_of(adds(bob, key)), "factor_exists") << "by somebody else";
  const auto late = begins_to_add(bob)->challenge();
  world.clock.advances(5min);
  EXPECT_EQ(refusal_of(adds(bob, SoftwareAuthenticator(), late)), "wrong_assertion") << "a challenge that expired";
  world.clock.advances(-1min);
  EXPECT_EQ(refusal_of(adds(bob, SoftwareAuthenticator(), late)), "wrong_assertion") << "although the clock went back";
}

// B12, at a login by passkey.
TEST_P(WebAuthn, RefusesWrongPasskeys) {
  enrols();
  bob.settles_in();
  const auto said = [](auto change) {
    Said it;
    change(it);
    return it;
  };
  const std::pair<const char*, Said> wrong[] = {
      {"type", said([](Said& it) { it.type = "webauthn.create"; })},
      {"origin", said([](Said& it) { it.origin = "https://evilexample.org"; })},
      {"top origin", said([](Said& it) { it.more_client_data = R"(,"topOrigin":"https://evil.net")"; })},
      {"rpIdHash", said([](Said& it) { it.rp_id = "evil.net"; })},
      {"UP=0", said([](Said& it) { it.flags = SoftwareAuthenticator::verified; })},
      {"UV=0", said([](Said& it) { it.flags = SoftwareAuthenticator::present; })},
      {"eligible for backup all at once", said([](Said& it) { it.flags |= SoftwareAuthenticator::eligible; })},
  };
  for (const auto& [what, it] : wrong) EXPECT_EQ(refusal_of(passkey_login(it)), "wrong_assertion") << what;
  EXPECT_EQ(refusal_of(passkey_login({}, handle_of(bob))), "wrong_assertion") << "somebody else's user handle";

  Person phone(world, "ada@example.org");
  const auto challenge = asks(phone)->challenge();
  const auto right = answer(key, challenge, {}, "", handle_of(ada));
  Person thief(world, "thief@example.org");
  ASSERT_TRUE(asks(thief));
  EXPECT_EQ(refusal_of(sends(thief, right)), "wrong_assertion") << "on another device";
  EXPECT_EQ(refusal_of(sends(phone, answer(key, std::string(32, 'x'), {}, "", handle_of(ada)))), "wrong_assertion")
      << "a challenge of the client's";
  auto unnamed = right;
  unnamed.mutable_credential()->mutable_response()->clear_userhandle();
  EXPECT_EQ(refusal_of(sends(phone, unnamed)), "wrong_assertion") << "no user handle";
  EXPECT_EQ(refusal_of(sends(phone, right)), "wrong_assertion") << "the challenge was answered, though wrongly";
  EXPECT_EQ(refusal_of(passkey_login()), "accepted");

  const auto unknown = SoftwareAuthenticator();
  const auto other = asks(phone)->challenge();
  EXPECT_EQ(refusal_of(sends(phone, answer(unknown, other, {}, "", handle_of(ada)))), "wrong_assertion");
  const auto late = asks(phone)->challenge();
  world.clock.advances(5min);
  EXPECT_EQ(refusal_of(sends(phone, answer(key, late, {}, "", handle_of(ada)))), "wrong_assertion");
}

// B12, at a second step.
TEST_P(WebAuthn, RefusesWrongSecondSteps) {
  enrols();
  bob.settles_in();
  const SoftwareAuthenticator bobs;
  ASSERT_TRUE(adds(bob, bobs));
  const auto refused = second_step(bobs);
  ASSERT_EQ(refusal_of(refused), "wrong_assertion") << "somebody else's credential";
  EXPECT_EQ(std::get<std::int64_t>(refused.error().facts.at(0).second), 9) << "which counts as a guess";
  EXPECT_EQ(refusal_of(second_step(SoftwareAuthenticator())), "wrong_assertion") << "an unknown one";
  EXPECT_EQ(refusal_of(second_step(key, {.origin = "https://example.com"})), "wrong_assertion");
  EXPECT_EQ(refusal_of(second_step(key, {.flags = SoftwareAuthenticator::verified})), "wrong_assertion") << "UP=0";

  Person device = ada;
  const std::string token = mfa_token_of(device);
  const auto passkeys = asks(device)->challenge();
  EXPECT_EQ(refusal_of(sends(device, answer(key, passkeys, {}, token, ""))), "wrong_assertion")
      << "a challenge for a login by passkey";
  const auto challenge = asks(device, token)->challenge();
  EXPECT_EQ(refusal_of(sends(device, answer(key, challenge, {}, "", handle_of(ada)))), "wrong_assertion")
      << "and the other way round";
  const std::string other_token = mfa_token_of(device);
  EXPECT_EQ(refusal_of(sends(device, answer(key, challenge, {}, other_token, ""))), "wrong_assertion")
      << "a challenge for another login";
  Person thief(world, "ada@example.org");
  EXPECT_EQ(refusal_of(asks(thief, token)), "mfa_token_invalid") << "on another device";
  EXPECT_EQ(refusal_of(sends(thief, answer(key, challenge, {}, token, ""))), "mfa_token_invalid");
  EXPECT_EQ(refusal_of(sends(device, answer(key, challenge, {}, token, ""))), "accepted");
  EXPECT_EQ(refusal_of(asks(device, token)), "mfa_token_invalid") << "the login is complete";
}

TEST_P(WebAuthn, TellsAnAccountWithoutCredentialsOnlyAfterThePassword) {
  ada.settles_in();
  Person stranger(world, "nobody@example.org");
  EXPECT_TRUE(asks(stranger));
  EXPECT_EQ(refusal_of(asks(stranger, "no token")), "mfa_token_invalid");
}

TEST_P(WebAuthn, AuditsAndRefusesASignCountThatDoesNotGrow) {
  enrols({.sign_count = 5});
  EXPECT_EQ(refusal_of(passkey_login({.sign_count = 6})), "accepted");
  const auto before = refused_in_audit();
  EXPECT_EQ(refusal_of(passkey_login({.sign_count = 6})), "wrong_assertion");
  EXPECT_EQ(refused_in_audit(), before + 1);
  EXPECT_EQ(refusal_of(second_step(key, {.sign_count = 0})), "wrong_assertion");
  EXPECT_EQ(refused_in_audit(), before + 3) << "the wrong factor, and why";
  EXPECT_EQ(refusal_of(passkey_login({.sign_count = 7})), "accepted");
}

TEST_P(WebAuthn, AcceptsOneOfSixteenEqualAnswers) {
  enrols();
  Person phone(world, "ada@example.org");
  const auto request = answer(key, asks(phone)->challenge(), {}, "", handle_of(ada));
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      if (factors::verify_webauthn_login(world.factors, phone.call(), request)) ++accepted;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(accepted, 1);
}

TEST_P(WebAuthn, LetsNobodyInAfterTheAccountWasDisabled) {
  enrols();
  const UserId user = ada.is_recognised()->user_id;
  const std::string handle = handle_of(ada);
  Person phone(world, "ada@example.org");
  const auto challenge = asks(phone)->challenge();
  ASSERT_TRUE(accounts::disable_account(world.accounts, by_operator(), user));
  EXPECT_EQ(refusal_of(sends(phone, answer(SoftwareAuthenticator(crypto::JwsAlgorithm::es256, key.id()), challenge, {},
                                           "", handle))),
            "wrong_assertion")
      << "a wrong signature does not tell";
  EXPECT_EQ(refusal_of(sends(phone, answer(key, asks(phone)->challenge(), {}, "", handle))), "account_disabled");
}

TEST_P(WebAuthn, IsRenamedAndRemovedByItsOwnerOnly) {
  enrols();
  bob.settles_in();
  world.delivered();
  const auto id = factors::list_webauthn_credentials(world.factors, signed_in(ada), {})->credentials(0).credential_id();
  v1::RenameWebAuthnCredentialRequest rename;
  rename.set_credential_id(id);
  rename.set_label("Old key");
  EXPECT_EQ(refusal_of(factors::rename_webauthn_credential(world.factors, signed_in(bob), rename)), "not_found");
  EXPECT_EQ(factors::rename_webauthn_credential(world.factors, signed_in(ada), rename)->label(), "Old key");
  v1::RemoveWebAuthnCredentialRequest remove;
  remove.set_credential_id(id);
  EXPECT_EQ(refusal_of(factors::remove_webauthn_credential(world.factors, signed_in(bob), remove)), "not_found");
  const auto removed = factors::remove_webauthn_credential(world.factors, signed_in(ada), remove);
  ASSERT_TRUE(removed) << refusal_of(removed);
  EXPECT_THAT(removed->signal().allacceptedcredentialids(), IsEmpty());
  EXPECT_EQ(refusal_of(factors::remove_webauthn_credential(world.factors, signed_in(ada), remove)), "not_found");
  const auto mails = world.delivered();
  ASSERT_THAT(mails, SizeIs(1));
  EXPECT_THAT(mails[0].text, HasSubstr("Old key"));
  EXPECT_EQ(refusal_of(passkey_login()), "wrong_assertion");
  const auto login = ada.logs_in();
  EXPECT_TRUE(login && !login->mfa_required()) << "the last factor is gone";
}

TEST_P(WebAuthn, HasAtMostTwentyCredentials) {
  ada.settles_in();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(adds(ada, SoftwareAuthenticator(crypto::JwsAlgorithm::eddsa)));
  EXPECT_EQ(refusal_of(begins_to_add(ada)), "factor_exists");
}

TEST_P(WebAuthn, MakesASessionFresh) {
  enrols();
  bob.settles_in();
  const SoftwareAuthenticator bobs;
  ASSERT_TRUE(adds(bob, bobs));
  const auto options = [&](const Person& person) {
    return factors::begin_webauthn_reauthentication(world.factors, signed_in(person), {});
  };
  const auto reauthenticates = [&](const SoftwareAuthenticator& authenticator, const std::string& challenge,
                                   const Said& said, const std::string& password) {
    v1::ReauthenticateRequest request;
    if (!password.empty()) request.set_password(password);
    *request.mutable_credential() = answer(authenticator, challenge, said, "", "").credential();
    auto reply = factors::reauthenticate(world.factors, signed_in(ada), request);
    if (reply) ada.access_token = reply->access_token();
    return reply;
  };
  const Said unverified{.flags = SoftwareAuthenticator::present};
  const std::string password = "plaited copper lantern 42";
  ASSERT_TRUE(options(ada)) << refusal_of(options(ada));
  EXPECT_EQ(refusal_of(reauthenticates(key, options(ada)->challenge(), unverified, "")), "missing_field");
  EXPECT_EQ(refusal_of(reauthenticates(key, options(ada)->challenge(), unverified, "wrong")), "wrong_credentials");
  EXPECT_EQ(refusal_of(reauthenticates(key, options(bob)->challenge(), {}, "")), "wrong_assertion")
      << "a challenge of somebody else's session";
  EXPECT_EQ(refusal_of(reauthenticates(bobs, options(ada)->challenge(), {}, "")), "missing_field")
      << "somebody else's key is no whole login";
  EXPECT_EQ(refusal_of(reauthenticates(bobs, options(ada)->challenge(), {}, password)), "wrong_assertion");
  const auto challenge = options(ada)->challenge();
  EXPECT_EQ(refusal_of(reauthenticates(key, challenge, unverified, password)), "accepted");
  EXPECT_THAT(ada.is_recognised()->amr, ElementsAre("pwd", "hwk", "mfa"));
  EXPECT_EQ(refusal_of(reauthenticates(key, challenge, unverified, password)), "wrong_assertion") << "again";
  EXPECT_EQ(refusal_of(reauthenticates(key, options(ada)->challenge(), {}, "")), "accepted");
  EXPECT_THAT(ada.is_recognised()->amr, ElementsAre("hwk", "user", "mfa"));
}

TEST_P(WebAuthn, LeavesNothingBehind) {
  enrols();
  Person stranger(world, "nobody@example.org");
  ASSERT_TRUE(asks(stranger));
  EXPECT_EQ(challenges(), 1);
  world.clock.advances(5min + 1us);
  delivery::clean_up(world.db, {}, world.clock.now(), [] { return false; });
  EXPECT_EQ(challenges(), 0);
  ASSERT_TRUE(accounts::delete_account(world.accounts, by_operator(), ada.is_recognised()->user_id));
  static constexpr Statement<CountRow()> credentials{"SELECT count(*) FROM webauthn_credentials"};
  EXPECT_EQ(count(credentials), 0);
}

}  // namespace
}  // namespace ostiary::testing
