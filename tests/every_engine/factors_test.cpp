// Second factors on every engine: enrolment, the second step of a login, backup codes, remembered devices and fresh
// logins, with the clock in the test's hand.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "access/roles.hpp"
#include "accounts/change_status.hpp"
#include "accounts/delete_account.hpp"
#include "accounts/set_password.hpp"
#include "crypto/totp.hpp"
#include "delivery/clean_up.hpp"
#include "factors/backup_codes.hpp"
#include "factors/enrol_totp.hpp"
#include "factors/reauthenticate.hpp"
#include "factors/remembered_devices.hpp"
#include "factors/totp.hpp"
#include "world.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* password = "plaited copper lantern 42";

Bytes from_base32(std::string_view text) {
  Bytes bytes;
  std::uint32_t buffer = 0;
  int bits = 0;
  for (const char c : text) {
    buffer = (buffer << 5 | static_cast<std::uint32_t>(c >= 'A' ? c - 'A' : c - '2' + 26)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::uint8_t>(buffer >> bits));
  }
  return bytes;
}

class Factors : public OnEveryEngine {
 protected:
  World world{*database};
  Person ada{world, "ada@example.org"};
  Bytes secret;
  std::vector<std::string> backup_codes;

  Call signed_in(const Person& person) { return person.call(*Person(person).is_recognised()); }

  /// What the app shows now.
  std::string code() const { return crypto::totp_code(secret, crypto::totp_step(world.clock.now())); }
  std::string wrong_code() const { return code() == "000000" ? "000001" : "000000"; }

  Result<v1::TotpOffer> generates(const Person& person) {
    return factors::generate_totp(world.factors, signed_in(person), {});
  }
  Result<v1::ConfirmTotpReply> confirms(const Person& person, const std::string& code, bool ends_others = false) {
    v1::ConfirmTotpRequest request;
    request.set_code(code);
    if (ends_others) request.set_end_other_sessions(true);
    return factors::confirm_totp(world.factors, signed_in(person), request);
  }

  /// Ada registers and adds an app. The code of this moment is spent; half a minute later there is another one.
  void enrols() {
    ada.settles_in();
    const auto offer = generates(ada);
    ASSERT_TRUE(offer) << refusal_of(offer);
    secret = from_base32(offer->secret());
    const auto confirmed = confirms(ada, code());
    ASSERT_TRUE(confirmed) << refusal_of(confirmed);
    backup_codes.assign(confirmed->backup_codes().begin(), confirmed->backup_codes().end());
    world.clock.advances(30s);
    world.delivered();
  }

  /// The token of a login that waits, from Ada's device or another one.
  std::string begins(Person& person) {
    const auto reply = person.logs_in();
    EXPECT_TRUE(reply && reply->mfa_required()) << refusal_of(reply);
    return reply ? reply->mfa_token() : "";
  }

  Result<v1::TokenReply> verifies(Person& person, const std::string& token, const std::string& code,
                                  bool remember = false) {
    v1::VerifyTotpRequest request;
    request.set_mfa_token(token);
    request.set_code(code);
    if (remember) request.set_remember_device(true);
    return keep(person, factors::verify_totp(world.factors, person.call(), request));
  }

  Result<v1::TokenReply> verifies_backup(Person& person, const std::string& token, const std::string& code) {
    v1::VerifyBackupCodeRequest request;
    request.set_mfa_token(token);
    request.set_code(code);
    return keep(person, factors::verify_backup_code(world.factors, person.call(), request));
  }

  template <class Reply>
  static Result<Reply> keep(Person& person, Result<Reply> reply) {
    if (reply) {
      person.access_token = reply->access_token();
      person.refresh_token = reply->refresh_token();
      if (reply->has_device_id()) person.device_token = reply->device_id();
    }
    return reply;
  }

