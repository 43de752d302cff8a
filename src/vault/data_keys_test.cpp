#include "vault/data_keys.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "crypto/seal.hpp"
#include "every_engine/test_database.hpp"
#include "vault/statements.hpp"

namespace ostiary::vault {
namespace {

using namespace std::string_literals;
using testing::TestDatabase;

class DataKeysTest : public ::testing::Test {
 protected:
  /// What `closure` answers, in a transaction that commits.
  template <class Closure>
  auto in_transaction(Closure closure) {
    return *db->transaction([&](Transaction& tx) -> Result<decltype(closure(tx))> { return closure(tx); });
  }

  void creates(UserId owner) {
    in_transaction([&](Transaction& tx) {
      keys.create(tx, owner);
      return true;
    });
  }

  std::optional<Bytes> seals(UserId owner, std::string_view purpose, std::string_view text) {
    return in_transaction([&](Transaction& tx) { return keys.seal(tx, owner, purpose, as_bytes(text)); });
  }

  std::optional<Bytes> opens(UserId owner, std::string_view purpose, BytesView sealed) {
    return in_transaction([&](Transaction& tx) { return keys.open(tx, owner, purpose, sealed); });
  }

  TestDatabase db;
  SystemClock clock;
  SystemRandom random;
  IdSource ids{clock, random, IdSource::Order::by_time};
  ServerKeys server_keys{*db, clock, ids, random, Secret("the master key"s), crypto::JwsAlgorithm::eddsa};
  DataKeys keys{server_keys, clock, random};
  const UserId ada = ids.make<UserId>();
  const UserId bob = ids.make<UserId>();
  const Bytes phone = to_bytes(as_bytes("+441234567890"));
};

TEST_F(DataKeysTest, WhatIsSealedForAPersonOpensForThem) {
  creates(ada);
  const auto sealed = seals(ada, "phone", "+441234567890");
  ASSERT_TRUE(sealed);
  EXPECT_EQ(as_text(*sealed).find("441234"), std::string_view::npos);
  EXPECT_EQ(opens(ada, "phone", *sealed), phone);
}

// B34: a ciphertext moved to another row or column does not open.
TEST_F(DataKeysTest, ItOpensForNobodyElseAndNothingElse) {
  creates(ada);
  creates(bob);
  const auto sealed = seals(ada, "phone", "+441234567890");
  EXPECT_FALSE(opens(bob, "phone", *sealed));
  EXPECT_FALSE(opens(ada, "ssn", *sealed));
  EXPECT_FALSE(keys.open_for_service("phone", *sealed));
  EXPECT_FALSE(opens(ada, "phone", {}));
  EXPECT_FALSE(opens(ada, "phone", keys.seal_for_service("phone", phone)));
}

constexpr Statement<void(UserId, UserId)> give_key_of{
    "UPDATE data_keys SET wrapped = (SELECT wrapped FROM data_keys WHERE owner_id = $2) WHERE owner_id = $1"};

TEST_F(DataKeysTest, AWrappedKeyMovedToAnotherPersonIsAnError) {
  creates(ada);
  creates(bob);
  in_transaction([&](Transaction& tx) { return tx.execute(give_key_of, bob, ada); });
  EXPECT_THROW(seals(bob, "phone", "+44"), std::runtime_error);
}

constexpr Statement<void(UserId)> move_to_another_scope{"UPDATE data_keys SET scope = 'other' WHERE owner_id = $1"};
constexpr Statement<void(UserId, Bytes)> replace_wrapped{
    "UPDATE data_keys SET wrapped = $2 WHERE owner_id = $1 AND scope = 'person'"};

// What the law keeps lies under another key than what must go, and neither key passes for the other.
TEST_F(DataKeysTest, AKeyIsForItsScopeAlone) {
  creates(ada);
  in_transaction([&](Transaction& tx) { return tx.execute(move_to_another_scope, ada); });
  EXPECT_FALSE(seals(ada, "phone", "+44"));
  creates(ada);
  EXPECT_TRUE(seals(ada, "phone", "+44"));
  const Bytes of_another_scope =
      crypto::seal(server_keys.wrapping_key().bytes, random.bytes(32), "data key other of " + to_string(ada), random);
  in_transaction([&](Transaction& tx) { return tx.execute(replace_wrapped, ada, of_another_scope); });
  EXPECT_THROW(seals(ada, "phone", "+44"), std::runtime_error);
}

/// Every random byte is the same.
class OneByte final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override { std::ranges::fill(bytes, std::uint8_t{7}); }
};

// There is no bound on how many people register: each data key is wrapped under a key of its own, so a nonce may come
// again.
TEST_F(DataKeysTest, EachKeyIsWrappedUnderAKeyOfItsOwn) {
  OneByte one_byte;
  const DataKeys careless(server_keys, clock, one_byte);
  const auto ciphertext_of = [&](UserId owner) {
    return in_transaction([&](Transaction& tx) {
      careless.create(tx, owner);
      const Bytes wrapped = tx.one(statements::find_data_key, owner, std::string_view("person")).wrapped;
      return to_bytes(BytesView(wrapped).subspan(1 + 12, 32));
    });
  };
  EXPECT_NE(ciphertext_of(ada), ciphertext_of(bob));
  const Bytes under_the_common_key =
      crypto::seal(server_keys.wrapping_key().bytes, random.bytes(32), "data key person of " + to_string(ada), random);
  in_transaction([&](Transaction& tx) { return tx.execute(replace_wrapped, ada, under_the_common_key); });
  EXPECT_THROW(seals(ada, "phone", "+44"), std::runtime_error);
}

constexpr Statement<void(UserId, KeyId)> say_wrapping_key{
    "UPDATE data_keys SET wrapping_key_id = $2 WHERE owner_id = $1"};

TEST_F(DataKeysTest, AnotherMasterKeysDataKeyIsAnErrorThatSaysSo) {
  creates(ada);
  in_transaction([&](Transaction& tx) {
    return tx.execute(say_wrapping_key, ada, id_of_master_key(Secret("another master key"s)));
  });
  try {
    seals(ada, "phone", "+44");
    ADD_FAILURE() << "it was used";
  } catch (const WrongMasterKey& error) {
    const std::string_view message = error.what();
    EXPECT_NE(message.find("the master key is not the one that sealed the data key person of " + to_string(ada)),
              std::string_view::npos)
        << message;
    EXPECT_NE(message.find(to_string(id_of_master_key(Secret("another master key"s)))), std::string_view::npos);
    EXPECT_NE(message.find(to_string(id_of_master_key(Secret("the master key"s)))), std::string_view::npos);
  }
}

TEST_F(DataKeysTest, APersonWithoutAKeyGetsNothing) {
  EXPECT_FALSE(seals(ada, "phone", "+44"));
  EXPECT_FALSE(in_transaction([&](Transaction& tx) { return keys.has_key(tx, ada); }));
}

// B35 and D13: with the key, everything sealed under it is gone.
TEST_F(DataKeysTest, DestroyingTheKeyErasesWhatWasSealed) {
  creates(ada);
  creates(bob);
  const auto sealed = seals(ada, "phone", "+441234567890");
  const auto bobs = seals(bob, "phone", "+441234567890");
  in_transaction([&](Transaction& tx) {
    keys.destroy(tx, ada);
    return true;
  });
  EXPECT_FALSE(opens(ada, "phone", *sealed));
  EXPECT_EQ(opens(bob, "phone", *bobs), phone);
  creates(ada);
  EXPECT_FALSE(opens(ada, "phone", *sealed)) << "a new key is another key";
}

TEST_F(DataKeysTest, APersonHasOneKey) {
  creates(ada);
  EXPECT_THROW(creates(ada), StorageError);
}

TEST_F(DataKeysTest, AKeyOfARolledBackTransactionDoesNotExist) {
  const auto refused = db->transaction([&](Transaction& tx) -> Result<bool> {
    keys.create(tx, ada);
    return refuse(Refusal::internal);
  });
  EXPECT_FALSE(refused);
  EXPECT_FALSE(seals(ada, "phone", "+44"));
}

TEST_F(DataKeysTest, TheServiceSealsForItself) {
  const Bytes sealed = keys.seal_for_service("mail", phone);
  EXPECT_EQ(keys.open_for_service("mail", sealed), phone);
  EXPECT_FALSE(keys.open_for_service("other", sealed));
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(keys.open_for_service("mail", BytesView(sealed).first(size))) << size;
  }
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes changed = sealed;
    changed[i] ^= 1;
    EXPECT_FALSE(keys.open_for_service("mail", changed)) << i;
  }
}

