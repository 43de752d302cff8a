-- People, how they register, their sessions, and what is written beside every change.
-- Times and ids come from the program; no default asks the database for either.

-- An account may lack an address, a username and a password: whoever signs in by a provider or a passkey needs none.
-- A username is found by its canonical form. Its skeleton keeps names apart that look alike, by the data of
-- `skeleton_version`; it is null where newer data gave a name the skeleton of another one that exists.
CREATE TABLE users (
  id uuid PRIMARY KEY,
  email text,
  email_canonical text,
  email_verified boolean NOT NULL,
  username text,
  username_canonical text,
  username_skeleton text,
  skeleton_version text,
  status text NOT NULL CHECK (status IN ('active', 'locked', 'disabled', 'deleted')),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  last_login_at timestamptz,
  version bigint NOT NULL,
  CHECK ((email IS NULL) = (email_canonical IS NULL)),
  CHECK ((username IS NULL) = (username_canonical IS NULL) AND (username IS NULL) = (skeleton_version IS NULL))
);
-- Two partial ones, so that those without an address are not looked for among the equal nulls of one. A deleted account
-- keeps its row, which then says no more than that it existed.
CREATE UNIQUE INDEX users_email_canonical ON users (email_canonical) WHERE email_canonical IS NOT NULL;
CREATE INDEX users_without_email ON users (id) WHERE email_canonical IS NULL AND status <> 'deleted';
CREATE UNIQUE INDEX users_username_canonical ON users (username_canonical);
CREATE UNIQUE INDEX users_username_skeleton ON users (username_skeleton, skeleton_version);
CREATE INDEX users_skeleton_version ON users (skeleton_version, id);

-- `cost`: the algorithm and cost of the hash, which is its text up to the salt. `changed_at`: when the password was
-- chosen; a stronger hash of the same one does not change it. `sample`: from 0 to 4095, by the user's id; of many hashes
-- of one cost those of some samples are counted.
CREATE TABLE password_credentials (
  user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  hash text NOT NULL,
  cost text NOT NULL,
  sample bigint NOT NULL,
  changed_at timestamptz NOT NULL
);
CREATE INDEX password_credentials_cost ON password_credentials (cost, sample);

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

