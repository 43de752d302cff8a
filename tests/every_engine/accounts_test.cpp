// What accounts are made of and found by, and how an address is proven, on every engine.
#include <gmock/gmock.h>

#include "accounts/change_status.hpp"
#include "accounts/create_account.hpp"
#include "accounts/manage_accounts.hpp"
#include "accounts/profile.hpp"
#include "accounts/renew_skeletons.hpp"
#include "audit/audit_entry.hpp"
#include "sessions/start_session.hpp"
#include "world.hpp"

namespace ostiary::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class Accounts : public OnEveryEngine {
 protected:
  /// An account with nothing but what is given.
  UserId has_account(accounts::NewAccount account = {}) {
    account.id = world.ids.make<UserId>();
    account.locale = "en";
    return *world.db.transaction([&](Transaction& tx) -> Result<UserId> {
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

  template <class... Params>
  void writes(const Statement<void(Params...)>& statement, const std::type_identity_t<Params>&... params) {
    ASSERT_EQ(*world.db.transaction(
                  [&](Transaction& tx) -> Result<std::int64_t> { return tx.execute(statement, params...); }),
              1);
  }

  /// What the audit log has of a person, the newest first.
  std::vector<std::string> audited(UserId user) {
    return *world.db.read([&](Transaction& tx) -> Result<std::vector<std::string>> {
      std::vector<std::string> entries;
      for (const auto& entry : audit::newest_entries_of(tx, world.data_keys, user, 100)) {
        entries.push_back(entry.action + ' ' + entry.outcome);
      }
      return entries;
    });
  }

  std::vector<UserId> ids_of(const std::function<std::vector<accounts::statements::NameRow>(Transaction&)>& list) {
    return *world.db.read([&](Transaction& tx) -> Result<std::vector<UserId>> {
      std::vector<UserId> ids;
      for (const auto& row : list(tx)) ids.push_back(row.id);
      return ids;
    });
  }

  struct CountRow {
    std::int64_t count;
  };
  std::int64_t count(const Statement<CountRow()>& statement) {
    return *world.db.read([&](Transaction& tx) -> Result<std::int64_t> { return tx.one(statement).count; });
  }

  Result<v1::RegisterReply> asks_again(const Person& person) {
    v1::ResendEmailCodeRequest request;
    request.set_verification_id(person.verification_id);
    return accounts::resend_email_code(world.accounts, person.call(), request);
  }

  Person nobody_at(const std::string& email) { return Person(world, email, "wicked stranger password 7"); }

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

TEST_P(Accounts, WithoutAPasswordAnswerLikeAWrongOneAfterAsManyHashesB1) {
  int hashes = 0;
  world.hasher.observe([&](std::chrono::nanoseconds) { ++hashes; });
  has_account({.username = limits::username_forms("ada")});
  const auto of_account = logs_in_as("ada", "plaited copper lantern 42");
  EXPECT_EQ(hashes, 2);
  const auto of_nobody = logs_in_as("eda", "plaited copper lantern 42");
  EXPECT_EQ(hashes, 4);
  EXPECT_EQ(refusal_of(of_account), "wrong_credentials");
  EXPECT_EQ(refusal_of(of_nobody), "wrong_credentials");
  EXPECT_EQ(of_account.error().detail, of_nobody.error().detail);
  EXPECT_EQ(refusal_of(logs_in_as("ada", "")), "wrong_credentials");
}

/// All that a stranger learns of a refusal. The id of the registration they know themselves.
std::string told_by(const Result<v1::LoginReply>& reply) {
  if (reply) return "accepted";
  std::string told = refusal_of(reply) + ": " + reply.error().detail + " [" + reply.error().field + "]";
  for (const auto& [name, value] : reply.error().facts) told += ' ' + name;
  return told;
}

TEST_P(Accounts, CostARefusedLoginTwoHashesWhateverExistsB1) {
  Person ada(world, "ada@example.org"), pending(world, "pending@example.org");
  ada.settles_in();
  ASSERT_TRUE(pending.registers("pending"));
  int hashes = 0;
  world.hasher.observe([&](std::chrono::nanoseconds) { ++hashes; });
  const auto hashes_of = [&](Result<v1::LoginReply> reply, const std::string& expected) {
    EXPECT_EQ(refusal_of(reply), expected);
    return std::exchange(hashes, 0);
  };
  EXPECT_EQ(hashes_of(ada.logs_in("wrong"), "wrong_credentials"), 2);
  EXPECT_EQ(hashes_of(pending.logs_in("wrong"), "wrong_credentials"), 2);
  EXPECT_EQ(hashes_of(pending.logs_in(), "email_not_verified"), 2);
  EXPECT_EQ(hashes_of(nobody.logs_in(), "wrong_credentials"), 2);
  EXPECT_EQ(hashes_of(logs_in_as("pending", "wrong"), "wrong_credentials"), 2);
  EXPECT_EQ(hashes_of(logs_in_as("unheard", "wrong"), "wrong_credentials"), 2);
  auto stranger = nobody_at("ada@example.org");
  world.clock.advances(1s);
  ASSERT_TRUE(stranger.registers());
  hashes = 0;
  EXPECT_EQ(hashes_of(stranger.logs_in(), "email_not_verified"), 2) << "a decoy's";
  EXPECT_EQ(hashes_of(stranger.logs_in("wrong"), "wrong_credentials"), 2);
  EXPECT_EQ(hashes_of(ada.logs_in(), "accepted"), 1) << "nobody else learns how long this takes";
}

// Two innocent calls: whoever registers an address and then signs in does not learn whether it has an account.
TEST_P(Accounts, AreNotToldByRegisteringAndThenSigningInB1) {
  Person ada(world, "ada@example.org");
  ada.settles_in();
  auto at_known = nobody_at("ADA@example.org"), at_unknown = nobody_at("eda@example.org");
  const auto audit_rows = [&] { return count({"SELECT count(*) FROM audit_log"}); };
  world.clock.advances(1s);
  ASSERT_TRUE(at_known.registers("known"));
  ASSERT_TRUE(at_unknown.registers("unknown"));
  const auto before = audit_rows();
  EXPECT_EQ(told_by(at_known.logs_in()), told_by(at_unknown.logs_in()));
  EXPECT_EQ(refusal_of(at_known.logs_in()), "email_not_verified");
  EXPECT_EQ(at_known.logs_in().error().facts,
            (decltype(Refused::facts){{"verification_id", at_known.verification_id}}));
  EXPECT_EQ(told_by(at_known.logs_in("wrong")), told_by(at_unknown.logs_in("wrong")));
  const std::string password = "wicked stranger password 7";
  EXPECT_EQ(told_by(logs_in_as("known", password)), told_by(logs_in_as("unknown", password)));
  EXPECT_EQ(refusal_of(logs_in_as("known", password)), "email_not_verified");
  EXPECT_EQ(audit_rows(), before + 1) << "the wrong password alone: strangers do the rest at will";
  EXPECT_EQ(refusal_of(ada.logs_in()), "accepted");

  ASSERT_TRUE(accounts::disable_account(world.accounts, nobody.call(), ada.is_recognised()->user_id));
  EXPECT_EQ(told_by(at_known.logs_in()), told_by(at_unknown.logs_in())) << "of a disabled account";
}

// Nor when the account is made while they watch.
TEST_P(Accounts, AreNotToldByWhatBecomesOfARegistrationB1) {
  Person ada(world, "ada@example.org");
  auto newest = nobody_at("ada@example.org"), watcher = nobody_at("ada@example.org"),
       idle = nobody_at("eda@example.org");
  ASSERT_TRUE(watcher.registers("watched"));
  world.clock.advances(61s);
  ASSERT_TRUE(ada.registers());
  world.clock.advances(1s);
  ASSERT_TRUE(idle.registers("idle"));
  const auto code = code_in(world.delivered()[1]);
  const auto seen_by = [&](Person& person, const std::string& username) {
    std::vector<std::string> seen{told_by(person.logs_in()),
                                  told_by(logs_in_as(username, "wicked stranger password 7"))};
    seen.push_back(refusal_of(person.verifies("no code")));
    seen.push_back(refusal_of(Person(world, "third@example.org").registers(username)));
    return seen;
  };
  const auto before = seen_by(watcher, "watched");
  EXPECT_EQ(before[0], told_by(nobody_at("unheard@example.org").logs_in())) << "a newer registration has been begun";
  ASSERT_TRUE(ada.verifies(code));
  EXPECT_EQ(seen_by(watcher, "watched"), before);
  world.clock.advances(61s);
  EXPECT_EQ(refusal_of(asks_again(watcher)), "accepted");
  (void)world.delivered();
  EXPECT_EQ(seen_by(idle, "idle")[1], before[1]) << "an address without an account";
  world.clock.advances(1s);
  ASSERT_TRUE(newest.registers());
  EXPECT_EQ(refusal_of(newest.logs_in()), "email_not_verified") << "the newest decides, as ever";
  EXPECT_EQ(refusal_of(ada.logs_in()), "accepted");
}

TEST_P(Accounts, AreKnownToWhoeverHoldsTheRegistrationTheyWereMadeOf) {
  Person ada(world, "ada@example.org");
  ASSERT_TRUE(ada.registers());
  const auto mail = world.delivered().front();
  Person page = ada;
  ASSERT_TRUE(ada.opens_link(token_in(mail)));
  for (const std::string& code : {code_in(mail), std::string("no code"), code_in(mail)}) {
    const auto answer = page.verifies(code);
    EXPECT_EQ(refusal_of(answer), "already_verified");
    EXPECT_THAT(answer.error().detail, ::testing::HasSubstr("sign in"));
  }
  world.clock.advances(61s);
  EXPECT_EQ(refusal_of(asks_again(page)), "already_verified");
  EXPECT_EQ(refusal_of(page.opens_link(token_in(mail))), "link_invalid") << "a link works once";
  EXPECT_EQ(count({"SELECT count(*) FROM code_guesses"}), 0) << "none of that is a guess";
  EXPECT_EQ(count({"SELECT count(*) FROM users"}), 1);
  EXPECT_EQ(count({"SELECT count(*) FROM pending_registrations WHERE password_hash <> ''"}), 0)
      << "the password stands with the account alone";
  EXPECT_EQ(refusal_of(page.logs_in("something else entirely")), "wrong_credentials");
  EXPECT_TRUE(page.logs_in());
  world.clock.advances(24h);
  EXPECT_EQ(refusal_of(page.verifies(code_in(mail))), "verification_unknown") << "its day is over";
}

TEST_P(Accounts, AreAskedForInOneQuestionByTheLimits) {
  Person ada(world, "ada@example.org");
  ASSERT_TRUE(ada.registers("ada"));
  ASSERT_TRUE(ada.verifies(code_in(world.delivered().front())));
  const auto known = world.devices.read(ada.device_token);
  const auto unknown = world.devices.make(true);
  const auto mailbox = sessions::mailbox_of(world.sessions, "ada@example.org").mailbox;
  struct Row {
    std::string identifier;
    std::optional<Device> device;
    bool is_known;
  };
  for (const auto& row : {Row{"Ada@example.org", known, true}, Row{"ada", known, true}, Row{"ADA", unknown, false},
                          Row{"ada@example.org", std::nullopt, false}}) {
    const auto identity = sessions::identify(world.sessions, row.identifier, row.device);
    EXPECT_EQ(identity.account, "user:" + to_string(ada.is_recognised()->user_id)) << row.identifier;
    EXPECT_EQ(identity.known_device, row.is_known) << row.identifier;
    EXPECT_EQ(identity.mailbox, mailbox) << row.identifier;
  }
  const auto nobodys = sessions::identify(world.sessions, "eda@example.org", known);
  EXPECT_EQ(nobodys.account, nobodys.mailbox);
  EXPECT_FALSE(nobodys.known_device);
}

TEST_P(Accounts, WithoutAnAddressAreListedBehindTheOthers) {
  const auto first = has_account();
  world.clock.advances(1s);  // ids are in the order of time
  const auto second = has_account();
  has_account({.email = limits::parse_email("B@example.org")});
  has_account({.email = limits::parse_email("a@example.org")});
  EXPECT_THAT(listed("", 10), ElementsAre("a@example.org", "B@example.org", to_string(first), to_string(second)));
  EXPECT_THAT(listed("", 2), ElementsAre("a@example.org", "B@example.org"));
  EXPECT_THAT(listed("a@example.org", 2), ElementsAre("B@example.org", to_string(first)));
  EXPECT_THAT(listed("B@example.org", 2), ElementsAre(to_string(first), to_string(second)));
  EXPECT_THAT(listed(to_string(first), 2), ElementsAre(to_string(second)));
  EXPECT_THAT(listed(to_string(second), 2), IsEmpty());
}

TEST_P(Accounts, AreNotFoundByANameThatLooksLikeTheirsB18) {
  Person ada(world, "ada@example.org");
  const std::string password = "plaited copper lantern 42", look_alike = "\u0430da1";  // the а is Cyrillic
  ASSERT_TRUE(ada.registers("Ada1"));
  EXPECT_EQ(refusal_of(logs_in_as("ADA1", password)), "email_not_verified");
  EXPECT_EQ(refusal_of(logs_in_as(look_alike, password)), "wrong_credentials");
  EXPECT_EQ(refusal_of(nobody.registers(look_alike)), "username_taken");
  ASSERT_TRUE(ada.verifies(code_in(world.delivered().front())));
  EXPECT_TRUE(logs_in_as("ADA1", password));
  EXPECT_TRUE(logs_in_as("\uFF21da1", password)) << "a full-width A is an A";
  for (const std::string& name : {look_alike, std::string("adal"), std::string("Adai")}) {
    EXPECT_EQ(refusal_of(logs_in_as(name, password)), "wrong_credentials") << name;
    EXPECT_EQ(refusal_of(accounts::find_account(world.accounts, name)), "not_found") << name;
  }
  EXPECT_EQ(refusal_of(nobody.registers("adal")), "username_taken");
}

TEST_P(Accounts, GetSkeletonsAnewWhereAnotherVersionMadeThem) {
  static constexpr Statement<void(UserId, std::string, std::string)> made_by{
      "UPDATE users SET skeleton_version = $2, username_skeleton = $3 WHERE id = $1"};
  const auto older = has_account({.username = limits::username_forms("ada1")});
  writes(made_by, older, "1.0", "as it was");
  const auto same_look = has_account({.username = limits::username_forms("adal")});
  const auto newer = has_account({.username = limits::username_forms("bob")});
  writes(made_by, newer, "99.0", "as it will be");
  for (int i = 0; i < 105; ++i) {
    const auto user = has_account({.username = limits::username_forms("carol" + std::to_string(i))});
    writes(made_by, user, "1.1", limits::username_skeleton("carol" + std::to_string(i)));
  }
  has_account();
  ASSERT_TRUE(nobody.registers("b0b")) << "its skeleton was another one";
  EXPECT_EQ(refusal_of(nobody.registers("car0l7")), "username_taken") << "its skeleton is the same in both versions";
  EXPECT_TRUE(accounts::has_skeletons_to_renew(world.db));
  EXPECT_EQ(accounts::renew_skeletons(world.db), 1 + 1 + 105);
  EXPECT_EQ(accounts::renew_skeletons(world.db), 0);
  EXPECT_FALSE(accounts::has_skeletons_to_renew(world.db));

  EXPECT_EQ(refusal_of(nobody.registers("b0b")), "username_taken");
  EXPECT_EQ(refusal_of(nobody.registers("carol7")), "username_taken");
  EXPECT_EQ(refusal_of(nobody.registers("\u0430dal")), "username_taken");
  EXPECT_EQ(accounts::find_account(world.accounts, "ada1")->row.id, older) << "both stay";
  EXPECT_EQ(accounts::find_account(world.accounts, "adal")->row.id, same_look);
}

TEST_P(Accounts, HaveSkeletonsListedBehindThoseThatWereRenewed) {
  static constexpr Statement<void(UserId, std::string)> made_by{"UPDATE users SET skeleton_version = $2 WHERE id = $1"};
  std::vector<UserId> users;
  for (const char* version : {"1.0", "1.0", "1.1", "99.0", "99.0"}) {
    world.clock.advances(1s);  // ids are in the order of time
    users.push_back(has_account({.username = limits::username_forms("carol" + std::to_string(users.size()))}));
    writes(made_by, users.back(), version);
  }
  const std::string version = limits::skeleton_version();
  const auto older = [&](const std::string& behind, UserId id) {
    return ids_of(
        [&](Transaction& tx) { return tx.all(accounts::statements::list_older_skeletons, behind, id, version); });
  };
  const auto newer = [&](const std::string& behind, UserId id) {
    return ids_of([&](Transaction& tx) { return tx.all(accounts::statements::list_newer_skeletons, behind, id); });
  };
  EXPECT_THAT(older("", {}), ElementsAre(users[0], users[1], users[2]));
  EXPECT_THAT(older("1.0", users[0]), ElementsAre(users[1], users[2]));
  EXPECT_THAT(older("1.0", users[1]), ElementsAre(users[2]));
  EXPECT_THAT(older("1.1", users[2]), IsEmpty());
  EXPECT_THAT(newer(version, users[4]), ElementsAre(users[3], users[4]));
  EXPECT_THAT(newer("99.0", users[3]), ElementsAre(users[4]));
}

/// What strangers can do at will leaves no row that nobody may delete.
TEST_P(Accounts, ThatDoNotExistGetAuditRowsOfGuessesAndTheProofOnly) {
  static constexpr Statement<CountRow()> data_keys{"SELECT count(*) FROM data_keys"};
  Person ada(world, "ada@example.org");
  ASSERT_TRUE(ada.registers());
  world.clock.advances(61s);
  ASSERT_TRUE(asks_again(ada));
  EXPECT_EQ(count({"SELECT count(*) FROM audit_log"}), 0);
  EXPECT_EQ(refusal_of(ada.verifies("no code")), "wrong_code");
  EXPECT_EQ(count({"SELECT count(*) FROM audit_log"}), 1);
  EXPECT_EQ(count(data_keys), 0) << "nothing of theirs is sealed yet";
  ASSERT_TRUE(ada.verifies(code_in(world.delivered().back())));
  EXPECT_EQ(count(data_keys), 1);
  EXPECT_THAT(audited(ada.is_recognised()->user_id),
              UnorderedElementsAre("session.start success", "user.verify_email success", "user.register success",
                                   "user.verify_email refused"));
}

TEST_P(Accounts, HearOfRegistrationsOfTheirAddressOnceADay) {
  Person ada(world, "ada@example.org");
  ada.settles_in();
  const auto begun = [&] {
    return std::ranges::count(audited(ada.is_recognised()->user_id), "user.register_begin success");
  };
  for (int i = 0; i < 3; ++i) {
    world.clock.advances(1min);
    ASSERT_TRUE(nobody_at("ada@example.org").registers());
    EXPECT_EQ(begun(), 1);
  }
  world.clock.advances(24h);
  ASSERT_TRUE(ada.refreshes());
  ASSERT_TRUE(nobody_at("ada@example.org").registers());
  EXPECT_EQ(begun(), 2);
}

TEST_P(Accounts, HearOfGuessesAtADecoyB1) {
  Person ada(world, "ada@example.org");
  ada.settles_in();
  const auto owner = ada.is_recognised()->user_id;
  Person stranger(world, "ada@example.org", "wicked stranger password 7");
  world.clock.advances(1s);
  ASSERT_TRUE(stranger.registers());
  world.clock.advances(1s);
  EXPECT_EQ(refusal_of(stranger.verifies("123456")), "wrong_code");
  world.clock.advances(61s);
  ASSERT_TRUE(asks_again(stranger)) << "which mails nothing, and leaves no row";
  const auto entries = audited(owner);
  EXPECT_THAT(std::vector(entries.begin(), entries.begin() + 2),
              ElementsAre("user.verify_email refused", "user.register_begin success"));
}

TEST_P(Accounts, ACodeIsForOneChallengePurposeAndSubject) {
  static constexpr Statement<void(Uuid, Uuid)> copy_code{
      "UPDATE challenges SET code_mac = (SELECT code_mac FROM challenges WHERE id = $2) WHERE id = $1"};
  static constexpr Statement<void(Uuid, std::string)> set_subject{"UPDATE challenges SET subject = $2 WHERE id = $1"};
  static constexpr Statement<void(Uuid, std::string)> set_purpose{"UPDATE challenges SET purpose = $2 WHERE id = $1"};
  Person ada(world, "ada@example.org"), again(world, "ada@example.org");
  ASSERT_TRUE(ada.registers());
  const auto code = code_in(world.delivered().front());
  ASSERT_TRUE(again.registers());
  const auto id = *parse_uuid(ada.verification_id), other = *parse_uuid(again.verification_id);
  writes(copy_code, other, id);
  EXPECT_EQ(refusal_of(again.verifies(code)), "wrong_code") << "of another challenge";
  writes(set_subject, id, "eve@example.org");
  EXPECT_EQ(refusal_of(ada.verifies(code)), "wrong_code") << "of another subject";
  writes(set_subject, id, "ada@example.org");
  writes(set_purpose, id, "another");
  EXPECT_EQ(refusal_of(ada.verifies(code)), "verification_unknown") << "of another purpose";
  writes(set_purpose, id, "verify_email");
  EXPECT_TRUE(ada.verifies(code));
}

}  // namespace
}  // namespace ostiary::testing
