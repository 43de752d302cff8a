-- What cleaning up looks for, the oldest first, and what a person has used last.
CREATE INDEX devices_user ON devices (user_id, last_seen_at);
CREATE INDEX devices_age ON devices (last_seen_at);

-- Dead jobs are kept longer: done ones must be found without passing over them.
CREATE INDEX jobs_done ON jobs (finished_at) WHERE state = 'done';
CREATE INDEX jobs_dead ON jobs (finished_at) WHERE state = 'dead';
DROP INDEX jobs_finished;
