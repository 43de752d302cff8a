#include "door/metrics.hpp"

#include <gmock/gmock.h>

#include "door/counted_log.hpp"
#include "door/routes.hpp"
#include "scaffolding/tested_door.hpp"

namespace ostiary::door {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, CountAndTimeCalls) {
  testing::TestedDoor door(contract::contract_services());
  Metrics metrics(door.contract);
  const contract::Method& login = *door.contract.find_grpc("/ostiary.v1.AuthService/Login");
  metrics.answered(login, std::nullopt, 20ms);
  metrics.answered(login, std::nullopt, 200ms);
  metrics.answered(login, Refusal::wrong_credentials, 30ms);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("ostiary_calls_total{call=\"AuthService.Login\",code=\"ok\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("ostiary_calls_total{call=\"AuthService.Login\",code=\"wrong_credentials\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("ostiary_call_seconds_bucket{call=\"AuthService.Login\",le=\"0.025\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("ostiary_call_seconds_bucket{call=\"AuthService.Login\",le=\"0.05\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("ostiary_call_seconds_count{call=\"AuthService.Login\"} 3\n"));
  EXPECT_THAT(text, Not(HasSubstr("code=\"rate_limited\""))) << "an outcome appears with its first occurrence";
  EXPECT_THAT(text, HasSubstr("ostiary_calls_total{call=\"AuthService.Login\",code=\"internal\"} 0\n"))
      << "an alarm is there from the start";
}

TEST(Metrics, AskForWhatOthersKeepAtEachScrape) {
  testing::TestedDoor door(contract::contract_services());
  Metrics metrics(door.contract);
  double waiting = 3;
  metrics.watch("waiting", "Who waits", Metrics::Kind::gauge,
                [&] { return std::vector<Metrics::Sample>{{{{"kind", "a \"quoted\"\nname"}}, waiting}}; });
  EXPECT_THAT(metrics.text(), HasSubstr("# TYPE waiting gauge\nwaiting{kind=\"a \\\"quoted\\\"\\nname\"} 3\n"));
  waiting = 4;
  EXPECT_THAT(metrics.text(), HasSubstr("} 4\n"));
}

TEST(Metrics, CountTheLinesOfALog) {
  testing::TestedDoor door(contract::contract_services());
  CountedLog log(door.log, {{"call.failed", LogLevel::error}, {"job.dead", LogLevel::warning}});
  log.write(LogLevel::info, "job.done", {{"job", "1"}});
  log.write(LogLevel::info, "job.done", {{"job", "2"}});
  log.write(LogLevel::warning, "job.dead", {});
  EXPECT_THAT(door.log.last(), HasSubstr("job.dead"));
  Metrics metrics(door.contract);
  metrics.watch("lines_total", "Lines", Metrics::Kind::counter, [&] { return log.samples(); });
  EXPECT_THAT(metrics.text(), HasSubstr("lines_total{event=\"job.done\",level=\"info\"} 2\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("lines_total{event=\"job.dead\",level=\"warning\"} 1\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("lines_total{event=\"call.failed\",level=\"error\"} 0\n"));
}

}  // namespace
}  // namespace ostiary::door
