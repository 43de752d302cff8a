#include "config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "base/capacity.hpp"
#include "cli/show_config.hpp"
#include "env_file.hpp"
#include "source_folder.hpp"
#include "storage/conninfo.hpp"

namespace ostiary {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Map = std::map<std::string, std::string, std::less<>>;

/// Reads settings as if the environment and the files were these.
std::expected<ReadConfig, std::vector<std::string>> read(Map environment, Map files = {}) {
  ConfigSources sources;
  sources.environment = std::move(environment);
  sources.has_dot_env = files.contains(".env");
  sources.read_file = [files](const std::string& path) -> std::expected<std::string, std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return std::unexpected("can't be read: No such file or directory");
    return found->second;
  };
  return read_config(sources);
}

Config config_of(Map environment, Map files = {}) {
  auto result = read(std::move(environment), std::move(files));
  if (!result) throw std::runtime_error(result.error().front());
  return result->config;
}

std::vector<std::string> errors_of(Map environment, Map files = {}) {
  auto result = read(std::move(environment), std::move(files));
  return result ? std::vector<std::string>{} : result.error();
}

/// A public server needs these.
Map on_the_internet(Map more = {}) {
  more.insert({{"PUBLIC_URL", "https://id.example.org"},
               {"SMTP_URL", "smtp://mail.example.org"},
               {"OSTIARY_MASTER_KEY", std::string(64, 'a')}});
  return more;
}

TEST(Config, VisitsEveryPart) {
  Config config;
  const char* end = reinterpret_cast<const char*>(&config);
  const auto is_next = [&end](const auto& part) {
    const auto* begin = reinterpret_cast<const char*>(&part);
    EXPECT_GE(begin, end) << "out of order";
    EXPECT_LT(begin - end, static_cast<std::ptrdiff_t>(alignof(std::max_align_t))) << "something before it is left out";
    end = begin + sizeof(part);
  };
  for_each_setting(config, is_next);
  const auto* whole = reinterpret_cast<const char*>(&config) + sizeof(config);
  EXPECT_LT(whole - end, static_cast<std::ptrdiff_t>(alignof(std::max_align_t)));
}

TEST(Config, StandsByItselfWithoutSettings) {
  const Config config = config_of({});
  EXPECT_EQ(*config.port, 8001);
  EXPECT_EQ(*config.grpc_port, 9001);
  EXPECT_EQ(*config.public_url, "http://localhost:8001");
  EXPECT_TRUE(config.is_local());
  EXPECT_THAT(*config.listen_address, ElementsAre("localhost"));
  EXPECT_THAT(*config.grpc_listen_address, ElementsAre("127.0.0.1"));
  EXPECT_EQ(*config.token_audience, "http://localhost:8001");
  EXPECT_EQ(*config.token_client_id, "ostiary");
  EXPECT_EQ(*config.mail_from, "no-reply@localhost");
  EXPECT_EQ(*config.access_token_lifetime, std::chrono::minutes(15));
  EXPECT_EQ(*config.refresh_token_lifetime, std::chrono::days(7));
  EXPECT_EQ(*config.session_lifetime, std::chrono::days(30));
  EXPECT_GE(*config.workers, 6);
  EXPECT_LE(*config.workers, 48);
  EXPECT_GE(*config.hash_threads, 1);
  EXPECT_TRUE(*config.rate_limits);
  EXPECT_FALSE(config.postgres_conninfo());
  EXPECT_TRUE(config.master_key->empty());
}

TEST(Config, FollowsThePort) { EXPECT_EQ(*config_of({{"PORT", "9000"}}).public_url, "http://localhost:9000"); }

TEST(Config, ListensEverywhereWhereItIsPublic) {
  const Config config = config_of(on_the_internet());
  EXPECT_FALSE(config.is_local());
  EXPECT_THAT(*config.listen_address, ElementsAre("*"));
  EXPECT_EQ(*config.mail_from, "no-reply@id.example.org");
  EXPECT_EQ(config.smtp_server()->ehlo_name, "id.example.org");
}

TEST(Config, NeedsASenderWhereTheHostIsAnAddress) {
  for (const std::string url : {"https://192.0.2.1", "https://[2001:db8::1]:8443"}) {
    EXPECT_THAT(errors_of(on_the_internet({{"PUBLIC_URL", url}})), ElementsAre(HasSubstr("MAIL_FROM: required")))
        << url;
    EXPECT_THAT(errors_of(on_the_internet({{"PUBLIC_URL", url}, {"MAIL_FROM", "a@example.org"}})), IsEmpty());
  }
  EXPECT_EQ(config_of({{"PUBLIC_URL", "http://127.0.0.1:8001"}}).mail_sender().address, "no-reply@localhost");
}

TEST(Config, TakesTheEnvironmentBeforeDotEnv) {
  const Config config =
      config_of({{"PORT", "9000"}, {"SERVICE_NAME", ""}}, {{".env", "PORT=9100\nSERVICE_NAME=Example\n"}});
  EXPECT_EQ(*config.port, 9000);
  EXPECT_EQ(config.port.origin, "environment");
  EXPECT_EQ(*config.service_name, "Example") << "an empty value counts as none";
  EXPECT_EQ(config.service_name.origin, ".env line 2");
}