-- Every proof that is mailed or texted: a code and a link that do the same, for a purpose ('verify_email') and about a
-- subject (an address in its canonical form). `user_id`: whose account it is about, where there is one.
CREATE TABLE challenges (
  id uuid PRIMARY KEY,
  purpose text NOT NULL,
  user_id uuid,
  subject text NOT NULL,
  device_hash bytea NOT NULL,
  code_mac bytea NOT NULL,
  link_hash bytea NOT NULL,
  key_id uuid NOT NULL,
  attempts bigint NOT NULL,
  code_expires_at timestamptz NOT NULL,
  resend_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX challenges_subject ON challenges (purpose, subject, created_at, id);
CREATE UNIQUE INDEX challenges_link ON challenges (link_hash);
CREATE INDEX challenges_expiry ON challenges (expires_at, id);

-- What a registration asked for, beside its challenge; never more than five live ones for an address. Proving the
-- address makes it the account `user_id`. Where the challenge names an account, the address has one: a decoy, or the
-- registration that this account was made of, which then has an empty `password_hash`.
CREATE TABLE pending_registrations (
  id uuid PRIMARY KEY REFERENCES challenges (id) ON DELETE CASCADE,
  user_id uuid NOT NULL,
  email text NOT NULL,
  username text,
  username_canonical text,
  username_skeleton text,
  display_name text NOT NULL,
  locale text NOT NULL,
  password_hash text NOT NULL
);
CREATE INDEX pending_registrations_username ON pending_registrations (username_canonical);
CREATE INDEX pending_registrations_skeleton ON pending_registrations (username_skeleton);

-- Wrong guesses of codes, counted per subject and purpose over 24 hours.
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
CREATE INDEX devices_user ON devices (user_id, last_seen_at);
CREATE INDEX devices_age ON devices (last_seen_at);

-- A session lives until it is ended, its longest life is over, or none of its refresh chains is good any more.
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
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  end_reason text,
  version bigint NOT NULL
);
CREATE INDEX sessions_open ON sessions (user_id, created_at, id) WHERE ended_at IS NULL;
CREATE INDEX sessions_user ON sessions (user_id, id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;

-- The refresh tokens of a session, one after the other: a token is its chain's id, its generation and a MAC under the
-- key `key_id`. The row has the SHA-256 of the current token and of the one before. `issued_at` and `expires_at` are the
-- current token's; `consumed_at` is when the grace of the one before began: its first use, or its last late answer.
-- No column that a rotation changes has an index, so that PostgreSQL writes to none (a HOT update).
CREATE TABLE refresh_chains (
  id uuid PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  key_id uuid NOT NULL,
  generation bigint NOT NULL,
  current_hash bytea NOT NULL,
  previous_hash bytea,
  issued_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  consumed_at timestamptz,
  reissued_generation bigint,
  revoked_at timestamptz
);
CREATE INDEX refresh_chains_session ON refresh_chains (session_id);

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

-- The PUBLIC_URL of the server that started last, which its tokens name as their issuer. One row.
CREATE TABLE issuer (
  id bigint PRIMARY KEY CHECK (id = 1),
  url text NOT NULL,
  noted_at timestamptz NOT NULL
);

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
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

-- Work to be done outside a transaction. `state` is ready, running, done or dead. The payload is sealed, and empty once
-- the job is done or dead; `owner_id` is the person whose data it holds, if any.
CREATE TABLE jobs (
  id uuid PRIMARY KEY,
  owner_id uuid,
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
CREATE INDEX jobs_ready ON jobs (kind, run_at) WHERE state = 'ready';
CREATE INDEX jobs_running ON jobs (kind, leased_until) WHERE state = 'running';
CREATE INDEX jobs_owner ON jobs (owner_id, id) WHERE finished_at IS NULL;
CREATE INDEX jobs_done ON jobs (finished_at) WHERE state = 'done';
CREATE INDEX jobs_dead ON jobs (finished_at) WHERE state = 'dead';

-- The phone numbers that people have proven, sealed with their keys. Several accounts may have the same one.
CREATE TABLE phone_numbers (
  user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  number_sealed bytea NOT NULL,
  verified_at timestamptz NOT NULL
);

-- The number that a person has yet to prove, beside its challenge; one for each person.
CREATE TABLE phone_changes (
  id uuid PRIMARY KEY REFERENCES challenges (id) ON DELETE CASCADE,
  user_id uuid NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
  number_sealed bytea NOT NULL
);

-- The texts that were ordered in the last 24 hours, which the caps count. The number and its first digits as keyed
-- hashes (a blind index).
CREATE TABLE texts (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  number_hash bytea NOT NULL,
  prefix_hash bytea NOT NULL,
  ordered_at timestamptz NOT NULL
);
CREATE INDEX texts_user ON texts (user_id, ordered_at);
CREATE INDEX texts_number ON texts (number_hash, ordered_at);
CREATE INDEX texts_prefix ON texts (prefix_hash, ordered_at);
CREATE INDEX texts_time ON texts (ordered_at);

-- Logins whose password was right and that wait for their second step. `device_hash`: the only device that may complete
-- it. `password_changed_at`: when the password that was given had been chosen; another one since makes the row void.
CREATE TABLE pending_logins (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash bytea NOT NULL,
  device_hash bytea NOT NULL,
  identifier_hash bytea NOT NULL,
  password_changed_at timestamptz,
  amr text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  completed_at timestamptz
);
CREATE UNIQUE INDEX pending_logins_token ON pending_logins (token_hash);
CREATE INDEX pending_logins_user ON pending_logins (user_id, id);
CREATE INDEX pending_logins_expiry ON pending_logins (expires_at, id);

-- The TOTP secret of a person, sealed under their key, and perhaps one that was offered and is not confirmed yet.
-- `last_step`: the time step of the last code that was accepted; no code of that step or an earlier one is.
CREATE TABLE totp_secrets (
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  confirmed boolean NOT NULL,
  sealed_secret bytea NOT NULL,
  label text NOT NULL,
  last_step bigint NOT NULL,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz,
  PRIMARY KEY (user_id, confirmed)
);

-- The ten backup codes of a person, as MACs under the server key `key_id`.
CREATE TABLE backup_codes (
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  code_mac bytea NOT NULL,
  key_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (user_id, code_mac)
);

-- Devices on which a person's logins need no second factor until `expires_at`.
CREATE TABLE remembered_devices (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  device_hash bytea NOT NULL,
  device_name text NOT NULL,
  user_agent text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX remembered_devices_device ON remembered_devices (user_id, device_hash);
CREATE INDEX remembered_devices_user ON remembered_devices (user_id, created_at, id);
CREATE INDEX remembered_devices_expiry ON remembered_devices (expires_at, id);

-- Security keys and passkeys of a person (WebAuthn). `credential_id` as the authenticator chose it, `public_key` as COSE;
-- `transports` and `aaguid` as it said. `discoverable` is null where the browser did not say.
CREATE TABLE webauthn_credentials (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  credential_id bytea NOT NULL,
  public_key bytea NOT NULL,
  sign_count bigint NOT NULL,
  label text NOT NULL,
  transports text NOT NULL,
  aaguid uuid NOT NULL,
  discoverable boolean,
  backup_eligible boolean NOT NULL,
  backed_up boolean NOT NULL,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz
);
CREATE UNIQUE INDEX webauthn_credentials_credential ON webauthn_credentials (credential_id);
CREATE INDEX webauthn_credentials_user ON webauthn_credentials (user_id, created_at, id);

-- Challenges of WebAuthn that were not answered yet, by their SHA-256. `holder`: who may answer it: the id of a session, of
-- a login that waits for its second step, or the hash of a device.
CREATE TABLE webauthn_challenges (
  challenge_hash bytea PRIMARY KEY,
  purpose text NOT NULL,
  holder bytea NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX webauthn_challenges_expiry ON webauthn_challenges (expires_at, challenge_hash);
-- A change of address that waits for its proof, beside its challenge ('change_email'), whose subject is the canonical
-- form of `email`; one for each account. `session_id`: the session that asked for it, with which it ends.
CREATE TABLE email_changes (
  id uuid PRIMARY KEY REFERENCES challenges (id) ON DELETE CASCADE,
  user_id uuid NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
  session_id uuid NOT NULL,
  email text NOT NULL
);

-- An earlier address of an account, whose holder may undo the change with a mailed link. No other account takes the
-- address before `expires_at`. `account_version`: the version of the account that the change made, which orders the
-- changes.
CREATE TABLE email_undos (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  email text NOT NULL,
  email_canonical text NOT NULL UNIQUE,
  link_hash bytea NOT NULL UNIQUE,
  account_version bigint NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX email_undos_user ON email_undos (user_id, account_version);
CREATE INDEX email_undos_expiry ON email_undos (expires_at);
