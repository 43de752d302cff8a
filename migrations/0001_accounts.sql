-- People, how they register, their sessions, and what is written beside every change.
-- Times and ids come from the program; no default asks the database for either.

CREATE TABLE users (
  id uuid PRIMARY KEY,
  email text NOT NULL,
  email_canonical text NOT NULL,
  email_verified boolean NOT NULL,
  username text,
  username_skeleton text,
  password_hash text NOT NULL,
  status text NOT NULL CHECK (status IN ('active', 'locked', 'disabled', 'deleted')),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  last_login_at timestamptz,
  version bigint NOT NULL
);
CREATE UNIQUE INDEX users_email_canonical ON users (email_canonical);
CREATE UNIQUE INDEX users_username_skeleton ON users (username_skeleton);

CREATE TABLE user_profiles (
  user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  display_name text NOT NULL,
  avatar_url text NOT NULL,
  locale text NOT NULL,
  time_zone text NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE TABLE roles (
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE
);

CREATE TABLE user_roles (
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role_id uuid NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
  PRIMARY KEY (user_id, role_id)
);
CREATE INDEX user_roles_role ON user_roles (role_id);

-- A row a registration, never more than five live ones for an address; verifying one makes it a user. A decoy stands
-- for a registration of an address that has an account: it has no code that could match.
CREATE TABLE pending_registrations (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL,
  email text NOT NULL,
  email_canonical text NOT NULL,
  username text,
  username_skeleton text,
  display_name text NOT NULL,
  locale text NOT NULL,
  password_hash text NOT NULL,
  device_hash bytea NOT NULL,
  is_decoy boolean NOT NULL,
  code_mac bytea NOT NULL,
  link_hash bytea NOT NULL,
  key_id uuid NOT NULL,
  code_expires_at timestamptz NOT NULL,
  code_attempts bigint NOT NULL,
  resend_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX pending_registrations_email ON pending_registrations (email_canonical, created_at);
CREATE INDEX pending_registrations_username ON pending_registrations (username_skeleton);
CREATE UNIQUE INDEX pending_registrations_link ON pending_registrations (link_hash);
CREATE INDEX pending_registrations_expiry ON pending_registrations (expires_at);

-- Wrong guesses of codes, counted per address and purpose over 24 hours.
CREATE TABLE code_guesses (
  id uuid PRIMARY KEY,
  identifier_hash bytea NOT NULL,
  purpose text NOT NULL,
  guessed_at timestamptz NOT NULL
);
CREATE INDEX code_guesses_identifier ON code_guesses (identifier_hash, purpose, guessed_at);
CREATE INDEX code_guesses_age ON code_guesses (guessed_at);

-- The last time an owner was told that someone tried to register the address.
CREATE TABLE registration_notices (
  user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  sent_at timestamptz NOT NULL
);

-- The devices on which a person has completed a login.
CREATE TABLE devices (
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  device_hash bytea NOT NULL,
  first_seen_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, device_hash)
);

CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  device_hash bytea NOT NULL,
  user_agent text NOT NULL,
  device_name text NOT NULL,
  address text NOT NULL,
  place text,
  amr text NOT NULL,
  auth_time timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  last_refreshed_at timestamptz NOT NULL,
  idle_expires_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  end_reason text,
  version bigint NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id, created_at, id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Only the SHA-256 of a token is kept. The successor is an HMAC of the token under the key `key_id`, made on demand.
CREATE TABLE refresh_tokens (
  hash bytea PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  generation bigint NOT NULL,
  key_id uuid NOT NULL,
  issued_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  consumed_at timestamptz,
  first_consumed_at timestamptz,
  reissued_at timestamptz
);
CREATE UNIQUE INDEX refresh_tokens_session ON refresh_tokens (session_id, generation);

-- Every attempt to sign in, with its outcome. The identifier as a keyed hash: people type passwords into that field.
CREATE TABLE login_attempts (
  id uuid PRIMARY KEY,
  user_id uuid,
  identifier_hash bytea NOT NULL,
  address text NOT NULL,
  device_hash bytea,
  success boolean NOT NULL,
  reason text NOT NULL,
  attempted_at timestamptz NOT NULL
);
CREATE INDEX login_attempts_user ON login_attempts (user_id, attempted_at);
CREATE INDEX login_attempts_age ON login_attempts (attempted_at);

-- Data keys, wrapped under the master key that `wrapping_key_id` identifies. A person has one for each scope: what may
-- have to be erased at different times lies under different keys. Destroying a row erases what was sealed under it.
CREATE TABLE data_keys (
  owner_id uuid NOT NULL,
  scope text NOT NULL,
  wrapped bytea NOT NULL,
  wrapping_key_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (owner_id, scope)
);

-- Keys of the service, sealed under the master key that `wrapping_key_id` identifies; `public_key` as a JWK where there
-- is one.
CREATE TABLE server_keys (
  id uuid PRIMARY KEY,
  purpose text NOT NULL,
  algorithm text NOT NULL,
  sealed bytea NOT NULL,
  wrapping_key_id uuid NOT NULL,
  public_key text,
  created_at timestamptz NOT NULL,
  not_before timestamptz NOT NULL,
  retired_at timestamptz
);
CREATE INDEX server_keys_purpose ON server_keys (purpose, created_at);

-- The audit log. What happened, who did it and whose account it was about stands in the clear; where from, how and why
-- is sealed under the person's key (`key_owner`; null: the service's own) behind a salt. `details_hash` is the hash of
-- salt and details, `row_hash` that of the version, all columns in the clear and `details_hash`: both can be checked
-- still when the details have been erased.
CREATE TABLE audit_log (
  id uuid PRIMARY KEY,
  version bigint NOT NULL,
  occurred_at timestamptz NOT NULL,
  action text NOT NULL,
  outcome text NOT NULL,
  actor_kind text NOT NULL CHECK (actor_kind IN ('person', 'operator', 'service', 'system', 'nobody')),
  actor_id uuid,
  user_id uuid,
  key_owner uuid,
  details_sealed bytea NOT NULL,
  details_hash bytea NOT NULL,
  row_hash bytea NOT NULL
);
CREATE INDEX audit_log_user ON audit_log (user_id, occurred_at);
CREATE INDEX audit_log_actor ON audit_log (actor_id, occurred_at);
CREATE INDEX audit_log_time ON audit_log (occurred_at);