TEST(Config, ReadsAnySettingFromAFile) {
  const Config config = config_of({{"POSTGRES_HOST", "localhost"}, {"POSTGRES_PASSWORD_FILE", "/secret"}},
                                  {{"/secret", "pass word\n\n"}});
  EXPECT_EQ(config.postgres_password->reveal(), "pass word\n") << "one newline is trimmed";
  EXPECT_EQ(config.postgres_password.origin, "/secret");
  EXPECT_EQ(*config_of({}, {{".env", "PORT_FILE=/port"}, {"/port", "9000\r\n"}}).port, 9000);
}

TEST(Config, RefusesAValueAndAFileForOneSetting) {
  EXPECT_THAT(errors_of({{"PORT", "1"}, {"PORT_FILE", "/port"}}, {{"/port", "2"}}),
              ElementsAre("PORT and PORT_FILE (environment): expected only one of them"));
  EXPECT_THAT(errors_of({{"PORT_FILE", "/nowhere"}}),
              ElementsAre("PORT_FILE=\"/nowhere\" (environment): can't be read: No such file or directory"));
  EXPECT_EQ(*config_of({{"PORT", "9000"}}, {{".env", "PORT_FILE=/nowhere"}}).port, 9000) << "the environment wins";
}

struct Malformed {
  std::string name, value, expected;
};

class MalformedSetting : public ::testing::TestWithParam<Malformed> {};

TEST_P(MalformedSetting, IsNamedOnOneLine) {
  const auto& [name, value, expected] = GetParam();
  const auto errors = errors_of({{name, value}});
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0], HasSubstr("(environment): expected " + expected));
  EXPECT_TRUE(errors[0].starts_with(name));
  EXPECT_EQ(errors[0].find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    All, MalformedSetting,
    ::testing::Values(
        Malformed{"PORT", "80a", "a whole number from 0 to 65535"}, Malformed{"PORT", "65536", "a whole number"},
        Malformed{"PORT", "-1", "a whole number"}, Malformed{"PORT", " 80", "a whole number"},
        Malformed{"POSTGRES_PORT", "0", "a whole number from 1 to 65535"},
        Malformed{"PORT", "99999999999999999999", "a whole number"},
        Malformed{"WORKERS", "513", "a whole number from 0"},
        Malformed{"ARGON2_MEMORY_KIB", "64", "a whole number from 7168"},
        Malformed{"BCRYPT_COST", "31", "a whole number from 10 to 14"}, Malformed{"RATE_LIMITS", "maybe", "on or off"},
        Malformed{"ACCESS_TOKEN_LIFETIME", "15", "a duration like 10s, 15m, 12h or 7d, from 1s to 1d"},
        Malformed{"ACCESS_TOKEN_LIFETIME", "0s", "a duration"}, Malformed{"ACCESS_TOKEN_LIFETIME", "m", "a duration"},
        Malformed{"ACCESS_TOKEN_LIFETIME", "1w", "a duration"}, Malformed{"SESSION_LIFETIME", "1.5h", "a duration"},
        Malformed{"SESSION_LIFETIME", "999999999999d", "a duration"},
        Malformed{"TOKEN_ALGORITHM", "none", "one of ES256, EdDSA, RS256"},
        Malformed{"PASSWORD_ALGORITHM", "md5", "one of argon2id, bcrypt"},
        Malformed{"LOG_LEVEL", "loud", "one of debug, info, warning, error"},
        Malformed{"LOG_FORMAT", "xml", "one of auto, text, json"},
        Malformed{"PUBLIC_URL", "id.example.org", "https://host"},
        Malformed{"PUBLIC_URL", "http://id.example.org", "https://host"},
        Malformed{"PUBLIC_URL", "https://id.example.org/app", "https://host"},
        Malformed{"PUBLIC_URL", "https://user@id.example.org", "https://host"},
        Malformed{"PUBLIC_URL", "https://id.example.org:0", "https://host"},
        Malformed{"PUBLIC_URL", "ftp://id.example.org", "https://host"},
        Malformed{"PUBLIC_URL", "https://-.example.org", "https://host"},
        Malformed{"LISTEN_ADDRESS", "localhost,here", "IP addresses"}, Malformed{"LISTEN_ADDRESS", ",", "IP addresses"},
        Malformed{"TRUSTED_PROXIES", "10.0.0.0/33", "networks separated by commas"},
        Malformed{"TRUSTED_PROXIES", "proxy", "networks separated by commas"},
        Malformed{"CORS_ORIGINS", "https://a.example.org,*", "origins like"},
        Malformed{"APP_URL", "http://app.example.org", "a URL like"}, Malformed{"APP_URL", "app.example.org", "a URL"},
        Malformed{"APP_URL", "https://app.example.org/\"><b>", "a URL like"},
        Malformed{"APP_URL", "javascript:alert(1)", "a URL like"},
        Malformed{"COOKIE_DOMAIN", "exam ple.org", "a domain like example.org"},
        Malformed{"COOKIE_DOMAIN", "org", "a domain"}, Malformed{"SERVICE_NAME", "a\nb", "a name of at most 64 bytes"},
        Malformed{"POSTGRES_SSLMODE", "prefer", "disable, require, verify-ca or verify-full"},
        Malformed{"LIMIT_SIGN_IN_PER_ADDRESS", "20", "a limit like"},
        Malformed{"LIMIT_SIGN_IN_PER_ADDRESS", "20/1h", "a limit like"},
        Malformed{"LIMIT_SIGN_IN_PER_ADDRESS", "0/1h burst 1", "a limit like"},
        Malformed{"LIMIT_SIGN_IN_PER_ADDRESS", "20/1h burst 0", "a limit like"},
        Malformed{"LIMIT_SIGN_IN_PER_ADDRESS", ",", "a limit like"},
        Malformed{"MAIL_FROM", "nobody", "a sender like"}));

