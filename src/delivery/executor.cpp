#include "delivery/executor.hpp"

#include <algorithm>
#include <array>

#include "base/scheduling.hpp"
#include "delivery/clean_up.hpp"
#include "delivery/statements.hpp"

namespace ostiary::delivery {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds polling_pause{1};
constexpr std::chrono::milliseconds pause_for_the_answer{10};
constexpr std::chrono::minutes clean_up_pause{1};
constexpr std::chrono::seconds clean_up_pause_beside_jobs{1};
constexpr std::chrono::minutes longest_silence{1};
constexpr std::size_t longest_error = 300;
/// Texts first: they hold codes, and are few.
constexpr std::array<std::string_view, 2> job_kinds{sms_job, mail_job};
constexpr int most_buried = 1000;  ///< before an executor shows again that it is at work

/// What a foreign server said, fit for a text column and a log line.
std::string as_error(std::string_view detail) {
  std::string error(detail.substr(0, longest_error));
  std::ranges::replace_if(error, [](char c) { return c < ' ' || c > '~'; }, '?');
  return error;
}

std::string_view reason_of(ClaimVerdict verdict) {
  switch (verdict) {
    case ClaimVerdict::handed_over: return "an executor went away while it was handed over; it may have been done";
    case ClaimVerdict::expired: return "expired before it could be done";
    case ClaimVerdict::attempts_spent: return "attempts spent";
    case ClaimVerdict::taken:
    case ClaimVerdict::run: break;
  }
  return "";
}

std::string_view name_of(AttemptVerdict verdict) {
  switch (verdict) {
    case AttemptVerdict::done: return "done";
    case AttemptVerdict::unknown: return "unknown";
    case AttemptVerdict::refused: return "refused";
    case AttemptVerdict::attempts_spent: return "attempts spent";
    case AttemptVerdict::expired: return "expires before the next attempt";
    case AttemptVerdict::retry: return "retried later";
  }
  return "";
}

}  // namespace

/// Another executor has the job by now: this one must not touch it any more.
class Executor::LeaseLost final : public std::exception {
 public:
  const char* what() const noexcept override { return "the lease was lost"; }
};

Executor::Executor(const ExecutorParts& parts, std::string mail_domain)
    : parts_(parts), mail_domain_(std::move(mail_domain)) {}

Executor::~Executor() { stop(); }

/// Only the first thread sends texts: a gateway that hangs delays no mail that another thread can send.
Executor::Kinds Executor::kinds_of_thread(int index) { return Kinds(job_kinds).subspan(index == 0 ? 0 : 1); }

void Executor::start(int threads) {
  looked_at_ = std::chrono::steady_clock::now();
  threads_at_work_ = threads;
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this, kinds = kinds_of_thread(i)] {
      give_way_to_short_work();
      work(kinds);
      {
        const std::scoped_lock lock(mutex_);
        --threads_at_work_;
      }
      changed_.notify_all();
    });
  }
}

bool Executor::is_at_work() const {
  const auto looked_at = looked_at_.load();
  return looked_at != std::chrono::steady_clock::time_point{} &&
         std::chrono::steady_clock::now() - looked_at < longest_silence;
}

void Executor::wake() {
  {
    const std::scoped_lock lock(mutex_);
    ++wakes_;
  }
  changed_.notify_all();
}

void Executor::stop(std::chrono::steady_clock::time_point deadline) {
  bool has_stopped = false;
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
    has_stopped = changed_.wait_until(lock, deadline, [this] { return threads_at_work_ == 0; });
  }
  if (!has_stopped) {
    parts_.mailer.interrupt();
    parts_.texts.interrupt();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  looked_at_ = std::chrono::steady_clock::time_point{};
}

void Executor::work(Kinds kinds) {
  std::uint64_t wakes_seen = 0;
  while (!is_stopping()) {
    looked_at_ = std::chrono::steady_clock::now();
    bool worked = false;
    try {
      if (clock_was_set_back()) bring_jobs_forward();
      worked = run_one_of(kinds);
      if (begins_to_clean_up(worked)) worked = clean_up_once() || worked;
    } catch (const std::exception& error) {
      parts_.log.write(LogLevel::error, "executor.failed", {{"error", error.what()}});
      worked = false;
    }
    if (!worked) pause(wakes_seen);
  }
}

/// Work that starts while the call that ordered it is still answered would slow down that answer, and its time would
/// tell that a mail is sent (B1).
void Executor::pause(std::uint64_t& wakes_seen) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, polling_pause, [&] { return wakes_ != wakes_seen || stopping_; });
  if (wakes_ != wakes_seen) changed_.wait_for(lock, pause_for_the_answer, [this] { return stopping_; });
  wakes_seen = wakes_;
}

