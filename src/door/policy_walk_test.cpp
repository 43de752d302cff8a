#include <gtest/gtest.h>

#include "scaffolding/tested_door.hpp"

// D5: every call of the contract, and what its policy does to it at the one door that both transports use.

namespace ostiary::door {
namespace {

using testing::from;

struct CallUnderTest {
  const char* name;
  const char* good;     ///< a request that keeps every rule
  const char* bad;      ///< one that breaks a rule, or nullptr where there is no field to break
  const char* field;    ///< which one
  int allowed;          ///< how many at once; 0: as many as one likes
  Refusal answer = {};  ///< what a use case has to say for the call to count; internal: a success
};

constexpr const char* registering = R"({"email":"ada@example.org","password":"correct horse"})";
constexpr const char* id = R"({"verification_id":"0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55"})";

constexpr const char* change_id = R"({"change_id":"0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55"})";
constexpr const char* reset_id = R"({"reset_id":"0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55"})";

constexpr const char* credential_id = R"({"credential_id":"0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55"})";
constexpr const char* registration = R"({"credential":{"id":"AAAA","type":"public-key",)"
                                     R"("response":{"clientDataJSON":"AAAA","attestationObject":"AAAA"}}})";
constexpr const char* assertion =
    R"({"credential":{"id":"AAAA","type":"public-key",)"
    R"("response":{"clientDataJSON":"AAAA","authenticatorData":"AAAA","signature":"AAAA"}}})";
const std::string long_token = R"({"mfa_token":")" + std::string(65, 'A') + R"("})";
constexpr const char* second_step = R"({"mfa_token":"a","code":"123456"})";

const CallUnderTest calls[] = {
    {"Health", "{}", nullptr, nullptr, 0, Refusal::internal},
    {"Ready", "{}", nullptr, nullptr, 100, Refusal::internal},
    {"ListKeys", "{}", nullptr, nullptr, 400, Refusal::internal},
    {"GetAuthorizationServer", "{}", nullptr, nullptr, 400, Refusal::internal},
    {"Register", registering, R"({"email":"ada","password":"correct horse"})", "email", 20, Refusal::internal},
    {"VerifyEmail", R"({"code":"123456"})", R"({"code":"12345"})", "code", 20, Refusal::wrong_code},
    {"ResendEmailCode", id, R"({"verification_id":"1"})", "verification_id", 400, Refusal::internal},
    {"Login", registering, R"({"email":"ada@example.org"})", "password", 5, Refusal::wrong_credentials},
    {"Refresh", R"({"refresh_token":"a"})", R"({"refresh_token":"a\nb"})", "refresh_token", 200,
     Refusal::refresh_token_unknown},
    {"Logout", R"({"refresh_token":"a"})", R"({"refresh_token":"a\nb"})", "refresh_token", 400, Refusal::internal},
    {"CheckSession", "{}", nullptr, nullptr, 200, Refusal::internal},
    {"GetProfile", "{}", nullptr, nullptr, 200, Refusal::internal},
    {"UpdateProfile", R"({"locale":"en"})", R"({"locale":"_"})", "locale", 30, Refusal::internal},
    {"ListSessions", R"({"page_size":1})", R"({"page_size":0})", "page_size", 200, Refusal::internal},
    {"RevokeSession", R"({"session_id":"0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55"})", "{}", "session_id", 200,
     Refusal::internal},
    {"RevokeOtherSessions", "{}", nullptr, nullptr, 200, Refusal::internal},
    {"ForgotPassword", R"({"email":"ada@example.org"})", R"({"email":"ada"})", "email", 400, Refusal::internal},
    {"ResendResetCode", reset_id, R"({"reset_id":"1"})", "reset_id", 400, Refusal::internal},
    {"VerifyResetCode", R"({"reset_id":"0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55","code":"123456"})",
     R"({"reset_id":"0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55","code":"12345"})", "code", 20, Refusal::wrong_code},
    {"ResetPassword", R"({"token":"AAAA","new_password":"correct horse"})", R"({"token":"AAAA"})", "new_password", 20,
     Refusal::link_invalid},
    {"GetPhone", "{}", nullptr, nullptr, 200, Refusal::internal},
    {"ChangePhone", R"({"phone_number":"+43 664 1234567"})", "{}", "phone_number", 30, Refusal::internal},
    {"ResendPhoneCode", id, R"({"verification_id":"1"})", "verification_id", 30, Refusal::internal},
    {"VerifyPhone", R"({"verification_id":"0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55","code":"123456"})",
     R"({"verification_id":"0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55","code":"12345"})", "code", 20, Refusal::wrong_code},
    {"RemovePhone", "{}", nullptr, nullptr, 30, Refusal::internal},
    {"SendLoginText", R"({"mfa_token":"AAAA"})", "{}", "mfa_token", 400, Refusal::internal},
    {"VerifyLoginText", R"({"mfa_token":"AAAA","code":"123456"})", R"({"mfa_token":"AAAA","code":"12345"})", "code", 20,
     Refusal::wrong_code},
    {"ChangePassword", R"({"new_password":"correct horse"})", R"({"new_password":"short"})", "new_password", 30,
     Refusal::internal},
    {"BeginWebAuthnCredential", "{}", nullptr, nullptr, 200, Refusal::internal},
    {"AddWebAuthnCredential", registration, "{}", "credential", 30, Refusal::internal},
    {"ListWebAuthnCredentials", "{}", nullptr, nullptr, 200, Refusal::internal},
    {"RenameWebAuthnCredential", R"({"credential_id":"0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55","label":"My key"})",
     credential_id, "label", 200, Refusal::internal},
    {"RemoveWebAuthnCredential", credential_id, R"({"credential_id":"1"})", "credential_id", 30, Refusal::internal},
    {"BeginWebAuthnLogin", "{}", long_token.c_str(), "mfa_token", 120, Refusal::internal},
    {"VerifyWebAuthnLogin", assertion, R"({"credential":{"id":"AAAA","type":"password","response":{}}})",
     "credential.type", 20, Refusal::wrong_assertion},
    {"BeginWebAuthnReauthentication", "{}", nullptr, nullptr, 200, Refusal::internal},
    {"ListRelatedOrigins", "{}", nullptr, nullptr, 400, Refusal::internal},
    {"GenerateTotp", R"({"label":"My phone"})", R"({"label":"My\nphone"})", "label", 200, Refusal::internal},
    {"ConfirmTotp", R"({"code":"123456"})", R"({"code":"12345"})", "code", 30, Refusal::internal},
    {"RemoveTotp", "{}", nullptr, nullptr, 30, Refusal::internal},
    {"VerifyTotp", second_step, R"({"mfa_token":"a","code":"12345"})", "code", 20, Refusal::wrong_code},
    {"EnrolTotp", R"({"mfa_token":"a"})", "{}", "mfa_token", 20, Refusal::mfa_token_invalid},
    {"ConfirmEnrolledTotp", second_step, R"({"code":"123456"})", "mfa_token", 20, Refusal::wrong_code},
    {"MakeBackupCodes", "{}", nullptr, nullptr, 30, Refusal::internal},
    {"CountBackupCodes", "{}", nullptr, nullptr, 200, Refusal::internal},
    {"VerifyBackupCode", second_step, R"({"mfa_token":"a"})", "code", 20, Refusal::wrong_code},
    {"ListRememberedDevices", "{}", nullptr, nullptr, 200, Refusal::internal},
    {"ForgetRememberedDevice", R"({"id":"0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55"})", R"({"id":"1"})", "id", 30,
     Refusal::internal},
    {"ForgetRememberedDevices", "{}", nullptr, nullptr, 30, Refusal::internal},
    {"Reauthenticate", R"({"password":"correct horse","code":"123456"})", R"({"code":"12345"})", "code", 5,
     Refusal::wrong_credentials},
    {"GetEmail", "{}", nullptr, nullptr, 200, Refusal::internal},
    {"ChangeEmail", R"({"new_email":"ada@example.net"})", R"({"new_email":"ada"})", "new_email", 30, Refusal::internal},
    {"ResendEmailChange", change_id, R"({"change_id":"1"})", "change_id", 200, Refusal::internal},
    {"VerifyEmailChange", R"({"change_id":"0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55","code":"123456"})", change_id, "code",
     20, Refusal::wrong_code},
    {"CancelEmailChange", "{}", nullptr, nullptr, 30, Refusal::internal},
    {"ConfirmEmailChange", R"({"token":"AAAA"})", R"({"token":"a b"})", "token", 20, Refusal::link_invalid},
    {"UndoEmailChange", R"({"token":"AAAA"})", R"({"token":"a b"})", "token", 20, Refusal::link_invalid},
};

class PolicyWalk : public ::testing::TestWithParam<CallUnderTest> {
 protected:
  bool needs_user() const { return door.method(GetParam().name).policy.caller() == USER; }
  std::string token() const { return needs_user() ? "user" : ""; }
  testing::TestedDoor door{contract::contract_services()};
};

TEST_P(PolicyWalk, LetsTheRightCallerPass) {
  EXPECT_EQ(door.call(GetParam().name, from("192.0.2.1", token()), GetParam().good), "ok");
  EXPECT_EQ(door.done, 1);
}

TEST_P(PolicyWalk, TurnsStrangersAwayUnlessAnyoneMayCall) {
  const std::string answer = needs_user() ? "not_authenticated" : "ok";
  for (const char* stranger : {"", "forged", "half", "service:permitted"}) {
    EXPECT_EQ(door.call(GetParam().name, from("192.0.2.1", stranger), GetParam().good), answer) << stranger;
  }
  EXPECT_EQ(door.done, needs_user() ? 0 : 4);
}

TEST_P(PolicyWalk, KeepsTheFieldRules) {
  if (GetParam().bad == nullptr) {
    // Yes or no breaks no rule.
    const auto& request = *door.method(GetParam().name).descriptor->input_type();
    for (int i = 0; i < request.field_count(); ++i) {
      EXPECT_EQ(request.field(i)->type(), google::protobuf::FieldDescriptor::TYPE_BOOL) << request.field(i)->name();
    }
    return;
  }
  const auto refusal = door.call(GetParam().name, from("192.0.2.1", token()), GetParam().bad);
  EXPECT_TRUE(refusal == "invalid_field" || refusal == "missing_field") << refusal;
  EXPECT_EQ(door.last->field, GetParam().field);
  EXPECT_EQ(door.done, 0);
}

TEST_P(PolicyWalk, CountsAgainstItsRateClass) {
  const CallUnderTest& call = GetParam();
  if (call.answer != Refusal::internal) {
    door.does = [&call](const contract::Method&, const Call&, const contract::Message&) {
      return Reply(refuse(call.answer));
    };
  }
  const int most = call.allowed == 0 ? 1000 : call.allowed;
  for (int i = 0; i < most; ++i) {
    ASSERT_NE(door.call(call.name, from("192.0.2.1", token()), call.good), "rate_limited") << i;
  }
  EXPECT_EQ(door.done, most);
  if (call.allowed == 0) return;
  EXPECT_EQ(door.call(call.name, from("192.0.2.1", token()), call.good), "rate_limited");
  EXPECT_GE(door.last->retry_after, std::chrono::seconds(1));
  EXPECT_EQ(door.done, most);
  door.clock.advances(*door.last->retry_after);
  EXPECT_NE(door.call(call.name, from("192.0.2.1", token()), call.good), "rate_limited");
}

INSTANTIATE_TEST_SUITE_P(TheContract, PolicyWalk, ::testing::ValuesIn(calls),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(PolicyWalkOfTheContract, LeavesNoCallOut) {
  const testing::TestedDoor door(contract::contract_services());
  for (const contract::Method& method : door.contract.methods()) {
    EXPECT_TRUE(std::ranges::any_of(calls, [&](const auto& call) {
      return method.full_name.ends_with(std::string(".") + call.name);
    })) << method.full_name;
  }
}

}  // namespace
}  // namespace ostiary::door