TEST(Config, RefusesWhatIsNotUtf8) {
  EXPECT_THAT(errors_of({{"SERVICE_NAME", "\xD6"
                                          "dland"}}),
              ElementsAre("SERVICE_NAME (environment): expected UTF-8"));
  EXPECT_THAT(errors_of({{"MAIL_FROM", "\xD6 <a@example.org>"}}),
              ElementsAre("MAIL_FROM (environment): expected UTF-8"));
  EXPECT_THAT(errors_of({}, {{".env", "MAIL_TEMPLATES=\xFF"}}),
              ElementsAre("MAIL_TEMPLATES (.env line 1): expected UTF-8"));
  EXPECT_EQ(*config_of({{"SERVICE_NAME_FILE", "/name"}}, {{"/name", "\xEF\xBB\xBFÖdland\n"}}).service_name, "Ödland")
      << "some editors begin a file with a mark";
}

TEST(Config, TakesTheApplicationsAddress) {
  EXPECT_EQ(*config_of({{"APP_URL", "HTTPS://App.example.org:443/In?next=/A#b"}}).app_url,
            "https://app.example.org/In?next=/A#b");
  EXPECT_EQ(*config_of({{"APP_URL", "http://localhost:3000"}}).app_url, "http://localhost:3000");
}

TEST(Config, NeverShowsAMalformedSecret) {
  for (const std::string name : {"DATABASE_URL", "SMTP_URL", "SMS_URL", "OSTIARY_MASTER_KEY"}) {
    const auto errors = errors_of({{name, "hunter2"}});
    ASSERT_EQ(errors.size(), 1U) << name;
    EXPECT_TRUE(errors[0].starts_with(name + " (environment): expected ")) << errors[0];
    EXPECT_EQ(errors[0].find("hunter2"), std::string::npos) << errors[0];
  }
}

TEST(Config, SaysWhatIsExpectedOnce) {
  EXPECT_THAT(errors_of({{"SMTP_URL", "smtp://a b"}}),
              ElementsAre("SMTP_URL (environment): expected a URL like smtp://user:password@host:587; "
                          "this one can't be read as a URL"));
  EXPECT_THAT(errors_of({{"MAIL_FROM", "nobody"}}),
              ElementsAre("MAIL_FROM=\"nobody\" (environment): expected a sender like no-reply@example.org or "
                          "Example <no-reply@example.org>"));
}

TEST(Config, TakesAGatewayForTexts) {
  const auto config = config_of({{"SMS_URL", "https://sms.example.org/send"},
                                 {"SMS_TOKEN", "hunter2"},
                                 {"SMS_FROM", "Example"},
                                 {"SMS_COUNTRIES", "+43, 49,1212"},
                                 {"SMS_PER_DAY", "20"}});
  EXPECT_EQ(config.sms_server()->token.reveal(), "hunter2");
  EXPECT_EQ(config.sms_server()->sender, "Example");
  EXPECT_THAT(*config.sms_countries, ElementsAre("43", "49", "1212"));
  EXPECT_EQ(*config.sms_per_day, 20U);
  EXPECT_FALSE(config_of({}).sms_server());
  EXPECT_TRUE(config_of({}).sends_texts()) << "to the development mailbox";
  EXPECT_FALSE(config_of(on_the_internet()).sends_texts());
  EXPECT_TRUE(config_of(on_the_internet({{"SMS_URL", "https://sms.example.org"}})).sends_texts());
}

TEST(Config, RefusesAGatewayThatCannotWork) {
  const std::string twilio = "twilio://AC1:hunter2@api.twilio.com";
  EXPECT_THAT(errors_of({{"SMS_URL", twilio}}), ElementsAre(HasSubstr("SMS_FROM: required")));
  EXPECT_THAT(errors_of({{"SMS_URL", twilio}, {"SMS_FROM", "MG1"}, {"SMS_TOKEN", "x"}}),
              ElementsAre(HasSubstr("SMS_TOKEN (environment): expected only")));
  EXPECT_THAT(errors_of({{"SMS_TOKEN", "hunter2 x"}}), ElementsAre(HasSubstr("printable ASCII")));
  for (const char* countries : {"AT", "43 49", "999", "0043", "43, -1"}) {
    EXPECT_THAT(errors_of({{"SMS_COUNTRIES", countries}}), ElementsAre(HasSubstr("expected country codes")))
        << countries;
  }
  EXPECT_THAT(errors_of(on_the_internet({{"MFA_SMS", "on"}})), ElementsAre(HasSubstr("SMS_URL is required")));
  EXPECT_THAT(errors_of({{"MFA_SMS", "on"}}), IsEmpty());
}