bool Executor::is_stopping() {
  const std::scoped_lock lock(mutex_);
  return stopping_;
}

/// One thread cleans up at a time: the others are there for the jobs. What was left is taken up as soon as no job is
/// due, and bit by bit where one always is.
bool Executor::begins_to_clean_up(bool has_jobs) {
  const Time now = parts_.clock.now();
  const std::scoped_lock lock(mutex_);
  if (cleans_up_) return false;
  const Duration pause = !left_some_ ? clean_up_pause : has_jobs ? clean_up_pause_beside_jobs : Duration(0);
  if (cleaned_up_at_ && now < *cleaned_up_at_ + pause) return false;
  cleaned_up_at_ = now;
  left_some_ = false;
  cleans_up_ = true;
  return true;
}

/// Whether it left something.
bool Executor::clean_up_once() {
  struct Turn {
    Executor& executor;
    bool left_some = false;
    ~Turn() {
      const std::scoped_lock lock(executor.mutex_);
      executor.cleans_up_ = false;
      executor.left_some_ = left_some;
    }
  } turn{*this};
  turn.left_some = clean_up(parts_.db, Retention{}, parts_.clock.now(), [this] { return is_stopping(); }).left_some;
  return turn.left_some;
}

bool Executor::clock_was_set_back() {
  const Time now = parts_.clock.now();
  const std::scoped_lock lock(mutex_);
  const bool back = last_time_ && now + polling_pause < *last_time_;
  last_time_ = now;
  if (back) cleaned_up_at_.reset();
  return back;
}

/// What waits for its next attempt would wait for the clock as well.
void Executor::bring_jobs_forward() {
  const Time now = parts_.clock.now();
  std::int64_t brought = 0;
  for (const std::string_view kind : job_kinds) {
    for (std::optional from(now + Duration(1)); from && !is_stopping();) {
      const auto some = parts_.db.transaction(
          Isolation::read_committed,
          [&](Transaction& tx) -> Result<BroughtForward> { return bring_some_forward(tx, kind, now, *from); });
      brought += some->jobs;
      from = some->next;
    }
  }
  parts_.log.write(LogLevel::warning, "clock.set_back", {{"jobs_brought_forward", brought}});
}

BroughtForward bring_some_forward(Transaction& tx, std::string_view kind, Time now, Time from) {
  const auto waiting = tx.all(statements::list_waiting_jobs, kind, from);
  BroughtForward brought;
  for (const auto& job : waiting) brought.jobs += tx.execute(statements::bring_job_forward, job.id, now);
  if (!waiting.empty()) brought.next = waiting.back().run_at;
  return brought;
}

bool Executor::run_one() { return run_one_of(job_kinds); }

bool Executor::run_one_of(Kinds kinds) {
  for (const std::string_view kind : kinds_due()) {
    if (std::ranges::find(kinds, kind) != kinds.end() && run_one_of(kind)) return true;
  }
  return false;
}

bool Executor::run_one_of(std::string_view kind) {
  for (int buried = 0; buried < most_buried && !is_stopping(); ++buried) {
    const Claim claimed = claim(kind);
    if (!claimed.job) return false;
    if (claimed.verdict == ClaimVerdict::run) {
      run(*claimed.job);
      return true;
    }
  }
  return false;
}

/// Reads only: an executor that has nothing to do leaves nothing in the database's log.
std::vector<std::string_view> Executor::kinds_due() {
  const Time now = parts_.clock.now();
  return parts_.db
      .read([&](Transaction& tx) -> Result<std::vector<std::string_view>> {
        std::vector<std::string_view> due;
        std::int64_t waiting = 0;
        for (const std::string_view kind : job_kinds) {
          waiting += tx.one(statements::count_waiting_jobs, kind).count;
          if (tx.one(statements::are_jobs_due, kind, now, now + longest_lease_left).some) due.push_back(kind);
        }
        waiting_ = waiting;
        return due;
      })
      .value();
}

/// Executors pass over the rows that others are about to claim, and so neither wait for one another nor collide.
Executor::Claim Executor::claim(std::string_view kind) {
  const Time now = parts_.clock.now();
  return parts_.db
      .transaction(Isolation::read_committed,
                   [&](Transaction& tx) -> Result<Claim> {
                     auto job = tx.optional(statements::next_due_job, kind, now);
                     if (!job) job = tx.optional(statements::next_abandoned_job, kind, now);
                     if (!job) job = tx.optional(statements::next_job_leased_too_long, kind, now + longest_lease_left);
                     if (!job) return Claim{};
                     const ClaimVerdict verdict = judge_claim(*job, now);
                     if (verdict == ClaimVerdict::taken) return Claim{};
                     if (verdict == ClaimVerdict::run) {
                       ++job->attempts;
                       tx.execute(statements::lease_job, job->id, job->attempts, now + lease_length);
                     } else {
                       bury(tx, *job, verdict, now);
                     }
                     return Claim{std::move(job), verdict};
                   })
      .value();
}

