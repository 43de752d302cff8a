#include "delivery/job.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ostiary::delivery {
namespace {

using namespace std::chrono_literals;

const Time now{1'700'000'000'000'000us};

Job ready_job() {
  return {.id = {},
          .kind = "mail",
          .payload = {},
          .state = "ready",
          .run_at = now,
          .attempts = 0,
          .expires_at = now + 10min,
          .once = true,
          .handed_over_at = std::nullopt,
          .leased_until = std::nullopt};
}

Job running_job(Time leased_until) {
  Job job = ready_job();
  job.state = "running";
  job.attempts = 1;
  job.leased_until = leased_until;
  return job;
}

template <class Change>
Job with(Job job, Change change) {
  change(job);
  return job;
}

TEST(Job, Claim) {
  const auto handed_over = [](Job& job) { job.handed_over_at = now - 70s; };
  const auto expired = [](Job& job) { job.expires_at = now; };
  const auto spent = [](Job& job) { job.attempts = most_attempts; };
  const struct {
    std::string_view what;
    Job job;
    ClaimVerdict verdict;
  } table[] = {
      {"due this moment", ready_job(), ClaimVerdict::run},
      {"due in a tick", with(ready_job(), [](Job& job) { job.run_at = now + 1us; }), ClaimVerdict::taken},
      {"done", with(ready_job(), [](Job& job) { job.state = "done"; }), ClaimVerdict::taken},
      {"dead", with(ready_job(), [](Job& job) { job.state = "dead"; }), ClaimVerdict::taken},
      {"another's, for a tick", running_job(now + 1us), ClaimVerdict::taken},
      {"another's, for as long as a lease may be", running_job(now + 120s), ClaimVerdict::taken},
      {"B31 another's, for longer than that", running_job(now + 120s + 1us), ClaimVerdict::run},
      {"another's, lapsed this moment", running_job(now), ClaimVerdict::run},
      {"lapsed after it was handed over", with(running_job(now), handed_over), ClaimVerdict::handed_over},
      {"handed over, but it may happen twice",
       with(running_job(now), [&](Job& job) { handed_over(job), job.once = false; }), ClaimVerdict::run},
      {"handed over and in force", with(running_job(now + 1s), handed_over), ClaimVerdict::taken},
      {"handed over and expired", with(running_job(now), [&](Job& job) { handed_over(job), expired(job); }),
       ClaimVerdict::handed_over},
      {"expires this moment", with(ready_job(), expired), ClaimVerdict::expired},
      {"expires in a tick", with(ready_job(), [](Job& job) { job.expires_at = now + 1us; }), ClaimVerdict::run},
      {"expired and tried often", with(ready_job(), [&](Job& job) { expired(job), spent(job); }),
       ClaimVerdict::expired},
      {"tried as often as may be", with(ready_job(), spent), ClaimVerdict::attempts_spent},
      {"one attempt left", with(ready_job(), [](Job& job) { job.attempts = most_attempts - 1; }), ClaimVerdict::run},
      {"crashes its executor each time", with(running_job(now), spent), ClaimVerdict::attempts_spent},
  };
  for (const auto& row : table) EXPECT_EQ(judge_claim(row.job, now), row.verdict) << row.what;
}

TEST(Job, Attempt) {
  const Job once = running_job(now + 30s);
  const Job again = with(once, [](Job& job) { job.once = false; });
  const auto spent = [](Job& job) { job.attempts = most_attempts; };
  const struct {
    std::string_view what;
    Job job;
    Delivery delivery;
    Time next;
    AttemptVerdict verdict;
  } table[] = {
      {"accepted", once, Delivery::accepted, now + 5s, AttemptVerdict::done},
      {"accepted at the last moment", with(once, spent), Delivery::accepted, now + 1h, AttemptVerdict::done},
      {"unknown, with a code", once, Delivery::unknown, now + 5s, AttemptVerdict::unknown},
      {"unknown, without", again, Delivery::unknown, now + 5s, AttemptVerdict::retry},
      {"refused", again, Delivery::refused, now + 5s, AttemptVerdict::refused},
      {"refused for now", once, Delivery::refused_for_now, now + 5s, AttemptVerdict::retry},
      {"the last attempt", with(once, spent), Delivery::refused_for_now, now + 5s, AttemptVerdict::attempts_spent},
      {"the next would expire", once, Delivery::refused_for_now, now + 10min, AttemptVerdict::expired},
      {"the next is a tick earlier", once, Delivery::refused_for_now, now + 10min - 1us, AttemptVerdict::retry},
      {"spent and expired", with(again, spent), Delivery::unknown, now + 1h, AttemptVerdict::attempts_spent},
  };
  for (const auto& row : table) EXPECT_EQ(judge_attempt(row.job, row.delivery, row.next), row.verdict) << row.what;
}

TEST(Job, DelaysGrowAndAreSpread) {
  EXPECT_EQ(delay_after(1, 0), 5s);
  EXPECT_EQ(delay_after(2, 0), 30s);
  EXPECT_EQ(delay_after(11, 0), 4h);
  EXPECT_EQ(delay_after(1'000'000, 0), 4h);
  EXPECT_EQ(delay_after(0, 0), 5s);
  for (std::int64_t attempt = 1; attempt < most_attempts; ++attempt) {
    EXPECT_LE(delay_after(attempt, 0), delay_after(attempt + 1, 0));
    EXPECT_GT(delay_after(attempt, 999), delay_after(attempt, 0));
    EXPECT_LE(delay_after(attempt, 4'000'000'000), delay_after(attempt, 0) * 6 / 5);
  }
  EXPECT_EQ(delay_after(1, 500), 5500ms);
}

// A server that greylists for five minutes accepts a mail whose code lives ten.
TEST(Job, AnAttemptFallsBetweenFiveAndTenMinutes) {
  Duration begun{0};
  std::set<bool> inside;
  for (std::int64_t attempt = 1; attempt < 8; ++attempt) {
    begun += delay_after(attempt, 999);
    inside.insert(begun > 5min && begun < 10min - 30s);
  }
  EXPECT_TRUE(inside.contains(true));
}

}  // namespace
}  // namespace ostiary::delivery
