#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace ostiary::cli {
namespace {

TEST(Tables, HaveHeadersAndColumnsAsWideAsTheirTexts) {
  EXPECT_EQ(table({"NAME", "ROLES"}, {{"Zoë", "admin"}, {"", ""}, {"Ada Lovelace", ""}}), "NAME          ROLES\n"
                                                                                          "Zoë           admin\n"
                                                                                          "-             -\n"
                                                                                          "Ada Lovelace  -\n");
  EXPECT_EQ(table({"NAME", "ROLES"}, {}), "NAME  ROLES\n");
}

}  // namespace
}  // namespace ostiary::cli
