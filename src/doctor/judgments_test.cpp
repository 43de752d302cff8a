#include "doctor/judgments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ostiary::doctor {
namespace {

using namespace std::chrono_literals;
using storage::SchemaState;
using storage::statements::PostgresConditionRow;
using ::testing::HasSubstr;

/// The worst of the findings.
Level worst(const Findings& findings) {
  Level level = Level::ok;
  for (const auto& finding : findings) level = std::max(level, finding.level);
  return level;
}

std::string texts(const Findings& findings) {
  std::string text;
  for (const auto& finding : findings) text += finding.found + "\n";
  return text;
}

constexpr Time now{std::chrono::sys_days{std::chrono::year{2026} / 7 / 1}};

struct ClockRow {
  const char* what;
  ClockFacts facts;
  Level level;
};
class Clocks : public ::testing::TestWithParam<ClockRow> {};
TEST_P(Clocks, AreJudged) { EXPECT_EQ(worst(judge_clock(GetParam().facts)), GetParam().level) << GetParam().what; }
INSTANTIATE_TEST_SUITE_P(
    Judge, Clocks,
    ::testing::Values(ClockRow{"one clock", {.now = now}, Level::ok},
                      ClockRow{"the year 1970", {.now = Time{}}, Level::problem},
                      ClockRow{"nearly a second", {.now = now, .ahead_of_database = 1s - 1us}, Level::ok},
                      ClockRow{"a second", {.now = now, .ahead_of_database = 1s}, Level::warning},
                      ClockRow{"a second behind", {.now = now, .ahead_of_database = -1s}, Level::warning},
                      ClockRow{"a second that the way may have taken",
                               {.now = now, .ahead_of_database = 1s, .uncertainty = 1ms},
                               Level::ok},
                      ClockRow{"half a minute", {.now = now, .ahead_of_database = -30s}, Level::problem},
                      ClockRow{"nothing keeps it right", {.now = now, .synchronised = false}, Level::warning},
                      ClockRow{"a leap second", {.now = now, .leap_second_is_near = true}, Level::warning}));

PostgresConditionRow careful() {
  return {.version = 150004,
          .is_replica = false,
          .fsync = "on",
          .synchronous_commit = "on",
          .full_page_writes = "on",
          .max_connections = 100,
          .reserved_connections = 3,
          .connections = 80};
}

struct PostgresCase {
  const char* what;
  std::function<void(PostgresConditionRow&)> change;
  Level level;
};
class PostgresServers : public ::testing::TestWithParam<PostgresCase> {};
TEST_P(PostgresServers, AreJudged) {
  auto condition = careful();
  GetParam().change(condition);
  EXPECT_EQ(worst(judge_postgres(condition, 17)), GetParam().level) << GetParam().what;
}
INSTANTIATE_TEST_SUITE_P(
    Judge, PostgresServers,
    ::testing::Values(
        PostgresCase{"as it comes", [](auto&) {}, Level::ok},
        PostgresCase{"too old", [](auto& condition) { condition.version = 120019; }, Level::problem},
        PostgresCase{"a replica", [](auto& condition) { condition.is_replica = true; }, Level::problem},
        PostgresCase{"without fsync", [](auto& condition) { condition.fsync = "off"; }, Level::problem},
        PostgresCase{"acknowledges early", [](auto& condition) { condition.synchronous_commit = "off"; },
                     Level::problem},
        PostgresCase{"waits for no replica", [](auto& condition) { condition.synchronous_commit = "local"; },
                     Level::ok},
        PostgresCase{"torn pages", [](auto& condition) { condition.full_page_writes = "off"; }, Level::warning},
        PostgresCase{"just enough", [](auto& condition) { condition.max_connections = 100; }, Level::ok},
        PostgresCase{"others need them", [](auto& condition) { condition.connections = 81; }, Level::warning},
        PostgresCase{"just enough where nobody else is",
                     [](auto& condition) { condition.max_connections = 20, condition.connections = 0; }, Level::ok},
        PostgresCase{"never enough", [](auto& condition) { condition.max_connections = 19; }, Level::problem}));

TEST(TimeZones, AreMissedByTheirOldNamesToo) {
  EXPECT_TRUE(judge_time_zones(true, true).empty());
  EXPECT_EQ(worst(judge_time_zones(true, false)), Level::warning);
  EXPECT_EQ(worst(judge_time_zones(false, false)), Level::problem);
}

TEST(Skeletons, OfAnotherVersionAreWarnedOf) {
  EXPECT_TRUE(judge_skeletons(false).empty());
  EXPECT_EQ(worst(judge_skeletons(true)), Level::warning);
  EXPECT_NE(judge_skeletons(true).front().advice.find("ostiary migrate"), std::string::npos);
}

struct SchemaRow {
  SchemaState state;
  Engine engine;
  bool migrate_on_start;
  Level level;
};
class Schemas : public ::testing::TestWithParam<SchemaRow> {};
TEST_P(Schemas, AreJudged) {
  const auto& row = GetParam();
  EXPECT_EQ(worst(judge_schema(row.state, row.engine, row.migrate_on_start, {"0002_more"})), row.level);
}
INSTANTIATE_TEST_SUITE_P(Judge, Schemas,
                         ::testing::Values(SchemaRow{SchemaState::current, Engine::postgres, false, Level::ok},
                                           SchemaRow{SchemaState::empty, Engine::postgres, false, Level::ok},
                                           SchemaRow{SchemaState::older, Engine::postgres, false, Level::problem},
                                           SchemaRow{SchemaState::older, Engine::cockroach, false, Level::problem},
                                           SchemaRow{SchemaState::older, Engine::postgres, true, Level::ok},
                                           SchemaRow{SchemaState::older, Engine::sqlite, false, Level::ok},
                                           SchemaRow{SchemaState::foreign, Engine::sqlite, true, Level::problem},
                                           SchemaRow{SchemaState::newer, Engine::sqlite, true, Level::problem},
                                           SchemaRow{SchemaState::changed, Engine::sqlite, true, Level::problem}));

TEST(Folders, AreJudged) {
  constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;
  EXPECT_EQ(worst(judge_folder({"./data", true, true, gibibyte})), Level::ok);
  EXPECT_EQ(worst(judge_folder({"./data", false, true, gibibyte})), Level::ok);
  EXPECT_EQ(worst(judge_folder({"./data", true, true, gibibyte / 4 - 1})), Level::warning);
  EXPECT_EQ(worst(judge_folder({"./data", true, false, gibibyte})), Level::problem);
  EXPECT_THAT(texts(judge_folder({"./data", false, false, gibibyte})), HasSubstr("cannot be created"));
  EXPECT_THAT(texts(judge_folder({"./data", true, true, 1000})), HasSubstr("its disk is full"));
  EXPECT_EQ(worst(judge_folder({"./data", true, true, 1000})), Level::problem);
  const FolderFacts locked{"./data", true, true, gibibyte, {"ostiary.db", "ostiary.lock"}};
  EXPECT_EQ(worst(judge_folder(locked)), Level::problem);
  EXPECT_THAT(texts(judge_folder(locked)), HasSubstr("ostiary.db, ostiary.lock in DATA_DIR"));
}

TEST(Rights, AreJudged) {
  EXPECT_EQ(worst(judge_rights({true, "", false}, SchemaState::empty, false)), Level::ok);
  EXPECT_EQ(worst(judge_rights({false, "", false}, SchemaState::empty, false)), Level::problem);
  EXPECT_EQ(worst(judge_rights({false, "", false}, SchemaState::current, false)), Level::ok);
  EXPECT_EQ(worst(judge_rights({false, "", false}, SchemaState::older, false)), Level::ok) << "another role migrates";
  EXPECT_EQ(worst(judge_rights({false, "", false}, SchemaState::older, true)), Level::problem);
  EXPECT_THAT(texts(judge_rights({true, "users", false}, SchemaState::current, false)),
              HasSubstr("may not read or write users"));
  EXPECT_EQ(worst(judge_rights({true, "", true}, SchemaState::current, false)), Level::problem);
}

TEST(ServingRoles, AreJudged) {
  EXPECT_TRUE(judge_serving_role("ostiary", "").empty());
  EXPECT_TRUE(judge_serving_role("serving", "serving").empty());
  EXPECT_EQ(worst(judge_serving_role("ostiary", "serving")), Level::warning);
}

TEST(Rights, AreAdvisedToBeGrantedByTheOwner) {
  const auto findings = judge_rights({false, "", false}, SchemaState::empty, false);
  EXPECT_THAT(findings.front().advice, ::testing::StartsWith("run `ostiary migrate` as the role"));
}

TEST(Issuers, AreJudged) {
  EXPECT_TRUE(judge_issuer(std::nullopt, "https://id.example.org").empty());
  EXPECT_TRUE(judge_issuer("https://id.example.org", "https://id.example.org").empty());
  const auto findings = judge_issuer("https://login.example.org", "https://id.example.org");
  EXPECT_EQ(worst(findings), Level::warning);
  EXPECT_THAT(texts(findings), HasSubstr("https://login.example.org"));
}

TEST(Mailboxes, AreForThisMachineOnly) {
  EXPECT_EQ(worst(judge_mailbox("./data", true)), Level::ok);
  EXPECT_TRUE(judge_mailbox("./data", false).empty()) << "the settings have said that SMTP_URL is needed";
}

TEST(Certificates, AreJudged) {
  const auto judge = [](bool names_host, Duration begins, Duration ends) {
    return judge_certificate({"cert.pem", "id.example.org", names_host, now + begins, now + ends}, now);
  };
  using std::chrono::days;
  EXPECT_EQ(worst(judge(true, -1s, days(14))), Level::ok);
  EXPECT_THAT(texts(judge(true, -1s, days(14) - 1us)), HasSubstr("cert.pem expires at"));
  EXPECT_THAT(texts(judge(true, -1s, 0s)), HasSubstr("cert.pem expired at"));
  EXPECT_THAT(texts(judge(true, 1s, days(90))), HasSubstr("cert.pem is not valid before"));
  EXPECT_THAT(texts(judge(false, -1s, days(90))), HasSubstr("does not name id.example.org"));
  EXPECT_EQ(worst(judge(false, 1s, 0s)), Level::warning);
}

TEST(Journals, AreJudged) {
  EXPECT_EQ(worst(judge_journal(true)), Level::ok);
  EXPECT_EQ(worst(judge_journal(false)), Level::warning);
}

TEST(MailServers, AreJudgedByHowFarOneComes) {
  using adapters::SmtpStep;
  EXPECT_EQ(worst(judge_mail("smtp://mail", {SmtpStep::none, "250 ok"})), Level::ok);
  for (const auto step :
       {SmtpStep::connect, SmtpStep::greet, SmtpStep::encrypt, SmtpStep::authenticate, SmtpStep::sender}) {
    const auto findings = judge_mail("smtp://mail", {step, "550 no"});
    EXPECT_EQ(worst(findings), Level::problem);
    EXPECT_THAT(texts(findings), HasSubstr("550 no"));
  }
}

TEST(GatewaysForTexts, AreJudgedByWhetherTheyCanBeReached) {
  EXPECT_EQ(worst(judge_gateway("https://sms.example.org", {true, "No error"})), Level::ok);
  const auto findings = judge_gateway("https://sms.example.org", {false, "no route"});
  EXPECT_EQ(worst(findings), Level::problem);
  EXPECT_THAT(texts(findings), HasSubstr("no route"));
}

TEST(MasterKeys, AreJudged) {
  EXPECT_EQ(worst(judge_master_key({.is_given = true, .is_local = false})), Level::ok);
  EXPECT_EQ(worst(judge_master_key({.is_given = true, .development_key_exists = true})), Level::ok);
  EXPECT_EQ(worst(judge_master_key({.is_given = true, .is_needed = true})), Level::ok);
  EXPECT_EQ(worst(judge_master_key({.development_key_exists = true})), Level::warning);
  EXPECT_EQ(worst(judge_master_key({.development_key_exists = true, .is_needed = true})), Level::warning);
  EXPECT_EQ(worst(judge_master_key({})), Level::warning);
  EXPECT_EQ(worst(judge_master_key({.is_needed = true})), Level::problem);
  EXPECT_TRUE(judge_master_key({.is_local = false}).empty()) << "the settings have said it";
}

TEST(Keys, AreJudged) {
  using crypto::JwsAlgorithm;
  const std::shared_ptr<const crypto::JwsKey> key = crypto::generate_key(JwsAlgorithm::eddsa);
  const vault::KeysFound found{5, vault::TokenKey{KeyId{}, now, key}, std::nullopt};
  EXPECT_THAT(texts(judge_keys({}, JwsAlgorithm::es256)), HasSubstr("none yet"));
  EXPECT_THAT(texts(judge_keys(found, JwsAlgorithm::eddsa)), HasSubstr("tokens are signed by EdDSA key"));
  EXPECT_THAT(texts(judge_keys(found, JwsAlgorithm::es256)), HasSubstr("no ES256 key signs tokens yet"));
  const std::shared_ptr<const crypto::JwsKey> other = crypto::generate_key(JwsAlgorithm::es256);
  const vault::KeysFound followed{6, found.signing, vault::TokenKey{KeyId{}, now, other}};
  EXPECT_THAT(texts(judge_keys(followed, JwsAlgorithm::es256)), HasSubstr("is published, and signs tokens from"));
}

TEST(Ports, AreJudged) {
  EXPECT_EQ(worst(judge_port("HTTP", "127.0.0.1 port 80", PortState::free)), Level::ok);
  EXPECT_EQ(worst(judge_port("HTTP", "127.0.0.1 port 80", PortState::ostiary)), Level::ok);
  for (const auto state :
       {PortState::taken, PortState::another_ostiary, PortState::forbidden, PortState::no_such_address}) {
    EXPECT_EQ(worst(judge_port("HTTP", "127.0.0.1 port 80", state)), Level::problem);
  }
}

Config config_with(std::map<std::string, std::string, std::less<>> environment) {
  ConfigSources sources;
  sources.environment = std::move(environment);
  return read_config(sources, ConfigUse::looking)->config;
}

struct SettingsRow {
  const char* what;
  std::map<std::string, std::string, std::less<>> environment;
  Level level;
};
class SettingsJudged : public ::testing::TestWithParam<SettingsRow> {};
TEST_P(SettingsJudged, AsAWhole) {
  EXPECT_EQ(worst(judge_settings(config_with(GetParam().environment), {})), GetParam().level) << GetParam().what;
}
INSTANTIATE_TEST_SUITE_P(
    Judge, SettingsJudged,
    ::testing::Values(SettingsRow{"none", {}, Level::ok},
                      SettingsRow{
                          "in public without a proxy", {{"PUBLIC_URL", "https://id.example.org"}}, Level::warning},
                      SettingsRow{"in public behind a proxy",
                                  {{"PUBLIC_URL", "https://id.example.org"}, {"TRUSTED_PROXIES", "10.0.0.0/8"}},
                                  Level::ok},
                      SettingsRow{"a proxy on this machine", {{"TRUSTED_PROXIES", "127.0.0.1"}}, Level::ok},
                      SettingsRow{"everybody a proxy", {{"TRUSTED_PROXIES", "10.0.0.0/8, ::/0"}}, Level::problem},
                      SettingsRow{"for development in the open", {{"LISTEN_ADDRESS", "*"}}, Level::warning},
                      SettingsRow{"gRPC in the open", {{"GRPC_PLAINTEXT", "on"}}, Level::warning}));

TEST(Forwarding, IsWorthAWarningWhereItIsIgnored) {
  const auto level = [](const std::string& count) {
    return worst(judge_forwarding("# TYPE ostiary_log_lines_total counter\n"
                                  "ostiary_log_lines_total{event=\"job.dead\",level=\"warning\"} 3\n"
                                  "ostiary_log_lines_total{event=\"proxy.not_trusted\",level=\"warning\"} " +
                                  count + "\n"));
  };
  EXPECT_EQ(level("0"), Level::ok);
  EXPECT_EQ(level("1"), Level::warning);
  EXPECT_EQ(level("20"), Level::warning);
  EXPECT_TRUE(judge_forwarding("").empty()) << "no server runs, or it does not tell";
}

TEST(Settings, PassWarningsOn) {
  const auto findings = judge_settings(config_with({}), {"POSTGRES_DB: has no effect"});
  EXPECT_EQ(worst(findings), Level::warning);
  EXPECT_THAT(texts(findings), HasSubstr("POSTGRES_DB: has no effect"));
}

TEST(Findings, ArePrinted) {
  const Findings findings{{"clock", Level::ok, "right", ""}, {"mail", Level::problem, "away", "look for it"}};
  EXPECT_EQ(as_text(findings), "clock     ok       right\n"
                               "mail      problem  away\n"
                               "                   -> look for it\n"
                               "\n1 problem, 0 warnings\n");
  EXPECT_EQ(as_json(findings),
            R"({"checks":[{"name":"clock","level":"ok","found":"right","advice":null},)"
            R"({"name":"mail","level":"problem","found":"away","advice":"look for it"}],"warnings":0,"problems":1})"
            "\n");
}

}  // namespace
}  // namespace ostiary::doctor
