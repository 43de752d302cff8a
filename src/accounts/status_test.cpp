#include "accounts/status.hpp"

#include <gtest/gtest.h>

namespace ostiary::accounts {
namespace {

struct Row {
  const char* what;
  std::optional<std::string_view> current;
  std::string_view wanted;
  StatusVerdict verdict;
};

class StatusChanges : public ::testing::TestWithParam<Row> {};

TEST_P(StatusChanges, AreJudged) {
  EXPECT_EQ(judge_status(GetParam().current, GetParam().wanted), GetParam().verdict) << GetParam().what;
}

INSTANTIATE_TEST_SUITE_P(
    Judge, StatusChanges,
    ::testing::Values(Row{"nobody", std::nullopt, disabled_status, StatusVerdict::gone},
                      Row{"what was deleted is not brought back", deleted_status, active_status, StatusVerdict::gone},
                      Row{"nor disabled", deleted_status, disabled_status, StatusVerdict::gone},
                      Row{"disabled twice", disabled_status, disabled_status, StatusVerdict::already},
                      Row{"enabled twice", active_status, active_status, StatusVerdict::already},
                      Row{"disabled", active_status, disabled_status, StatusVerdict::changes},
                      Row{"enabled", disabled_status, active_status, StatusVerdict::changes},
                      Row{"a locked one disabled", "locked", disabled_status, StatusVerdict::changes},
                      Row{"a locked one enabled", "locked", active_status, StatusVerdict::changes}));

struct VouchRow {
  const char* what;
  std::optional<AddressFacts> address;
  VouchVerdict verdict;
};

class Vouching : public ::testing::TestWithParam<VouchRow> {};

TEST_P(Vouching, IsJudged) { EXPECT_EQ(judge_vouching(GetParam().address), GetParam().verdict) << GetParam().what; }

INSTANTIATE_TEST_SUITE_P(Judge, Vouching,
                         ::testing::Values(VouchRow{"nobody", std::nullopt, VouchVerdict::gone},
                                           VouchRow{"no address", AddressFacts{false, false}, VouchVerdict::no_address},
                                           VouchRow{"verified", AddressFacts{true, true}, VouchVerdict::already},
                                           VouchRow{"not yet", AddressFacts{true, false}, VouchVerdict::vouches}));

}  // namespace
}  // namespace ostiary::accounts