TEST(Config, TellsOfAllMistakesAtOnce) {
  EXPECT_EQ(errors_of({{"PORT", "x"}, {"GRPC_PORT", "y"}, {"OSTIARY_NONSENSE", "z"}}).size(), 3U);
}

TEST(Config, RefusesNamesThatMeanNothing) {
  EXPECT_THAT(errors_of({}, {{".env", "\nPOTR=9000"}}),
              ElementsAre("POTR (.env line 2): no such setting; did you mean PORT?"));
  EXPECT_THAT(errors_of({{"OSTIARY_MASTERKEY", "x"}}),
              ElementsAre("OSTIARY_MASTERKEY (environment): no such setting; did you mean OSTIARY_MASTER_KEY?"));
  EXPECT_THAT(errors_of({}, {{".env", "FAVOURITE_COLOUR=blue"}}),
              ElementsAre("FAVOURITE_COLOUR (.env line 1): no such setting"));
  EXPECT_THAT(errors_of({}, {{".env", "LIMIT_READ_PER_PAIR=1/1s burst 1"}}).size(), 1U)
      << "the contract has no such limit";
}

TEST(Config, PassesOverWhatOthersPutIntoTheEnvironment) {
  EXPECT_THAT(errors_of({{"POTR", "9000"},
                         {"OSTIARY_PORT", "tcp://10.0.0.1:8001"},
                         {"OSTIARY_PORT_8001_TCP", "x"},
                         {"OSTIARY_SERVICE_HOST", "10.0.0.1"}}),
              IsEmpty());
}

TEST(Config, WarnsOfWhatItDoesNotUseYet) {
  const auto result = read({{"RABBITMQ_URL", "amqp://guest:guest@localhost/"}},
                           {{".env", "REDIS_ADDR=localhost:6379\nREDIS_PASSWORD=\nRABBITMQ_VHOST=/"}});
  ASSERT_TRUE(result);
  EXPECT_THAT(result->warnings, ElementsAre("REDIS_ADDR: this version does not use it yet",
                                            "RABBITMQ_URL: this version does not use it yet"));
}

TEST(Config, TakesTheEnvFileOfACompose) {
  const Config config =
      config_of({}, {{".env", "POSTGRES_USER=user\nPOSTGRES_PASSWORD=password\nPOSTGRES_DB=userdb\n"
                              "POSTGRES_HOST=localhost\nPOSTGRES_PORT=5432\nPOSTGRES_SSLMODE=disable\n"
                              "REDIS_ADDR=localhost:6379\nREDIS_PASSWORD=\n\nRABBITMQ_USER=guest\n"}});
  EXPECT_EQ(config.postgres_conninfo()->reveal(),
            "dbname='userdb' host='localhost' password='password' port='5432' sslmode='disable' user='user'");
}

TEST(Config, NeedsMailAndAMasterKeyInPublic) {
  EXPECT_THAT(errors_of({{"PUBLIC_URL", "https://id.example.org"}}),
              ElementsAre(HasSubstr("SMTP_URL: required while PUBLIC_URL"), HasSubstr("OSTIARY_MASTER_KEY: required")));
  EXPECT_THAT(errors_of(on_the_internet()), IsEmpty());
  EXPECT_THAT(errors_of({{"PUBLIC_URL", "https://localhost:8443"}}), IsEmpty());
}

TEST(Config, IsLookedAtWithoutWhatOnlyAServerNeeds) {
  ConfigSources sources;
  sources.environment = {{"PUBLIC_URL", "https://id.example.org"}};
  EXPECT_TRUE(read_config(sources, ConfigUse::looking));
  EXPECT_FALSE(read_config(sources, ConfigUse::serving));
  sources.environment.emplace("PORT", "many");
  EXPECT_FALSE(read_config(sources, ConfigUse::looking)) << "what is there must be right";
}

TEST(Config, TakesAsManyConnectionsAsTheMachineAllowsUnlessToldOtherwise) {
  EXPECT_EQ(*config_of({}).max_connections, connections_within(capacity_of_process()));
  EXPECT_EQ(*config_of({{"MAX_CONNECTIONS", "5000"}}).max_connections, 5000U);
}

// Otherwise one address could take all that there are.
TEST(Config, GivesOneAddressAQuarterOfTheConnectionsAtMost) {
  const auto share = [](const char* connections) {
    return *config_of({{"MAX_CONNECTIONS", connections}}).max_connections_per_address;
  };
  EXPECT_EQ(share("1000000"), 1024U);
  EXPECT_EQ(share("4096"), 1024U);
  EXPECT_EQ(share("4095"), 1023U);
  EXPECT_EQ(share("200"), 50U);
  EXPECT_EQ(share("1"), 1U);
  EXPECT_EQ(*config_of({{"MAX_CONNECTIONS_PER_ADDRESS", "5000"}}).max_connections_per_address, 5000U);
}