  Result<v1::TokenReply> reauthenticates(Person& person, const std::string& given_password, const std::string& code) {
    v1::ReauthenticateRequest request;
    if (!given_password.empty()) request.set_password(given_password);
    if (!code.empty()) request.set_code(code);
    return keep(person, factors::reauthenticate(world.factors, signed_in(person), request));
  }

  std::vector<v1::RememberedDevice> remembered(const Person& person) {
    const auto reply = *factors::list_remembered_devices(world.factors, signed_in(person), {});
    return {reply.devices().begin(), reply.devices().end()};
  }

  Call by_operator() const {
    Call call;
    call.received_at = world.clock.now();
    call.method = "ostiary user";
    call.address = "local";
    call.caller = Operator{};
    return call;
  }

  struct CountRow {
    std::int64_t count;
  };
  std::int64_t count(const Statement<CountRow()>& statement) {
    return (*world.db.read([&](Transaction& tx) -> Result<CountRow> { return tx.one(statement); })).count;
  }
};

TEST_P(Factors, AnAppIsAddedAndAskedForR27) {
  ada.settles_in();
  const auto offer = *generates(ada);
  EXPECT_EQ(offer.secret().size(), 32U) << "160 bits";
  EXPECT_EQ(offer.otpauth_uri(), "otpauth://totp/Example:ada%40example.org?secret=" + offer.secret() +
                                     "&issuer=Example&algorithm=SHA1&digits=6&period=30");
  EXPECT_THAT(offer.qr_svg(), HasSubstr("<svg"));
  EXPECT_TRUE(offer.qr_png().starts_with("iVBORw0KGgo")) << "the signature of a PNG in base64";
  EXPECT_FALSE(ada.logs_in()->mfa_required()) << "an offer alone asks for nothing";

  secret = from_base32(offer.secret());
  EXPECT_EQ(refusal_of(confirms(ada, wrong_code())), "wrong_code");
  const auto confirmed = confirms(ada, code());
  ASSERT_TRUE(confirmed);
  EXPECT_THAT(confirmed->backup_codes(), SizeIs(10));
  EXPECT_THAT(world.delivered().back().subject, HasSubstr("authenticator app was added"));
  EXPECT_EQ(refusal_of(confirms(ada, code())), "factor_missing") << "it is no offer any more";

  const auto login = ada.logs_in();
  ASSERT_TRUE(login->mfa_required());
  EXPECT_THAT(login->methods(), ElementsAre("totp", "backup_code"));
  EXPECT_FALSE(login->has_access_token());
  EXPECT_FALSE(login->has_user());
  EXPECT_EQ(refusal_of(verifies(ada, login->mfa_token(), code())), "wrong_code") << "B11: spent by the confirmation";
  world.clock.advances(30s);
  const std::string mine = code();
  EXPECT_EQ(refusal_of(verifies(ada, login->mfa_token(), wrong_code())), "wrong_code");
  ASSERT_TRUE(verifies(ada, login->mfa_token(), mine.substr(0, 3) + " " + mine.substr(3)));
  EXPECT_THAT(ada.is_recognised()->amr, ElementsAre("pwd", "otp", "mfa"));
  EXPECT_EQ(refusal_of(verifies(ada, login->mfa_token(), code())), "mfa_token_invalid") << "once";
}