/// Gives the same nonce again and again.
class OneNonce final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    if (bytes.size() == 12) std::ranges::fill(bytes, std::uint8_t{7});
    else system_.fill(bytes);
  }

 private:
  SystemRandom system_;
};

// There is no bound on how much the service seals: each value has a key of its own, so a nonce may come again.
TEST_F(DataKeysTest, TheServiceSealsEachValueUnderAKeyOfItsOwn) {
  OneNonce one_nonce;
  const DataKeys careless(server_keys, clock, one_nonce);
  std::set<Bytes> different;
  for (int i = 0; i < 10; ++i) {
    const Bytes sealed = careless.seal_for_service("mail", phone);
    EXPECT_EQ(keys.open_for_service("mail", sealed), phone);
    different.insert(to_bytes(BytesView(sealed).last(phone.size() + 16)));
  }
  EXPECT_EQ(different.size(), 10U);
}

TEST_F(DataKeysTest, AnotherInstanceOpensWhatThisOneSealed) {
  creates(ada);
  const auto sealed = seals(ada, "phone", "+441234567890");
  const Bytes for_service = keys.seal_for_service("mail", phone);
  const ServerKeys other_server_keys(*db, clock, ids, random, Secret("the master key"s), crypto::JwsAlgorithm::eddsa);
  const DataKeys other(other_server_keys, clock, random);
  EXPECT_EQ(in_transaction([&](Transaction& tx) { return other.open(tx, ada, "phone", *sealed); }), phone);
  EXPECT_EQ(other.open_for_service("mail", for_service), phone);
}

TEST_F(DataKeysTest, TwoKeysAreNeverTheSame) {
  creates(ada);
  creates(bob);
  const auto wrapped = [&](UserId owner) {
    return in_transaction(
        [&](Transaction& tx) { return tx.one(statements::find_data_key, owner, std::string_view("person")).wrapped; });
  };
  EXPECT_NE(wrapped(ada), wrapped(bob));
  EXPECT_EQ(wrapped(ada).size(), 1U + 12 + 32 + 16);
}

}  // namespace
}  // namespace ostiary::vault
