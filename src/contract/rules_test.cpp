#include "contract/rules.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "contract/json.hpp"
#include "scaffolding/written_contract.hpp"

namespace ostiary::contract {
namespace {

constexpr std::string_view ruled = R"(
  enum Colour { COLOUR_UNSPECIFIED = 0; COLOUR_RED = 1; }
  message Inner {
    string email = 1 [(ostiary.rule) = {required: true format: EMAIL max_bytes: 254}];
    Inner inner = 2;
  }
  message Sample {
    string name = 1 [(ostiary.rule) = {required: true max_characters: 5 max_bytes: 8}];
    optional string word = 2 [(ostiary.rule) = {min_characters: 3 max_characters: 5}];
    optional string bounded = 3 [(ostiary.rule) = {min_bytes: 2 max_bytes: 4}];
    optional string code = 4 [(ostiary.rule) = {pattern: "[0-9]{6}" pattern_hint: "six digits"}];
    optional string any = 5 [(ostiary.rule) = {pattern: "a*" pattern_hint: "letters a"}];
    optional string note = 6 [(ostiary.rule) = {multiline: true}];
    optional int32 size = 7 [(ostiary.rule) = {minimum: 1 maximum: 100}];
    int64 plain = 8 [(ostiary.rule) = {maximum: 10}];
    optional uint64 huge = 9 [(ostiary.rule) = {minimum: 5}];
    repeated string tags = 10 [(ostiary.rule) = {max_items: 2 max_bytes: 3}];
    Inner user = 11;
    repeated Inner users = 12;
    optional Colour colour = 13;
    google.protobuf.Timestamp at = 14;
    optional bytes raw = 15 [(ostiary.rule) = {max_bytes: 2}];
    repeated int32 numbers = 16 [(ostiary.rule) = {minimum: 0}];
    optional string email = 20 [(ostiary.rule) = {format: EMAIL}];
    optional string id = 21 [(ostiary.rule) = {format: UUID}];
    optional string time = 22 [(ostiary.rule) = {format: TIMESTAMP}];
    optional string url = 23 [(ostiary.rule) = {format: HTTPS_URL}];
    optional string locale = 24 [(ostiary.rule) = {format: LOCALE}];
    optional string zone = 25 [(ostiary.rule) = {format: TIME_ZONE}];
    optional string shown = 30 [(ostiary.rule) = {format: NAME}];
    optional string token = 26 [(ostiary.rule) = {format: BASE64URL}];
  }
  message Named {
    optional string email = 1 [(ostiary.rule) = {identifier: true}];
    optional string word = 2;
    optional string username = 3 [(ostiary.rule) = {identifier: true}];
    string phone = 4 [(ostiary.rule) = {identifier: true}];
  }
  message Needs {
    optional int32 number = 1 [(ostiary.rule) = {required: true}];
    Inner user = 2 [(ostiary.rule) = {required: true}];
    repeated string tags = 3 [(ostiary.rule) = {required: true}];
    bytes raw = 4 [(ostiary.rule) = {required: true}];
  }
)";

class FieldRules : public ::testing::Test {
 protected:
  FieldRules() {
    rules.add(contract.type("Sample"));
    rules.add(contract.type("Needs"));
    rules.add(contract.type("Named"));
  }

  Result<void> check(const std::string& type, const std::string& json) {
    const auto message = contract.make(type);
    const auto read = read_json(json, *message);
    EXPECT_TRUE(read) << json << ": " << read.error().detail;
    return rules.check(*message);
  }

