#include "audit/audit_log.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <set>

#include "audit/audit_entry.hpp"
#include "audit/row_hash.hpp"
#include "audit/statements.hpp"
#include "base/encoding.hpp"
#include "crypto/digest.hpp"
#include "every_engine/test_database.hpp"

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

  void inserts(const statements::EntryRow& row) {
    in_transaction([&](Transaction& tx) {
      return tx.execute(statements::insert_entry, row.id, row.version, row.occurred_at, row.action, row.outcome,
                        row.actor_kind, row.actor_id, row.user, row.key_owner, row.details_sealed, row.details_hash,
                        row.row_hash);
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
  EXPECT_EQ(entry.actor_kind, "person");
  EXPECT_EQ(entry.actor, ada.uuid);
  EXPECT_EQ(entry.user, ada);
  EXPECT_EQ(entry.key_owner, ada);
  EXPECT_EQ(entry.state, EntryState::readable);
  EXPECT_EQ(boost::json::parse(entry.details), boost::json::value({{"address", "203.0.113.7"},
                                                                   {"user_agent", "Mozilla/5.0 (\"quoted\")"},
                                                                   {"device", "ab" + std::string(62, '0')},
                                                                   {"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"},
                                                                   {"method", "ostiary.v1.AuthService.Login"},
                                                                   {"reason", "login"},
                                                                   {"metadata", {{"amr", "pwd"}}}}));
}

TEST_F(AuditLogTest, AnEventAboutNobodyKnownIsSealedForTheService) {
  records({.action = "session.start", .outcome = Outcome::refused, .reason = "wrong_credentials"});
  records({.action = "user.register", .user = stranger});
  for (const AuditEntry& entry : entries()) {
    EXPECT_FALSE(entry.key_owner);
    EXPECT_EQ(entry.state, EntryState::readable);
    EXPECT_EQ(entry.details.find("device"), std::string::npos);
  }
  EXPECT_EQ(entries()[0].user, stranger) << "a person without a data key";
  EXPECT_EQ(entries()[1].outcome, "refused");
  EXPECT_FALSE(entries()[1].user);
  EXPECT_FALSE(entries()[1].actor);
}

// What strangers do to a registration stays readable when they make it go, and its person's key with it.
TEST_F(AuditLogTest, AnEventAboutSomebodyWithoutAnAccountYetOutlivesTheirKey) {
  records({.action = "user.verify_email", .outcome = Outcome::refused, .user = ada, .user_is_pending = true});
  in_transaction([&](Transaction& tx) {
    keys.destroy(tx, ada);
    return true;
  });
  ASSERT_EQ(entries().size(), 1U);
  EXPECT_EQ(entries()[0].user, ada);
  EXPECT_FALSE(entries()[0].key_owner);
  EXPECT_EQ(entries()[0].state, EntryState::readable);
  EXPECT_NE(entries()[0].details.find("203.0.113.7"), std::string::npos);
}

TEST_F(AuditLogTest, WhoMakesTheCallIsTheActorUnlessItIsSaid) {
  struct Row {
    Caller caller;
    std::optional<Actor> said;
    std::string kind;
    std::optional<Uuid> id;
  };
  const Uuid service = ids.make_uuid();
  const auto person = [](UserId id) { return Person{id, {}, {}, {}, {}, {}}; };
  const std::vector<Row> table{
      {Nobody{}, std::nullopt, "nobody", std::nullopt},
      {person(ada), std::nullopt, "person", ada.uuid},
      {HalfPerson{ada}, std::nullopt, "person", ada.uuid},
      {Service{ServiceId{service}, {}}, std::nullopt, "service", service},
      {Operator{}, std::nullopt, "operator", std::nullopt},
      {Nobody{}, ada, "person", ada.uuid},
      {person(stranger), ada, "person", ada.uuid},
      {person(stranger), ActorKind::system, "system", std::nullopt},
      {Operator{}, ActorKind::nobody, "nobody", std::nullopt},
      {Nobody{}, Actor(ActorKind::service, service), "service", service},
  };
  for (const Row& row : table) {
    call.caller = row.caller;
    records({.action = "user.disable", .user = ada, .actor = row.said});
    EXPECT_EQ(entries()[0].actor_kind, row.kind);
    EXPECT_EQ(entries()[0].actor, row.id) << row.kind;
  }
}

struct UnsealedRow {
  AuditId audit_id;
};
constexpr Statement<UnsealedRow()> list_unsealed{"SELECT audit_id FROM audit_unsealed LIMIT 100"};

TEST_F(AuditLogTest, EachRowIsNotedAsNotSealedYet) {
  records({.action = "session.start", .user = ada});
  const auto unsealed = in_transaction([&](Transaction& tx) { return tx.all(list_unsealed); });
  ASSERT_EQ(unsealed.size(), 1U);
  EXPECT_EQ(unsealed[0].audit_id, rows()[0].id);
}

statements::EntryRow example_row() {
  const auto uuid = [](std::uint8_t first) { return Uuid{{first}}; };
  return {.id = {uuid(1)},
          .version = 1,
          .occurred_at = Time(1'800'000'000s + 7us),
          .action = "session.start",
          .outcome = "success",
          .actor_kind = "person",
          .actor_id = uuid(2),
          .user = UserId{uuid(3)},
          .key_owner = UserId{uuid(3)},
          .details_sealed = {1, 2, 3},
          .details_hash = Digest{9},
          .row_hash = {}};
}

// The encoding by hand, so that no change of it goes unnoticed: what was written under a version keeps its meaning.
TEST(RowHash, IsThatOfTheDescribedEncoding) {
  const std::string zeros15(15, '\0');
  const auto length = [](char size) { return std::string(7, '\0') + size; };
  const std::string version = length(1);
  const std::string time("\x00\x06\x65\x17\x28\x98\x80\x07", 8);
  const std::string encoded = length(17) + "ostiary audit row" + version +               //
                              length(16) + "\x01" + zeros15 +                            // id
                              time + length(13) + "session.start" + length(7) + "success" +  //
                              length(6) + "person" +                                     //
                              "\x01" + length(16) + "\x02" + zeros15 +                   // actor
                              "\x01" + length(16) + "\x03" + zeros15 +                   // user
                              "\x01" + length(16) + "\x03" + zeros15 +                   // key owner
                              length(32) + "\x09" + std::string(31, '\0');
  EXPECT_EQ(hash_of(example_row()), crypto::sha256(as_bytes(encoded)));
}

TEST(RowHash, CoversEveryColumnInTheClear) {
  using Row = statements::EntryRow;
  const std::vector<std::pair<std::string, std::function<void(Row&)>>> changes{
      {"id", [](Row& row) { row.id.uuid.bytes[15] = 1; }},
      {"version", [](Row& row) { row.version = 2; }},
      {"time", [](Row& row) { row.occurred_at += 1us; }},
      {"action", [](Row& row) { row.action = "session.starts"; }},
      {"outcome", [](Row& row) { row.outcome = "refused"; }},
      {"a letter moved to the next column", [](Row& row) { row.action = "session.star", row.outcome = "tsuccess"; }},
      {"actor's kind", [](Row& row) { row.actor_kind = "operator"; }},
      {"actor", [](Row& row) { row.actor_id->bytes[15] = 1; }},
      {"no actor", [](Row& row) { row.actor_id.reset(); }},
      {"user", [](Row& row) { row.user->uuid.bytes[15] = 1; }},
      {"no user", [](Row& row) { row.user.reset(); }},
      {"key owner", [](Row& row) { row.key_owner->uuid.bytes[15] = 1; }},
      {"no key owner", [](Row& row) { row.key_owner.reset(); }},
      {"details", [](Row& row) { row.details_hash[31] = 1; }},
  };
  std::set<Digest> hashes{hash_of(example_row())};
  for (const auto& [name, change] : changes) {
    Row row = example_row();
    change(row);
    EXPECT_TRUE(hashes.insert(hash_of(row)).second) << name;
  }
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

// B34, B32: sealed details belong to their row, and to the hash beside them.
TEST_F(AuditLogTest, ForgedRowsAreFoundOut) {
  records({.action = "session.start", .user = ada});
  const auto row = rows()[0];
  const auto forge = [&](bool hash_again, auto change) {
    auto forged = row;
    forged.id = ids.make<AuditId>();
    change(forged);
    if (hash_again) forged.row_hash = hash_of(forged);
    inserts(forged);
  };
  const auto sealed_for = [&](AuditId id, std::string_view details) {
    return in_transaction(
        [&](Transaction& tx) { return *keys.seal(tx, ada, "audit details " + to_string(id), as_bytes(details)); });
  };
  forge(true, [](auto&) {});  // details of another row
  forge(true, [&](auto& forged) { forged.details_sealed = sealed_for(forged.id, "0123456789abcdef{}"); });
  forge(true, [&](auto& forged) {
    forged.details_sealed = sealed_for(forged.id, "too short");
    forged.details_hash = crypto::sha256(as_bytes("too short"));
  });
  const auto fits = [&](auto& forged) {
    forged.details_sealed = sealed_for(forged.id, "0123456789abcdef{}");
    forged.details_hash = crypto::sha256(as_bytes("0123456789abcdef{}"));
  };
  forge(false, fits);  // the hash of another row
  forge(true, [&](auto& forged) {
    fits(forged);
    forged.version = 2;  // a version that is not known
  });
  ASSERT_EQ(entries().size(), 6U);
  for (const AuditEntry& entry : entries()) {
    EXPECT_EQ(entry.state, entry.id == row.id ? EntryState::readable : EntryState::altered);
    EXPECT_EQ(entry.details.empty(), entry.id != row.id);
  }
  forge(true, fits);
  EXPECT_EQ(std::ranges::count(entries(), EntryState::readable, &AuditEntry::state), 2)
      << "no hash without a seal tells a row that was forged as a whole";
}

// B35: after an erasure the row and its hashes stand and can be checked, and the details are unreadable.
TEST_F(AuditLogTest, ErasingThePersonErasesTheDetailsOnly) {
  records({.action = "session.start", .user = ada});
  const Digest hash = rows()[0].details_hash;
  in_transaction([&](Transaction& tx) {
    keys.destroy(tx, ada);
    return true;
  });
  ASSERT_EQ(entries().size(), 1U);
  EXPECT_EQ(entries()[0].state, EntryState::erased);
  EXPECT_EQ(entries()[0].details, "");
  EXPECT_EQ(rows()[0].details_hash, hash);
  auto forged = rows()[0];
  forged.id = ids.make<AuditId>();
  inserts(forged);
  EXPECT_EQ(std::ranges::count(entries(), EntryState::altered, &AuditEntry::state), 1);
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
                                                    {"actor_kind", "nobody"},
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