TEST(Config, LiftsLimitsOnThisMachineOnly) {
  EXPECT_THAT(errors_of(on_the_internet({{"RATE_LIMITS", "off"}})),
              ElementsAre(HasSubstr("RATE_LIMITS (environment): must be on while PUBLIC_URL")));
  EXPECT_THAT(read({{"RATE_LIMITS", "off"}})->warnings, ElementsAre(HasSubstr("RATE_LIMITS")));
}

TEST(Config, DoesNotTakePublicUrlsWordForWhoCanReachIt) {
  const auto reachable = HasSubstr("other machines can reach this server");
  for (const Map& settings : {Map{{"LISTEN_ADDRESS", "*"}}, Map{{"LISTEN_ADDRESS", "127.0.0.1, 192.0.2.1"}},
                              Map{{"GRPC_LISTEN_ADDRESS", "*"}, {"GRPC_PLAINTEXT", "on"}}}) {
    EXPECT_THAT(read(settings)->warnings, ElementsAre(reachable));
    Map unlimited = settings;
    unlimited["RATE_LIMITS"] = "off";
    EXPECT_THAT(errors_of(unlimited), ElementsAre(HasSubstr("RATE_LIMITS (environment): must be on while the server")));
  }
  EXPECT_THAT(read({{"LISTEN_ADDRESS", "127.0.0.1, ::1, localhost"}})->warnings, IsEmpty());
  EXPECT_THAT(read(on_the_internet({{"LISTEN_ADDRESS", "127.0.0.1"}}))->warnings, IsEmpty());
}

TEST(Config, WarnsOfPlainHttpBesideAnHttpsPublicUrl) {
  const auto warnings = [](Map changes) { return read(on_the_internet(std::move(changes)))->warnings; };
  const auto plain = ElementsAre(AllOf(HasSubstr("LISTEN_ADDRESS="), HasSubstr("plain HTTP"),
                                       HasSubstr("TRUSTED_PROXIES"), HasSubstr("TLS_CERT_FILE")));
  EXPECT_THAT(warnings({}), plain) << "the default is every address";
  EXPECT_THAT(warnings({{"LISTEN_ADDRESS", "*"}}), plain);
  EXPECT_THAT(warnings({{"LISTEN_ADDRESS", "127.0.0.1, 10.0.0.5"}}), plain);
  EXPECT_THAT(warnings({{"LISTEN_ADDRESS", "localhost"}}), IsEmpty()) << "a proxy on this machine";
  EXPECT_THAT(warnings({{"TRUSTED_PROXIES", "10.0.0.0/8"}}), IsEmpty());
  EXPECT_THAT(warnings({{"TLS_CERT_FILE", "a.pem"}, {"TLS_KEY_FILE", "b.pem"}}), IsEmpty());
}

TEST(Config, GivesCookiesOnlyToADomainAboveItself) {
  EXPECT_THAT(errors_of(on_the_internet({{"COOKIE_DOMAIN", "example.org"}})), IsEmpty());
  EXPECT_THAT(errors_of(on_the_internet({{"COOKIE_DOMAIN", "id.example.org"}})), IsEmpty());
  EXPECT_THAT(errors_of(on_the_internet({{"COOKIE_DOMAIN", "ample.org"}})), ElementsAre(HasSubstr("COOKIE_DOMAIN")));
  EXPECT_THAT(errors_of(on_the_internet({{"COOKIE_DOMAIN", "a.id.example.org"}})),
              ElementsAre(HasSubstr("COOKIE_DOMAIN")));
  for (const auto& [url, suffix] :
       {std::pair("https://id.example.co.uk", "co.uk"), {"https://ada.github.io", "github.io"}}) {
    EXPECT_THAT(errors_of(on_the_internet({{"PUBLIC_URL", url}, {"COOKIE_DOMAIN", suffix}})),
                ElementsAre(HasSubstr("a public suffix")));
  }
}

