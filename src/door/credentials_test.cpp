#include "door/credentials.hpp"

#include <gtest/gtest.h>

#include "scaffolding/tested_door.hpp"

namespace ostiary::door {
namespace {

TEST(Credentials, TakeOneBearerToken) {
  struct Row {
    std::vector<std::string_view> lines;
    const char* token;  ///< "" for none, "refused"
  };
  const Row rows[] = {
      {{}, ""},
      {{"Bearer a.b-c_d~e+f/g=="}, "a.b-c_d~e+f/g=="},
      {{"bearer   a "}, "a"},
      {{"Bearer"}, "refused"},
      {{"Bearer "}, "refused"},
      {{"Bearer a b"}, "refused"},
      {{"Bearer ="}, "refused"},
      {{"Bearer a\xff"}, "refused"},
      {{"Basic a"}, "refused"},
      {{"Bearer a", "Bearer a"}, "refused"},
  };
  for (const auto& row : rows) {
    const auto read = read_bearer(row.lines);
    const std::string token = !read ? "refused" : *read ? std::string((*read)->reveal()) : "";
    EXPECT_EQ(token, row.token) << (row.lines.empty() ? "nothing" : row.lines.front());
    EXPECT_TRUE(read || read.error().why == Refusal::not_authenticated);
  }
}

class CredentialsOfACall : public ::testing::Test {
 protected:
  /// "refused", or the fields that were filled and the device, as in "access_token=a device=d by cookie".
  std::string filled(std::string_view call, const std::string& json, const Credentials& credentials) {
    const auto& method = door.method(call);
    const std::unique_ptr<contract::Message> request(method.request_prototype->New());
    EXPECT_TRUE(contract::read_json(json, *request));
    const auto by_cookie = fields.fill(method, *request, credentials);
    if (!by_cookie) return "refused: " + by_cookie.error().field;
    std::string text;
    contract::write_json(*request, text);
    if (const auto device = fields.device(method, *request, credentials)) text += " device=" + *device;
    return text + (*by_cookie ? " by cookie" : "");
  }

  testing::TestedDoor door{contract::contract_services()};
  CredentialFields fields{door.contract};
};

TEST_F(CredentialsOfACall, FillWhatTheMessageLeftOut) {
  const Credentials bearer{Secret("t")};
  const Credentials cookies{std::nullopt, {{Cookie::ACCESS, "a"}, {Cookie::REFRESH_TOKEN, "r"}, {Cookie::DEVICE, "d"}}};
  EXPECT_EQ(filled("Logout", "{}", bearer), R"({"access_token":"t"})");
  EXPECT_EQ(filled("Logout", R"({"access_token":"t"})", bearer), R"({"access_token":"t"})");
  EXPECT_EQ(filled("Logout", R"({"access_token":"other"})", bearer), "refused: access_token");
  EXPECT_EQ(filled("Logout", "{}", cookies), R"({"refresh_token":"r","access_token":"a"} device=d by cookie)");
  EXPECT_EQ(filled("Refresh", R"({"refresh_token":"r"})", cookies),
            R"({"refresh_token":"r","device_id":"d"} device=d)");
  EXPECT_EQ(filled("CheckSession", "{}", cookies), "{} device=d");
  EXPECT_EQ(filled("CheckSession", "{}", bearer), "{}");
  EXPECT_EQ(filled("Login", R"({"email":"ada@example.org","password":"x","device_id":"mine"})", {}),
            R"({"email":"ada@example.org","password":"x","device_id":"mine"} device=mine)");
}

// A bearer token beside a call that needs nobody may be meant for somebody on the way.
TEST_F(CredentialsOfACall, AreReadWhereTheCallCanUseThem) {
  struct Row {
    const char* call;
    std::vector<std::string_view> lines;
    const char* token;  ///< "" for none, "refused"
  };
  const Row rows[] = {
      {"Health", {"Bearer a"}, ""},
      {"Health", {"Basic a"}, ""},
      {"Login", {"Bearer a b"}, ""},
      {"Logout", {"Bearer a"}, "a"},
      {"Logout", {"Basic a"}, ""},
      {"Logout", {"Bearer a", "Bearer a"}, ""},
      {"CheckSession", {"Bearer a"}, "a"},
      {"CheckSession", {"Basic a"}, "refused"},
      {"CheckSession", {}, ""},
      {"CheckSession", {"Bearer a", "Bearer a"}, "refused"},
  };
  for (const Row& row : rows) {
    const auto read = fields.bearer(door.method(row.call), row.lines);
    EXPECT_EQ(!read ? "refused" : *read ? std::string((*read)->reveal()) : "", row.token) << row.call;
  }
  EXPECT_TRUE(fields.takes(door.method("CheckSession"), Cookie::ACCESS));
  EXPECT_FALSE(fields.takes(door.method("CheckSession"), Cookie::REFRESH_TOKEN));
  EXPECT_TRUE(fields.takes(door.method("Refresh"), Cookie::REFRESH_TOKEN));
  EXPECT_FALSE(fields.takes(door.method("Refresh"), Cookie::ACCESS));
  EXPECT_FALSE(fields.takes(door.method("Login"), Cookie::ACCESS));
}

TEST_F(CredentialsOfACall, ClaimOneToken) {
  const auto claimed = [](const Credentials& credentials) {
    const auto token = claimed_token(credentials);
    return !token ? std::string(name_of(token.error().why)) : *token ? std::string((*token)->reveal()) : "";
  };
  EXPECT_EQ(claimed({}), "");
  EXPECT_EQ(claimed({Secret("t")}), "t");
  EXPECT_EQ(claimed({std::nullopt, {{Cookie::ACCESS, "t"}}}), "t");
  EXPECT_EQ(claimed({Secret("t"), {{Cookie::ACCESS, "t"}}}), "t");
  EXPECT_EQ(claimed({Secret("t"), {{Cookie::ACCESS, "other"}}}), "conflicting_credentials");
}

}  // namespace
}  // namespace ostiary::door
