#include "vault/server_keys.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <set>
#include <thread>
#include <utility>

#include "every_engine/test_database.hpp"
#include "scaffolding/moved_clock.hpp"
#include "vault/key_reader.hpp"
#include "vault/statements.hpp"

namespace ostiary::vault {
namespace {

using namespace std::chrono_literals;
using crypto::JwsAlgorithm;
using testing::TestDatabase;

/// Several instances of the server over one database.
class ServerKeysTest : public ::testing::Test {
 protected:
  ServerKeys instance(JwsAlgorithm algorithm = JwsAlgorithm::es256, const std::string& master = "the master key") {
    return {*db, clock, ids, random, Secret(master), algorithm};
  }

  ServerKeys visitor(JwsAlgorithm algorithm) {
    return {*db, clock, ids, random, Secret("the master key"), algorithm, ServerKeys::Use::visitor};
  }

  std::vector<statements::ServerKeyRow> rows() {
    return *db->read([](Transaction& tx) -> Result<std::vector<statements::ServerKeyRow>> {
      return tx.all(statements::list_server_keys, 100, KeyId{});
    });
  }

  /// What an administrator does by hand.
  template <class... Params>
  void executes(const Statement<void(Params...)>& statement, const std::type_identity_t<Params>&... params) {
    ASSERT_TRUE(db->transaction([&](Transaction& tx) -> Result<bool> {
      tx.execute(statement, params...);
      return true;
    }));
  }

