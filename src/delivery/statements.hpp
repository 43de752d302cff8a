#pragma once

#include <optional>

#include "delivery/job.hpp"
#include "storage/statement.hpp"
#include "storage/value.hpp"

namespace ostiary::delivery::statements {

inline constexpr Statement<void(EventId, std::string_view, std::string_view, Uuid, std::int64_t, std::string_view,
                                Time)>
    insert_event{R"sql(
  INSERT INTO outbox (id, topic, type, aggregate_id, aggregate_version, payload, occurred_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
)sql"};

/// $6: the time of the order, which is also the earliest start.
inline constexpr Statement<void(JobId, std::optional<UserId>, std::string_view, BytesView, std::string_view, Time, Time,
                                bool, std::optional<Time>)>
    insert_job{R"sql(
  INSERT INTO jobs (id, owner_id, kind, payload, state, run_at, attempts, expires_at, once, created_at, finished_at)
  VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $6, $9)
)sql"};

struct JobCount {
  std::int64_t count;
};

/// Includes retries; a thousand at most.
inline constexpr Statement<JobCount(std::string_view)> count_waiting_jobs{R"sql(
  SELECT count(*) FROM (SELECT id FROM jobs WHERE state = 'ready' AND kind = $1 LIMIT 1000) AS waiting
)sql"};

struct JobsFound {
  bool some;
};

/// Whether one of the three statements below would find a job, leased or not.
inline constexpr Statement<JobsFound(std::string_view, Time, Time)> are_jobs_due{R"sql(
  SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'ready' AND kind = $1 AND run_at <= $2)
    OR EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND kind = $1 AND leased_until <= $2)
    OR EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND kind = $1 AND leased_until > $3)
)sql"};

inline constexpr Statement<Job(std::string_view, Time)> next_due_job{R"sql(
  SELECT id, kind, payload, state, run_at, attempts, expires_at, once, handed_over_at, leased_until
  FROM jobs WHERE state = 'ready' AND kind = $1 AND run_at <= $2
  ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED
)sql"};

inline constexpr Statement<Job(std::string_view, Time)> next_abandoned_job{R"sql(
  SELECT id, kind, payload, state, run_at, attempts, expires_at, once, handed_over_at, leased_until
  FROM jobs WHERE state = 'running' AND kind = $1 AND leased_until <= $2
  ORDER BY leased_until LIMIT 1 FOR UPDATE SKIP LOCKED
)sql"};

/// With a lease that ends later than $2, which is impossible unless the clock was set back.
inline constexpr Statement<Job(std::string_view, Time)> next_job_leased_too_long{R"sql(
  SELECT id, kind, payload, state, run_at, attempts, expires_at, once, handed_over_at, leased_until
  FROM jobs WHERE state = 'running' AND kind = $1 AND leased_until > $2
  ORDER BY leased_until LIMIT 1 FOR UPDATE SKIP LOCKED
)sql"};

struct WaitingJob {
  JobId id;
  Time run_at;
};

/// The first hundred that wait until $2 or later.
inline constexpr Statement<WaitingJob(std::string_view, Time)> list_waiting_jobs{R"sql(
  SELECT id, run_at FROM jobs WHERE state = 'ready' AND kind = $1 AND run_at >= $2 ORDER BY run_at LIMIT 100
)sql"};

/// Makes a job due at $2 if it still waits for a later time.
inline constexpr Statement<void(JobId, Time)> bring_job_forward{R"sql(
  UPDATE jobs SET run_at = $2 WHERE id = $1 AND state = 'ready' AND run_at > $2
)sql"};

inline constexpr Statement<void(JobId, std::int64_t, Time)> lease_job{R"sql(
  UPDATE jobs SET state = 'running', attempts = $2, leased_until = $3, handed_over_at = NULL WHERE id = $1
)sql"};

// The holder of a lease is known by the number of its attempt, $2: whoever claims the job next counts on.

inline constexpr Statement<void(JobId, std::int64_t, Time)> mark_handed_over{R"sql(
  UPDATE jobs SET handed_over_at = $3 WHERE id = $1 AND state = 'running' AND attempts = $2
)sql"};

// A job that is done or dead needs no payload any more: it is set to one that is empty.

inline constexpr Statement<void(JobId, std::int64_t, Time, BytesView)> mark_done{R"sql(
  UPDATE jobs SET state = 'done', finished_at = $3, payload = $4, leased_until = NULL, last_error = NULL
  WHERE id = $1 AND state = 'running' AND attempts = $2
)sql"};

inline constexpr Statement<void(JobId, std::int64_t, Time, std::string_view)> mark_for_retry{R"sql(
  UPDATE jobs SET state = 'ready', run_at = $3, last_error = $4, leased_until = NULL, handed_over_at = NULL
  WHERE id = $1 AND state = 'running' AND attempts = $2
)sql"};

