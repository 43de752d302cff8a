#include "audit/audit_log.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>

#include "audit/audit_entry.hpp"
#include "audit/statements.hpp"
#include "base/encoding.hpp"
#include "contract/test_database.hpp"
#include "vault/statements.hpp"

namespace ostiary::audit {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::TestDatabase;

class RecordingLog final : public Log {
 public:
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) override {
    EXPECT_EQ(level, LogLevel::info);
    auto& line = lines.emplace_back();
    line["event"] = event;
    for (const LogField& field : fields) line[std::string(field.name)] = std::get<std::string_view>(field.value);
  }

  std::vector<std::map<std::string, std::string>> lines;
};

class AuditLogTest : public ::testing::Test {
 protected:
  template <class Closure>
  auto in_transaction(Closure closure) {
    return *db->transaction([&](Transaction& tx) -> Result<decltype(closure(tx))> { return closure(tx); });
  }

  AuditLogTest() {
    in_transaction([&](Transaction& tx) {
      keys.create(tx, ada);
      return true;
    });
  }

  void records(const Event& event) {
    call.received_at += 1us;
    in_transaction([&](Transaction& tx) {
      audit.record(tx, call, event);
      return true;
    });
  }

  std::vector<AuditEntry> entries() {
    return in_transaction([&](Transaction& tx) { return newest_entries(tx, keys, 100); });
  }

  std::vector<statements::EntryRow> rows() {
    return in_transaction([&](Transaction& tx) { return tx.all(statements::list_entries, 100); });
  }

