#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/random.hpp"
#include "delivery/job.hpp"
#include "delivery/mails.hpp"
#include "delivery/templates.hpp"
#include "ports/log.hpp"
#include "ports/mailer.hpp"
#include "storage/database.hpp"
#include "vault/data_keys.hpp"

namespace ostiary::delivery {

/// What an executor works with. All must outlive it.
struct ExecutorParts {
  Database& db;
  const vault::DataKeys& keys;
  const MailTemplates& templates;
  Mailer& mailer;
  const Clock& clock;
  Random& random;
  Log& log;
};

struct BroughtForward {
  std::int64_t jobs = 0;
  std::optional<Time> next = std::nullopt;  ///< where to go on; nothing when there are no more
};

/// Makes those due at `now` that wait for `from` or later, which is after `now`: the first hundred. The next ones begin
/// where these ended, so that nobody walks again over what they leave behind in the index.
BroughtForward bring_some_forward(Transaction& tx, std::string_view kind, Time now, Time from);

/// Runs the jobs in the database, and deletes what is past its time. Any number of executors, in any number of
/// processes, may share a database: a job is leased to one of them, for longer than an attempt takes. A job is run at
/// least once, and one that is marked `once` is handed over at most once, whatever breaks down when. Thread-safe.
class Executor {
 public:
  /// Message-IDs end in `mail_domain`, which should be the operator's.
  Executor(const ExecutorParts& parts, std::string mail_domain);
  ~Executor();  ///< stops
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Starts to work with so many threads, each with a connection to the database while it needs one.
  void start(int threads);

  /// Says that a job has been committed: it is begun at once, not within a second. Does not block, does not throw.
  void wake();

  /// Lets the attempts that are under way finish until `deadline`, has the mailer break off the others, and returns
  /// once they are written down. What was broken off before it was handed over is tried again later.
  void stop(std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::now() +
                                                             std::chrono::seconds(30));

  /// How many jobs were not done when it last looked, due or to be tried again; at most 1000.
  std::int64_t waiting() const { return waiting_; }

  /// Whether one of its threads has looked for jobs within the last minute: longer than an attempt takes.
  bool is_at_work() const;

  /// Runs one job that is due, if there is one, in the calling thread. Whether there was. Buries on its way those that
  /// can't be run any more.
  bool run_one();

 private:
  class LeaseLost;
  /// A job that was in no other executor's hands, and what was decided about it.
  struct Claim {
    std::optional<Job> job;
    ClaimVerdict verdict = ClaimVerdict::taken;
  };

  void work();
  void pause();
  bool are_jobs_due();
  Claim claim();
  void bury(Transaction& tx, const Job& job, ClaimVerdict verdict, Time now);
  void run(const Job& job);
  DeliveryOutcome attempt(const Job& job);
  Mail write_mail(const Job& job, const OrderedMail& order) const;
  std::int64_t change(const std::function<std::int64_t(Transaction&)>& statement);
  void hand_over(const Job& job);
  void conclude(const Job& job, const DeliveryOutcome& outcome);
  void log_outcome(const Job& job, AttemptVerdict verdict, const std::string& detail);
  bool is_stopping();
  bool begins_to_clean_up(bool has_jobs);
  bool clean_up_once();
  bool clock_was_set_back();
  void bring_jobs_forward();

  const ExecutorParts parts_;
  const std::string mail_domain_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<std::int64_t> waiting_ = 0;
  bool woken_ = false;
  bool stopping_ = false;
  int threads_at_work_ = 0;
  bool cleans_up_ = false;  ///< one of the threads does
  bool left_some_ = false;  ///< when it was last cleaned up
  std::optional<Time> cleaned_up_at_;
  std::optional<Time> last_time_;
  std::vector<std::thread> threads_;
  std::atomic<std::chrono::steady_clock::time_point> looked_at_{};  ///< the epoch: never yet
};

}  // namespace ostiary::delivery
