// What accounts are made of, on every engine: an address, a username and a password are each optional.
#include <gmock/gmock.h>

#include "accounts/create_account.hpp"
#include "accounts/manage_accounts.hpp"
#include "accounts/profile.hpp"
#include "limits/username.hpp"
#include "sessions/start_session.hpp"
#include "world.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Accounts : public OnEveryEngine {
 protected:
  /// An account with nothing but what is given.
  UserId has_account(accounts::NewAccount account = {}) {
    account.id = world.ids.make<UserId>();
    account.locale = "en";
    return *world.db.transaction([&](Transaction& tx) -> Result<UserId> {
      world.data_keys.create(tx, account.id);
      return accounts::create_account(tx, world.accounts, nobody.call(), account, std::nullopt, world.clock.now()).id;
    });
  }

  /// Signs in without a password, as another proof of who it is would.
  v1::TokenReply starts_session(UserId user) {
    return *world.db.transaction([&](Transaction& tx) -> Result<v1::TokenReply> {
      const auto row = tx.one(sessions::statements::find_user, user);
      return sessions::complete_sign_in(tx, world.sessions, nobody.call(), row, {"hwk"}, world.clock.now());
    });
  }

  Result<v1::LoginReply> logs_in_as(const std::string& username, const std::string& password) {
    v1::LoginRequest request;
    request.set_username(username);
    request.set_password(password);
    return sessions::login(world.sessions, nobody.call(), request);
  }

  std::vector<std::string> listed(const std::string& after, std::int64_t count) {
    std::vector<std::string> names;
    for (const auto& account : accounts::list_accounts(world.accounts, after, count)) {
      names.push_back(accounts::name_in_list(account));
    }
    return names;
  }

  World world{*database};
  Person nobody{world, "nobody@example.org"};
};
ON_EVERY_ENGINE(Accounts);

TEST_P(Accounts, NeedNeitherAddressNorNameNorPassword) {
  const auto user = has_account();
  const auto tokens = starts_session(user);
  EXPECT_FALSE(tokens.user().has_email());
  EXPECT_FALSE(tokens.user().has_username());

  const auto caller = sessions::authenticate(world.sessions, Secret(tokens.access_token()), world.clock.now());
  ASSERT_TRUE(caller) << refusal_of(caller);
  EXPECT_FALSE(sessions::check_session(world.sessions, nobody.call(*caller), {})->user().has_email());
  const auto profile = accounts::get_profile(world.accounts, nobody.call(*caller), {});
  ASSERT_TRUE(profile);
  EXPECT_FALSE(profile->has_email());
  const auto refreshed = nobody.refreshes_with(tokens.refresh_token());
  ASSERT_TRUE(refreshed) << refusal_of(refreshed);
  EXPECT_FALSE(refreshed->user().has_email());
  EXPECT_EQ(accounts::find_account(world.accounts, to_string(user))->row.email, std::nullopt);
}

TEST_P(Accounts, WithoutAPasswordAnswerLikeAWrongOneAfterOneHashB1) {
  int hashes = 0;
  world.hasher.observe([&](std::chrono::nanoseconds) { ++hashes; });
  has_account({.username = "ada", .username_skeleton = limits::username_skeleton("ada")});
  const auto of_account = logs_in_as("ada", "plaited copper lantern 42");
  EXPECT_EQ(hashes, 1);
  const auto of_nobody = logs_in_as("eda", "plaited copper lantern 42");
  EXPECT_EQ(hashes, 2);
  EXPECT_EQ(refusal_of(of_account), "wrong_credentials");
  EXPECT_EQ(refusal_of(of_nobody), "wrong_credentials");
  EXPECT_EQ(of_account.error().detail, of_nobody.error().detail);
  EXPECT_EQ(refusal_of(logs_in_as("ada", "")), "wrong_credentials");
}

TEST_P(Accounts, WithoutAnAddressAreListedBehindTheOthers) {
  const auto first = has_account(), second = has_account();
  has_account({.email = "B@example.org", .email_canonical = "b@example.org"});
  has_account({.email = "a@example.org", .email_canonical = "a@example.org"});
  EXPECT_THAT(listed("", 10), ElementsAre("a@example.org", "B@example.org", to_string(first), to_string(second)));
  EXPECT_THAT(listed("", 2), ElementsAre("a@example.org", "B@example.org"));
  EXPECT_THAT(listed("a@example.org", 2), ElementsAre("B@example.org", to_string(first)));
  EXPECT_THAT(listed("B@example.org", 2), ElementsAre(to_string(first), to_string(second)));
  EXPECT_THAT(listed(to_string(first), 2), ElementsAre(to_string(second)));
  EXPECT_THAT(listed(to_string(second), 2), IsEmpty());
}

}  // namespace
}  // namespace ostiary::testing