  TestDatabase db;
  SystemClock clock;
  SystemRandom random;
  IdSource ids{clock, random, IdSource::Order::by_time};
  vault::ServerKeys server_keys{*db, clock, ids, random, Secret("the master key"s), crypto::JwsAlgorithm::eddsa};
  vault::DataKeys keys{server_keys, clock, random};
  RecordingLog log;
  AuditLog audit{keys, ids, random, log};
  const UserId ada = ids.make<UserId>();
  const UserId stranger = ids.make<UserId>();
  Call call{.received_at = Time(1'800'000'000s),
            .method = "ostiary.v1.AuthService.Login",
            .address = "203.0.113.7",
            .user_agent = "Mozilla/5.0 (\"quoted\")",
            .trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
            .device = std::nullopt,
            .caller = Nobody{}};
};

TEST_F(AuditLogTest, ARowHasItsFactsInTheClearAndItsDetailsSealedForThePerson) {
  call.device = Device{Digest{0xab}, true};
  records({.action = "session.start", .user = ada, .actor = ada, .reason = "login", .metadata = {{"amr", "pwd"}}});
  ASSERT_EQ(entries().size(), 1U);
  const AuditEntry entry = entries()[0];
  EXPECT_EQ(entry.occurred_at, call.received_at);
  EXPECT_EQ(entry.action, "session.start");
  EXPECT_EQ(entry.outcome, "success");
  EXPECT_EQ(entry.actor, ada);
  EXPECT_EQ(entry.user, ada);
  EXPECT_EQ(entry.key_owner, ada);
  EXPECT_EQ(entry.state, DetailsState::readable);
  EXPECT_EQ(boost::json::parse(entry.details), boost::json::value({{"address", "203.0.113.7"},
                                                                   {"user_agent", "Mozilla/5.0 (\"quoted\")"},
                                                                   {"device", "ab" + std::string(62, '0')},
                                                                   {"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"},
                                                                   {"method", "ostiary.v1.AuthService.Login"},
                                                                   {"reason", "login"},
                                                                   {"metadata", {{"amr", "pwd"}}}}));
}

TEST_F(AuditLogTest, AKeyThatTheTransactionHasReadSealsLikeOneThatIsLookedUp) {
  const auto wrapped_key_of = [&](UserId owner) {
    return in_transaction([&](Transaction& tx) { return tx.one(vault::statements::find_data_key, owner).wrapped; });
  };
  const Bytes key = wrapped_key_of(ada);
  records({.action = "session.refresh", .user = ada, .actor = ada, .wrapped_key = key});
  ASSERT_EQ(entries().size(), 1U);
  EXPECT_EQ(entries()[0].key_owner, ada);
  EXPECT_EQ(entries()[0].state, DetailsState::readable);

  in_transaction([&](Transaction& tx) {
    keys.create(tx, stranger);
    return true;
  });
  const Bytes of_another = wrapped_key_of(stranger);
  EXPECT_THROW(records({.action = "session.refresh", .user = ada, .wrapped_key = of_another}), std::runtime_error);
  EXPECT_EQ(entries().size(), 1U);
}

TEST_F(AuditLogTest, AnEventAboutNobodyKnownIsSealedForTheService) {
  records({.action = "session.start", .outcome = Outcome::refused, .reason = "wrong_credentials"});
  records({.action = "user.register", .user = stranger});
  for (const AuditEntry& entry : entries()) {
    EXPECT_FALSE(entry.key_owner);
    EXPECT_EQ(entry.state, DetailsState::readable);
    EXPECT_EQ(entry.details.find("device"), std::string::npos);
  }
  EXPECT_EQ(entries()[0].user, stranger) << "a person without a data key";
  EXPECT_EQ(entries()[1].outcome, "refused");
  EXPECT_FALSE(entries()[1].user);
  EXPECT_FALSE(entries()[1].actor);
}

TEST_F(AuditLogTest, TheCallerIsTheActorUnlessSomebodyElseIsNamed) {
  call.caller = Person{stranger, {}, {}, {}, {}, {}};
  records({.action = "user.disable", .user = ada});
  records({.action = "user.disable", .user = ada, .actor = ada});
  EXPECT_EQ(entries()[0].actor, ada);
  EXPECT_EQ(entries()[1].actor, stranger);
}

// A raw dump shows no details in the clear.
TEST_F(AuditLogTest, TheRowShowsNoDetails) {
  records({.action = "session.start", .user = ada, .reason = "some-reason", .metadata = {{"key", "some-value"}}});
  const auto row = rows()[0];
  const std::string sealed(as_text(row.details_sealed));
  for (const std::string_view detail : {"203.0.113.7", "Mozilla", "4bf92f", "some-reason", "some-value", "address"}) {
    EXPECT_EQ(sealed.find(detail), std::string::npos) << detail;
  }
}

TEST_F(AuditLogTest, TheHashIsSaltedSoThatItTellsNothing) {
  records({.action = "session.start", .user = ada});
  records({.action = "session.start", .user = ada});
  EXPECT_EQ(entries()[0].details, entries()[1].details);
  EXPECT_NE(rows()[0].details_hash, rows()[1].details_hash);
}

constexpr Statement<void(AuditId, Time, Bytes, Digest, std::optional<UserId>)> insert_forged{R"sql(
  INSERT INTO audit_log (id, occurred_at, action, outcome, key_owner, details_sealed, details_hash)
  VALUES ($1, $2, 'session.start', 'success', $5, $3, $4)
)sql"};

// B34, B32: sealed details belong to their row, and to the hash beside them.
TEST_F(AuditLogTest, DetailsMovedToAnotherRowOrWithAnotherHashAreTampered) {
  records({.action = "session.start", .user = ada});
  const auto row = rows()[0];
  const auto moved = ids.make<AuditId>();
  in_transaction([&](Transaction& tx) {
    return tx.execute(insert_forged, moved, call.received_at, row.details_sealed, row.details_hash, row.key_owner);
  });
  const auto misfit = ids.make<AuditId>();
  in_transaction([&](Transaction& tx) {
    const auto sealed = *keys.seal(tx, ada, "audit details " + to_string(misfit), as_bytes("0123456789abcdef{}"));
    return tx.execute(insert_forged, misfit, call.received_at, sealed, Digest{}, row.key_owner);
  });
  ASSERT_EQ(entries().size(), 3U);
  for (const AuditEntry& entry : entries()) {
    EXPECT_EQ(entry.state, entry.id == row.id ? DetailsState::readable : DetailsState::tampered);
    EXPECT_EQ(entry.details.empty(), entry.id != row.id);
  }
}

// B35: after an erasure the row and its hash stand, and the details are unreadable.
TEST_F(AuditLogTest, ErasingThePersonErasesTheDetailsOnly) {
  records({.action = "session.start", .user = ada});
  const Digest hash = rows()[0].details_hash;
  in_transaction([&](Transaction& tx) {
    keys.destroy(tx, ada);
    return true;
  });
  ASSERT_EQ(entries().size(), 1U);
  EXPECT_EQ(entries()[0].state, DetailsState::erased);
  EXPECT_EQ(entries()[0].details, "");
  EXPECT_EQ(rows()[0].details_hash, hash);
}

constexpr Statement<void()> rewrite_all{"UPDATE audit_log SET outcome = 'success'"};
constexpr Statement<void()> delete_all{"DELETE FROM audit_log"};

TEST_F(AuditLogTest, TheTableTakesNoChangeAndNoDeletion) {
  records({.action = "session.start", .outcome = Outcome::refused, .user = ada});
  EXPECT_THROW(in_transaction([&](Transaction& tx) { return tx.execute(rewrite_all); }), StorageError);
  EXPECT_THROW(in_transaction([&](Transaction& tx) { return tx.execute(delete_all); }), StorageError);
  EXPECT_EQ(entries()[0].outcome, "refused");
}

TEST_F(AuditLogTest, EntriesOfOnePersonNewestFirst) {
  records({.action = "user.register", .user = ada});
  call.received_at += 1s;
  records({.action = "session.start", .user = stranger});
  call.received_at += 1s;
  records({.action = "session.end", .user = ada});
  const auto of_ada = in_transaction([&](Transaction& tx) { return newest_entries_of(tx, keys, ada, 100); });
  ASSERT_EQ(of_ada.size(), 2U);
  EXPECT_EQ(of_ada[0].action, "session.end");
  EXPECT_EQ(of_ada[1].action, "user.register");
  EXPECT_EQ(in_transaction([&](Transaction& tx) { return newest_entries(tx, keys, 1); }).size(), 1U);
}

TEST_F(AuditLogTest, OneLineIsLoggedAfterTheCommit) {
  in_transaction([&](Transaction& tx) {
    audit.record(tx, call,
                 {.action = "session.start",
                  .outcome = Outcome::refused,
                  .user = ada,
                  .reason = "wrong_credentials",
                  .metadata = {{"identifier", "hash"}}});
    EXPECT_TRUE(log.lines.empty());
    return true;
  });
  const std::map<std::string, std::string> expected{{"event", "session.start"},
                                                    {"outcome", "refused"},
                                                    {"user_id", to_string(ada)},
                                                    {"actor_id", ""},
                                                    {"address", "203.0.113.7"},
                                                    {"reason", "wrong_credentials"},
                                                    {"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"}};
  ASSERT_EQ(log.lines.size(), 1U);
  EXPECT_EQ(log.lines[0], expected);
}

TEST_F(AuditLogTest, ARefusalThatIsKeptKeepsItsRowAndAnotherLeavesNone) {
  const auto refused = [&](bool kept) {
    return db->transaction([&](Transaction& tx) -> Result<bool> {
      audit.record(tx, call, {.action = "session.start", .outcome = Outcome::refused, .user = ada});
      return kept ? tx.keep(refuse(Refusal::wrong_credentials)) : refuse(Refusal::wrong_credentials);
    });
  };
  EXPECT_FALSE(refused(false));
  EXPECT_TRUE(entries().empty());
  EXPECT_TRUE(log.lines.empty());
  EXPECT_FALSE(refused(true));
  EXPECT_EQ(entries().size(), 1U);
  EXPECT_EQ(log.lines.size(), 1U);
}

}  // namespace
}  // namespace ostiary::audit
