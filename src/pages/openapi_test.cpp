#include "pages/openapi.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "contract/refusals.hpp"
#include "pages/yaml.hpp"
#include "scaffolding/tested_door.hpp"
#include "scaffolding/written_contract.hpp"

namespace ostiary::pages {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

OpenApi described(const contract::Contract& contract) {
  return describe(contract, {"1.2.3", "https://id.example.org", {}});
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// What a reference within the document leads to.
const json::value& resolved(const json::value& value, const json::value& document) {
  const auto* const reference = value.as_object().if_contains("$ref");
  return reference == nullptr ? value : document.at_pointer(std::string(reference->as_string()).substr(1));
}

class Described : public ::testing::Test {
 protected:
  const json::value& at(std::string_view pointer) const { return document.at_pointer(pointer); }
  /// "/paths/~1login/post" + rest
  const json::value& operation(std::string path, std::string_view rest) const {
    for (std::size_t slash = 0; (slash = path.find('/', slash)) != std::string::npos; slash += 2)
      path.replace(slash, 1, "~1");
    return at("/paths/" + path + std::string(rest));
  }

  testing::TestedDoor door{contract::contract_services()};
  OpenApi api = described(door.contract);
  json::value document = json::parse(api.json);
};

// R3.2
TEST_F(Described, HasEveryRouteOnceWithItsOwnName) {
  std::set<std::string> names;
  std::size_t routes = 0, found = 0;
  for (const contract::Method& method : door.contract.methods()) {
    for (const contract::HttpBinding& binding : method.bindings) {
      ++routes;
      const auto& one = document.at("paths").at(binding.path).at(lower(binding.verb)).as_object();
      EXPECT_TRUE(names.insert(std::string(one.at("operationId").as_string())).second) << binding.path;
      EXPECT_FALSE(one.at("summary").as_string().empty()) << binding.path;
      EXPECT_TRUE(one.at("responses").as_object().contains("400")) << binding.path;
    }
  }
  for (const auto& path : document.at("paths").as_object()) found += path.value().as_object().size();
  EXPECT_EQ(found, routes);
  EXPECT_GT(routes, 15U);
}

TEST_F(Described, HoldsTheContractsComments) {
  EXPECT_EQ(operation("/api/auth/login", "/post/summary"), "Sign in by email or username.");
  EXPECT_EQ(at("/tags/0/name").as_string().empty(), false);
  EXPECT_THAT(std::string(at("/components/schemas/RegisterRequest/properties/password/description").as_string()),
              HasSubstr("256 bytes"));
}

TEST_F(Described, MarksAliasesAndListsThemApart) {
  EXPECT_EQ(operation("/login", "/post/summary"), "Alias of POST /api/auth/login.");
  EXPECT_EQ(operation("/login", "/post/tags"), json::parse(R"(["Aliases"])"));
  EXPECT_EQ(operation("/login", "/post/description"), "Here a reply to a page of PUBLIC_URL has `token`, too.");
  EXPECT_EQ(operation("/api/auth/login", "/post/tags"), json::parse(R"(["Auth"])"));
  EXPECT_EQ(document.at("tags").as_array().back().at("name"), "Aliases");
}

TEST_F(Described, HasEachRefusalAnswerOnce) {
  const auto& responses = at("/components/responses").as_object();
  for (const auto& path : document.at("paths").as_object()) {
    for (const auto& one : path.value().as_object()) {
      for (const auto& answer : one.value().at("responses").as_object()) {
        if (answer.key().starts_with("2")) continue;
        EXPECT_TRUE(answer.value().as_object().contains("$ref")) << path.key() << answer.key();
      }
    }
  }
  std::set<std::string> contents;
  for (const auto& response : responses) {
    EXPECT_TRUE(contents.insert(json::serialize(response.value())).second) << response.key();
  }
}

// Generators of clients make types of the names: a call that is added must not change those of the others.
TEST_F(Described, NamesRefusalAnswersByTheirCodes) {
  const auto name = [this](const char* path, const std::string& answer) {
    const auto [verb, status] = std::pair(answer.substr(0, answer.find(' ')), answer.substr(answer.find(' ') + 1));
    const auto& reference = operation(path, "/" + verb + "/responses/" + status + "/$ref").as_string();
    return std::string(reference).substr(std::string_view("#/components/responses/").size());
  };
  EXPECT_EQ(name("/health", "get 400"), "Problem400MalformedRequest");
  EXPECT_EQ(name("/api/auth/session", "get 401"), "Problem401NotAuthenticatedTokenExpiredSessionEnded");
  EXPECT_EQ(name("/login", "post 401"), "Problem401WrongCredentials");
  EXPECT_EQ(name("/login", "post 403"), "Problem403CrossSiteRequestEmailNotVerifiedAccountDisabled");
  EXPECT_EQ(name("/register", "post 400"),
            "Problem400MissingFieldInvalidFieldConflictingCredentialsWeakPasswordAndOthersWithMessage");
  EXPECT_EQ(name("/register", "post 403"), "Problem403CrossSiteRequestEnrolmentRequiredWithMessage");
  EXPECT_EQ(name("/health", "get default"), "Problem");
  for (const auto& response : at("/components/responses").as_object()) {
    EXPECT_LE(response.key().size(), 100U) << response.key();
    EXPECT_EQ(response.key().find('_'), json::string_view::npos) << response.key();
  }
}

// Generators of clients stumble over these.
TEST_F(Described, HasALicenceAndNoShapesThatGeneratorsCantRead) {
  EXPECT_EQ(at("/info/license/name"), "Apache-2.0");
  for (const char* shape : {"\"anyOf\"", "\"oneOf\"", "\"allOf\"", "\"maxLength\":0"}) {
    EXPECT_THAT(api.json, ::testing::Not(HasSubstr(shape)));
  }
}

TEST_F(Described, HoldsTheFieldsRules) {
  const auto& password = at("/components/schemas/RegisterRequest/properties/password");
  EXPECT_EQ(password.at("minLength"), 8);
  EXPECT_EQ(password.at("maxLength"), 256);
  EXPECT_EQ(at("/components/schemas/RegisterRequest/required"), json::parse(R"(["email","password"])"));
  EXPECT_EQ(at("/components/schemas/RegisterRequest/additionalProperties"), false);
  EXPECT_EQ(at("/components/schemas/VerifyEmailRequest/properties/code/pattern"), "^(?:[ -]*([0-9][ -]*){6})$");
  EXPECT_EQ(at("/components/schemas/LoginRequest/properties/token_delivery/enum"), json::parse(R"(["cookie","body"])"));
  EXPECT_EQ(operation("/api/account/sessions", "/get/parameters/0/schema/maximum"), 100);
  EXPECT_EQ(operation("/api/account/sessions/{session_id}", "/delete/parameters/0/in"), "path");
}

TEST_F(Described, IsTheSameWithoutAnythingThatServes) {
  const OpenApi alone = describe({"1.2.3", "https://id.example.org", {}});
  EXPECT_EQ(alone.json, api.json);
  EXPECT_EQ(alone.yaml, api.yaml);
}

// Every refusal that the contract names for a call stands under its status.
TEST_F(Described, HoldsEveryRefusal) {
  for (const contract::Method& method : door.contract.methods()) {
    for (const std::string& name : method.policy.refusals()) {
      int status = 0;
      for (const RefusalName& known : refusal_names) {
        if (known.name == name) status = contract::status_of(known.refusal).http;
      }
      const contract::HttpBinding& binding = method.bindings.front();
      const auto& answer = resolved(
          operation(binding.path, "/" + lower(binding.verb) + "/responses/" + std::to_string(status)), document);
      EXPECT_THAT(json::serialize(answer), HasSubstr("\"" + name + "\"")) << method.full_name;
    }
  }
  EXPECT_TRUE(operation("/api/auth/session", "/get/responses").as_object().contains("401"));
  EXPECT_FALSE(operation("/api/auth/session", "/get/responses").as_object().contains("415"));
}

TEST_F(Described, RefersToNothingThatIsNotThere) {
  std::size_t references = 0;
  for (std::size_t at = 0; (at = api.json.find("\"$ref\":\"#", at)) != std::string::npos; ++references) {
    at += 9;
    const std::string pointer = api.json.substr(at, api.json.find('"', at) - at);
    json::error_code missing;
    EXPECT_NE(document.find_pointer(pointer, missing), nullptr) << pointer;
  }
  EXPECT_GT(references, 20U);
}

TEST(OpenApi, DescribesAContractWrittenElsewhere) {
  testing::WrittenContract written(R"(
    message Tree { string name = 1; repeated Tree trees = 2; google.protobuf.Timestamp planted_at = 3; }
    message Ask { Tree tree = 1; repeated string words = 2 [(ostiary.rule) = {max_items: 3}]; }
    service Trees {
      rpc Plant(Ask) returns (Tree) {
        option (google.api.http) = {post: "/plant" body: "*"};
        option (ostiary.policy) = {
          caller: PERMISSION permission: "trees.plant" fresh_login: true rate: WRITE audit: "tree.plant"
          success_status: 201
        };
      }
    }
  )");
  const testing::TestedDoor door(written.services());
  const json::value document = json::parse(described(door.contract).json);
  const auto& operation = document.at_pointer("/paths/~1plant/post");
  EXPECT_TRUE(operation.at("responses").as_object().contains("201"));
  EXPECT_THAT(json::serialize(resolved(operation.at("responses").at("403"), document)),
              HasSubstr("fresh_login_required"));
  EXPECT_EQ(operation.at("security").as_array().size(), 2U);
  // The same message as request and reply.
  EXPECT_TRUE(document.at_pointer("/components/schemas").as_object().contains("test.TreeInput"));
  EXPECT_EQ(document.at_pointer("/components/schemas/test.Tree/properties/trees/items/$ref"),
            "#/components/schemas/test.Tree");
  EXPECT_EQ(document.at_pointer("/components/schemas/test.Ask/properties/words/maxItems"), 3);
}

TEST(Yaml, SaysWhatJsonSays) {
  const json::value value = json::parse(R"({"a": {"b": [1, {"c": "no", "d": []}, [2, 3], {}], "200": null, "no": true},
                                            "text": "two\nlines: \"quoted\" # not a comment", "empty": {}})");
  EXPECT_EQ(to_yaml(value), "a:\n"
                            "  b:\n"
                            "    - 1\n"
                            "    - c: \"no\"\n"
                            "      d: []\n"
                            "    -\n"
                            "      - 2\n"
                            "      - 3\n"
                            "    - {}\n"
                            "  \"200\": null\n"
                            "  \"no\": true\n"
                            "text: \"two\\nlines: \\\"quoted\\\" # not a comment\"\n"
                            "empty: {}\n");
}

// What no call of the contract uses yet.
TEST(DescribedFiles, HaveRawBodiesRedirectsAndSizes) {
  const testing::WrittenContract written(R"(
    message Upload { string id = 1; int32 page = 2; google.api.HttpBody file = 3; }
    message Ask { optional string text = 1; }
    message Sent { string to = 1 [(ostiary.rule) = {redirect: true}]; }
    service Files {
      rpc Put(Upload) returns (google.api.HttpBody) {
        option (google.api.http) = {put: "/files/{id}" body: "file"};
        option (ostiary.policy) = {caller: ANYONE rate: WRITE audit: "file.put" max_body_bytes: 100000};
      }
      rpc Go(Ask) returns (Sent) {
        option (google.api.http) = {get: "/go"};
        option (ostiary.policy) = {caller: ANYONE rate: READ audit: "file.go"};
      }
    }
  )");
  const testing::TestedDoor door(written.services());
  const auto document = json::parse(described(door.contract).json);
  const auto& put = document.at_pointer("/paths/~1files~1{id}/put");
  EXPECT_EQ(put.at_pointer("/requestBody"),
            json::parse(R"({"required":true,"content":{"*/*":{}},"description":"At most 100000 bytes."})"));
  EXPECT_EQ(put.at_pointer("/parameters/0/in"), "path");
  EXPECT_EQ(put.at_pointer("/parameters/1/name"), "page");
  EXPECT_EQ(put.at_pointer("/parameters").as_array().size(), 2U);
  EXPECT_EQ(put.at_pointer("/responses/200/content"), json::parse(R"({"*/*":{}})"));
  const auto& go = document.at_pointer("/paths/~1go/get/responses");
  EXPECT_EQ(go.at_pointer("/303/headers/Location/$ref"), "#/components/headers/Location");
  EXPECT_TRUE(go.as_object().contains("200"));
}

TEST_F(Described, SaysThatPublicDocumentsHaveAnEntityTag) {
  for (const char* path : {"/.well-known/jwks.json", "/.well-known/oauth-authorization-server"}) {
    EXPECT_EQ(operation(path, "/get/responses/200/headers/ETag/$ref"), "#/components/headers/ETag") << path;
    EXPECT_EQ(operation(path, "/get/responses/304/$ref"), "#/components/responses/NotModified") << path;
  }
  EXPECT_EQ(at("/components/responses/NotModified/headers/ETag/$ref"), "#/components/headers/ETag");
  EXPECT_FALSE(at("/components/responses/NotModified").as_object().contains("content"));
  EXPECT_FALSE(operation("/health", "/get/responses").as_object().contains("304"));
}

TEST_F(Described, TellsEachCookiesPathAndLifetime) {
  EXPECT_THAT(std::string(at("/components/headers/Set-Cookie/description").as_string()),
              HasSubstr("ostiary_device`, sent to `/` and below, kept for 31536000 seconds"));
}

}  // namespace
}  // namespace ostiary::pages