TEST_P(Factors, ALoginThatWaitsIsBoundToDeviceTimePasswordAndAccount) {
  enrols();
  EXPECT_EQ(refusal_of(verifies(ada, "no such token", code())), "mfa_token_invalid");
  Person elsewhere(world, "ada@example.org");
  std::string token = begins(ada);
  EXPECT_EQ(refusal_of(verifies(elsewhere, token, code())), "mfa_token_invalid") << "a device that sends nothing";
  begins(elsewhere);
  EXPECT_EQ(refusal_of(verifies(elsewhere, token, code())), "mfa_token_invalid") << "a device of another login";

  world.clock.advances(5min);
  EXPECT_EQ(refusal_of(verifies(ada, token, code())), "mfa_token_invalid") << "too late";
  world.clock.advances(-5min);
  EXPECT_EQ(refusal_of(verifies(ada, token, code())), "mfa_token_invalid") << "B31: and it stays so";
  world.clock.advances(5min);

  token = begins(ada);
  const auto user = ada.is_recognised();
  ASSERT_FALSE(user) << "the reply had no tokens";
  const auto id = verifies(ada, token, code());
  ASSERT_TRUE(id);
  const auto ada_id = *parse_id<UserId>(id->user().user_id());
  world.clock.advances(30s);

  token = begins(ada);
  ASSERT_TRUE(accounts::set_password(world.accounts, by_operator(), ada_id, Secret("seven brittle umbrellas")));
  EXPECT_EQ(refusal_of(verifies(ada, token, code())), "mfa_token_invalid") << "another password since";
  ASSERT_TRUE(accounts::set_password(world.accounts, by_operator(), ada_id, Secret(password)));

  token = begins(ada);
  ASSERT_TRUE(accounts::disable_account(world.accounts, by_operator(), ada_id));
  EXPECT_EQ(refusal_of(verifies(ada, token, code())), "mfa_token_invalid") << "disabled since";
  ASSERT_TRUE(accounts::enable_account(world.accounts, by_operator(), ada_id));
  EXPECT_TRUE(verifies(ada, token, code()));
}

TEST_P(Factors, NothingElseTakesAnMfaToken) {
  enrols();
  const std::string token = begins(ada);
  EXPECT_FALSE(sessions::authenticate(world.sessions, Secret(token), world.clock.now()));
  EXPECT_FALSE(ada.refreshes_with(token));
  static constexpr Statement<CountRow()> open{"SELECT count(*) FROM sessions WHERE ended_at IS NULL"};
  EXPECT_EQ(count(open), 1) << "that of the registration";
}

