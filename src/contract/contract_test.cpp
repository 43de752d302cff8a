#include "contract/contract.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "contract/http_binding.hpp"
#include "scaffolding/written_contract.hpp"
#include "source_folder.hpp"

namespace ostiary::contract {
namespace {

using ::testing::HasSubstr;

Result<std::unique_ptr<Message>> nothing(const Call&, const Message&) { return refuse(Refusal::internal); }

std::vector<Route> routes_for(const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  std::vector<Route> routes;
  for (const auto* service : services) {
    for (int i = 0; i < service->method_count(); ++i) routes.push_back({service->method(i)->full_name(), nothing});
  }
  return routes;
}

/// What stops a contract from loading; empty when nothing does.
std::string complaint(const std::string& body) {
  const testing::WrittenContract written(body);
  try {
    const Contract contract(written.services(), routes_for(written.services()));
    return {};
  } catch (const ContractError& error) {
    return error.what();
  }
}

constexpr std::string_view messages = R"(
  message Inner { string a = 1; }
  message Ask {
    string id = 1;
    string other = 2;
    int32 number = 3;
    google.protobuf.Timestamp at = 4;
  }
  message Rich { string id = 1; Inner inner = 2; }
  message Many { repeated string ids = 1; }
  message Sealed { string id = 1 [(ostiary.rule) = {secret: true}]; }
  message Mapped { map<string, string> map = 1; }
  message Ruled { string id = 1 [(ostiary.rule) = {minimum: 1}]; }
  message Answer { string text = 1; }
)";

constexpr std::string_view policy = "option (ostiary.policy) = {caller: ANYONE rate: READ audit: 'thing.do'};";

std::string with_call(const std::string& call) { return std::string(messages) + "service Calls { " + call + " }"; }
std::string with_policy(const std::string& written) {
  return with_call("rpc Do(Ask) returns (Answer) { option (ostiary.policy) = {" + written + "}; }");
}
std::string with_route(const std::string& route, const std::string& request = "Ask") {
  return with_call("rpc Do(" + request + ") returns (Answer) { option (google.api.http) = {" + route + "}; " +
                   std::string(policy) + " }");
}

TEST(ContractLoads, WhatCanBeServed) {
  EXPECT_EQ(complaint(with_call("rpc Do(Ask) returns (Answer) { " + std::string(policy) + " }")), "");
  for (const char* route : {
           "get: '/a'",
           "get: '/a/{id}'",
           "get: '/a/{id}/b/{other}'",
           "delete: '/a/{id}'",
           "post: '/a' body: '*'",
           "post: '/a/{id}' body: '*'",
           "put: '/.well-known/a.b_c~d' body: '*'",
           "patch: '/a' body: '*'",
           "post: '/a'",
           "post: '/a' body: '*' additional_bindings {get: '/a'} additional_bindings {post: '/b' body: '*'}",
       }) {
    EXPECT_EQ(complaint(with_route(route)), "") << route;
  }
  for (const char* written : {
           "caller: USER rate: READ audit: 'a.b' fresh_login: true",
           "caller: PERMISSION permission: 'users.read' rate: READ audit: 'a.b' fresh_login: true",
           "caller: SERVICE permission: 'users.read' rate: READ audit: 'a.b'",
           "caller: HALF_AUTHENTICATED rate: CODE audit: 'a.b_c'",
           "caller: ANYONE rate: UNLIMITED audit: 'a.b' refusals: 'not_found' clears: ACCESS success_status: 201",
       }) {
    EXPECT_EQ(complaint(with_policy(written)), "") << written;
  }
}

struct Row {
  std::string written, says;
};

constexpr std::string_view raw_messages = R"(
  message Upload { string id = 1; string note = 2; google.api.HttpBody file = 3; }
  message Uploads { repeated google.api.HttpBody files = 1; }
  message Outer { Upload upload = 1; }
  message Answer { string text = 1; }
  message Seen { google.api.HttpBody file = 1; }
)";