  TestDatabase db;
  testing::MovedClock clock;
  SystemRandom random;
  IdSource ids{clock, random, IdSource::Order::by_time};
};

constexpr KeyPurpose symmetric_purposes[] = {KeyPurpose::refresh_chain, KeyPurpose::codes, KeyPurpose::devices,
                                             KeyPurpose::service_sealing};

constexpr Statement<void(KeyId, Time)> retire_key{"UPDATE server_keys SET retired_at = $2 WHERE id = $1"};
constexpr Statement<void(KeyId)> relabel_key{"UPDATE server_keys SET purpose = 'codes' WHERE id = $1"};

TEST_F(ServerKeysTest, TheFirstStartMakesAKeyForEachPurpose) {
  const ServerKeys keys = instance();
  EXPECT_EQ(rows().size(), 5U);
  std::set<Bytes> different;
  for (const KeyPurpose purpose : symmetric_purposes) {
    EXPECT_EQ(keys.current(purpose).bytes.size(), 32U);
    different.insert(keys.current(purpose).bytes);
  }
  EXPECT_EQ(different.size(), 4U);
  EXPECT_EQ(keys.signing_key().key->algorithm(), JwsAlgorithm::es256);
  EXPECT_THROW(keys.current(KeyPurpose::token_signing), std::logic_error);
}

TEST_F(ServerKeysTest, ALaterStartFindsTheSameKeys) {
  const ServerKeys first = instance();
  clock.advances(24h);
  db.reopen();
  const ServerKeys second = instance();
  EXPECT_EQ(rows().size(), 5U);
  for (const KeyPurpose purpose : symmetric_purposes) {
    EXPECT_EQ(first.current(purpose).id, second.current(purpose).id);
    EXPECT_EQ(first.current(purpose).bytes, second.current(purpose).bytes);
  }
  const Bytes signature = first.signing_key().key->sign(as_bytes("message"));
  const auto verifying = second.verifying_key(to_string(first.signing_key().id));
  ASSERT_TRUE(verifying);
  EXPECT_TRUE(verifying->verify(as_bytes("message"), signature));
}

// `ostiary user list` with another TOKEN_ALGORITHM than the servers'.
TEST_F(ServerKeysTest, ACommandChangesNoAlgorithm) {
  const ServerKeys server = instance(JwsAlgorithm::eddsa);
  const auto before = rows().size();
  const ServerKeys command = visitor(JwsAlgorithm::es256);
  EXPECT_EQ(rows().size(), before);
  EXPECT_EQ(command.signing_key().id, server.signing_key().id);
}

TEST_F(ServerKeysTest, ACommandOnANewDatabaseMakesAllKeys) {
  const ServerKeys command = visitor(JwsAlgorithm::eddsa);
  EXPECT_EQ(instance(JwsAlgorithm::eddsa).signing_key().id, command.signing_key().id);
}

TEST_F(ServerKeysTest, InstancesThatStartTogetherAgree) {
  std::array<std::optional<KeyId>, 4> signing;
  std::array<std::optional<KeyId>, 4> codes;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < signing.size(); ++i) {
    threads.emplace_back([&, i] {
      const ServerKeys keys = instance();
      signing[i] = keys.signing_key().id;
      codes[i] = keys.current(KeyPurpose::codes).id;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(rows().size(), 5U);
  for (std::size_t i = 0; i < signing.size(); ++i) {
    EXPECT_EQ(signing[i], signing[0]);
    EXPECT_EQ(codes[i], codes[0]);
  }
}

TEST_F(ServerKeysTest, AnotherMasterKeyIsRefusedAndChangesNothing) {
  const ServerKeys keys = instance();
  try {
    instance(JwsAlgorithm::es256, "another master key");
    ADD_FAILURE() << "it was taken";
  } catch (const WrongMasterKey& error) {
    const std::string_view message = error.what();
    EXPECT_TRUE(message.starts_with("the master key is not the one that sealed the server key ")) << message;
    for (const char* master : {"the master key", "another master key"}) {
      EXPECT_NE(message.find(to_string(id_of_master_key(Secret(master)))), std::string_view::npos) << message;
    }
  }
  EXPECT_THROW(instance(JwsAlgorithm::es256, "another master key"), WrongMasterKey);
  EXPECT_THROW(instance(JwsAlgorithm::eddsa, "another master key"), WrongMasterKey);
  EXPECT_EQ(rows().size(), 5U);
}

TEST_F(ServerKeysTest, ALookOpensAllAndMakesNone) {
  const Secret master("the master key");
  EXPECT_EQ(look_at_keys(*db, clock, master).count, 0U);
  EXPECT_FALSE(look_at_keys(*db, clock, master).signing);
  EXPECT_TRUE(rows().empty());
  const ServerKeys keys = instance();
  const KeysFound found = look_at_keys(*db, clock, master);
  EXPECT_EQ(found.count, 5U);
  EXPECT_EQ(found.signing->id, keys.signing_key().id);
  EXPECT_THROW(look_at_keys(*db, clock, Secret("another master key")), WrongMasterKey);
}

// B34: a key moved into another row, or given another purpose, does not open.
TEST_F(ServerKeysTest, AKeyOpensOnlyForItsOwnPurpose) {
  const KeyId devices = instance().current(KeyPurpose::devices).id;
  executes(relabel_key, devices);
  EXPECT_THROW(instance(), WrongMasterKey);
}

TEST_F(ServerKeysTest, EachRowSaysWhichMasterKeySealedIt) {
  const ServerKeys keys = instance();
  for (const auto& row : rows()) EXPECT_EQ(row.wrapping_key_id, id_of_master_key(Secret("the master key")));
  EXPECT_EQ(keys.wrapping_key().id, id_of_master_key(Secret("the master key")));
}

TEST_F(ServerKeysTest, TheDatabaseHoldsNoKeyInTheClear) {
  const ServerKeys keys = instance();
  for (const auto& row : rows()) {
    for (const KeyPurpose purpose : symmetric_purposes) {
      EXPECT_EQ(as_text(row.sealed).find(as_text(keys.current(purpose).bytes)), std::string_view::npos);
    }
    const Bytes secret = keys.signing_key().key->private_bytes();
    EXPECT_EQ(as_text(row.sealed).find(as_text(BytesView(secret).subspan(40, 24))), std::string_view::npos);
  }
}

struct PublicKeyRow {
  std::optional<std::string> public_key;
};
constexpr Statement<PublicKeyRow(KeyId)> find_public_key{"SELECT public_key FROM server_keys WHERE id = $1"};

TEST_F(ServerKeysTest, TheSigningKeysPublicHalfIsKeptAsAJwk) {
  const TokenKey key = instance().signing_key();
  const auto row = *db->read([&](Transaction& tx) -> Result<PublicKeyRow> { return tx.one(find_public_key, key.id); });
  const crypto::PublicJwk jwk = key.key->public_jwk();
  EXPECT_EQ(row.public_key, R"({"kty":"EC","crv":"P-256","x":")" + jwk.x + R"(","y":")" + jwk.y +
                                R"(","alg":"ES256","use":"sig","kid":")" + to_string(key.id) + R"("})");
}

TEST_F(ServerKeysTest, AnotherAlgorithmGetsANewKeyAndTheOlderOneStaysPublished) {
  const TokenKey older = instance(JwsAlgorithm::es256).signing_key();
  clock.advances(1h);
  const ServerKeys keys = instance(JwsAlgorithm::eddsa);
  EXPECT_EQ(keys.signing_key().id, older.id) << "the new one is published first";
  clock.advances(published_before_signing);
  EXPECT_EQ(keys.signing_key().key->algorithm(), JwsAlgorithm::eddsa);
  ASSERT_EQ(keys.published_keys().size(), 2U);
  EXPECT_EQ(keys.published_keys()[0].id, keys.signing_key().id);
  EXPECT_EQ(keys.published_keys()[1].id, older.id);
  EXPECT_TRUE(keys.verifying_key(to_string(older.id))->verify(as_bytes("m"), older.key->sign(as_bytes("m"))));
  EXPECT_EQ(rows().size(), 6U) << "the other purposes keep theirs";
  instance(JwsAlgorithm::eddsa);
  EXPECT_EQ(rows().size(), 6U);
}

TEST_F(ServerKeysTest, Rs256IsOffered) {
  EXPECT_EQ(instance(JwsAlgorithm::rs256).signing_key().key->algorithm(), JwsAlgorithm::rs256);
}

// B14: publish, wait, sign, retire. No instance signs with a key that another one does not publish yet.
TEST_F(ServerKeysTest, ANewKeyIsPublishedEverywhereBeforeItSigns) {
  ServerKeys running = instance(JwsAlgorithm::es256);
  const KeyId older = running.signing_key().id;
  clock.advances(1h);
  const ServerKeys restarted = instance(JwsAlgorithm::eddsa);
  const KeyId newer = restarted.published_keys().front().id;
  ASSERT_NE(newer, older);
  EXPECT_EQ(running.published_keys().size(), 1U);
  clock.advances(pause_between_readings);
  running.read_again();
  for (const ServerKeys* keys : {&std::as_const(running), &restarted}) {
    ASSERT_EQ(keys->published_keys().size(), 2U);
    EXPECT_EQ(keys->published_keys()[0].id, newer);
  }
  clock.advances(published_before_signing - pause_between_readings - 1us);
  EXPECT_EQ(running.signing_key().id, older);
  EXPECT_EQ(restarted.signing_key().id, older);
  clock.advances(1us);
  EXPECT_EQ(running.signing_key().id, newer);
  EXPECT_EQ(restarted.signing_key().id, newer);
}

TEST_F(ServerKeysTest, AStartBeforeTheNewKeySignsMakesNoOther) {
  instance(JwsAlgorithm::es256);
  clock.advances(1h);
  instance(JwsAlgorithm::eddsa);
  clock.advances(1min);
  const ServerKeys again = instance(JwsAlgorithm::eddsa);
  EXPECT_EQ(rows().size(), 6U);
}

/// The running instances, read again, all sign with this key.
void expect_all_sign_with(KeyId key, std::initializer_list<ServerKeys*> instances, std::string_view when) {
  for (ServerKeys* keys : instances) {
    keys->read_again();
    EXPECT_EQ(keys->signing_key().id, key) << when;
  }
}

TEST_F(ServerKeysTest, AnAlgorithmThatIsChangedBackBeforeItsKeySignsNeverSigns) {
  ServerKeys first = instance(JwsAlgorithm::es256);
  const KeyId es256 = first.signing_key().id;
  clock.advances(1h);
  ServerKeys changed = instance(JwsAlgorithm::eddsa);
  const KeyId withdrawn = changed.published_keys().front().id;
  clock.advances(1min);
  ServerKeys back = instance(JwsAlgorithm::es256);
  EXPECT_EQ(rows().size(), 6U) << "the older key is published all along: no other is needed";
  for (int i = 0; i < 3; ++i) {
    expect_all_sign_with(es256, {&first, &changed, &back}, "whichever started first");
    EXPECT_EQ(back.published_keys().size(), 1U);
    clock.advances(published_before_signing);
  }
  EXPECT_FALSE(back.verifying_key(to_string(withdrawn)));

  ServerKeys once_more = instance(JwsAlgorithm::eddsa);
  EXPECT_EQ(rows().size(), 7U) << "a withdrawn key does not come back";
  expect_all_sign_with(es256, {&back, &once_more}, "until the new key was published for long enough");
  clock.advances(published_before_signing);
  EXPECT_EQ(once_more.signing_key().key->algorithm(), JwsAlgorithm::eddsa);
}

TEST_F(ServerKeysTest, AnAlgorithmThatIsChangedBackLaterSignsAtOnceWithItsOlderKey) {
  ServerKeys first = instance(JwsAlgorithm::es256);
  const KeyId es256 = first.signing_key().id;
  clock.advances(1h);
  ServerKeys changed = instance(JwsAlgorithm::eddsa);
  clock.advances(published_before_signing);
  const TokenKey eddsa = changed.signing_key();
  ASSERT_NE(eddsa.id, es256);
  clock.advances(1h);
  ServerKeys back = instance(JwsAlgorithm::es256);
  EXPECT_EQ(rows().size(), 6U);
  EXPECT_EQ(back.signing_key().id, es256);
  EXPECT_EQ(changed.signing_key().id, eddsa.id) << "it has not read it yet";
  expect_all_sign_with(es256, {&first, &changed, &back}, "once read");
  clock.advances(24h);
  expect_all_sign_with(es256, {&first, &changed, &back}, "for good");
  EXPECT_TRUE(back.verifying_key(to_string(eddsa.id))) << "its tokens are still about";
  EXPECT_EQ(back.published_keys().front().id, es256);
  instance(JwsAlgorithm::eddsa);
  expect_all_sign_with(eddsa.id, {&first, &changed, &back}, "and forth");
}

TEST_F(ServerKeysTest, AKeyThatIsAboutToSignIsNotWithdrawn) {
  ServerKeys first = instance(JwsAlgorithm::es256);
  const KeyId es256 = first.signing_key().id;
  clock.advances(1h);
  ServerKeys changed = instance(JwsAlgorithm::eddsa);
  const KeyId eddsa = changed.published_keys().front().id;
  clock.advances(published_before_signing - 1min);
  ServerKeys back = instance(JwsAlgorithm::es256);
  EXPECT_TRUE(back.verifying_key(to_string(eddsa))) << "others may sign with it before they read that it is withdrawn";
  clock.advances(1min + 1ms);
  expect_all_sign_with(es256, {&first, &changed, &back}, "from then on");
}

TEST_F(ServerKeysTest, AThirdAlgorithmWithdrawsWhatWasToFollow) {
  ServerKeys first = instance(JwsAlgorithm::es256);
  const KeyId es256 = first.signing_key().id;
  clock.advances(1h);
  instance(JwsAlgorithm::eddsa);
  clock.advances(1min);
  ServerKeys third = instance(JwsAlgorithm::rs256);
  expect_all_sign_with(es256, {&first, &third}, "before");
  clock.advances(published_before_signing - 1us);
  expect_all_sign_with(es256, {&first, &third}, "when the withdrawn key was to sign");
  clock.advances(1us);
  EXPECT_EQ(third.signing_key().key->algorithm(), JwsAlgorithm::rs256);
}

TEST_F(ServerKeysTest, AClockSetBackWithdrawsNoKey) {
  ServerKeys running = instance(JwsAlgorithm::es256);
  const KeyId es256 = running.signing_key().id;
  clock.advances(-1h);
  const ServerKeys changed = instance(JwsAlgorithm::eddsa);
  running.read_again();
  EXPECT_EQ(running.signing_key().id, es256);
  EXPECT_TRUE(changed.verifying_key(to_string(es256)));
}

TEST_F(ServerKeysTest, ARetiredKeyIsNotRestored) {
  const KeyId es256 = instance(JwsAlgorithm::es256).signing_key().id;
  clock.advances(1h);
  instance(JwsAlgorithm::eddsa);
  clock.advances(published_before_signing);
  executes(retire_key, es256, clock.now());
  const ServerKeys back = instance(JwsAlgorithm::es256);
  EXPECT_EQ(rows().size(), 7U);
  EXPECT_EQ(back.signing_key().key->algorithm(), JwsAlgorithm::eddsa) << "the new key is published first";
  clock.advances(published_before_signing);
  EXPECT_EQ(back.signing_key().key->algorithm(), JwsAlgorithm::es256);
  EXPECT_NE(back.signing_key().id, es256);
}

TEST_F(ServerKeysTest, ARunningInstanceDropsWhatIsRetired) {
  ServerKeys running = instance(JwsAlgorithm::es256);
  const KeyId older = running.signing_key().id;
  clock.advances(1h);
  instance(JwsAlgorithm::eddsa);
  clock.advances(published_before_signing);
  executes(retire_key, older, clock.now());
  EXPECT_TRUE(running.verifying_key(to_string(older))) << "it has not read it yet";
  running.read_again();
  EXPECT_FALSE(running.verifying_key(to_string(older)));
  EXPECT_EQ(running.signing_key().key->algorithm(), JwsAlgorithm::eddsa);
  EXPECT_EQ(running.published_keys().size(), 1U);
}

constexpr Statement<void(KeyId)> say_wrapping_key_of_all{"UPDATE server_keys SET wrapping_key_id = $1"};
constexpr Statement<void(KeyId, KeyId)> copy_broken{R"sql(
  INSERT INTO server_keys (id, purpose, algorithm, sealed, wrapping_key_id, created_at, not_before)
  SELECT $1, purpose, algorithm, sealed, wrapping_key_id, created_at, not_before FROM server_keys WHERE id = $2)sql"};

TEST_F(ServerKeysTest, KeysThatCanNotBeReadAgainLeaveThoseThatWereKnown) {
  ServerKeys running = instance(JwsAlgorithm::es256);
  clock.advances(1h);
  instance(JwsAlgorithm::eddsa);
  executes(say_wrapping_key_of_all, id_of_master_key(Secret("another master key")));
  EXPECT_THROW(running.read_again(), WrongMasterKey);
  EXPECT_EQ(running.published_keys().size(), 1U);
  EXPECT_EQ(running.current(KeyPurpose::codes).bytes.size(), 32U);
}

/// Asks until `is_so`, for as long as a slow machine may need.
template <class Question>
bool becomes(Question is_so) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

TEST_F(ServerKeysTest, AKeyReaderReadsAgainAndAgainAndTellsOfFailures) {
  ServerKeys running = instance(JwsAlgorithm::es256);
  std::atomic<int> failures = 0;
  const KeyReader reader(running, [&](const std::string&) { ++failures; }, 1ms);
  instance(JwsAlgorithm::eddsa);
  EXPECT_TRUE(becomes([&] { return running.published_keys().size() == 2; }));
  EXPECT_EQ(failures, 0);
  executes(copy_broken, ids.make<KeyId>(), running.current(KeyPurpose::codes).id);
  EXPECT_TRUE(becomes([&] { return failures > 1; }));
  EXPECT_EQ(running.published_keys().size(), 2U);
}

/// Lets a test do something between a reading and what is done with it.
class WatchedDatabase final : public Database {
 public:
  explicit WatchedDatabase(Database& watched) : watched_(watched) {}