void Executor::bury(Transaction& tx, const Job& job, ClaimVerdict verdict, Time now) {
  tx.execute(statements::bury_job, job.id, job.attempts, now, reason_of(verdict), BytesView());
  tx.after_commit([this, id = job.id, verdict] {
    parts_.log.write(LogLevel::warning, "job.dead", {{"job", to_string(id)}, {"why", reason_of(verdict)}});
  });
}

void Executor::run(const Job& job) {
  try {
    conclude(job, attempt(job));
  } catch (const LeaseLost& lost) {
    parts_.log.write(LogLevel::warning, "job.left", {{"job", to_string(job.id)}, {"why", lost.what()}});
  } catch (const std::exception& error) {
    // The row still says that it runs. Who finds it after the lease decides by what was handed over.
    parts_.log.write(LogLevel::warning, "job.retry",
                     {{"job", to_string(job.id)},
                      {"kind", job.kind},
                      {"attempt", job.attempts},
                      {"why", "its outcome could not be stored; taken up when the lease ends"},
                      {"detail", as_error(error.what())}});
    throw;
  }
}

/// Whatever is thrown is an outcome: a job that only throws would be tried for ever, and nobody would see it.
DeliveryOutcome Executor::attempt(const Job& job) {
  bool handed_over = false;
  try {
    const auto order = open_order(parts_.keys, job.id, job.payload);
    if (!order) return {Delivery::refused, "the payload does not open"};
    const auto before = [&] {
      hand_over(job);
      handed_over = true;
    };
    if (job.kind == sms_job) {
      return parts_.texts.send(
          {to_string(job.id), order->to, parts_.templates.write_text(order->kind, order->locale, order->values)},
          before);
    }
    return parts_.mailer.send(write_mail(job, *order), before);
  } catch (const LeaseLost&) {
    throw;
  } catch (const std::exception& error) {
    return {handed_over ? Delivery::unknown : Delivery::refused_for_now, error.what()};
  }
}

Mail Executor::write_mail(const Job& job, const OrderedMail& order) const {
  MailText written = parts_.templates.write(order.kind, order.locale, order.values);
  return {to_string(job.id) + "@" + mail_domain_, order.to, std::move(written.subject), std::move(written.text),
          std::move(written.html)};
}

/// One statement that names all that must still hold; how many rows it changed.
std::int64_t Executor::change(const std::function<std::int64_t(Transaction&)>& statement) {
  return parts_.db
      .transaction(Isolation::read_committed, [&](Transaction& tx) -> Result<std::int64_t> { return statement(tx); })
      .value();
}

void Executor::hand_over(const Job& job) {
  const Time now = parts_.clock.now();
  const auto marked =
      change([&](Transaction& tx) { return tx.execute(statements::mark_handed_over, job.id, job.attempts, now); });
  if (marked != 1) throw LeaseLost();
}

void Executor::conclude(const Job& job, const DeliveryOutcome& outcome) {
  const Time now = parts_.clock.now();
  const Time next_attempt_at = now + delay_after(job.attempts, parts_.random.below(1000));
  const AttemptVerdict verdict = judge_attempt(job, outcome.delivery, next_attempt_at);
  const std::string error = as_error(outcome.detail);
  const auto written = change([&](Transaction& tx) {
    if (verdict == AttemptVerdict::done) {
      return tx.execute(statements::mark_done, job.id, job.attempts, now, BytesView());
    }
    if (verdict == AttemptVerdict::retry)
      return tx.execute(statements::mark_for_retry, job.id, job.attempts, next_attempt_at, error);
    return tx.execute(statements::bury_job, job.id, job.attempts, now, error, BytesView());
  });
  if (written != 1) throw LeaseLost();
  log_outcome(job, verdict, error);
}

void Executor::log_outcome(const Job& job, AttemptVerdict verdict, const std::string& detail) {
  const bool done = verdict == AttemptVerdict::done;
  const bool again = verdict == AttemptVerdict::retry;
  parts_.log.write(done ? LogLevel::info : LogLevel::warning,
                   done    ? "job.done"
                   : again ? "job.retry"
                           : "job.dead",
                   {{"job", to_string(job.id)},
                    {"kind", job.kind},
                    {"attempt", job.attempts},
                    {"why", name_of(verdict)},
                    {"detail", detail}});
}

}  // namespace ostiary::delivery
