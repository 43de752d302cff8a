#include "contract/json.hpp"

#include <gtest/gtest.h>

#include "ostiary/v1/auth.pb.h"
#include "ostiary/v1/system.pb.h"
#include "scaffolding/written_contract.hpp"

namespace ostiary::contract {
namespace {

constexpr std::string_view sample = R"(
  enum Colour { COLOUR_UNSPECIFIED = 0; COLOUR_RED = 1; COLOUR_DARK_BLUE = 2; }
  message Inner { string email = 1; repeated string tags = 2; Inner inner = 3; }
  message Standard { option (ostiary.open_ended) = true; string known = 1; Inner inner = 2; }
  message Sample {
    string text = 1;
    int32 small = 2;
    uint32 positive = 3;
    int64 large = 4;
    uint64 huge = 5;
    double real = 6;
    bool yes = 7;
    bytes raw = 8;
    Colour colour = 9;
    google.protobuf.Timestamp at = 10;
    Inner user = 11;
    repeated string roles = 12;
    repeated Inner users = 13;
    oneof which { string left = 14; string right = 15; }
    optional string maybe = 16;
    repeated int64 numbers = 17;
    repeated Colour colours = 18;
    float single = 19;
    repeated google.protobuf.Timestamp times = 20;
    optional string needed = 21 [(ostiary.rule) = {required: true}];
    Standard standard = 22;
  }
)";

class Json : public ::testing::Test {
 protected:
  Result<std::string> rewritten(std::string_view text, const JsonLimits& limits = {}) {
    const auto message = contract.make("Sample");
    if (auto read = read_json(text, *message, limits); !read) return std::unexpected(std::move(read).error());
    std::string out;
    write_json(*message, out);
    return out;
  }