  Engine engine() const override { return watched_.engine(); }
  std::string description() const override { return watched_.description(); }
  std::vector<PoolUse> pools() const override { return watched_.pools(); }
  bool takes_writes() override { return watched_.takes_writes(); }
  bool change_schema(const std::function<bool(Connection&)>& step) override { return watched_.change_schema(step); }
  StatementDescription describe(std::string_view text) override { return watched_.describe(text); }

  std::function<void()> on_next_reading;

 protected:
  void run(Access access, const std::function<Verdict(Connection&)>& attempt) override {
    // Whatever derives from Database may name `run` of another only in this way.
    struct Open : Database {
      using Database::run;
    };
    (watched_.*&Open::run)(access, attempt);
    if (const auto notify = std::exchange(on_next_reading, nullptr)) notify();
  }

 private:
  Database& watched_;
};

TEST_F(ServerKeysTest, AnOlderReadingDoesNotReplaceANewerOne) {
  WatchedDatabase watched(*db);
  ServerKeys running(watched, clock, ids, random, Secret("the master key"), JwsAlgorithm::es256);
  std::future<void> newer;
  watched.on_next_reading = [&] {
    instance(JwsAlgorithm::eddsa);
    newer = std::async(std::launch::async, [&] { running.read_again(); });
    EXPECT_EQ(newer.wait_for(100ms), std::future_status::timeout) << "waits for the older one";
  };
  running.read_again();
  newer.get();
  EXPECT_EQ(running.published_keys().size(), 2U);
}

TEST_F(ServerKeysTest, ARetiredKeyVerifiesNoMore) {
  const TokenKey older = instance(JwsAlgorithm::es256).signing_key();
  clock.advances(1h);
  instance(JwsAlgorithm::eddsa);
  executes(retire_key, older.id, clock.now() + 1h);  // the new one signs by then
  const ServerKeys keys = instance(JwsAlgorithm::eddsa);
  EXPECT_TRUE(keys.verifying_key(to_string(older.id))) << "not yet";
  clock.advances(1h);
  EXPECT_FALSE(keys.verifying_key(to_string(older.id)));
  EXPECT_EQ(keys.published_keys().size(), 1U);
}

TEST_F(ServerKeysTest, AKeyMadeElsewhereIsFoundWhenItIsAskedFor) {
  const ServerKeys running = instance(JwsAlgorithm::es256);
  clock.advances(1h);
  const TokenKey made_elsewhere = instance(JwsAlgorithm::eddsa).published_keys().front();
  const auto found = running.verifying_key(to_string(made_elsewhere.id));
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->verify(as_bytes("m"), made_elsewhere.key->sign(as_bytes("m"))));
}

TEST_F(ServerKeysTest, WhatIsFoundFromMemoryAloneIsWhatWasSeen) {
  const ServerKeys running = instance();
  const KeyId older = running.current(KeyPurpose::devices).id;
  EXPECT_TRUE(running.find_known(older));
  executes(retire_key, older, clock.now());
  const KeyId made_elsewhere = instance().current(KeyPurpose::devices).id;
  ASSERT_NE(made_elsewhere, older);
  EXPECT_FALSE(running.find_known(made_elsewhere));
  EXPECT_TRUE(running.find(made_elsewhere));
  EXPECT_TRUE(running.find_known(made_elsewhere));
  EXPECT_FALSE(running.find_known(running.signing_key().id)) << "is no symmetric one";
}

TEST_F(ServerKeysTest, UnknownIdsAskTheDatabaseOnceASecondInAll) {
  const ServerKeys running = instance(JwsAlgorithm::es256);
  EXPECT_FALSE(running.find(ids.make<KeyId>())) << "asks";
  clock.advances(1ms);
  const TokenKey made_elsewhere = instance(JwsAlgorithm::eddsa).published_keys().front();
  const std::string kid = to_string(made_elsewhere.id);
  EXPECT_FALSE(running.verifying_key(kid)) << "within the second";
  clock.advances(999ms - 1us);
  EXPECT_FALSE(running.verifying_key(kid)) << "within the second";
  clock.advances(1us);
  EXPECT_TRUE(running.verifying_key(kid));
}

TEST_F(ServerKeysTest, AClockSetBackDoesNotStopLookups) {
  const ServerKeys running = instance(JwsAlgorithm::es256);
  EXPECT_FALSE(running.find(ids.make<KeyId>()));
  clock.advances(-1h);
  const TokenKey made_elsewhere = instance(JwsAlgorithm::eddsa).published_keys().front();
  EXPECT_TRUE(running.verifying_key(to_string(made_elsewhere.id)));
  EXPECT_EQ(running.current(KeyPurpose::codes).bytes.size(), 32U) << "no key is in force yet, but the newest serves";
}

TEST_F(ServerKeysTest, KidsThatAreNoIdNeverReachTheDatabase) {
  const ServerKeys running = instance(JwsAlgorithm::es256);
  for (const std::string_view kid : {"", "../etc/passwd", "' OR 1=1 --", "0"}) {
    EXPECT_FALSE(running.verifying_key(kid)) << kid;
  }
  clock.advances(1ms);
  const TokenKey made_elsewhere = instance(JwsAlgorithm::eddsa).published_keys().front();
  EXPECT_TRUE(running.verifying_key(to_string(made_elsewhere.id))) << "the second's one look was not spent";
}

TEST_F(ServerKeysTest, AKeyIsOnlyFoundForItsKind) {
  const ServerKeys keys = instance();
  const ServerKey codes = keys.current(KeyPurpose::codes);
  EXPECT_EQ(keys.find(codes.id)->bytes, codes.bytes);
  EXPECT_FALSE(keys.find(keys.signing_key().id)) << "find is for symmetric keys";
  EXPECT_FALSE(keys.verifying_key(to_string(codes.id)));
}

TEST_F(ServerKeysTest, AskingInsideATransactionDoesNotWaitForIt) {
  const ServerKeys keys = instance();
  const auto inside_write =
      db->transaction([&](Transaction&) -> Result<bool> { return keys.find(ids.make<KeyId>()).has_value(); });
  EXPECT_EQ(inside_write, false);
  clock.advances(2s);
  const auto inside_read =
      db->read([&](Transaction&) -> Result<bool> { return keys.find(ids.make<KeyId>()).has_value(); });
  EXPECT_EQ(inside_read, false);
}

TEST_F(ServerKeysTest, ThreadsReadWhileKeysAreLookedUp) {
  const ServerKeys keys = instance();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        EXPECT_EQ(keys.current(KeyPurpose::codes).bytes.size(), 32U);
        EXPECT_FALSE(keys.find(ids.make<KeyId>()));
        EXPECT_TRUE(keys.signing_key().key);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace ostiary::vault