inline constexpr Statement<void(JobId, std::int64_t, Time, std::string_view, BytesView)> bury_job{R"sql(
  UPDATE jobs SET state = 'dead', finished_at = $3, last_error = $4, payload = $5, leased_until = NULL
  WHERE id = $1 AND state IN ('ready', 'running') AND attempts = $2
)sql"};

/// Those that are not finished, a hundred rows at most.
inline constexpr Statement<void(UserId)> delete_some_jobs_of{R"sql(
  DELETE FROM jobs WHERE id IN
    (SELECT id FROM jobs WHERE owner_id = $1 AND finished_at IS NULL ORDER BY id LIMIT 100)
)sql"};

// Cleaning up: each deletes what is older than $1, a hundred rows at most, and reads no more than it deletes: an index
// begins with the oldest.

inline constexpr Statement<void(Time)> delete_done_jobs{R"sql(
  DELETE FROM jobs WHERE id IN
    (SELECT id FROM jobs WHERE finished_at < $1 AND state = 'done' ORDER BY finished_at LIMIT 100)
)sql"};

inline constexpr Statement<void(Time)> delete_dead_jobs{R"sql(
  DELETE FROM jobs WHERE id IN
    (SELECT id FROM jobs WHERE finished_at < $1 AND state = 'dead' ORDER BY finished_at LIMIT 100)
)sql"};

inline constexpr Statement<void(Time)> delete_published_events{R"sql(
  DELETE FROM outbox WHERE id IN
    (SELECT id FROM outbox WHERE published_at < $1 ORDER BY published_at LIMIT 100)
)sql"};

/// Only if no broker is configured.
inline constexpr Statement<void(Time)> delete_unpublished_events{R"sql(
  DELETE FROM outbox WHERE id IN
    (SELECT id FROM outbox WHERE occurred_at < $1 AND published_at IS NULL ORDER BY occurred_at LIMIT 100)
)sql"};

/// Also deletes their registrations.
inline constexpr Statement<void(Time)> delete_expired_challenges{R"sql(
  DELETE FROM challenges WHERE id IN
    (SELECT id FROM challenges WHERE expires_at < $1 ORDER BY expires_at, id LIMIT 100)
)sql"};

inline constexpr Statement<void(Time)> delete_expired_webauthn_challenges{R"sql(
  DELETE FROM webauthn_challenges WHERE challenge_hash IN
    (SELECT challenge_hash FROM webauthn_challenges WHERE expires_at < $1 ORDER BY expires_at, challenge_hash LIMIT 100)
)sql"};

inline constexpr Statement<void(Time)> delete_expired_pending_logins{R"sql(
  DELETE FROM pending_logins WHERE id IN
    (SELECT id FROM pending_logins WHERE expires_at < $1 ORDER BY expires_at, id LIMIT 100)
)sql"};

inline constexpr Statement<void(Time)> delete_expired_remembered_devices{R"sql(
  DELETE FROM remembered_devices WHERE id IN
    (SELECT id FROM remembered_devices WHERE expires_at < $1 ORDER BY expires_at, id LIMIT 100)
)sql"};

/// The addresses are free again.
inline constexpr Statement<void(Time)> delete_expired_email_undos{R"sql(
  DELETE FROM email_undos WHERE id IN
    (SELECT id FROM email_undos WHERE expires_at < $1 ORDER BY expires_at LIMIT 100)
)sql"};

inline constexpr Statement<void(Time)> delete_code_guesses{R"sql(
  DELETE FROM code_guesses WHERE id IN
    (SELECT id FROM code_guesses WHERE guessed_at < $1 ORDER BY guessed_at LIMIT 100)
)sql"};

inline constexpr Statement<void(Time)> delete_texts{R"sql(
  DELETE FROM texts WHERE id IN
    (SELECT id FROM texts WHERE ordered_at < $1 ORDER BY ordered_at LIMIT 100)
)sql"};

/// Also deletes their refresh chains, like the next one.
inline constexpr Statement<void(Time)> delete_old_sessions{R"sql(
  DELETE FROM sessions WHERE id IN
    (SELECT id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT 100)
)sql"};

inline constexpr Statement<void(Time)> delete_ended_sessions{R"sql(
  DELETE FROM sessions WHERE id IN
    (SELECT id FROM sessions WHERE ended_at < $1 ORDER BY ended_at LIMIT 100)
)sql"};

inline constexpr Statement<void(Time)> delete_login_attempts{R"sql(
  DELETE FROM login_attempts WHERE id IN
    (SELECT id FROM login_attempts WHERE attempted_at < $1 ORDER BY attempted_at LIMIT 100)
)sql"};

inline constexpr Statement<void(Time)> delete_devices{R"sql(
  DELETE FROM devices WHERE (user_id, device_hash) IN
    (SELECT user_id, device_hash FROM devices WHERE last_seen_at < $1 ORDER BY last_seen_at LIMIT 100)
)sql"};

}  // namespace ostiary::delivery::statements
