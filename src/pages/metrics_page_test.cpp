#include "pages/metrics_page.hpp"

#include <gtest/gtest.h>

#include "scaffolding/tested_door.hpp"

namespace ostiary::pages {
namespace {

TEST(MetricsPage, IsForTheNetworksThatMayReadItAndStraight) {
  testing::TestedDoor tested(contract::contract_services());
  const door::Metrics metrics(tested.contract);
  const gateway::Page page = metrics_page(metrics, {"10.0.0.0/8", "::1"});
  const auto status_for = [&](std::string peer, std::vector<std::pair<std::string, std::string>> headers = {}) {
    return page.answer({.verb = "GET", .target = "/metrics", .headers = std::move(headers), .body = {}, .peer = peer})
        .status;
  };
  EXPECT_EQ(status_for("10.1.2.3"), 200);
  EXPECT_EQ(status_for("::1"), 200);
  EXPECT_EQ(status_for("127.0.0.1"), 404);
  EXPECT_EQ(status_for("192.0.2.1"), 404);
  EXPECT_EQ(status_for("10.1.2.3", {{"x-forwarded-for", "192.0.2.1"}}), 404);
}

}  // namespace
}  // namespace ostiary::pages
