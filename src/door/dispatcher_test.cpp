#include "door/dispatcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/audit_entry.hpp"
#include "door/remembered_replies.hpp"
#include "every_engine/test_database.hpp"
#include "ostiary/v1/auth.pb.h"
#include "scaffolding/tested_door.hpp"
#include "scaffolding/written_contract.hpp"

namespace ostiary::door {
namespace {

using namespace std::chrono_literals;
using testing::from;
using ::testing::HasSubstr;

// The policies that no call of the contract needs yet.
constexpr std::string_view guarded = R"(
  message Ask { optional string name = 1 [(ostiary.rule) = {identifier: true max_bytes: 20}]; }
  message Answer {}
  service Things {
    rpc Open(Ask) returns (Answer) { option (ostiary.policy) = {caller: ANYONE rate: READ audit: "thing.open"}; }
    rpc Half(Ask) returns (Answer) {
      option (ostiary.policy) = {caller: HALF_AUTHENTICATED rate: CODE audit: "thing.half"};
    }
    rpc HalfRead(Ask) returns (Answer) {
      option (ostiary.policy) = {caller: HALF_AUTHENTICATED rate: READ audit: "thing.half_read"};
    }
    rpc Permitted(Ask) returns (Answer) {
      option (ostiary.policy) = {caller: PERMISSION permission: "things.do" rate: WRITE audit: "thing.permitted"};
    }
    rpc Serviced(Ask) returns (Answer) {
      option (ostiary.policy) = {caller: SERVICE permission: "things.do" rate: WRITE audit: "thing.serviced"};
    }
    rpc Fresh(Ask) returns (Answer) {
      option (ostiary.policy) = {caller: USER fresh_login: true rate: WRITE audit: "thing.fresh"};
    }
    rpc FreshAndPermitted(Ask) returns (Answer) {
      option (ostiary.policy) = {
        caller: PERMISSION permission: "things.do" fresh_login: true rate: WRITE audit: "thing.both"
      };
    }
  }
)";

class Door : public ::testing::Test {
 protected:
  testing::WrittenContract written{guarded};
  testing::TestedDoor door{written.services()};
};

TEST_F(Door, AsksForWhatEachPolicyNames) {
  struct Row {
    const char *call, *token, *answer;
  };
  const Row rows[] = {
      {"Open", "", "ok"},
      {"Open", "forged", "ok"},
      {"Half", "", "not_authenticated"},
      {"Half", "user", "not_authenticated"},
      {"Half", "half", "ok"},
      {"Permitted", "", "not_authenticated"},
      {"Permitted", "half", "not_authenticated"},
      {"Permitted", "service:permitted", "not_authenticated"},
      {"Permitted", "user", "permission_denied"},
      {"Permitted", "user:permitted", "ok"},
      {"Permitted", "stale:permitted", "ok"},
      {"Serviced", "", "not_authenticated"},
      {"Serviced", "user:permitted", "not_authenticated"},
      {"Serviced", "service", "permission_denied"},
      {"Serviced", "service:permitted", "ok"},
      {"Fresh", "", "not_authenticated"},
      {"Fresh", "half", "not_authenticated"},
      {"Fresh", "stale", "fresh_login_required"},
      {"Fresh", "user", "ok"},
      {"FreshAndPermitted", "user", "permission_denied"},
      {"FreshAndPermitted", "stale", "permission_denied"},
      {"FreshAndPermitted", "stale:permitted", "fresh_login_required"},
      {"FreshAndPermitted", "user:permitted", "ok"},
  };
  int passed = 0;
  for (const auto& row : rows) {
    EXPECT_EQ(door.call(row.call, from("192.0.2.1", row.token)), row.answer) << row.call << ' ' << row.token;
    if (row.answer == std::string_view("ok")) ++passed;
    EXPECT_EQ(door.done, passed) << row.call << ' ' << row.token;
  }
}

TEST_F(Door, IsFreshForExactlySoLong) {
  const auto began = door.clock.now();
  door.checks.user = [began](const Secret&, Time) -> Result<Person> {
    Person caller{};
    caller.auth_time = began;
    return caller;
  };
  door.open();
  door.clock.advances(600s);
  EXPECT_EQ(door.call("Fresh", from("192.0.2.1", "user")), "ok");
  door.clock.advances(1us);
  EXPECT_EQ(door.call("Fresh", from("192.0.2.1", "user")), "fresh_login_required");
}

// A fresh login is charged to the caller's own account, and the right password gives the charge back.
TEST_F(Door, ChargesASignedInCallerForWrongGuessesOnly) {
  testing::TestedDoor whole{contract::contract_services()};
  const auto ask = [&](const char* token) { return whole.call("Reauthenticate", from("192.0.2.1", token)); };
  for (int i = 0; i < 50; ++i) ASSERT_EQ(ask("user"), "ok") << i;
  whole.does = [](const contract::Method&, const Call&, const contract::Message&) {
    return Reply(refuse(Refusal::wrong_credentials));
  };
  for (int i = 0; i < 5; ++i) ASSERT_EQ(ask("user"), "wrong_credentials") << i;
  EXPECT_EQ(ask("user"), "rate_limited");
  whole.checks.remembered_user = [](const Secret&, Time) { return std::optional(Person{}); };
  whole.checks.user = [](const Secret&, Time) -> Result<Person> { return Person{}; };
  whole.open();
  whole.does = nullptr;
  whole.clock.advances(1h);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(ask("user"), "ok") << "from the cache, " << i;
}

// A session that lacks the second factor of its account is never fresh.
TEST_F(Door, IsNotFreshWithoutTheSecondFactorAndSaysWhatWouldDo) {
  door.checks.lacks_second_factor = [](const Person&) { return true; };
  door.checks.fresh_login_methods = [](const Person&) { return "password totp"; };
  door.open();
  EXPECT_EQ(door.call("Fresh", from("192.0.2.1", "user")), "fresh_login_required");
  const std::vector<std::pair<std::string, Fact>> facts{{"methods", std::string("password totp")}};
  EXPECT_EQ(door.last->facts, facts);
}

TEST_F(Door, RefusesToOpenWithoutTheChecksThatItsCallsNeed) {
  const auto complaint = [this](auto forget) -> std::string {
    door.checks = testing::checks_by_name(door.clock);
    forget(door.checks);
    try {
      door.open();
      return {};
    } catch (const contract::ContractError& error) {
      return error.what();
    }
  };
  EXPECT_THAT(complaint([](CallerChecks& checks) { checks.user = nullptr; }), HasSubstr("can prove a user"));
  EXPECT_THAT(complaint([](CallerChecks& checks) { checks.half_authenticated = nullptr; }), HasSubstr("half a login"));
  EXPECT_THAT(complaint([](CallerChecks& checks) { checks.service = nullptr; }), HasSubstr("a service's permission"));
  EXPECT_THAT(complaint([](CallerChecks& checks) { checks.has_permission = nullptr; }), HasSubstr("permission"));
  EXPECT_EQ(complaint([](CallerChecks&) {}), "");
}

TEST_F(Door, TellsTheUseCaseWhoCallsFromWhere) {
  door.does = [this](const contract::Method& called, const Call& call, const contract::Message&) -> Reply {
    EXPECT_EQ(call.received_at, door.clock.now());
    EXPECT_EQ(call.method, "test.Things.Fresh");
    EXPECT_EQ(call.address, "192.0.2.1");
    EXPECT_EQ(call.user_agent, "test");
    EXPECT_EQ(call.trace_id, "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(call.person().user_id.uuid.bytes[0], 7);
    EXPECT_TRUE(call.device && call.device->has_logged_in);
    return std::unique_ptr<contract::Message>(called.reply_prototype->New());
  };
  auto inbound = from("192.0.2.1", "user");
  inbound.device_token = "known";
  EXPECT_EQ(door.call("Fresh", std::move(inbound)), "ok");
  EXPECT_EQ(door.done, 1);
}

TEST_F(Door, BelievesNoForgedDevice) {
  door.does = [](const contract::Method& called, const Call& call, const contract::Message&) -> Reply {
    EXPECT_FALSE(call.device);
    return std::unique_ptr<contract::Message>(called.reply_prototype->New());
  };
  auto inbound = from("192.0.2.1");
  inbound.device_token = "forged";
  EXPECT_EQ(door.call("Open", std::move(inbound)), "ok");
}

// A forged device must not make the transport's thread ask the storage for its key.
TEST_F(Door, AsksForAKeyItDoesNotKnowOnlyOnAWorker) {
  std::thread::id asked_memory, asked_storage;
  door.checks.remembered_device = [&](std::string_view) -> std::optional<Device> {
    asked_memory = std::this_thread::get_id();
    return std::nullopt;
  };
  door.checks.device = [&](std::string_view) -> std::optional<Device> {
    asked_storage = std::this_thread::get_id();
    return Device{{1}, true, {}};
  };
  door.open();
  door.does = [](const contract::Method& called, const Call& call, const contract::Message&) -> Reply {
    EXPECT_TRUE(call.device);
    return std::unique_ptr<contract::Message>(called.reply_prototype->New());
  };
  auto inbound = from("192.0.2.1");
  inbound.device_token = "under another instance's new key";
  EXPECT_EQ(door.call("Open", std::move(inbound)), "ok");
  EXPECT_EQ(asked_memory, std::this_thread::get_id());
  EXPECT_NE(asked_storage, std::thread::id());
  EXPECT_NE(asked_storage, std::this_thread::get_id());
}

TEST_F(Door, AnswersOutagesAndBugsWithoutTellingThem) {
  door.does = [](const contract::Method&, const Call&, const contract::Message&) -> Reply {
    throw StorageError("the disk is full");
  };
  EXPECT_EQ(door.call("Open", from("192.0.2.1")), "unavailable");
  EXPECT_EQ(door.last->retry_after, 1s);
  EXPECT_EQ(door.last->detail.find("disk"), std::string::npos);
  EXPECT_EQ(door.log.count("error call.unavailable method=test.Things.Open trace_id=0123"), 1);
  EXPECT_EQ(door.log.count("what=the disk is full"), 1);

  door.does = [](const contract::Method&, const Call&, const contract::Message&) -> Reply {
    throw std::runtime_error("a secret");
  };
  EXPECT_EQ(door.call("Open", from("192.0.2.1")), "internal");
  EXPECT_EQ(door.last->detail.find("secret"), std::string::npos);
  EXPECT_EQ(door.log.count("error call.failed method=test.Things.Open trace_id=0123"), 1);

  door.does = [](const contract::Method&, const Call&, const contract::Message&) -> Reply { throw 1; };
  EXPECT_EQ(door.call("Open", from("192.0.2.1")), "internal");
  door.does = [](const contract::Method&, const Call&, const contract::Message&) -> Reply { return nullptr; };
  EXPECT_EQ(door.call("Open", from("192.0.2.1")), "internal");

  door.checks.user = [](const Secret&, Time) -> Result<Person> { throw StorageError("gone"); };
  door.open();
  EXPECT_EQ(door.call("Fresh", from("192.0.2.1", "user")), "unavailable") << "a check that fails lets nobody in";
}

TEST_F(Door, WritesOneLineACall) {
  door.call("Open", from("192.0.2.1"));
  EXPECT_EQ(
      door.log.last(),
      "info call method=test.Things.Open code=ok field= address=192.0.2.1 trace_id=0123456789abcdef0123456789abcdef");
  door.call("Fresh", from("192.0.2.1"));
  EXPECT_THAT(door.log.last(), HasSubstr("code=not_authenticated"));
  door.call("Open", from("192.0.2.1"), R"({"name":"123456789012345678901"})");
  EXPECT_THAT(door.log.last(), HasSubstr("code=invalid_field field=name"));

  testing::TestedDoor contract(contract::contract_services());
  contract.call("Health", from("192.0.2.1"));
  EXPECT_THAT(contract.log.last(), ::testing::StartsWith("debug call method=ostiary.v1.SystemService.Health"));
}

TEST_F(Door, DoesNothingForACallerWhoGaveUp) {
  auto gone = from("192.0.2.1");
  gone.cancelled = [] { return true; };
  EXPECT_EQ(door.call("Open", std::move(gone)), "cancelled");
  EXPECT_EQ(door.done, 0);
  auto waiting = from("192.0.2.1");
  waiting.cancelled = [] { return false; };
  EXPECT_EQ(door.call("Open", std::move(waiting)), "ok");
}

TEST_F(Door, RefusesWhatWaitedPastItsDeadline) {
  auto late = from("192.0.2.1");
  late.deadline = door.clock.now();
  EXPECT_EQ(door.call("Open", std::move(late)), "deadline_exceeded");
  EXPECT_EQ(door.done, 0);
  auto early = from("192.0.2.1");
  early.deadline = door.clock.now() + 1us;
  EXPECT_EQ(door.call("Open", std::move(early)), "ok");
}

TEST(FullDoor, SendsAwayWhatItsQueueCannotHold) {
  const testing::WrittenContract written(guarded);
  testing::TestedDoor door(written.services(), {}, {.workers = 1, .longest_queue = 1});
  testing::Gate gate;
  door.does = [&gate](const contract::Method& called, const Call&, const contract::Message&) -> Reply {
    gate.wait();
    return std::unique_ptr<contract::Message>(called.reply_prototype->New());
  };
  auto running = door.send("Open", from("192.0.2.1"));
  gate.until(1);
  auto waiting = door.send("Open", from("192.0.2.1"));
  EXPECT_EQ(door.call("Open", from("192.0.2.1")), "overloaded");
  EXPECT_GE(door.last->retry_after, 1s);
  EXPECT_LE(door.last->retry_after, 2s);
  gate.open();
  EXPECT_TRUE(running.get());
  EXPECT_TRUE(waiting.get());
}

constexpr const char* login = R"({"email":"ada@example.org","password":"x"})";

Inbound from_device(std::string address, std::string device) {
  auto inbound = from(std::move(address));
  inbound.device_token = std::move(device);
  return inbound;
}

// B24: at most so many calls hash at once; half of the places are for devices that have logged in, and nobody else
// waits for them.
TEST(HashingDoor, KeepsHalfOfItsPlacesForKnownDevices) {
  testing::TestedDoor door(contract::contract_services(), {.hash_places_per_network = 2},
                           {.workers = 1, .hash_workers = 4});
  testing::Gate gate;
  door.does = [&gate](const contract::Method& called, const Call&, const contract::Message&) -> Reply {
    gate.wait();
    return std::unique_ptr<contract::Message>(called.reply_prototype->New());
  };
  std::vector<std::future<Reply>> inside;
  inside.push_back(door.send("Login", from("192.0.2.1"), login));
  inside.push_back(door.send("Login", from_device("192.0.2.2", "new"), login));
  gate.until(2);
  EXPECT_EQ(door.call("Login", from("192.0.2.3"), login), "overloaded") << "strangers have half of the places";
  inside.push_back(door.send("Login", from_device("192.0.2.3", "known"), login));
  inside.push_back(door.send("Login", from_device("192.0.2.3", "known"), login));
  gate.until(4);
  EXPECT_EQ(door.call("Login", from_device("192.0.2.4", "known"), login), "overloaded") << "there is no place left";
  const auto check = door.send("CheckSession", from("192.0.2.1", "user"));
  gate.until(5);
  gate.open();
  for (auto& future : inside) EXPECT_TRUE(future.get());
  check.wait();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(door.call("Login", from("192.0.2.1"), login), "ok") << "places come back";
}

TEST(HashingDoor, CapsEachNetwork) {
  testing::TestedDoor door(contract::contract_services(), {.hash_places_per_network = 2});
  testing::Gate gate;
  door.does = [&gate](const contract::Method& called, const Call&, const contract::Message&) -> Reply {
    gate.wait();
    return std::unique_ptr<contract::Message>(called.reply_prototype->New());
  };
  std::vector<std::future<Reply>> inside;
  inside.push_back(door.send("Login", from("2001:db8::1"), login));
  inside.push_back(door.send("Login", from("2001:db8::ffff:1"), login));
  gate.until(2);
  EXPECT_EQ(door.call("Login", from("2001:db8::2"), login), "overloaded");
  inside.push_back(door.send("Login", from("2001:db8:0:1::1"), login));
  gate.until(3);
  gate.open();
  for (auto& future : inside) EXPECT_TRUE(future.get());
}

TEST(HashingDoor, LeavesThePlaceWhenTheUseCaseThrows) {
  testing::TestedDoor door(contract::contract_services(), {.hash_places_per_network = 1}, {.hash_workers = 1});
  door.does = [](const contract::Method&, const Call&, const contract::Message&) -> Reply {
    throw std::runtime_error("oops");
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(door.call("Login", from("192.0.2.1"), login), "internal");
}

// B25, D9: a storage that hangs holds all workers, but neither health nor anybody for the sum of the others.
TEST(ADoorWhoseWorkersAreHeld, AnswersWhatNeverBlocksAndSendsAwayWhoWaitedTooLong) {
  const DispatcherOptions options{.longest_wait = 1s, .at_once = {"ostiary.v1.SystemService.Health"}};
  testing::TestedDoor door(contract::contract_services(), options, {.workers = 1});
  testing::Gate gate;
  door.does = [&gate](const contract::Method& called, const Call&, const contract::Message&) -> Reply {
    if (called.full_name.ends_with(".Ready")) gate.wait();
    return std::unique_ptr<contract::Message>(called.reply_prototype->New());
  };
  door.checks.device = [](std::string_view) -> std::optional<Device> {
    ADD_FAILURE() << "it may ask the storage";
    return std::nullopt;
  };
  door.open();
  auto held = door.send("Ready", from("192.0.2.1"));
  gate.until(1);
  auto waits = door.send("ListKeys", from("192.0.2.1"));
  EXPECT_EQ(door.call("Health", from_device("192.0.2.1", "forged")), "ok");
  EXPECT_EQ(waits.wait_for(1100ms), std::future_status::timeout);
  gate.open();
  EXPECT_TRUE(held.get());
  const Reply late = waits.get();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().why, Refusal::overloaded);
  EXPECT_TRUE(late.error().retry_after);
}

TEST(ADoor, RefusesToRunAtOnceWhatAsksTheStorage) {
  for (const std::string call : {"AuthService.Login", "AuthService.CheckSession", "SystemService.Nothing"}) {
    EXPECT_THROW(testing::TestedDoor(contract::contract_services(), {.at_once = {"ostiary.v1." + call}}),
                 contract::ContractError)
        << call;
  }
}

class SignInLimits : public ::testing::Test {
 protected:
  SignInLimits() {
    door.does = [this](const contract::Method& called, const Call&, const contract::Message&) -> Reply {
      if (wrong) return refuse(*wrong);
      return std::unique_ptr<contract::Message>(called.reply_prototype->New());
    };
  }

  std::string address(int i) { return "198.51." + std::to_string(i / 250) + '.' + std::to_string(i % 250 + 1); }
  std::optional<Refusal> wrong = Refusal::wrong_credentials;
  testing::TestedDoor door{contract::contract_services()};
};

// B2: one bucket for an account, whatever address; and one for the two together.
TEST_F(SignInLimits, CountWrongPasswordsForTheAccount) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(door.call("Login", from("192.0.2.1"), login), "wrong_credentials");
  EXPECT_EQ(door.call("Login", from("192.0.2.1"), login), "rate_limited") << "the pair: 5 at once";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(door.call("Login", from(address(i)), login), "wrong_credentials");
  EXPECT_EQ(door.call("Login", from(address(9)), login), "rate_limited") << "the account: 10 at once";
  EXPECT_EQ(door.call("Login", from("192.0.2.1"), R"({"username":"grace","password":"x"})"), "wrong_credentials");
  EXPECT_EQ(door.done, 11);
}

// B3, D7: strangers spend the strangers' budget, not the owner's.
TEST_F(SignInLimits, LeaveAKnownDeviceItsOwnBudget) {
  for (int i = 0; i < 100; ++i) door.call("Login", from(address(i)), login);
  EXPECT_EQ(door.call("Login", from("192.0.2.1"), login), "rate_limited");
  EXPECT_EQ(door.call("Login", from_device("192.0.2.1", "new"), login), "rate_limited");
  EXPECT_EQ(door.call("Login", from_device("192.0.2.1", "known"), login), "wrong_credentials");
  for (int i = 0; i < 9; ++i) door.call("Login", from_device("192.0.2.1", "known"), login);
  EXPECT_EQ(door.call("Login", from_device("192.0.2.1", "known"), login), "rate_limited") << "10 at once as well";
}

// B1: a call that names an account in two ways is refused before anybody looks for either.
TEST_F(SignInLimits, AskForNobodyWhereTwoAreNamed) {
  door.checks.identity = [](std::string_view, const std::optional<Device>&) {
    ADD_FAILURE() << "it asks the storage";
    return limits::Identity{};
  };
  door.open();
  const char* both = R"({"email":"ada@example.org","username":"ada","password":"x"})";
  EXPECT_EQ(door.call("Login", from_device("192.0.2.1", "known"), both), "invalid_field");
  EXPECT_EQ(door.call("Login", from("192.0.2.1"), both), "invalid_field");
  EXPECT_EQ(door.done, 0);
}

// One session, or all of an account's together, can't fill the log from which nobody may delete.
TEST_F(SignInLimits, LetAnAccountChangeItsProfileSoOften) {
  wrong = std::nullopt;
  const char* change = R"({"display_name":"Ada"})";
  for (int i = 0; i < 30; ++i) EXPECT_EQ(door.call("UpdateProfile", from(address(i), "user"), change), "ok") << i;
  EXPECT_EQ(door.call("UpdateProfile", from("192.0.2.1", "user"), change), "rate_limited");
  EXPECT_EQ(door.call("GetProfile", from("192.0.2.1", "user")), "ok") << "reading has a budget of its own";
  door.clock.advances(61s);
  EXPECT_EQ(door.call("UpdateProfile", from("192.0.2.1", "user"), change), "ok") << "60 an hour";
}

TEST_F(SignInLimits, GiveBackWhatWasNoWrongGuess) {
  for (const auto answer :
       {std::optional<Refusal>(), std::optional(Refusal::password_required), std::optional(Refusal::unavailable)}) {
    wrong = answer;
    for (int i = 0; i < 30; ++i) ASSERT_NE(door.call("Login", from("192.0.2.1"), login), "rate_limited") << i;
  }
  wrong = std::nullopt;
  for (int i = 0; i < 30; ++i) EXPECT_EQ(door.call("Login", from("192.0.2.1"), login), "ok") << i;
  EXPECT_EQ(door.call("Login", from("192.0.2.1"), login), "rate_limited") << "but the address pays for each: 120";
  EXPECT_EQ(door.call("Login", from("192.0.2.9"), login), "ok");
}

TEST_F(SignInLimits, LoseNoCountToParallelGuesses) {
  testing::TestedDoor crowded(contract::contract_services(), {.hash_places_per_network = 64}, {.hash_workers = 64});
  crowded.does = door.does;
  std::vector<std::future<Reply>> guesses;
  for (int i = 0; i < 32; ++i) guesses.push_back(crowded.send("Login", from("192.0.2.1"), login));
  for (auto& guess : guesses) guess.wait();
  EXPECT_EQ(crowded.done, 5);
}

// Many behind one address register; and nobody asks the storage for nothing without end.
TEST_F(SignInLimits, TakeFromTheAddressForCodesUnlessTheCallerWasRight) {
  const char* code = R"({"code":"123456"})";
  const std::optional<Refusal> free[] = {std::nullopt, Refusal::unavailable, Refusal::overloaded, Refusal::internal};
  for (const auto answer : free) {
    wrong = answer;
    for (int i = 0; i < 40; ++i) ASSERT_NE(door.call("VerifyEmail", from("192.0.2.1"), code), "rate_limited") << i;
  }
  const Refusal counted[] = {Refusal::wrong_code,        Refusal::code_attempts_spent,  Refusal::code_budget_spent,
                             Refusal::code_expired,      Refusal::verification_unknown, Refusal::link_invalid,
                             Refusal::password_required, Refusal::wrong_credentials};
  for (std::size_t i = 0; i < std::size(counted); ++i) {
    const std::string address = "192.0.2." + std::to_string(10 + i);
    wrong = counted[i];
    for (int i = 0; i < 20; ++i) ASSERT_NE(door.call("VerifyEmail", from(address), code), "rate_limited") << i;
    EXPECT_EQ(door.call("VerifyEmail", from(address), code), "rate_limited") << name_of(*wrong);
  }
}

TEST_F(SignInLimits, CountTheOneIdentifierThatIsNamed) {
  std::string seen;
  door.checks.identity = [&seen](std::string_view identifier, const std::optional<Device>&) {
    seen = identifier;
    return limits::Identity{std::string(identifier), false};
  };
  door.open();
  door.call("Login", from("192.0.2.1"), R"({"username":"grace","password":"x"})");
  EXPECT_EQ(seen, "grace");
  door.call("Login", from("192.0.2.1"), login);
  EXPECT_EQ(seen, "ada@example.org");
}

// A backend that checks its users' sessions calls from one address for all of them.
TEST(ProvenCallers, PayForThemselvesAndNotFromTheirAddress) {
  testing::TestedDoor door(contract::contract_services());
  for (const char* token : {"user", "user2"}) {
    for (int i = 0; i < 200; ++i) {
      ASSERT_EQ(door.call("CheckSession", testing::from("192.0.2.1", token)), "ok") << token << i;
    }
  }
  for (int i = 0; i < 400; ++i) {
    ASSERT_EQ(door.call("CheckSession", testing::from("192.0.2.1", "forged")), "not_authenticated") << i;
  }
  EXPECT_EQ(door.call("CheckSession", testing::from("192.0.2.1", "forged")), "rate_limited") << "strangers pay";
}

// Each of these costs a worker and a proof, so somebody has to pay.
TEST(ProvenCallers, PayFromTheirAddressOnceTheirOwnBudgetIsSpent) {
  testing::TestedDoor door(contract::contract_services());
  int proven = 0;
  door.checks.user = [&proven, by_name = door.checks.user](const Secret& token, Time now) {
    ++proven;
    return by_name(token, now);
  };
  door.open();
  for (int i = 0; i < 200; ++i) ASSERT_EQ(door.call("CheckSession", from("192.0.2.1", "user")), "ok") << i;
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(door.call("CheckSession", from("192.0.2.1", "user")), "rate_limited") << i;
  EXPECT_EQ(proven, 600) << "the session's 200 and the address's 400";
}

// Neither does one who calls too often leave others behind the same address without room, nor do strangers there.
TEST(RememberedCallers, PayForThemselvesAtTheDoor) {
  testing::TestedDoor door(contract::contract_services());
  int proven = 0;
  door.checks.user = [&proven, by_name = door.checks.user](const Secret& token, Time now) {
    ++proven;
    return by_name(token, now);
  };
  door.checks.remembered_user = [by_name = door.checks.user](const Secret& token, Time now) -> std::optional<Person> {
    auto person = by_name(token, now);
    return person ? std::optional(*std::move(person)) : std::nullopt;
  };
  door.open();
  for (int i = 0; i < 401; ++i) door.call("CheckSession", from("192.0.2.1", "forged"));
  ASSERT_EQ(door.call("CheckSession", from("192.0.2.1", "forged")), "rate_limited");
  for (int i = 0; i < 200; ++i) ASSERT_EQ(door.call("CheckSession", from("192.0.2.1", "user")), "ok") << i;
  proven = 0;
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(door.call("CheckSession", from("192.0.2.1", "user")), "rate_limited") << i;
  EXPECT_EQ(proven, 1000) << "from memory, at the door: no worker looked";
  EXPECT_EQ(door.call("CheckSession", from("192.0.2.1", "user2")), "ok");
}

TEST(RememberedCallers, AreAnsweredFromTheirOwnBudgetAlone) {
  testing::TestedDoor door(contract::contract_services());
  const FindRememberedReply find = [](const Secret&, Time) { return RememberedReply{}; };
  const RememberedReplies replies(door.contract, {{"ostiary.v1.AuthService.CheckSession", find}}, door.limits,
                                  door.clock);
  const auto asks = [&] { return replies.answer(door.method("CheckSession"), Secret("user")).value(); };
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(asks()) << i;
  for (int i = 0; i < 1000; ++i) {
    const auto refused = asks();
    ASSERT_FALSE(refused) << i;
    ASSERT_EQ(refused.error().why, Refusal::rate_limited) << i;
  }
  EXPECT_EQ(door.call("CheckSession", from("192.0.2.1", "forged")), "not_authenticated");
}

// An office, or a backend that refreshes for its users, calls from one address for all of them.
TEST_F(SignInLimits, TakeFromTheAddressForRefreshesUnlessTheTokenIsGood) {
  const char* token = R"({"refresh_token":"a"})";
  const std::optional<Refusal> free[] = {std::nullopt, Refusal::unavailable};
  for (const auto answer : free) {
    wrong = answer;
    for (int i = 0; i < 1000; ++i) ASSERT_NE(door.call("Refresh", from("192.0.2.1"), token), "rate_limited") << i;
  }
  const Refusal counted[] = {Refusal::refresh_token_unknown, Refusal::refresh_token_reused, Refusal::session_ended};
  for (std::size_t i = 0; i < std::size(counted); ++i) {
    wrong = counted[i];
    const std::string address = "192.0.2." + std::to_string(10 + i);
    for (int n = 0; n < 200; ++n) ASSERT_NE(door.call("Refresh", from(address), token), "rate_limited") << n;
    EXPECT_EQ(door.call("Refresh", from(address), token), "rate_limited") << name_of(*wrong);
  }
}

TEST_F(Door, TellsTheUseCaseWhoIsHalfSignedIn) {
  door.does = [](const contract::Method& called, const Call& call, const contract::Message&) -> Reply {
    EXPECT_EQ(std::get<HalfPerson>(call.caller).user_id.uuid.bytes[0], 7);
    EXPECT_THROW(call.person(), std::logic_error) << "there is no session";
    EXPECT_EQ(audit::actor_of(call), audit::Actor(std::get<HalfPerson>(call.caller).user_id));
    return std::unique_ptr<contract::Message>(called.reply_prototype->New());
  };
  EXPECT_EQ(door.call("Half", from("192.0.2.1", "half")), "ok");
  EXPECT_EQ(door.done, 1);
}

TEST_F(Door, CountsWhoIsHalfSignedInByTheUser) {
  for (int i = 0; i < 200; ++i) ASSERT_EQ(door.call("HalfRead", from("192.0.2.1", "half")), "ok") << i;
  EXPECT_EQ(door.call("HalfRead", from("192.0.2.1", "half")), "rate_limited");
  EXPECT_EQ(door.call("HalfRead", from("192.0.2.1", "half2")), "ok");
}

TEST_F(Door, CountsAServiceByItsOwnId) {
  for (int i = 0; i < 2000; ++i) {
    ASSERT_EQ(door.call("Serviced", testing::from("192.0.2.1", "service:permitted")), "ok") << i;
  }
  EXPECT_EQ(door.call("Serviced", testing::from("192.0.2.1", "service:permitted")), "rate_limited");
  EXPECT_EQ(door.call("Serviced", testing::from("192.0.2.1", "service2:permitted")), "ok");
  EXPECT_EQ(door.call("Permitted", testing::from("192.0.2.1", "user:permitted")), "ok");
}

TEST_F(Door, TellsTheUseCaseWhichServiceCalls) {
  door.does = [](const contract::Method& called, const Call& call, const contract::Message&) -> Reply {
    EXPECT_EQ(std::get<Service>(call.caller).id.uuid.bytes[0], 1);
    EXPECT_THROW(call.person(), std::logic_error);
    return std::unique_ptr<contract::Message>(called.reply_prototype->New());
  };
  EXPECT_EQ(door.call("Serviced", testing::from("192.0.2.1", "service:permitted")), "ok");
}

// A class without a budget for sessions leaves the address to pay.
TEST_F(Door, CountsTheAddressWhereTheCallerHasNoBudget) {
  door.does = [](const contract::Method&, const Call&, const contract::Message&) -> Reply {
    return refuse(Refusal::code_expired);
  };
  for (int i = 0; i < 20; ++i) EXPECT_EQ(door.call("Half", testing::from("192.0.2.1", "half")), "code_expired");
  EXPECT_EQ(door.call("Half", testing::from("192.0.2.1", "half")), "rate_limited");
}

// B2: IPv6 counts by /64, and a mapped IPv4 address is that address.
TEST(AddressLimits, CountNetworks) {
  testing::TestedDoor door(contract::contract_services());
  for (int i = 0; i < 400; ++i) door.call("ListKeys", from("2001:db8:0:1:" + std::to_string(i + 1) + "::1"));
  EXPECT_EQ(door.call("ListKeys", from("2001:db8:0:1::ffff")), "rate_limited");
  EXPECT_EQ(door.call("ListKeys", from("2001:db8:0:2::ffff")), "ok");
  for (int i = 0; i < 400; ++i) door.call("ListKeys", from("192.0.2.1"));
  EXPECT_EQ(door.call("ListKeys", from("::ffff:192.0.2.1")), "rate_limited");
  EXPECT_EQ(door.call("ListKeys", from("::FFFF:c000:201")), "rate_limited");
}

/// An audit log over a database of its own.
class AuditedDoor : public Door {
 protected:
  AuditedDoor() {
    door.audit = [this](const Call& call, const audit::Event& refusal) {
      EXPECT_TRUE(database->transaction([&](Transaction& tx) -> Result<bool> {
        audit.record(tx, call, refusal);
        return true;
      }));
    };
    door.open();
  }