TEST(Config, TakesOnlyOriginsThatCanWork) {
  const auto with = [](const char* origins, const char* tokens) {
    return read(
        on_the_internet({{"LISTEN_ADDRESS", "localhost"}, {"CORS_ORIGINS", origins}, {"BROWSER_TOKENS", tokens}}));
  };
  EXPECT_THAT(with("https://app.example.org", "cookie")->warnings, IsEmpty());
  EXPECT_THAT(with("https://app.example.com", "cookie")->warnings,
              ElementsAre(HasSubstr("https://app.example.com is on another site than PUBLIC_URL")));
  EXPECT_THAT(with("https://app.example.com", "body")->warnings, IsEmpty());
  for (const char* tokens : {"cookie", "body"}) {
    EXPECT_THAT(with("http://app.example.org", tokens).error(), ElementsAre(HasSubstr("must be https")));
  }
  EXPECT_THAT(errors_of({{"CORS_ORIGINS", "http://localhost:3000"}}), IsEmpty());
  for (const std::string app :
       {"capacitor://localhost", "tauri://localhost", "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "moz-extension://0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55",
        "safari-web-extension://0190B5E2-7D4B-7C3A-9F0E-2B8D3F6A1C55"}) {
    EXPECT_THAT(with(app.c_str(), "cookie").error(), ElementsAre(HasSubstr("requires BROWSER_TOKENS=body")));
    const auto taken = with((app + "/").c_str(), "body");
    EXPECT_THAT(taken->warnings, IsEmpty());
    EXPECT_THAT(*taken->config.cors_origins, ElementsAre(app));
  }
  EXPECT_THAT(with("capacitor://", "body").error(), ElementsAre(HasSubstr("origins like")));
  EXPECT_THAT(with("capacitor://a/b", "body").error(), ElementsAre(HasSubstr("origins like")));
}

TEST(Config, SaysHowLongBrowsersAreHeldToHttps) {
  for (const std::string value :
       {"max-age=0", "max-age=31536000; includeSubDomains", "max-age=63072000;includeSubDomains; preload"}) {
    EXPECT_EQ(*config_of(on_the_internet({{"HSTS", value}})).hsts, value);
  }
  EXPECT_EQ(*config_of(on_the_internet()).hsts, "");
  for (const char* value :
       {"on", "max-age=", "max-age=-1", "max-age=1; everywhere", "max-age=1;", "includeSubDomains"}) {
    EXPECT_THAT(errors_of(on_the_internet({{"HSTS", value}})), ElementsAre(HasSubstr("Strict-Transport-Security")))
        << value;
  }
  EXPECT_THAT(read({{"HSTS", "max-age=1"}})->warnings, ElementsAre(HasSubstr("HSTS: has no effect")));
}

TEST(Config, KeepsPlaintextGrpcAtHome) {
  EXPECT_THAT(errors_of({{"GRPC_LISTEN_ADDRESS", "127.0.0.1, ::1, localhost"}}), IsEmpty());
  EXPECT_THAT(errors_of({{"GRPC_LISTEN_ADDRESS", "*"}}), ElementsAre(HasSubstr("GRPC_PLAINTEXT=on")));
  EXPECT_THAT(errors_of({{"GRPC_LISTEN_ADDRESS", "10.0.0.1"}, {"GRPC_PLAINTEXT", "on"}}), IsEmpty());
}

TEST(Config, GivesEachTransportAPortOfItsOwn) {
  EXPECT_THAT(errors_of({{"PORT", "9001"}}),
              ElementsAre("GRPC_PORT=9001 (default): expected another port than PORT, or another address"));
  EXPECT_EQ(errors_of({{"PORT", "9001"}, {"LISTEN_ADDRESS", "*"}}).size(), 1U);
  EXPECT_THAT(errors_of({{"PORT", "9001"}, {"LISTEN_ADDRESS", "127.0.0.2"}}), IsEmpty());
  EXPECT_THAT(errors_of({{"PORT", "0"}, {"GRPC_PORT", "0"}}), IsEmpty());
}

TEST(Config, NamesNoPortInItsAddressBeforeTheMachineHasChosenOne) {
  Config config = config_of({{"PORT", "0"}});
  EXPECT_EQ(*config.public_url, "http://localhost");
  config.choose_port(54321);
  EXPECT_EQ(*config.port, 54321);
  EXPECT_EQ(*config.public_url, "http://localhost:54321");
  EXPECT_EQ(*config.token_audience, "http://localhost:54321");
  Config given = config_of({{"PORT", "0"}, {"PUBLIC_URL", "http://localhost:8080"}});
  given.choose_port(54321);
  EXPECT_EQ(*given.public_url, "http://localhost:8080");
}

TEST(Config, TellsWhereTheDatabaseIs) {
  EXPECT_EQ(config_of({{"DATA_DIR", "/var/lib/ostiary/"}}).database_place(), "/var/lib/ostiary/ostiary.db");
  EXPECT_EQ(config_of({{"DATABASE_URL", "postgresql://u:p@db.example.org/x"}}).database_place(),
            "database x on db.example.org");
  EXPECT_EQ(config_of({{"POSTGRES_HOST", "localhost"}}).database_place(), "database ostiary on localhost");
}

