#include "accounts/email_change.hpp"

#include <gtest/gtest.h>

namespace ostiary::accounts {
namespace {

using namespace std::chrono_literals;

constexpr Time at_proof{std::chrono::days{20'000}};
const UserId ada{{{1}}}, eve{{{2}}};

TEST(AWantedAddress, IsJudged) {
  struct Row {
    const char* what;
    WantedAddress address;
    AddressVerdict verdict;
  };
  const Row table[] = {
      {"the account's own, proven", {true, true, ada}, AddressVerdict::own},
      {"the account's own, unproven: the proof verifies it", {true, false, ada}, AddressVerdict::free},
      {"somebody else's", {false, true, eve}, AddressVerdict::taken},
      {"somebody else's, asked for by an account without a proven address", {false, false, eve}, AddressVerdict::taken},
      {"an earlier one of the account", {false, true, ada}, AddressVerdict::free},
      {"nobody's", {false, true, std::nullopt}, AddressVerdict::free},
  };
  for (const Row& row : table) EXPECT_EQ(judge_address(row.address, ada), row.verdict) << row.what;
}

TEST(APresentedChange, IsOpenOrNot) {
  struct Row {
    const char* what;
    std::optional<PresentedChange> change;
    bool open;
  };
  const Row table[] = {
      {"no such change", std::nullopt, false},
      {"the moment it expires", PresentedChange{at_proof, true, true, true}, false},
      {"one tick before", PresentedChange{at_proof + 1us, true, true, true}, true},
      {"the session that asked has ended", PresentedChange{at_proof + 1h, false, true, true}, false},
      {"the account is disabled", PresentedChange{at_proof + 1h, true, false, true}, false},
      {"somebody else's", PresentedChange{at_proof + 1h, true, true, false}, false},
  };
  for (const Row& row : table) EXPECT_EQ(is_open(row.change, at_proof), row.open) << row.what;
}

TEST(AReplacedAddress, IsJudged) {
  struct Row {
    const char* what;
    ReplacedAddress address;
    ReplacedVerdict verdict;
  };
  const Row table[] = {
      {"there was none", {}, ReplacedVerdict::kept},
      {"it stays, and is proven now", {true, false, true, false}, ReplacedVerdict::kept},
      {"a proven one stays", {true, true, true, false}, ReplacedVerdict::kept},
      {"it was never proven", {true, false, false, false}, ReplacedVerdict::dropped},
      {"it was never proven, and the account goes back", {true, false, false, true}, ReplacedVerdict::dropped},
      {"the account goes back to an earlier one", {true, true, false, true}, ReplacedVerdict::told},
      {"it was proven", {true, true, false, false}, ReplacedVerdict::may_undo},
  };
  for (const Row& row : table) EXPECT_EQ(judge_replaced(row.address), row.verdict) << row.what;
}

TEST(ARightToUndo, EndsAtItsTime) {
  EXPECT_EQ(judge_undo(std::nullopt, at_proof), UndoVerdict::unknown);
  EXPECT_EQ(judge_undo(PresentedUndo{at_proof, false}, at_proof), UndoVerdict::too_late);
  EXPECT_EQ(judge_undo(PresentedUndo{at_proof + 1us, true}, at_proof), UndoVerdict::too_late);
  EXPECT_EQ(judge_undo(PresentedUndo{at_proof + 1us, false}, at_proof), UndoVerdict::undoes);
}

TEST(AMaskedAddress, ShowsOneCharacterAndTheDomain) {
  EXPECT_EQ(mask_email("ada@example.org"), "a***@example.org");
  EXPECT_EQ(mask_email("a@example.org"), "a***@example.org");
  EXPECT_EQ(mask_email("nothing"), "***");
}

}  // namespace
}  // namespace ostiary::accounts