  std::vector<audit::AuditEntry> rows() {
    return *database->read([&](Transaction& tx) -> Result<std::vector<audit::AuditEntry>> {
      return audit::newest_entries(tx, data_keys, 1000);
    });
  }

  ostiary::testing::TestDatabase database;
  SystemRandom random;
  IdSource ids{door.clock, random, IdSource::Order::by_time};
  vault::ServerKeys keys{*database, door.clock, ids, random, Secret(std::string(32, 'k')), crypto::JwsAlgorithm::es256};
  vault::DataKeys data_keys{keys, door.clock, random};
  audit::AuditLog audit{data_keys, ids, random, door.log};
};

TEST_F(AuditedDoor, WritesDownWhomItTurnedAway) {
  door.call("Permitted", from("192.0.2.1", "user"));
  door.call("Fresh", from("192.0.2.1", "stale"));
  const auto found = rows();
  ASSERT_EQ(found.size(), 2u);
  for (const auto& row : found) {
    EXPECT_EQ(row.outcome, "refused");
    EXPECT_TRUE(row.user && row.user->uuid.bytes[0] == 7);
    EXPECT_TRUE(row.user && row.actor == row.user->uuid);
    const bool fresh = row.action == "thing.fresh";
    EXPECT_TRUE(fresh || row.action == "thing.permitted") << row.action;
    EXPECT_THAT(row.details, HasSubstr(fresh ? "fresh_login_required" : "permission_denied"));
    EXPECT_THAT(row.details, HasSubstr("192.0.2.1"));
  }
}

// D14: what strangers and floods send fills no table.
TEST_F(AuditedDoor, WritesNoRowsForStrangersOrFloods) {
  for (int i = 0; i < 50; ++i) door.call("Fresh", from("192.0.2.1"));
  for (int i = 0; i < 50; ++i) door.call("Fresh", from("192.0.2.1", "forged"));
  EXPECT_TRUE(rows().empty());
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(door.call("Permitted", from("192.0.2." + std::to_string(i % 250 + 1), "user")), "permission_denied");
  }
  EXPECT_EQ(rows().size(), 30u) << "as many as the class AUDITED has at once for an account";
}

}  // namespace
}  // namespace ostiary::door