TEST(Config, EncryptsTheWayToADistantDatabase) {
  const auto conninfo = [](Map environment) {
    return std::string(config_of(std::move(environment)).postgres_conninfo()->reveal());
  };
  EXPECT_THAT(conninfo({{"POSTGRES_HOST", "db.example.org"}}), HasSubstr("sslmode='require'"));
  EXPECT_THAT(conninfo({{"POSTGRES_HOST", "/run/postgresql"}}), HasSubstr("sslmode='disable'"));
  EXPECT_THAT(conninfo({{"POSTGRES_HOST", "127.0.0.1"}}), HasSubstr("sslmode='disable'"));
  EXPECT_EQ(conninfo({{"DATABASE_URL", "postgresql://a:b@db.example.org:5432/x"}}),
            "dbname='x' host='db.example.org' password='b' port='5432' sslmode='require' user='a'");
  EXPECT_EQ(conninfo({{"DATABASE_URL", "postgres://a@localhost/x?application_name=y"}}),
            "application_name='y' dbname='x' host='localhost' sslmode='disable' user='a'");
  EXPECT_EQ(conninfo({{"DATABASE_URL", "postgres://db/x?sslmode=verify-full"}}),
            "dbname='x' host='db' sslmode='verify-full'");
  EXPECT_THAT(conninfo({{"DATABASE_URL", "postgres://db/x"}, {"POSTGRES_SSLMODE", "verify-ca"}}),
              HasSubstr("sslmode='verify-ca'"));
}

TEST(Config, LooksForTheDatabaseWhereLibpqDoes) {
  const auto mode = [](const std::string& url, Map more = {}) {
    more["DATABASE_URL"] = url;
    const auto conninfo = storage::parse_conninfo(std::string(config_of(more).postgres_conninfo()->reveal()));
    return conninfo->at("sslmode");
  };
  EXPECT_EQ(mode("postgresql:///x"), "disable") << "the socket";
  EXPECT_EQ(mode("PostgreSQL://db.example.org/x"), "require") << "a scheme has no case";
  EXPECT_EQ(mode("postgresql:///x?host=/run/postgresql"), "disable");
  EXPECT_EQ(mode("postgresql:///x?host=db.example.org"), "require");
  EXPECT_EQ(mode("postgresql://localhost/x?hostaddr=192.0.2.1"), "require");
  EXPECT_EQ(mode("postgresql://localhost,db.example.org/x"), "require");
  EXPECT_EQ(mode("postgresql:///x?service=elsewhere"), "require");
  EXPECT_EQ(mode("postgresql:///x", {{"PGHOST", "db.example.org"}}), "require");
  EXPECT_EQ(mode("postgresql://u:sslmode=disable@db.example.org/x"), "require") << "it is the password";
  EXPECT_EQ(mode("postgresql://u:a?b@db.example.org/x"), "require");
}

TEST(Config, TakesNoConnectionThatFallsBackToPlainText) {
  for (const std::string mode : {"prefer", "allow"}) {
    EXPECT_THAT(errors_of({{"DATABASE_URL", "postgresql://u:hunter2@db.example.org/x?sslmode=" + mode}}),
                ElementsAre("DATABASE_URL (environment): expected sslmode=disable, require, verify-ca or verify-full, "
                            "not " +
                            mode));
  }
  EXPECT_THAT(errors_of({{"DATABASE_URL", "postgresql://db.example.org/x?sslmode=hunter2"}}),
              ElementsAre("DATABASE_URL (environment): expected sslmode=disable, require, verify-ca or verify-full"));
}

TEST(Config, SaysWhatLibpqDislikesWithoutThePassword) {
  EXPECT_THAT(errors_of({{"DATABASE_URL", "postgresql://u:hunter2@db.example.org/x?foo=bar"}}),
              ElementsAre("DATABASE_URL (environment): expected a URL like "
                          "postgresql://user:password@host:5432/name; libpq says: invalid URI query parameter: "
                          "\"foo\""));
  for (const std::string url : {"postgresql://u:hunter2%zz@db/x", "postgresql://u:p/?hunter2=hunter2@db/x",
                                "postgresql://u:p@[::1/hunter2", "postgresql://[::1]hunter2"}) {
    const auto errors = errors_of({{"DATABASE_URL", url}});
    ASSERT_EQ(errors.size(), 1U) << url;
    EXPECT_THAT(errors[0], HasSubstr("libpq says: "));
    EXPECT_EQ(errors[0].find("hunter2"), std::string::npos) << errors[0];
  }
}

TEST(Config, QuotesWhatGoesIntoAConnectionString) {
  const Config config = config_of({{"POSTGRES_HOST", "h"}, {"POSTGRES_PASSWORD", R"(it's \ fine)"}});
  EXPECT_THAT(std::string(config.postgres_conninfo()->reveal()), HasSubstr(R"(password='it\'s \\ fine')"));
}

TEST(Config, TakesAMasterKeyInBothSpellings) {
  const std::string bytes(32, '\xAB');
  EXPECT_EQ(config_of({{"OSTIARY_MASTER_KEY", "ABababababababababababababababababababababababababababababababab"}})
                .master_key->reveal(),
            bytes);
  EXPECT_EQ(config_of({{"OSTIARY_MASTER_KEY", "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s"}}).master_key->reveal(),
            bytes);
  EXPECT_EQ(errors_of({{"OSTIARY_MASTER_KEY", std::string(62, 'a') + "zz"}}).size(), 1U);
  EXPECT_EQ(errors_of({{"OSTIARY_MASTER_KEY", "q6ur"}}).size(), 1U);
}