std::string with_raw_call(const std::string& types, const std::string& route) {
  return std::string(raw_messages) + "service Calls { rpc Do" + types + " { option (google.api.http) = {" + route +
         "}; " + std::string(policy) + " } }";
}

TEST(ContractLoads, RawBodiesAndReplies) {
  EXPECT_EQ(complaint(with_raw_call("(google.api.HttpBody) returns (Answer)", "post: '/a' body: '*'")), "");
  EXPECT_EQ(complaint(with_raw_call("(Upload) returns (google.api.HttpBody)", "put: '/a/{id}' body: 'file'")), "");

  const Row rows[] = {
      {with_raw_call("(Upload) returns (Answer)", "post: '/a' body: '*'"), "the route has to name file as its body"},
      {with_raw_call("(Upload) returns (Answer)", "get: '/a/{id}'"), "file can't stand in a query"},
      {with_raw_call("(Upload) returns (Answer)", "post: '/a' body: 'note'"), "a body other than"},
      {with_raw_call("(google.api.HttpBody) returns (Answer)", "get: '/a'"), "can't stand in a query"},
      {with_raw_call("(Uploads) returns (Answer)", "post: '/a' body: 'files'"), "the one field that a route names"},
      {with_raw_call("(Outer) returns (Answer)", "post: '/a' body: '*'"), "the one field that a route names"},
      {with_raw_call("(Upload) returns (Seen)", "post: '/a/{id}' body: 'file'"), "the one field that a route names"},
  };
  for (const auto& row : rows) EXPECT_NE(complaint(row.written).find(row.says), std::string::npos) << row.says;
}

TEST(ContractLoads, ARedirectThatIsOneTextOfAReply) {
  const auto says = [](const std::string& fields, const std::string& types) {
    return complaint("message Plain {} message Sent {" + fields + "} service Calls { rpc Do" + types + " { " +
                     std::string(policy) + " } }");
  };
  const std::string to = "string to = 1 [(ostiary.rule) = {redirect: true}];";
  EXPECT_EQ(says(to, "(Plain) returns (Sent)"), "");
  EXPECT_EQ(says(to, "(Sent) returns (Plain)"), "test.Calls.Do: a request is no redirect");
  EXPECT_EQ(says(to + "string too = 2 [(ostiary.rule) = {redirect: true}];", "(Plain) returns (Sent)"),
            "test.Calls.Do: the reply redirects to two places");
  EXPECT_NE(says("repeated string to = 1 [(ostiary.rule) = {redirect: true}];", "(Plain) returns (Sent)")
                .find("a redirect is one text"),
            std::string::npos);
}

TEST(ContractLoads, HowLargeABodyMayBe) {
  const testing::WrittenContract written(
      with_call("rpc Usual(Ask) returns (Answer) { " + std::string(policy) + " }" +
                "rpc Large(Ask) returns (Answer) { option (ostiary.policy) = {caller: ANYONE rate: READ audit: 'a.b' " +
                "max_body_bytes: 5000000}; }" +
                "rpc Small(Ask) returns (Answer) { option (ostiary.policy) = {caller: ANYONE rate: READ audit: 'a.b' " +
                "max_body_bytes: 100}; }"));
  const Contract contract(written.services(), routes_for(written.services()));
  EXPECT_EQ(contract.find_grpc("/test.Calls/Usual")->max_body_bytes, 65536U);
  EXPECT_EQ(contract.find_grpc("/test.Calls/Large")->max_body_bytes, 5'000'000U);
  EXPECT_EQ(contract.find_grpc("/test.Calls/Small")->max_body_bytes, 100U);
  EXPECT_EQ(contract.largest_body_bytes(), 5'000'000U);
}

