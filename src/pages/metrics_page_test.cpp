#include "pages/metrics_page.hpp"

#include <gtest/gtest.h>

#include "scaffolding/tested_door.hpp"

namespace ostiary::pages {
namespace {

TEST(MetricsPage, IsForTheNetworksThatMayReadItAndStraight) {
  testing::TestedDoor tested(contract::contract_services());
  const door::Metrics metrics(tested.contract);
  const gateway::Page page = metrics_page(
      metrics,
      {.networks = {"10.0.0.0/8", "::1"}, .proxies = {"10.0.0.80"}, .public_origin = "https://id.example.org:8443"});
  const auto status_for = [&](std::string peer, std::vector<std::pair<std::string, std::string>> headers = {}) {
    return page.answer({.verb = "GET", .target = "/metrics", .headers = std::move(headers), .body = {}, .peer = peer})
        .status;
  };
  EXPECT_EQ(status_for("10.1.2.3"), 200);
  EXPECT_EQ(status_for("::1"), 200);
  EXPECT_EQ(status_for("127.0.0.1"), 404);
  EXPECT_EQ(status_for("192.0.2.1"), 404);
  EXPECT_EQ(status_for("10.1.2.3", {{"x-forwarded-for", "192.0.2.1"}}), 404);
  EXPECT_EQ(status_for("10.1.2.3", {{"host", "10.9.9.9:8001"}}), 200);
  for (const std::string host : {"id.example.org", "id.example.org:443", "ID.Example.org.", "id.example.org.:8443"}) {
    EXPECT_EQ(status_for("10.1.2.3", {{"host", host}}), 404) << "a proxy that adds no header: " << host;
  }
  EXPECT_EQ(status_for("10.0.0.80"), 404) << "a trusted proxy";
}

TEST(MetricsPage, IsThereUnderTheNameOfThisMachineInDevelopment) {
  testing::TestedDoor tested(contract::contract_services());
  const door::Metrics metrics(tested.contract);
  const gateway::Page page =
      metrics_page(metrics, {.networks = {"127.0.0.1"}, .proxies = {}, .public_origin = "http://localhost:8001"});
  const http::Request request{
      .verb = "GET", .target = "/metrics", .headers = {{"host", "localhost:8001"}}, .body = {}, .peer = "127.0.0.1"};
  EXPECT_EQ(page.answer(request).status, 200);
}

}  // namespace
}  // namespace ostiary::pages