  testing::WrittenContract contract{sample};
};

TEST_F(Json, IgnoresWhatAnOpenEndedMessageDoesNotList) {
  const auto known = rewritten(R"({"standard":{"a":null,"b":{"c":[{"known":"no"},[]],"known":1},"known":"yes","d":1,)"
                               R"("e":[1.5,"x",true,{}],"f":-1,"g":18446744073709551615}})");
  ASSERT_TRUE(known) << known.error().detail;
  EXPECT_NE(known->find(R"("standard":{"known":"yes"})"), std::string::npos) << *known;
  const auto why = [&](std::string_view text) {
    const auto result = rewritten(text);
    return result ? "accepted" : std::string(ostiary::name_of(result.error().why)) + " " + result.error().field;
  };
  EXPECT_EQ(why(R"({"standard":{"known":"a","known":"b"}})"), "duplicate_field standard.known");
  EXPECT_EQ(why(R"({"standard":{"known":1}})"), "wrong_type standard.known");
  EXPECT_EQ(why(R"({"standard":{"inner":{"x":1}}})"), "unknown_field standard.inner.x") << "which is not open-ended";
  EXPECT_EQ(why(R"({"standard":{},"x":1})"), "unknown_field x");
  EXPECT_EQ(why(R"({"standard":{"x":)" + std::string(20, '[') + std::string(20, ']') + "}}"), "malformed_request ");
}

struct Refusing {
  std::string_view json;
  Refusal why;
  std::string_view field;
  std::string_view says;
};

TEST_F(Json, RefusesNamingTheField) {
  const std::string nul_byte("{\"text\":\"a\0b\"}", 14);
  const Refusing rows[] = {
      {R"({"role":"admin"})", Refusal::unknown_field, "role", "no such field"},
      {R"({"user":{"role":"admin"}})", Refusal::unknown_field, "user.role", "no such field"},
      {R"({"users":[{},{"x":1}]})", Refusal::unknown_field, "users[1].x", "no such field"},
      {R"({"Text":"a"})", Refusal::unknown_field, "Text", "no such field"},
      {R"({"text":"a","text":"b"})", Refusal::duplicate_field, "text", "repeated"},
      {R"({"text":"a","te\u0078t":"b"})", Refusal::duplicate_field, "text", "repeated"},
      {R"({"user":{"email":"a","email":"b"}})", Refusal::duplicate_field, "user.email", "repeated"},
      {R"({"roles":[],"roles":[]})", Refusal::duplicate_field, "roles", "repeated"},
      {R"({"left":"a","right":"b"})", Refusal::invalid_field, "right", "either this or left"},
      {R"({"text":1})", Refusal::wrong_type, "text", "Expected a string, got a number."},
      {R"({"text":1.5})", Refusal::wrong_type, "text", "Expected a string, got a number."},
      {R"({"text":true})", Refusal::wrong_type, "text", "Expected a string, got true."},
      {R"({"text":{}})", Refusal::wrong_type, "text", "Expected a string, got an object."},
      {R"({"text":["a"]})", Refusal::wrong_type, "text", "Expected a string, got an array."},
      {R"({"needed":null})", Refusal::wrong_type, "needed", "got null"},
      {R"({"text":null,"text":null})", Refusal::duplicate_field, "text", "repeated"},
      {R"({"roles":[null]})", Refusal::wrong_type, "roles[0]", "got null"},
      {R"({"roles":"a"})", Refusal::wrong_type, "roles", "Expected an array, got a string."},
      {R"({"roles":["a","b",3]})", Refusal::wrong_type, "roles[2]", "Expected a string, got a number."},
      {R"({"roles":[["a"]]})", Refusal::wrong_type, "roles[0]", "got an array"},
      {R"({"users":{}})", Refusal::wrong_type, "users", "Expected an array, got an object."},
      {R"({"user":"ada"})", Refusal::wrong_type, "user", "Expected an object, got a string."},
      {R"({"user":[]})", Refusal::wrong_type, "user", "Expected an object, got an array."},
      {R"({"yes":1})", Refusal::wrong_type, "yes", "Expected true or false, got a number."},
      {R"({"yes":"true"})", Refusal::wrong_type, "yes", "Expected true or false, got a string."},
      {R"({"small":"1"})", Refusal::wrong_type, "small", "Expected a whole number, got a string."},
      {R"({"small":1.5})", Refusal::wrong_type, "small", "fraction"},
      {R"({"small":1.0})", Refusal::wrong_type, "small", "fraction"},
      {R"({"large":1e3})", Refusal::wrong_type, "large", "exponent"},
      {R"({"small":2147483648})", Refusal::invalid_field, "small", "to 2147483647"},
      {R"({"small":-2147483649})", Refusal::invalid_field, "small", "from -2147483648"},
      {R"({"positive":-1})", Refusal::invalid_field, "positive", "from 0"},
      {R"({"positive":4294967296})", Refusal::invalid_field, "positive", "to 4294967295"},
      {R"({"large":9007199254740993})", Refusal::invalid_field, "large", "9007199254740992"},
      {R"({"large":-9007199254740993})", Refusal::invalid_field, "large", "9007199254740992"},
      {R"({"large":9223372036854775808})", Refusal::invalid_field, "large", "2^53"},
      {R"({"large":123456789012345678901234567890})", Refusal::invalid_field, "large", "2^53"},
      {R"({"huge":9007199254740993})", Refusal::invalid_field, "huge", "9007199254740992"},
      {R"({"huge":-1})", Refusal::invalid_field, "huge", "from 0"},
      {R"({"real":1e999})", Refusal::invalid_field, "real", "double"},
      {R"({"single":1e200})", Refusal::invalid_field, "single", "float"},
      {R"({"raw":"a+b/"})", Refusal::invalid_field, "raw", "base64url"},
      {R"({"raw":"YQ=="})", Refusal::invalid_field, "raw", "base64url"},
      {R"({"colour":"RED"})", Refusal::invalid_field, "colour", "one of red, dark_blue"},
      {R"({"colour":"unspecified"})", Refusal::invalid_field, "colour", "one of red, dark_blue"},
      {R"({"colour":1})", Refusal::wrong_type, "colour", "one of red, dark_blue"},
      {R"({"colours":["red","green"]})", Refusal::invalid_field, "colours[1]", "one of red, dark_blue"},
      {R"({"at":"2026-02-30T00:00:00Z"})", Refusal::invalid_field, "at", "UTC"},
      {R"({"at":"2026-01-01T00:00:00+01:00"})", Refusal::invalid_field, "at", "UTC"},
      {R"({"at":"2026-01-01T24:00:00Z"})", Refusal::invalid_field, "at", "UTC"},
      {R"({"at":"2026-01-01 00:00:00Z"})", Refusal::invalid_field, "at", "UTC"},
      {R"({"at":"2026-01-01T00:00:00.Z"})", Refusal::invalid_field, "at", "UTC"},
      {R"({"at":"0000-01-01T00:00:00Z"})", Refusal::invalid_field, "at", "UTC"},
      {R"({"at":1700000000})", Refusal::wrong_type, "at", "UTC"},
      {R"({"at":{"seconds":1}})", Refusal::wrong_type, "at", "UTC"},
      {R"({"text":"a\u0000b"})", Refusal::invalid_field, "text", "U+0000"},
      {nul_byte, Refusal::malformed_request, "", "Not JSON"},
      {"{\"text\":\"\xC3\x28\"}", Refusal::malformed_request, "", "Not JSON"},
      {"{\"text\":\"\xED\xA0\x80\"}", Refusal::malformed_request, "", "Not JSON"},
      {R"({"text":"\ud800"})", Refusal::malformed_request, "", "Not JSON"},
      {R"({"text":"a"} {})", Refusal::malformed_request, "", "Not JSON"},
      {R"({"text":"a"}x)", Refusal::malformed_request, "", "Not JSON"},
      {R"({"text":"a",})", Refusal::malformed_request, "", "Not JSON"},
      {R"({"text":'a'})", Refusal::malformed_request, "", "Not JSON"},
      {R"({"text":"a")", Refusal::malformed_request, "", "Not JSON"},
      {R"({/**/})", Refusal::malformed_request, "", "Not JSON"},
      {R"({"small":01})", Refusal::malformed_request, "", "Not JSON"},
      {R"({"real":NaN})", Refusal::malformed_request, "", "Not JSON"},
      {"\xEF\xBB\xBF{}", Refusal::malformed_request, "", "Not JSON"},
      {" ", Refusal::malformed_request, "", "Not JSON"},
      {"[]", Refusal::malformed_request, "", "Expected a JSON object."},
      {"1", Refusal::malformed_request, "", "Expected a JSON object."},
      {"\"text\"", Refusal::malformed_request, "", "Expected a JSON object."},
      {"null", Refusal::malformed_request, "", "Expected a JSON object."},
      {"true", Refusal::malformed_request, "", "Expected a JSON object."},
  };
  for (const auto& row : rows) {
    const auto result = rewritten(row.json);
    ASSERT_FALSE(result.has_value()) << row.json;
    EXPECT_EQ(name_of(result.error().why), name_of(row.why)) << row.json << ": " << result.error().detail;
    EXPECT_EQ(result.error().field, row.field) << row.json;
    EXPECT_NE(result.error().detail.find(row.says), std::string::npos) << row.json << ": " << result.error().detail;
  }
}

// B20: depth and size are bounded.
TEST_F(Json, BoundsDepthAndSize) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"({"user":)";
  auto result = rewritten(deep, {.depth = 16, .bytes = 10'000'000});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().why, Refusal::unknown_field) << "the first strange thing ends it";

  deep = R"({"user":)";
  for (int i = 0; i < 100'000; ++i) deep += R"({"inner":)";
  result = rewritten(deep, {.depth = 16, .bytes = 10'000'000});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().why, Refusal::malformed_request);
  EXPECT_NE(result.error().detail.find("deeper than 16"), std::string::npos) << result.error().detail;

  const std::string large = R"({"text":")" + std::string(70'000, 'a') + "\"}";
  result = rewritten(large);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().why, Refusal::body_too_large);
  EXPECT_TRUE(rewritten(large, {.bytes = 80'000}));
}

TEST_F(Json, CutsTheNameOfAStrangeField) {
  const auto result = rewritten("{\"" + std::string(10'000, 'x') + "\":1}");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().field, std::string(64, 'x'));
}

// JSON's "-0" is an integer: a double that kept its sign would not come back.
TEST_F(Json, KnowsNoNegativeZero) {
  const auto written = rewritten(R"({"real":-0.0})");
  ASSERT_TRUE(written);
  EXPECT_EQ(*written, *rewritten("{}"));
}

TEST(JsonFloat, KnowsNoNegativeZeroWhereADoubleIsNone) {
  testing::WrittenContract written("message One { float rough = 1; }");
  const auto message = written.make("One");
  ASSERT_TRUE(read_json(R"({"rough":-1e-60})", *message));
  EXPECT_EQ(message->ByteSizeLong(), 0U);
}

TEST_F(Json, ReadsWhatItWrites) {
  const std::string whole =
      R"({"text":"a\"\\\n\u0001 \u007f)"
      "\xC3\xA4\xF0\x9F\x94\x91"
      R"(","small":-2147483648,"positive":4294967295,"large":-9007199254740992,"huge":9007199254740992,"real":0.1,)"
      R"("yes":true,"raw":"_-8","colour":"dark_blue","at":"2026-01-31T08:15:00.000000Z",)"
      R"("user":{"email":"ada@example.org","tags":["a","b"],"inner":{"email":"","tags":[]}},"roles":["x","y"],)"
      R"("users":[{"email":"a","tags":[]},{"email":"b","tags":[]}],"right":"r","maybe":"","numbers":[1,-2,3],)"
      R"("colours":["red","dark_blue"],"single":0.5,"times":["2026-01-31T08:15:00.000001Z"]})";
  const auto result = rewritten(whole);
  ASSERT_TRUE(result) << result.error().field << ": " << result.error().detail;
  EXPECT_EQ(*result, whole);
}

TEST_F(Json, ReadsEscapes) {
  const auto result = rewritten(R"({"t\u0065xt":"\u00e4\/\ud83d\udd11\t","roles":["\u0061","b\u0063d"]})");
  ASSERT_TRUE(result) << result.error().detail;
  EXPECT_TRUE(result->starts_with("{\"text\":\"\xC3\xA4/\xF0\x9F\x94\x91\\t\"")) << *result;
  EXPECT_NE(result->find(R"("roles":["a","bcd"])"), std::string::npos) << *result;
}

TEST_F(Json, LeavesAbsentFieldsOutAndWritesTheOthers) {
  EXPECT_EQ(
      *rewritten("{}"),
      R"({"text":"","small":0,"positive":0,"large":0,"huge":0,"real":0,"yes":false,"raw":"","colour":"unspecified",)"
      R"("roles":[],"users":[],"numbers":[],"colours":[],"single":0,"times":[]})");
  EXPECT_EQ(*rewritten(""), *rewritten("{}"));
  EXPECT_EQ(*rewritten(" {\r\n\t} \n"), *rewritten("{}"));
  EXPECT_NE(rewritten(R"({"maybe":""})")->find(R"("maybe":"")"), std::string::npos);
}

TEST_F(Json, TakesNullForAFieldThatMayBeLeftOut) {
  EXPECT_EQ(*rewritten(R"({"text":null,"small":null,"at":null,"user":null,"roles":null,"maybe":null,"left":null})"),
            *rewritten("{}"));
  EXPECT_EQ(*rewritten(R"({"left":null,"right":"r"})"), *rewritten(R"({"right":"r"})"));
  EXPECT_EQ(*rewritten(R"({"right":"r","left":null})"), *rewritten(R"({"right":"r"})"));
  EXPECT_EQ(*rewritten(R"({"user":{"email":null,"tags":null}})"), *rewritten(R"({"user":{}})"));
}

TEST_F(Json, SaysHowToClearAFieldWhereNullIsRefused) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {R"({"maybe":null})", "got null. Leave the field out to keep its value; \"\" clears it."},
      {R"({"roles":null})", "got null. Leave the field out to keep its value; [] clears it."},
      {R"({"user":null})", "got null. Leave the field out to keep its value."},
      {R"({"roles":[null]})", "got null."},
  };
  for (const auto& [json, says] : rows) {
    const auto read = read_json(json, *contract.make("Sample"), {}, Nulls::refused);
    ASSERT_FALSE(read) << json;
    EXPECT_EQ(read.error().why, Refusal::wrong_type) << json;
    EXPECT_TRUE(read.error().detail.ends_with(says)) << read.error().detail;
  }
}

TEST_F(Json, WritesTimesWithSixDigits) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"2026-01-31T08:15:00Z", "2026-01-31T08:15:00.000000Z"},
      {"2026-01-31T08:15:00+00:00", "2026-01-31T08:15:00.000000Z"},
      {"2026-01-31T08:15:00.000Z", "2026-01-31T08:15:00.000000Z"},
      {"2026-01-31T08:15:00.120Z", "2026-01-31T08:15:00.120000Z"},
      {"2026-01-31T08:15:00.000001Z", "2026-01-31T08:15:00.000001Z"},
      {"2024-02-29T23:59:59.999999Z", "2024-02-29T23:59:59.999999Z"},
      {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"},
      {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z"},
  };
  for (const auto& [read, written] : rows) {
    const auto result = rewritten(R"({"at":")" + std::string(read) + R"("})");
    ASSERT_TRUE(result) << read << ": " << result.error().detail;
    EXPECT_NE(result->find("\"at\":\"" + std::string(written) + '"'), std::string::npos) << *result;
  }
}