-- The rows of the audit log that no seal covers yet, written with them.
CREATE TABLE audit_unsealed (
  audit_id uuid PRIMARY KEY
);

-- Events for other services, in the order of each aggregate's version.
CREATE TABLE outbox (
  id uuid PRIMARY KEY,
  topic text NOT NULL,
  type text NOT NULL,
  aggregate_id uuid NOT NULL,
  aggregate_version bigint NOT NULL,
  payload text NOT NULL,
  occurred_at timestamptz NOT NULL,
  published_at timestamptz
);
CREATE UNIQUE INDEX outbox_aggregate ON outbox (aggregate_id, aggregate_version);
CREATE INDEX outbox_unpublished ON outbox (occurred_at) WHERE published_at IS NULL;

-- Work to be done outside a transaction. `state` is ready, running, done or dead; a payload is sealed.
CREATE TABLE jobs (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  payload bytea NOT NULL,
  state text NOT NULL CHECK (state IN ('ready', 'running', 'done', 'dead')),
  run_at timestamptz NOT NULL,
  attempts bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  once boolean NOT NULL,
  handed_over_at timestamptz,
  leased_until timestamptz,
  last_error text,
  created_at timestamptz NOT NULL,
  finished_at timestamptz
);
CREATE INDEX jobs_ready ON jobs (run_at) WHERE state = 'ready';
CREATE INDEX jobs_running ON jobs (leased_until) WHERE state = 'running';
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
