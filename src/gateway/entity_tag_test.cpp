#include "gateway/entity_tag.hpp"

#include <gtest/gtest.h>

namespace ostiary::gateway {
namespace {

TEST(EntityTag, IsOneForEachContent) {
  EXPECT_EQ(entity_tag("a"), entity_tag("a"));
  EXPECT_NE(entity_tag("a"), entity_tag("b"));
  EXPECT_EQ(entity_tag("").size(), 18U);
}

TEST(EntityTag, IsFoundInIfNoneMatch) {
  struct Row {
    const char* field;
    bool named;
  };
  const Row table[] = {{"\"t\"", true},
                       {"W/\"t\"", true},
                       {"*", true},
                       {"\"a\", \"t\"", true},
                       {"\"a\",W/\"t\" ,\"b\"", true},
                       {"\"a,b\", \"t\"", true},
                       {",, \"t\"", true},
                       {"", false},
                       {"\"a\"", false},
                       {"t", false},
                       {"\"t", false},
                       {"w/\"t\"", false},
                       {"\"a\"t\"", false},
                       {"\"T\"", false},
                       {"\"x\"t\"\"", false}};
  for (const Row& row : table) EXPECT_EQ(names_tag(row.field, "\"t\""), row.named) << row.field;
}

}  // namespace
}  // namespace ostiary::gateway