TEST(Config, NormalisesOrigins) {
  EXPECT_EQ(*config_of(on_the_internet({{"PUBLIC_URL", "HTTPS://ID.Example.org:443/"}})).public_url,
            "https://id.example.org");
  EXPECT_EQ(*config_of({{"PUBLIC_URL", "http://[::1]:8001"}}).public_url, "http://[::1]:8001");
  EXPECT_THAT(*config_of({{"CORS_ORIGINS", "https://a.example.org, http://localhost:3000"}}).cors_origins,
              ElementsAre("https://a.example.org", "http://localhost:3000"));
}

TEST(Config, OverridesTheContractsRates) {
  const Config config = config_of({{"LIMIT_MAIL_PER_IDENTIFIER", "7/90m burst 3, 20/1d burst 20"}});
  const auto& mail = (*config.rates).at(MAIL);
  ASSERT_EQ(mail.per_identifier.size(), 2U);
  EXPECT_EQ(mail.per_identifier[0].count, 7);
  EXPECT_EQ(mail.per_identifier[0].period, std::chrono::minutes(90));
  EXPECT_EQ(mail.per_identifier[0].burst, 3);
  EXPECT_EQ(mail.per_identifier[1].period, std::chrono::days(1));
  EXPECT_EQ(mail.per_address.size(), 1U) << "the others stay";
}

TEST(Config, ShowsDefaultsThatAreReadAsThemselves) {
  for (const ConfigLine& line : describe(Config{})) {
    const bool is_the_machines =
        std::set<std::string_view>{"WORKERS", "HASH_THREADS", "MAX_CONNECTIONS", "MAX_CONNECTIONS_PER_ADDRESS"}
            .contains(line.name);
    if (line.value.empty() || is_the_machines) continue;
    const auto result = read({{line.name, line.value}});
    ASSERT_TRUE(result) << line.name << ": " << result.error().front();
    for (const ConfigLine& again : describe(result->config)) {
      if (again.name == line.name) {
        EXPECT_EQ(again.value, line.value) << line.name;
      }
    }
  }
}

TEST(Config, ListsSettingsWithoutSecrets) {
  const Config config = config_of(on_the_internet({{"POSTGRES_HOST", "db"}, {"POSTGRES_PASSWORD", "hunter2"}}));
  const std::string listing = cli::config_listing(config);
  EXPECT_EQ(listing.find("hunter2"), std::string::npos);
  EXPECT_EQ(listing.find(std::string(64, 'a')), std::string::npos);
  EXPECT_THAT(listing, HasSubstr("POSTGRES_PASSWORD = ********  [environment]"));
  EXPECT_THAT(listing, HasSubstr("PORT = 8001  [default]"));
}

TEST(Config, IsPrintedInTheDocumentation) {
  std::ifstream file(OSTIARY_SOURCE_DIR "/docs/configuration.md");
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_EQ(page.str(), cli::config_manual()) << "print it again: ostiary config --markdown > docs/configuration.md";
}

std::string value_in(std::string_view line) {
  const auto entries = read_env_file(line);
  return entries && entries->size() == 1 ? entries->front().value : "(refused)";
}

TEST(EnvFile, ReadsValuesAsComposeDoes) {
  EXPECT_EQ(value_in("A=b"), "b");
  EXPECT_EQ(value_in("export A=b"), "b");
  EXPECT_EQ(value_in("  A =  b c \r\n"), "b c");
  EXPECT_EQ(value_in("A=b#c # d"), "b#c");
  EXPECT_EQ(value_in("A=# d"), "");
  EXPECT_EQ(value_in("A="), "");
  EXPECT_EQ(value_in("A=b=c"), "b=c");
  EXPECT_EQ(value_in("A='b # $c \\n'  # d"), "b # $c \\n");
  EXPECT_EQ(value_in(R"(A="b # \"c\" \\ \$d \x")"), R"(b # "c" \ $d \x)");
  EXPECT_EQ(value_in("A=\"b\\nc\""), "b\nc");
  EXPECT_EQ(value_in("\n# comment\nA=b"), "b");
  EXPECT_EQ(value_in("\xEF\xBB\xBF"
                     "A=b"),
            "b")
      << "some editors begin a file with a mark";
}

TEST(EnvFile, NamesTheLineItRefuses) {
  const auto errors = [](std::string_view text) { return read_env_file(text).error(); };
  EXPECT_THAT(errors("A=1\nhunter2"), ElementsAre(".env line 2: expected NAME=value"));
  EXPECT_THAT(errors("1A=1"), ElementsAre(".env line 1: expected NAME=value"));
  EXPECT_THAT(errors("A='1"), ElementsAre(".env line 1: the quotes of A don't match"));
  EXPECT_THAT(errors("A=\"1\" 2"), ElementsAre(".env line 1: the quotes of A don't match"));
  EXPECT_THAT(errors("A=1\nB=1\nA=2"), ElementsAre(".env line 3: A stands there a second time"));
  EXPECT_THAT(errors("A\nB=1\nC='"),
              ElementsAre(".env line 1: expected NAME=value", ".env line 3: the quotes of C don't match"));
  EXPECT_EQ(errors_of({}, {{".env", "A\nB\n"}}).size(), 2U);
}

}  // namespace
}  // namespace ostiary