TEST(ContractRefuses, PoliciesThatCannotBeKept) {
  const Row rows[] = {
      {"rate: READ audit: 'a.b'", "names no caller"},
      {"caller: ANYONE audit: 'a.b'", "names no rate class"},
      {"caller: ANYONE rate: READ", "names no audit action"},
      {"caller: ANYONE rate: READ audit: 'Thing'", "noun.verb"},
      {"caller: ANYONE rate: READ audit: 'thing'", "noun.verb"},
      {"caller: ANYONE rate: READ audit: 'thing.'", "noun.verb"},
      {"caller: PERMISSION rate: READ audit: 'a.b'", "names no permission"},
      {"caller: SERVICE rate: READ audit: 'a.b'", "names no permission"},
      {"caller: USER permission: 'x' rate: READ audit: 'a.b'", "asked of nobody"},
      {"caller: ANYONE rate: READ audit: 'a.b' max_body_bytes: 67108865", "more than 64 MiB"},
      {"caller: ANYONE fresh_login: true rate: READ audit: 'a.b'", "does not sign in"},
      {"caller: SERVICE permission: 'x' fresh_login: true rate: READ audit: 'a.b'", "does not sign in"},
      {"caller: HALF_AUTHENTICATED fresh_login: true rate: READ audit: 'a.b'", "does not sign in"},
      {"caller: ANYONE rate: UNLIMITED audit: 'a.b' hashes_password: true", "not limited"},
      {"caller: ANYONE rate: READ audit: 'a.b' refusals: 'no_such_thing'", "no refusal no_such_thing"},
      {"caller: ANYONE rate: READ audit: 'a.b' clears: COOKIE_UNSPECIFIED", "unknown cookie"},
      {"caller: ANYONE rate: READ audit: 'a.b' success_status: 302", "not 2xx"},
  };
  for (const auto& row : rows) {
    EXPECT_THAT(complaint(with_policy(row.written)), HasSubstr(row.says)) << row.written;
    EXPECT_THAT(complaint(with_policy(row.written)), ::testing::StartsWith("test.Calls.Do: ")) << row.written;
  }
}

TEST(ContractRefuses, RoutesThatTheGatewayCannotServe) {
  const std::pair<Row, std::string> rows[] = {
      {{"custom: {kind: 'HEAD' path: '/a'}", "custom verbs"}, "Ask"},
      {{"get: '/a:verb'", "is not served"}, "Ask"},
      {{"get: '/a/*'", "is not served"}, "Ask"},
      {{"get: '/a/**'", "is not served"}, "Ask"},
      {{"get: '/a/{id=b}'", "only {field}"}, "Ask"},
      {{"get: '/a/{id}x'", "is not served"}, "Ask"},
      {{"get: '/a/{inner.a}'", "no field inner.a"}, "Rich"},
      {{"get: 'a'", "does not begin with /"}, "Ask"},
      {{"get: '/'", "is not served"}, "Ask"},
      {{"get: '/a//b'", "is not served"}, "Ask"},
      {{"get: '/a/'", "is not served"}, "Ask"},
      {{"get: '/a?b'", "is not served"}, "Ask"},
      {{"get: '/a/{nobody}'", "no field nobody"}, "Ask"},
      {{"get: '/a/{number}'", "not one text"}, "Ask"},
      {{"get: '/a/{at}'", "not one text"}, "Ask"},
      {{"get: '/a/{ids}'", "not one text"}, "Many"},
      {{"get: '/a/{id}/{id}'", "there twice"}, "Ask"},
      {{"post: '/a' body: 'id'", "a body other than"}, "Ask"},
      {{"get: '/a' response_body: 'text'", "response_body"}, "Ask"},
      {{"get: '/a' body: '*'", "a GET has no body"}, "Ask"},
      {{"delete: '/a' body: '*'", "a DELETE has no body"}, "Ask"},
      {{"get: '/a'", "inner can't stand in a query"}, "Rich"},
      {{"get: '/a'", "ids can't stand in a query"}, "Many"},
      {{"get: '/a'", "secret, and a query"}, "Sealed"},
      {{"get: '/a/{id}'", "secret, and a path"}, "Sealed"},
      {{"body: '*'", "without a path"}, "Ask"},
      {{"get: '/a' additional_bindings {get: '/b' additional_bindings {get: '/c'}}", "inside"}, "Ask"},
      {{"get: '/a' additional_bindings {get: '/a'}", "could mean"}, "Ask"},
      {{"get: '/a/{id}' additional_bindings {get: '/a/{other}'}", "could mean"}, "Ask"},
      {{"get: '/a/{id}' additional_bindings {get: '/a/b'}", "could mean"}, "Ask"},
      {{"get: '/a/{id}/c' additional_bindings {get: '/a/b/{id}'}", "could mean"}, "Ask"},
  };
  for (const auto& [row, request] : rows) {
    EXPECT_THAT(complaint(with_route(row.written, request)), HasSubstr(row.says)) << row.written;
    EXPECT_THAT(complaint(with_route(row.written, request)), ::testing::StartsWith("test.Calls.Do: ")) << row.written;
  }
}