// R1.4: exactly this body.
TEST(JsonOfTheContract, HealthIsExactlyTheSeedsBody) {
  v1::HealthReply reply;
  reply.set_status("ok");
  std::string out;
  write_json(reply, out);
  EXPECT_EQ(out, R"({"status":"ok"})");
}

TEST(JsonOfTheContract, EnumsStandWithoutTheirPrefix) {
  v1::LoginRequest request;
  ASSERT_TRUE(read_json(R"({"email":"ada@example.org","password":"x","token_delivery":"body"})", request));
  EXPECT_EQ(request.token_delivery(), v1::TOKEN_DELIVERY_BODY);
}

TEST_F(Json, ReadsSegmentsAndQueries) {
  const auto message = contract.make("Sample");
  for (const auto& [name, value] :
       std::initializer_list<std::pair<std::string_view, std::string_view>>{{"text", "a b"},
                                                                            {"small", "-7"},
                                                                            {"huge", "9007199254740992"},
                                                                            {"real", "1.5"},
                                                                            {"yes", "true"},
                                                                            {"colour", "red"},
                                                                            {"at", "2026-01-31T08:15:00Z"},
                                                                            {"raw", "YQ"},
                                                                            {"left", "l"}}) {
    const auto read = read_text_field(name, value, *message);
    EXPECT_TRUE(read) << name << ": " << read.error().detail;
  }
  std::string out;
  write_json(*message, out);
  EXPECT_EQ(
      out,
      R"({"text":"a b","small":-7,"positive":0,"large":0,"huge":9007199254740992,"real":1.5,"yes":true,"raw":"YQ",)"
      R"("colour":"red","at":"2026-01-31T08:15:00.000000Z","roles":[],"users":[],"left":"l","numbers":[],"colours":[],)"
      R"("single":0,"times":[]})");
}