  testing::WrittenContract contract{ruled};
  Rules rules;
};

TEST_F(FieldRules, LetAMessageNameOneAccountOnly) {
  for (const std::string one : {"{}", R"({"email":"a","word":"b"})", R"({"username":"a"})", R"({"phone":"1"})"}) {
    EXPECT_TRUE(check("Named", one)) << one;
  }
  EXPECT_TRUE(check("Named", R"({"email":"a","phone":""})")) << "an empty text without presence is none";
  struct Row {
    std::string json, detail, field;
  };
  for (const auto& row : {Row{R"({"email":"a","username":"a"})", "Send email or username, not both.", "username"},
                          Row{R"({"username":"a","email":""})", "Send email or username, not both.", "username"},
                          Row{R"({"phone":"1","email":"a"})", "Send email or phone, not both.", "phone"}}) {
    const auto refused = check("Named", row.json);
    ASSERT_FALSE(refused) << row.json;
    EXPECT_EQ(refused.error().why, Refusal::invalid_field);
    EXPECT_EQ(refused.error().detail, row.detail);
    EXPECT_EQ(refused.error().field, row.field);
  }
}

TEST_F(FieldRules, LetGoodValuesPass) {
  for (const std::string_view row : {
           R"("plain":10)",
           R"("word":"abc")",
           R"("word":"äöüßx")",
           R"("bounded":"ab")",
           R"("bounded":"äö")",
           R"("code":"012345")",
           R"("any":"")",
           R"("any":"aaa")",
           R"("note":"one\r\ntwo\t")",
           R"("size":1)",
           R"("size":100)",
           R"("huge":5)",
           R"("tags":[])",
           R"("tags":["abc","x"])",
           R"("user":{"email":"a@b.c"})",
           R"("users":[{"email":"a@b.c","inner":{"email":"d@e.f"}}])",
           R"("colour":"red")",
           R"("at":"2026-01-31T08:15:00Z")",
           R"("raw":"YWI")",
           R"("numbers":[0,1])",
           R"("email":"ada@example.org")",
           R"("email":"Ada+x@ex-ample.co.uk")",
           R"("email":"ada@bücher.example")",
           R"("email":" ada@example.org ")",
           R"("shown":"")",
           R"("shown":" Ada Lovelace ")",
           R"("shown":"שרה")",
           R"("shown":"👩‍🔬")",
           R"("id":"0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55")",
           R"("time":"2026-01-31T08:15:00.5Z")",
           R"("url":"")",
           R"("url":"https://example.org")",
           R"("url":"https://example.org:8443/a?b=c#d")",
           R"("url":"http://localhost:8001/x")",
           R"("url":"http://127.0.0.1/")",
           R"("url":"HTTPS://Example.org/")",
           R"("url":"HTTP://LOCALHOST:8001/")",
           R"("url":"https://[2001:db8::1]:1/")",
           R"("locale":"")",
           R"("locale":"en")",
           R"("locale":"de-CH")",
           R"("locale":"zh-Hant-TW")",
           R"("locale":"gsw")",
           R"("zone":"")",
           R"("zone":"Europe/Vienna")",
           R"("zone":"UTC")",
           R"("zone":"America/Argentina/Buenos_Aires")",
           R"("zone":"America/Ciudad_Juarez")",
           R"("token":"")",
           R"("token":"abc-_Q")",
       }) {
    const auto fits = check("Sample", R"({"name":"n",)" + std::string(row) + "}");
    EXPECT_TRUE(fits) << row << ": " << fits.error().field << ' ' << fits.error().detail;
  }
}

TEST_F(FieldRules, RefuseBadValuesNamingTheField) {
  struct Row {
    std::string_view json, field, says;
  };
  const Row rows[] = {
      {R"("word":"ab")", "word", "3 to 5 characters"},
      {R"("word":"")", "word", "3 to 5 characters"},
      {R"("word":"äöüßxy")", "word", "3 to 5 characters"},
      {R"("bounded":"a")", "bounded", "2 to 4 bytes"},
      {R"("bounded":"äöü")", "bounded", "2 to 4 bytes"},
      {R"("code":"12345")", "code", "six digits"},
      {R"("code":"1234567")", "code", "six digits"},
      {R"("code":"12345x")", "code", "six digits"},
      {R"("code":"١٢٣٤٥٦")", "code", "six digits"},
      {R"("code":"")", "code", "six digits"},
      {R"("word":"a\nbc")", "word", "control characters"},
      {R"("word":"a\rbc")", "word", "control characters"},
      {R"("word":"a\u007fbc")", "word", "control characters"},
      {R"("word":"a\u0085bc")", "word", "control characters"},
      {R"("word":"a\u001bbc")", "word", "control characters"},
      {R"("size":0)", "size", "from 1 to 100"},
      {R"("size":101)", "size", "from 1 to 100"},
      {R"("plain":11)", "plain", "up to 10"},
      {R"("huge":4)", "huge", "from 5"},
      {R"("tags":["a","b","c"])", "tags", "at most 2 members"},
      {R"("tags":["a","bcde"])", "tags[1]", "at most 3 bytes"},
      {R"("user":{})", "user.email", "required"},
      {R"("user":{"email":"x"})", "user.email", "an email address"},
      {R"("users":[{"email":"a@b.c"},{"email":"a@b.c","inner":{"email":"b"}}])", "users[1].inner.email", "email"},
      {R"("raw":"YWJj")", "raw", "at most 2 bytes"},
      {R"("numbers":[1,-1])", "numbers[1]", "from 0"},
      {R"("email":"")", "email", "an email address"},
      {R"("email":"ada")", "email", "an email address"},
      {R"("email":"ada@localhost")", "email", "an email address"},
      {R"("email":"ada @example.org")", "email", "an email address"},
      {R"("shown":"   ")", "shown", "a name"},
      {R"("shown":"\u00a0\u200b\u3164")", "shown", "a name"},
      {R"("shown":"Ada\u202egro.live")", "shown", "a name"},
      {R"("shown":"\u2066Ada\u2069")", "shown", "a name"},
      {R"("id":"")", "id", "a UUID"},
      {R"("id":"0190b5e27d4b7c3a9f0e2b8d3f6a1c55")", "id", "a UUID"},
      {R"("time":"2026-01-31")", "time", "a time in UTC"},
      {R"("url":"http://example.org")", "url", "an https URL"},
      {R"("url":"http")", "url", "an https URL"},
      {R"("url":"https:/a")", "url", "an https URL"},
      {R"("url":"javascript:alert")", "url", "an https URL"},
      {R"("url":"https://")", "url", "an https URL"},
      {R"("url":"https:///a")", "url", "an https URL"},
      {R"("url":"//example.org")", "url", "an https URL"},
      {R"("url":"https://a@example.org")", "url", "an https URL"},
      {R"("url":"https://example.org:99999/")", "url", "an https URL"},
      {R"("url":"https://example.org:/")", "url", "an https URL"},
      {R"("url":"https://exa mple.org")", "url", "an https URL"},
      {R"("url":"https://example.org\\@evil.example")", "url", "an https URL"},
      {R"("url":"https://exämple.org")", "url", "an https URL"},
      {R"("url":"http://localhost.evil.example/")", "url", "an https URL"},
      {R"("url":"https://[::1")", "url", "an https URL"},
      {R"("locale":"e")", "locale", "a language tag"},
      {R"("locale":"en_US")", "locale", "a language tag"},
      {R"("locale":"en-")", "locale", "a language tag"},
      {R"("locale":"en-x")", "locale", "a language tag"},
      {R"("locale":"12")", "locale", "a language tag"},
      {R"("zone":"Europe/Atlantis")", "zone", "time zone"},
      {R"("zone":"europe/vienna")", "zone", "time zone"},
      {R"("zone":"Europe")", "zone", "time zone"},
      {R"("zone":"right/Europe/Vienna")", "zone", "time zone"},
      {R"("zone":"tzdata")", "zone", "time zone"},
      {R"("zone":"Europe/../Europe/Vienna")", "zone", "time zone"},
      {R"("zone":"GMT+3")", "zone", "time zone"},
      {R"("zone":"PST")", "zone", "time zone"},
      {R"("zone":"Etc/Unknown")", "zone", "time zone"},
      {R"("zone":"../etc/passwd")", "zone", "time zone"},
      {R"("token":"a b")", "token", "base64url"},
      {R"("token":"YQ==")", "token", "base64url"},
  };
  for (const auto& row : rows) {
    const auto fits = check("Sample", R"({"name":"n",)" + std::string(row.json) + "}");
    ASSERT_FALSE(fits) << row.json;
    const auto why = row.says == "required" ? Refusal::missing_field : Refusal::invalid_field;
    EXPECT_EQ(name_of(fits.error().why), name_of(why)) << row.json << ": " << fits.error().detail;
    EXPECT_EQ(fits.error().field, row.field) << row.json;
    EXPECT_NE(fits.error().detail.find(row.says), std::string::npos) << row.json << ": " << fits.error().detail;
  }
}

TEST_F(FieldRules, RequireWhatIsRequired) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {R"({})", "number"},
      {R"({"number":0})", "user"},
      {R"({"number":0,"user":{"email":"a@b.c"}})", "tags"},
      {R"({"number":0,"user":{"email":"a@b.c"},"tags":[]})", "tags"},
      {R"({"number":0,"user":{"email":"a@b.c"},"tags":[""]})", "raw"},
      {R"({"number":0,"user":{"email":"a@b.c"},"tags":[""],"raw":""})", "raw"},
  };
  for (const auto& [json, field] : rows) {
    const auto fits = check("Needs", std::string(json));
    ASSERT_FALSE(fits) << json;
    EXPECT_EQ(fits.error().why, Refusal::missing_field) << json;
    EXPECT_EQ(fits.error().field, field) << json;
  }
  EXPECT_TRUE(check("Needs", R"({"number":0,"user":{"email":"a@b.c"},"tags":[""],"raw":"YQ"})"));
  EXPECT_EQ(check("Sample", R"({"name":""})").error().field, "name");
}

// Of what gRPC can carry and JSON can't, as much is refused.
TEST_F(FieldRules, RefuseWhatOnlyTheWireCanCarry) {
  const auto message = contract.make("Sample");
  const auto field = [&](const char* name) { return message->GetDescriptor()->FindFieldByName(name); };
  const auto* reflection = message->GetReflection();
  reflection->SetString(message.get(), field("name"), "n");

  reflection->SetEnumValue(message.get(), field("colour"), 7);
  EXPECT_EQ(rules.check(*message).error().field, "colour");
  reflection->ClearField(message.get(), field("colour"));

  reflection->SetString(message.get(), field("note"), std::string("a\0b", 3));
  EXPECT_EQ(rules.check(*message).error().detail, "Expected a string without U+0000.");
  reflection->SetString(message.get(), field("note"), "a\xFF");
  EXPECT_EQ(rules.check(*message).error().detail, "Expected valid UTF-8.");
  reflection->ClearField(message.get(), field("note"));

  auto* at = reflection->MutableMessage(message.get(), field("at"));
  at->GetReflection()->SetInt64(at, at->GetDescriptor()->FindFieldByName("seconds"), INT64_MAX);
  EXPECT_EQ(rules.check(*message).error().field, "at");
  reflection->ClearField(message.get(), field("at"));

  reflection->MutableUnknownFields(message.get())->AddVarint(99, 1);
  EXPECT_EQ(rules.check(*message).error().why, Refusal::unknown_field);
  reflection->MutableUnknownFields(message.get())->Clear();
  EXPECT_TRUE(rules.check(*message));
}

TEST_F(FieldRules, BoundAPatternWithoutMaxBytes) {
  EXPECT_TRUE(check("Sample", R"({"name":"n","any":")" + std::string(256, 'a') + "\"}"));
  EXPECT_FALSE(check("Sample", R"({"name":"n","any":")" + std::string(257, 'a') + "\"}"));
}

// A file's name would end at the U+0000.
TEST(Formats, HoldForTheWholeText) {
  EXPECT_TRUE(has_format("Europe/Vienna", Format::TIME_ZONE));
  EXPECT_FALSE(has_format(std::string_view("Europe/Vienna\0", 14), Format::TIME_ZONE));
  EXPECT_FALSE(has_format(std::string_view("Europe/Vienna\0and more", 22), Format::TIME_ZONE));
}

TEST(FieldRulesThatDoNotFit, StopTheLoad) {
  struct Row {
    std::string_view field, says;
  };
  const Row rows[] = {
      {"int32 x = 1 [(ostiary.rule) = {max_bytes: 1}];", "for texts and bytes"},
      {"bytes x = 1 [(ostiary.rule) = {max_characters: 1}];", "characters are counted in texts"},
      {"int32 x = 1 [(ostiary.rule) = {pattern: 'a' pattern_hint: 'a'}];", "a pattern is for texts"},
      {"string x = 1 [(ostiary.rule) = {pattern: 'a'}];", "go together"},
      {"string x = 1 [(ostiary.rule) = {pattern: 'a' pattern_hint: 'a' max_bytes: 257}];", "at most 256 bytes"},
      {"string x = 1 [(ostiary.rule) = {pattern_hint: 'a'}];", "go together"},
      {"string x = 1 [(ostiary.rule) = {pattern: '(' pattern_hint: 'a'}];", "can't be read"},
      {"bytes x = 1 [(ostiary.rule) = {format: EMAIL}];", "a format is for texts"},
      {"bytes x = 1 [(ostiary.rule) = {multiline: true}];", "multiline is for texts"},
      {"repeated string x = 1 [(ostiary.rule) = {identifier: true}];", "an identifier is one text"},
      {"int32 x = 1 [(ostiary.rule) = {cookie: ACCESS secret: true}];", "a cookie is one text"},
      {"string x = 1 [(ostiary.rule) = {cookie: ACCESS}];", "is secret"},
      {"string x = 1 [(ostiary.rule) = {minimum: 1}];", "for whole numbers"},
      {"double x = 1 [(ostiary.rule) = {maximum: 1}];", "for whole numbers"},
      {"string x = 1 [(ostiary.rule) = {max_items: 1}];", "for repeated fields"},
      {"int32 x = 1 [(ostiary.rule) = {required: true}];", "absent one from zero"},
      {"bool x = 1 [(ostiary.rule) = {required: true}];", "absent one from zero"},
      {"string x = 1 [(ostiary.rule) = {min_bytes: 2 required: true max_bytes: 1}];", "min_bytes is above"},
      {"string x = 1 [(ostiary.rule) = {min_characters: 2 required: true max_characters: 1}];",
       "min_characters is above"},
      {"string x = 1 [(ostiary.rule) = {min_characters: 2}];", "a least length"},
      {"optional int32 x = 1 [(ostiary.rule) = {minimum: 2 maximum: 1}];", "minimum is above"},
      {"map<string, string> x = 1;", "maps are not served"},
      {"google.protobuf.MethodOptions x = 1;", "only Timestamp"},
  };
  for (const auto& row : rows) {
    const testing::WrittenContract contract(
        "import \"google/protobuf/descriptor.proto\"; message Outer { Bad bad = 1; } message Bad { " +
        std::string(row.field) + " }");
    Rules rules;
    try {
      rules.add(contract.type("Outer"));
      ADD_FAILURE() << row.field;
    } catch (const RuleError& error) {
      EXPECT_NE(std::string_view(error.what()).find("test.Bad.x: "), std::string_view::npos) << error.what();
      EXPECT_NE(std::string_view(error.what()).find(row.says), std::string_view::npos) << error.what();
    }
  }
}

TEST(Text, IsLookedThroughByCodePoints) {
  EXPECT_EQ(inspect("").characters, 0u);
  EXPECT_EQ(inspect("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\x91").characters, 4u);
  for (const std::string_view bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xE2\x82", "\xED\xA0\x80",
                                     "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xC3("}) {
    EXPECT_FALSE(inspect(bad).valid) << bad;
  }
  EXPECT_TRUE(inspect("\xF4\x8F\xBF\xBF").valid);
  EXPECT_TRUE(inspect(std::string_view("\0", 1)).has_nul);
  EXPECT_FALSE(inspect(std::string_view("\0", 1)).has_control);
  EXPECT_FALSE(inspect(" ~\xC2\xA0").has_control);
  EXPECT_TRUE(inspect("\xC2\x85").has_control);
  EXPECT_EQ(cut("a\xE2\x82\xAC", 4), "a\xE2\x82\xAC");
  EXPECT_EQ(cut("a\xE2\x82\xAC", 3), "a");
}

}  // namespace
}  // namespace ostiary::contract
