#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
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
#include "ports/sms_gateway.hpp"
#include "storage/database.hpp"
#include "vault/data_keys.hpp"

namespace ostiary::delivery {

/// The dependencies of an executor. All must outlive it.
struct ExecutorParts {
  Database& db;
  const vault::DataKeys& keys;
  const MailTemplates& templates;
  Mailer& mailer;
  SmsGateway& texts;
  const Clock& clock;
  Random& random;
  Log& log;
};

struct BroughtForward {
  std::int64_t jobs = 0;
  std::optional<Time> next = std::nullopt;  ///< where to continue; empty if there are no more
};

/// Makes the first hundred jobs that wait until `from` or later (after `now`) due at `now`. The next call continues
/// where this one ended, so index entries are not scanned twice.
BroughtForward bring_some_forward(Transaction& tx, std::string_view kind, Time now, Time from);

/// Runs the jobs in the database, and cleans up. Any number of executors, in any number of processes, may share a
/// database. A job is leased to one of them for longer than an attempt takes. Delivery is at least once; a job marked
/// `once` is handed over at most once, whatever fails. Thread-safe.
class Executor {
 public:
  /// `mail_domain` is the domain of Message-IDs and should be the operator's.
  Executor(const ExecutorParts& parts, std::string mail_domain);
  ~Executor();  ///< stops
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Starts this number of threads. Each uses a database connection only while it needs one.
  void start(int threads);

  /// Signals that a job was committed, so that it starts within 10 ms instead of a second. Does not block or throw.
  void wake();

  /// Lets running attempts finish until `deadline`, makes the mailer and the gateway for texts interrupt the others,
  /// and returns when their outcome is stored. An attempt that was interrupted before the message was handed over is
  /// repeated later.
  void stop(std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::now() +
                                                             std::chrono::seconds(30));

  /// The number of waiting jobs at the last check, including retries; at most 1000 of each kind.
  std::int64_t waiting() const { return waiting_; }

  /// Whether a thread has looked for jobs within the last minute, which is longer than an attempt takes.
  bool is_at_work() const;

  /// Runs one due job in the calling thread and returns whether there was one. Marks jobs as dead that can no longer
  /// run.
  bool run_one();

 private:
  class LeaseLost;
  /// A job without a lease, and the decision about it.
  struct Claim {
    std::optional<Job> job;
    ClaimVerdict verdict = ClaimVerdict::taken;
  };

  /// The kinds of jobs that a thread runs, the most urgent first.
  using Kinds = std::span<const std::string_view>;
  static Kinds kinds_of_thread(int index);

  void work(Kinds kinds);
  void pause(std::uint64_t& wakes_seen);
  bool run_one_of(Kinds kinds);
  std::vector<std::string_view> kinds_due();
  bool run_one_of(std::string_view kind);
  Claim claim(std::string_view kind);
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
  std::uint64_t wakes_ = 0;
  bool stopping_ = false;
  int threads_at_work_ = 0;
  bool cleans_up_ = false;  ///< whether a thread is cleaning up
  bool left_some_ = false;  ///< whether the last clean-up left rows
  std::optional<Time> cleaned_up_at_;
  std::optional<Time> last_time_;
  std::vector<std::thread> threads_;
  std::atomic<std::chrono::steady_clock::time_point> looked_at_{};  ///< the epoch means never
};

}  // namespace ostiary::delivery