TEST_F(Json, RefusesSegmentsAndQueriesThatDoNotFit) {
  struct Row {
    std::string_view name, value;
    Refusal why;
  };
  const Row rows[] = {
      {"role", "admin", Refusal::unknown_field},
      {"", "x", Refusal::unknown_field},
      {"small", "", Refusal::wrong_type},
      {"small", "1x", Refusal::wrong_type},
      {"small", " 1", Refusal::wrong_type},
      {"small", "+1", Refusal::wrong_type},
      {"small", "1.0", Refusal::wrong_type},
      {"small", "3000000000", Refusal::invalid_field},
      {"yes", "1", Refusal::wrong_type},
      {"yes", "TRUE", Refusal::wrong_type},
      {"real", "inf", Refusal::invalid_field},
      {"real", "x", Refusal::wrong_type},
      {"colour", "green", Refusal::invalid_field},
      {"roles", "a", Refusal::wrong_type},
      {"user", "a", Refusal::wrong_type},
      {"text", "\xFF", Refusal::invalid_field},
      {"right", "r", Refusal::invalid_field},
      {"maybe", "again", Refusal::duplicate_field},
      {"text", std::string_view("a\0b", 3), Refusal::invalid_field},
  };
  const auto message = contract.make("Sample");
  ASSERT_TRUE(read_text_field("left", "l", *message));
  ASSERT_TRUE(read_text_field("maybe", "", *message));
  for (const auto& row : rows) {
    const auto read = read_text_field(row.name, row.value, *message);
    ASSERT_FALSE(read) << row.name << '=' << row.value;
    EXPECT_EQ(name_of(read.error().why), name_of(row.why)) << row.name << '=' << row.value;
    EXPECT_EQ(read.error().field, row.name);
  }
}

}  // namespace
}  // namespace ostiary::contract