TEST(ContractRefuses, CallsThatCannotBeGuarded) {
  const std::string ok(policy);
  const Row rows[] = {
      {"rpc Do(Ask) returns (Answer);", "has no policy"},
      {"rpc Do(stream Ask) returns (Answer) { " + ok + " }", "streaming"},
      {"rpc Do(Ask) returns (stream Answer) { " + ok + " }", "streaming"},
      {"rpc Do(Mapped) returns (Answer) { " + ok + " }", "maps are not served"},
      {"rpc Do(Ask) returns (Mapped) { " + ok + " }", "maps are not served"},
      {"rpc Do(Ruled) returns (Answer) { " + ok + " }", "a range is for whole numbers"},
      {"rpc Do(Ask) returns (Ruled) { " + ok + " }", "a range is for whole numbers"},
  };
  for (const auto& row : rows) {
    EXPECT_THAT(complaint(with_call(row.written)), HasSubstr(row.says)) << row.written;
    EXPECT_THAT(complaint(with_call(row.written)), ::testing::StartsWith("test.Calls.Do: ")) << row.written;
  }
}

TEST(ContractRefuses, TwoCallsOnOneRoute) {
  const auto call = [](const std::string& name, const std::string& route) {
    return "rpc " + name + "(Ask) returns (Answer) { option (google.api.http) = {" + route + "}; " +
           std::string(policy) + " } ";
  };
  EXPECT_THAT(complaint(with_call(call("One", "get: '/a/{id}'") + call("Two", "get: '/a/b'"))),
              HasSubstr("test.Calls.Two: GET /a/b could mean /a/{id} of test.Calls.One as well"));
  EXPECT_EQ(complaint(with_call(call("One", "get: '/a/{id}'") + call("Two", "delete: '/a/b'"))), "");
  EXPECT_EQ(complaint(with_call(call("One", "get: '/a/{id}'") + call("Two", "get: '/a/{id}/b'"))), "");
}