// B11: sixteen logins with one code, of different attempts, on two instances.
TEST_P(Factors, OneCodeInParallelCompletesOneLoginB11) {
  enrols();
  const auto second_database = database.open();
  World second(*second_database);
  second.clock.advances(world.clock.now() - second.clock.now());
  std::vector<std::string> tokens;
  for (int i = 0; i < 16; ++i) tokens.push_back(begins(ada));
  const std::string right = code();
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    threads.emplace_back([&, i] {
      v1::VerifyTotpRequest request;
      request.set_mfa_token(tokens[i]);
      request.set_code(right);
      if (factors::verify_totp(i % 2 == 0 ? world.factors : second.factors, ada.call(), request)) ++accepted;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(accepted, 1);
}

TEST_P(Factors, OneLoginInParallelIsCompletedOnce) {
  enrols();
  const std::string token = begins(ada);
  std::atomic<int> accepted = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < backup_codes.size(); ++i) {
    threads.emplace_back([&, i] {
      v1::VerifyBackupCodeRequest request;
      request.set_mfa_token(token);
      request.set_code(backup_codes[i]);
      if (factors::verify_backup_code(world.factors, ada.call(), request)) ++accepted;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(accepted, 1);
  static constexpr Statement<CountRow()> used{"SELECT count(*) FROM backup_codes WHERE used_at IS NOT NULL"};
  EXPECT_EQ(count(used), 1) << "those that completed nothing are not spent";
}

TEST_P(Factors, WrongFactorsShareABudgetWhichNobodySpendsForAKnownDeviceB3) {
  enrols();
  Person thief(world, "ada@example.org");
  for (int i = 0; i < 10; ++i) {
    const std::string token = begins(thief);
    const auto tried = i % 2 == 0 ? verifies(thief, token, wrong_code()) : verifies_backup(thief, token, "aaaaa-aaaaa");
    ASSERT_EQ(refusal_of(tried), "wrong_code") << i;
    EXPECT_EQ(tried.error().facts.front(), (std::pair<std::string, Fact>{"attempts_left", std::int64_t{9 - i}}));
  }
  const std::string token = begins(thief);
  const auto spent = verifies(thief, token, code());
  EXPECT_EQ(refusal_of(spent), "code_budget_spent") << "the right one, too";
  EXPECT_TRUE(spent.error().retry_after > 0s);
  EXPECT_EQ(refusal_of(verifies_backup(thief, token, backup_codes.front())), "code_budget_spent");
  EXPECT_TRUE(verifies(ada, begins(ada), code())) << "D7: on a device that has signed in";

  world.clock.advances(24h);
  EXPECT_TRUE(verifies(thief, begins(thief), code()));
}

TEST_P(Factors, ABackupCodeWorksOnceAndItsOwnerIsToldR36) {
  enrols();
  std::string shouted = backup_codes[0];
  for (char& c : shouted) c = c == '-' ? ' ' : static_cast<char>(std::toupper(c));
  ASSERT_TRUE(verifies_backup(ada, begins(ada), shouted));
  EXPECT_THAT(ada.is_recognised()->amr, ElementsAre("pwd", "backup", "mfa"));
  const auto mails = world.delivered();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_THAT(mails.front().text, HasSubstr("Backup codes that are left: 9"));
  EXPECT_EQ(factors::count_own_backup_codes(world.factors, signed_in(ada), {})->left(), 9);

  EXPECT_EQ(refusal_of(verifies_backup(ada, begins(ada), backup_codes[0])), "wrong_code");
  ASSERT_TRUE(verifies_backup(ada, begins(ada), backup_codes[1]));
  const auto made = factors::make_new_backup_codes(world.factors, signed_in(ada), {});
  ASSERT_TRUE(made);
  EXPECT_THAT(made->codes(), SizeIs(10));
  EXPECT_EQ(refusal_of(verifies_backup(ada, begins(ada), backup_codes[2])), "wrong_code") << "replaced";
  EXPECT_TRUE(verifies_backup(ada, begins(ada), made->codes(0)));

  Person bob(world, "bob@example.org");
  world.delivered();
  bob.settles_in();
  EXPECT_EQ(refusal_of(factors::make_new_backup_codes(world.factors, signed_in(bob), {})), "factor_missing");
}

TEST_P(Factors, AnotherSecretTakesThePlaceOfTheFirstOnceItIsConfirmed) {
  enrols();
  ASSERT_TRUE(verifies(ada, begins(ada), code()));
  const Bytes first = secret;
  ASSERT_TRUE(generates(ada)) << "an offer that is replaced";
  const Bytes second = from_base32(generates(ada)->secret());
  world.clock.advances(30s);
  EXPECT_TRUE(verifies(ada, begins(ada), code())) << "the first is valid still";
  world.clock.advances(30s);
  secret = second;
  const auto confirmed = confirms(ada, code());
  ASSERT_TRUE(confirmed);
  EXPECT_THAT(confirmed->backup_codes(), IsEmpty()) << "there are some";
  world.clock.advances(30s);
  secret = first;
  EXPECT_EQ(refusal_of(verifies(ada, begins(ada), code())), "wrong_code");
  secret = second;
  EXPECT_TRUE(verifies(ada, begins(ada), code()));

  ASSERT_TRUE(generates(ada));
  world.clock.advances(1h);
  ASSERT_TRUE(ada.refreshes());
  EXPECT_EQ(refusal_of(confirms(ada, code())), "factor_missing") << "an offer of an hour ago";
}

TEST_P(Factors, TheRemovalOfTheLastFactorTakesAllThatStandsForOne) {
  enrols();
  ASSERT_TRUE(verifies(ada, begins(ada), code(), true));
  const std::string here = ada.access_token;
  Person elsewhere(world, "ada@example.org");
  ASSERT_TRUE(verifies_backup(elsewhere, begins(elsewhere), backup_codes[0]));
  world.delivered();
  v1::RemoveTotpRequest request;
  request.set_end_other_sessions(true);
  ASSERT_TRUE(factors::remove_totp(world.factors, signed_in(ada), request));
  EXPECT_THAT(world.delivered().back().subject, HasSubstr("was removed"));
  EXPECT_EQ(refusal_of(elsewhere.is_recognised()), "session_ended") << "ASVS 7.4.3";
  EXPECT_TRUE(ada.is_recognised());
  EXPECT_EQ(refusal_of(factors::remove_totp(world.factors, signed_in(ada), request)), "factor_missing");
  EXPECT_THAT(remembered(ada), IsEmpty());
  EXPECT_EQ(factors::count_own_backup_codes(world.factors, signed_in(ada), {})->left(), 0);
  EXPECT_FALSE(ada.logs_in()->mfa_required());
}

TEST_P(Factors, ARememberedDeviceIsNotAskedForThirtyDays) {
  enrols();
  ASSERT_TRUE(verifies(ada, begins(ada), code(), true));
  EXPECT_THAT(world.delivered().back().subject, HasSubstr("device is remembered"));
  ASSERT_THAT(remembered(ada), SizeIs(1));
  EXPECT_TRUE(remembered(ada)[0].current());
  EXPECT_EQ(remembered(ada)[0].device_name(), "Firefox on Linux");

  const auto skipped = ada.logs_in();
  EXPECT_FALSE(skipped->mfa_required());
  EXPECT_THAT(ada.is_recognised()->amr, ElementsAre("pwd"));
  EXPECT_TRUE(factors::lacks_second_factor(world.factors, *ada.is_recognised())) << "not fresh without the factor";
  Person elsewhere(world, "ada@example.org");
  EXPECT_TRUE(elsewhere.logs_in()->mfa_required());

  Person bob(world, "bob@example.org");
  world.delivered();
  bob.settles_in();
  v1::ForgetRememberedDeviceRequest request;
  request.set_id(remembered(ada)[0].id());
  EXPECT_EQ(refusal_of(factors::forget_remembered_device(world.factors, signed_in(bob), request)), "not_found");
  ASSERT_TRUE(factors::forget_remembered_device(world.factors, signed_in(ada), request));
  EXPECT_EQ(refusal_of(factors::forget_remembered_device(world.factors, signed_in(ada), request)), "not_found");
  world.clock.advances(30s);
  ASSERT_TRUE(verifies(ada, begins(ada), code(), true));

  world.clock.advances(30 * 24h - 1us);
  EXPECT_FALSE(ada.logs_in()->mfa_required());
  world.clock.advances(1us);
  EXPECT_TRUE(ada.logs_in()->mfa_required());
  delivery::clean_up(world.db, {}, world.clock.now() + 1us);
  static constexpr Statement<CountRow()> devices{"SELECT count(*) FROM remembered_devices"};
  EXPECT_EQ(count(devices), 0);

  ASSERT_TRUE(verifies(ada, begins(ada), code(), true));
  EXPECT_EQ(factors::forget_remembered_devices(world.factors, signed_in(ada), {})->forgotten(), 1);
  world.clock.advances(30s);
  const auto again = verifies(ada, begins(ada), code(), true);
  ASSERT_TRUE(again);
  ASSERT_TRUE(accounts::set_password(world.accounts, by_operator(), *parse_id<UserId>(again->user().user_id()),
                                     Secret(password)));
  EXPECT_TRUE(ada.logs_in()->mfa_required()) << "a change of the password forgets it";
}

TEST_P(Factors, NoDeviceOfAnAdministratorIsRemembered) {
  enrols();
  ASSERT_TRUE(verifies(ada, begins(ada), code(), true));
  const auto user = ada.is_recognised()->user_id;
  ASSERT_TRUE(access::grant_role(world.sessions, by_operator(), user, access::admin_role));
  EXPECT_TRUE(ada.logs_in()->mfa_required()) << "one that was remembered before";
  ASSERT_TRUE(access::remove_role(world.sessions, by_operator(), user, access::admin_role));
  EXPECT_FALSE(ada.logs_in()->mfa_required());
  ASSERT_EQ(factors::forget_remembered_devices(world.factors, signed_in(ada), {})->forgotten(), 1);
  ASSERT_TRUE(access::grant_role(world.sessions, by_operator(), user, access::admin_role));
  world.clock.advances(30s);
  ASSERT_TRUE(verifies(ada, begins(ada), code(), true));
  EXPECT_THAT(remembered(ada), IsEmpty());
}

TEST_P(Factors, WhoMustHaveAFactorEnrolsOneBeforeAnythingElseWorks) {
  world.sessions.second_step.required = sessions::MfaRequired::all;
  ASSERT_TRUE(ada.registers());
  EXPECT_EQ(refusal_of(ada.verifies(code_in(world.delivered().front()))), "enrolment_required");
  EXPECT_EQ(refusal_of(ada.is_recognised()), "not_authenticated");
  const auto login = ada.logs_in();
  ASSERT_TRUE(login->mfa_required());
  EXPECT_THAT(login->methods(), ElementsAre("enrol_totp"));
  EXPECT_EQ(refusal_of(verifies(ada, login->mfa_token(), "123456")), "factor_missing");
  EXPECT_EQ(refusal_of(verifies_backup(ada, login->mfa_token(), "aaaaa-aaaaa")), "factor_missing");

  const auto enrols = [&](const std::string& token) {
    v1::EnrolTotpRequest request;
    request.set_mfa_token(token);
    return factors::enrol_totp(world.factors, ada.call(), request);
  };
  const auto confirms = [&](const std::string& token, const std::string& code) {
    v1::VerifyTotpRequest request;
    request.set_mfa_token(token);
    request.set_code(code);
    return keep(ada, factors::confirm_enrolled_totp(world.factors, ada.call(), request));
  };
  EXPECT_EQ(refusal_of(confirms(login->mfa_token(), "123456")), "factor_missing") << "nothing is offered yet";
  const auto offer = enrols(login->mfa_token());
  ASSERT_TRUE(offer);
  secret = from_base32(offer->secret());
  EXPECT_EQ(refusal_of(confirms(login->mfa_token(), wrong_code())), "wrong_code");
  const auto done = confirms(login->mfa_token(), code());
  ASSERT_TRUE(done);
  EXPECT_THAT(done->backup_codes(), SizeIs(10));
  EXPECT_THAT(ada.is_recognised()->amr, ElementsAre("pwd", "otp", "mfa"));
  EXPECT_EQ(refusal_of(enrols(login->mfa_token())), "mfa_token_invalid") << "once";
  EXPECT_EQ(refusal_of(factors::remove_totp(world.factors, signed_in(ada), {})), "enrolment_required");
  world.clock.advances(30s);
  const std::string token = begins(ada);
  EXPECT_EQ(refusal_of(enrols(token)), "factor_exists") << "the first factor is never replaced at a login";
  EXPECT_EQ(refusal_of(confirms(token, code())), "factor_exists");
  EXPECT_TRUE(verifies(ada, token, code()));
}

TEST_P(Factors, RolesMayRequireAFactor) {
  ada.settles_in();
  world.sessions.second_step.required = sessions::MfaRequired::roles;
  EXPECT_FALSE(ada.logs_in()->mfa_required());
  ASSERT_TRUE(access::grant_role(world.sessions, by_operator(), ada.is_recognised()->user_id, access::admin_role));
  EXPECT_THAT(ada.logs_in()->methods(), ElementsAre("enrol_totp"));
}

TEST_P(Factors, AFreshLoginNeedsAllThatTheAccountHas) {
  ada.settles_in();
  world.clock.advances(11min);
  const auto before = *ada.is_recognised();
  EXPECT_EQ(factors::fresh_login_methods(world.factors, before), "password");
  EXPECT_EQ(refusal_of(reauthenticates(ada, "", "")), "missing_field");
  EXPECT_EQ(refusal_of(reauthenticates(ada, "something else entirely", "")), "wrong_credentials");
  const std::string old_access = ada.access_token, old_refresh = ada.refresh_token;
  ASSERT_TRUE(reauthenticates(ada, password, ""));
  EXPECT_NE(ada.access_token, old_access) << "B6";
  EXPECT_NE(ada.refresh_token, old_refresh);
  EXPECT_EQ(refusal_of(ada.refreshes_with(old_refresh)), "session_ended");
  const auto after = *ada.is_recognised();
  EXPECT_EQ(after.session_id, before.session_id);
  EXPECT_EQ(after.auth_time, world.clock.now());
  EXPECT_THAT(after.amr, ElementsAre("pwd"));
  const auto by_old = sessions::authenticate(world.sessions, Secret(old_access), world.clock.now());
  ASSERT_TRUE(by_old) << "it was in the cache";
  EXPECT_EQ(by_old->auth_time, world.clock.now());
  EXPECT_TRUE(ada.refreshes());

  secret = from_base32(generates(ada)->secret());
  ASSERT_TRUE(confirms(ada, code()));
  EXPECT_THAT(ada.is_recognised()->amr, ElementsAre("pwd", "otp", "mfa"));
  EXPECT_EQ(factors::fresh_login_methods(world.factors, after), "password totp backup_code");
  world.clock.advances(11min);
  const auto missing = reauthenticates(ada, password, "");
  EXPECT_EQ(refusal_of(missing), "missing_field");
  EXPECT_EQ(missing.error().field, "code");
  EXPECT_EQ(refusal_of(reauthenticates(ada, "", code())), "missing_field");
  EXPECT_EQ(refusal_of(reauthenticates(ada, password, wrong_code())), "wrong_code");
  EXPECT_EQ(refusal_of(reauthenticates(ada, "something else entirely", code())), "wrong_credentials");
  ASSERT_TRUE(reauthenticates(ada, password, code())) << "a wrong password spends no code";
  EXPECT_EQ(ada.is_recognised()->auth_time, world.clock.now());
  EXPECT_EQ(refusal_of(reauthenticates(ada, password, code())), "wrong_code") << "used";
  for (int i = 0; i < 9; ++i) EXPECT_EQ(refusal_of(reauthenticates(ada, password, wrong_code())), "wrong_code");
  world.clock.advances(30s);
  EXPECT_EQ(refusal_of(reauthenticates(ada, password, code())), "code_budget_spent");
  const auto call = signed_in(ada);
  ASSERT_TRUE(ada.logs_out());
  v1::ReauthenticateRequest request;
  request.set_password(password);
  request.set_code(code());
  world.clock.advances(24h);
  EXPECT_EQ(refusal_of(factors::reauthenticate(world.factors, call, request)), "wrong_code") << "a code of yesterday";
  request.set_code(code());
  EXPECT_EQ(refusal_of(factors::reauthenticate(world.factors, call, request)), "session_ended");
}

TEST_P(Factors, ADeletedAccountLeavesNoFactor) {
  enrols();
  ASSERT_TRUE(verifies(ada, begins(ada), code(), true));
  ada.device_token.clear();
  begins(ada);
  Person elsewhere(world, "ada@example.org");
  ASSERT_TRUE(verifies_backup(elsewhere, begins(elsewhere), backup_codes[0]));
  ASSERT_TRUE(accounts::delete_account(world.accounts, by_operator(), elsewhere.is_recognised()->user_id));
  static constexpr Statement<CountRow()> left{
      "SELECT (SELECT count(*) FROM totp_secrets) + (SELECT count(*) FROM backup_codes) + "
      "(SELECT count(*) FROM remembered_devices) + (SELECT count(*) FROM pending_logins)"};
  EXPECT_EQ(count(left), 0);
}

ON_EVERY_ENGINE(Factors);

}  // namespace
}  // namespace ostiary::testing