TEST(ContractRefuses, FunctionsThatDoNotFit) {
  const testing::WrittenContract written(with_call("rpc Do(Ask) returns (Answer) { " + std::string(policy) + " }"));
  const auto complaint_about = [&written](std::vector<Route> routes) -> std::string {
    try {
      const Contract contract(written.services(), std::move(routes));
      return {};
    } catch (const ContractError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(complaint_about({{"test.Calls.Do", nothing}}), "");
  EXPECT_THAT(complaint_about({}), HasSubstr("test.Calls.Do: has no function"));
  EXPECT_THAT(complaint_about({{"test.Calls.Do", nullptr}}), HasSubstr("has no function"));
  EXPECT_THAT(complaint_about({{"test.Calls.Do", nothing}, {"test.Calls.Do", nothing}}), HasSubstr("two functions"));
  EXPECT_THAT(complaint_about({{"test.Calls.Do", nothing}, {"test.Calls.Undo", nothing}}),
              HasSubstr("test.Calls.Undo: the route is of no call"));
}

/// The policy in one line, but for the refusals that only the documentation needs.
std::string guard_of(const Method& method) {
  const Policy& policy = method.policy;
  std::string line = CallerKind_Name(policy.caller()) + ' ' + RateClass_Name(policy.rate()) + ' ' + policy.audit();
  if (!policy.permission().empty()) line += " permission=" + policy.permission();
  if (policy.fresh_login()) line += " fresh";
  if (policy.hashes_password()) line += " hashes";
  for (const int cookie : policy.clears()) line += " clears=" + Cookie_Name(static_cast<Cookie>(cookie));
  for (const auto& binding : method.bindings) {
    line += " | " + binding.verb + ' ' + binding.path + (binding.has_body ? " *" : "");
  }
  return line;
}

// B36, D5: who may call what, how often, and by which route. A policy that is changed or lost turns this red; so does a
// new call until it is written down here.
TEST(TheContract, GuardsEachCallAsWrittenHere) {
  const std::map<std::string, std::string> expected = {
      {"SystemService.Health", "ANYONE UNLIMITED system.health | GET /health"},
      {"SystemService.Ready", "ANYONE PROBE system.ready | GET /health/ready"},
      {"SystemService.ListKeys", "ANYONE READ system.keys | GET /.well-known/jwks.json"},
      {"SystemService.GetAuthorizationServer",
       "ANYONE READ system.authorization_server | GET /.well-known/oauth-authorization-server"},
      {"AuthService.Register", "ANYONE REGISTER user.register hashes | POST /api/auth/register * | POST /register *"},
      {"AuthService.VerifyEmail", "ANYONE CODE user.verify_email hashes | POST /api/auth/email/verify *"},
      {"AuthService.ResendEmailCode", "ANYONE WRITE user.resend_code | POST /api/auth/email/resend *"},
      {"AuthService.Login", "ANYONE SIGN_IN session.start hashes | POST /api/auth/login * | POST /login *"},
      {"AuthService.Refresh",
       "ANYONE REFRESH session.refresh | POST /api/auth/refresh * | POST /auth/session/refresh *"},
      {"AuthService.Logout", "ANYONE WRITE session.end clears=ACCESS clears=REFRESH_TOKEN | POST /api/auth/logout *"},
      {"AuthService.CheckSession", "USER READ session.check | GET /api/auth/session"},
      {"EmailService.GetEmail", "USER READ email.read | GET /api/account/email"},
      {"EmailService.ChangeEmail", "USER AUDITED user.change_email fresh | POST /api/account/email *"},
      {"EmailService.ResendEmailChange", "USER WRITE user.change_email | POST /api/account/email/resend *"},
      {"EmailService.VerifyEmailChange", "USER CODE user.change_email | POST /api/account/email/verify *"},
      {"EmailService.CancelEmailChange", "USER AUDITED user.change_email | DELETE /api/account/email"},
      {"EmailService.ConfirmEmailChange", "ANYONE CODE user.change_email | POST /api/auth/email/confirm-change *"},
      {"EmailService.UndoEmailChange", "ANYONE CODE user.undo_email_change | POST /api/auth/email/undo-change *"},
      {"AccountService.GetProfile", "USER READ profile.read | GET /api/account/profile | GET /auth/profile"},
      {"AccountService.UpdateProfile", "USER AUDITED profile.update | PATCH /api/account/profile *"},
      {"AccountService.ListSessions", "USER READ session.list | GET /api/account/sessions"},
      {"AccountService.RevokeSession", "USER WRITE session.revoke | DELETE /api/account/sessions/{session_id}"},
      {"AccountService.RevokeOtherSessions",
       "USER WRITE session.revoke_others | POST /api/account/sessions/revoke-others *"},
      {"FactorService.GenerateTotp",
       "USER WRITE totp.generate fresh | POST /api/account/totp/generate * | POST /auth/totp/generate *"},
      {"FactorService.ConfirmTotp", "USER AUDITED totp.confirm fresh | POST /api/account/totp/confirm *"},
      {"FactorService.RemoveTotp", "USER AUDITED totp.remove fresh | DELETE /api/account/totp"},
      {"FactorService.VerifyTotp",
       "ANYONE CODE session.start | POST /api/auth/totp/verify * | POST /auth/totp/verify *"},
      {"FactorService.EnrolTotp", "ANYONE CODE totp.generate | POST /api/auth/totp/enrol *"},
      {"FactorService.ConfirmEnrolledTotp", "ANYONE CODE session.start | POST /api/auth/totp/enrol/confirm *"},
      {"FactorService.MakeBackupCodes", "USER AUDITED backup_codes.make fresh | POST /api/account/backup-codes *"},
      {"FactorService.CountBackupCodes", "USER READ backup_codes.count | GET /api/account/backup-codes"},
      {"FactorService.VerifyBackupCode",
       "ANYONE CODE session.start | POST /api/auth/backup/verify * | POST /auth/backup/verify *"},
      {"FactorService.ListRememberedDevices", "USER READ device.list | GET /api/account/remembered-devices"},
      {"FactorService.ForgetRememberedDevice",
       "USER AUDITED device.forget | DELETE /api/account/remembered-devices/{id}"},
      {"FactorService.ForgetRememberedDevices", "USER AUDITED device.forget | DELETE /api/account/remembered-devices"},
      {"FactorService.Reauthenticate", "USER SIGN_IN session.reauthenticate hashes | POST /api/auth/reauthenticate *"},
      {"PasswordService.ForgotPassword", "ANYONE WRITE user.forgot_password | POST /api/auth/password/forgot *"},
      {"PasswordService.ResendResetCode", "ANYONE WRITE user.forgot_password | POST /api/auth/password/resend *"},
      {"PasswordService.VerifyResetCode", "ANYONE CODE user.verify_reset_code | POST /api/auth/password/verify-code *"},
      {"PasswordService.ResetPassword", "ANYONE CODE user.reset_password hashes | POST /api/auth/password/reset *"},
      {"PasswordService.ChangePassword", "USER AUDITED user.change_password hashes | POST /api/account/password *"},
      {"PhoneService.ChangePhone", "USER AUDITED user.change_phone fresh | POST /api/account/phone *"},
      {"PhoneService.GetPhone", "USER READ phone.read | GET /api/account/phone"},
      {"PhoneService.RemovePhone", "USER AUDITED user.remove_phone fresh | DELETE /api/account/phone"},
      {"PhoneService.ResendPhoneCode", "USER AUDITED user.change_phone fresh | POST /api/account/phone/resend *"},
      {"PhoneService.SendLoginText", "ANYONE WRITE session.start | POST /api/auth/sms/send *"},
      {"PhoneService.VerifyLoginText", "ANYONE CODE session.start | POST /api/auth/sms/verify *"},
      {"PhoneService.VerifyPhone", "USER CODE user.change_phone fresh | POST /api/account/phone/verify *"},
      {"WebAuthnService.BeginWebAuthnCredential",
       "USER WRITE webauthn.begin fresh | POST /api/account/webauthn/options *"},
      {"WebAuthnService.AddWebAuthnCredential", "USER AUDITED webauthn.add fresh | POST /api/account/webauthn *"},
      {"WebAuthnService.ListWebAuthnCredentials", "USER READ webauthn.list | GET /api/account/webauthn"},
      {"WebAuthnService.RenameWebAuthnCredential",
       "USER WRITE webauthn.rename | PATCH /api/account/webauthn/{credential_id} *"},
      {"WebAuthnService.RemoveWebAuthnCredential",
       "USER AUDITED webauthn.remove fresh | DELETE /api/account/webauthn/{credential_id}"},
      {"WebAuthnService.BeginWebAuthnLogin", "ANYONE SIGN_IN session.start | POST /api/auth/webauthn/options *"},
      {"WebAuthnService.VerifyWebAuthnLogin", "ANYONE CODE session.start | POST /api/auth/webauthn/verify *"},
      {"WebAuthnService.BeginWebAuthnReauthentication",
       "USER WRITE session.reauthenticate | POST /api/auth/reauthenticate/options *"},
      {"WebAuthnService.ListRelatedOrigins", "ANYONE READ webauthn.origins | GET /.well-known/webauthn"},
  };
  const Contract contract(contract_services(), routes_for(contract_services()));
  std::map<std::string, std::string> found;
  for (const auto& method : contract.methods()) {
    found[method.full_name.substr(std::string_view("ostiary.v1.").size())] = guard_of(method);
    EXPECT_EQ(contract.find_grpc(method.grpc_path), &method);
  }
  // One by one: of long maps only the beginning would be shown.
  for (const auto& [name, guard] : found) EXPECT_EQ(guard, expected.contains(name) ? expected.at(name) : "") << name;
  EXPECT_EQ(found.size(), expected.size());
  EXPECT_EQ(contract.find_grpc("/ostiary.v1.AuthService/Nothing"), nullptr);
}

/// A copy of a file in a package of its own, for a pool that also has the original. What it imports stays where it is.
google::protobuf::FileDescriptorProto moved(const google::protobuf::FileDescriptor& file) {
  google::protobuf::FileDescriptorProto copy;
  file.CopyTo(&copy);
  const auto move = [&](std::string& name) {
    const std::string_view from = ".ostiary.v1.";
    if (!name.starts_with(from)) return;
    const std::string own = name.substr(from.size());
    if (file.FindMessageTypeByName(own) || file.FindEnumTypeByName(own)) name = ".ostiary_v1." + own;
  };
  for (auto& message : *copy.mutable_message_type()) {
    for (auto& field : *message.mutable_field()) {
      if (field.has_type_name()) move(*field.mutable_type_name());
    }
  }
  for (auto& service : *copy.mutable_service()) {
    for (auto& method : *service.mutable_method()) {
      move(*method.mutable_input_type());
      move(*method.mutable_output_type());
    }
  }
  copy.set_name("moved.proto");
  copy.set_package("ostiary_v1");
  return copy;
}

// Without any one of its policies the contract does not load.
TEST(TheContract, NeedsEveryPolicy) {
  for (const auto* service : contract_services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      auto file = moved(*service->file());
      file.mutable_service(service->index())->mutable_method(i)->mutable_options()->ClearExtension(ostiary::policy);
      google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
      const auto* built = pool.BuildFile(file);
      ASSERT_NE(built, nullptr);
      const auto* copy = built->service(service->index());
      try {
        const Contract contract({copy}, routes_for({copy}));
        ADD_FAILURE() << copy->method(i)->full_name();
      } catch (const ContractError& error) {
        EXPECT_EQ(std::string(error.what()), copy->method(i)->full_name() + ": has no policy");
      }
    }
  }
}

// Every .proto of the contract is served, without being named anywhere.
TEST(TheContract, HasEveryFile) {
  std::set<std::string> served, written;
  for (const auto* service : contract_services()) served.insert(service->file()->name());
  for (const auto& entry : std::filesystem::directory_iterator(OSTIARY_SOURCE_DIR "/api/ostiary/v1")) {
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.find("\nservice ") != std::string::npos) written.insert("ostiary/v1/" + entry.path().filename().string());
  }
  EXPECT_EQ(served, written);
}

}  // namespace
}  // namespace ostiary::contract
