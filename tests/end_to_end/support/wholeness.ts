import { expect } from 'vitest'
import type { Crowd } from './crowd.ts'
import { codeIn } from './mailbox.ts'
import type { MailServer } from './smtp.ts'
import type { Storage } from './storage.ts'

/** Each gives a row for each thing that must not be. */
const HALF_DONE: Record<string, string> = {
  'two accounts of one address': `SELECT email_canonical FROM users WHERE email_canonical IS NOT NULL
    GROUP BY email_canonical HAVING count(*) > 1`,
  'an account without profile, password or key': `SELECT id FROM users
    WHERE NOT EXISTS (SELECT 1 FROM user_profiles WHERE user_id = users.id)
       OR NOT EXISTS (SELECT 1 FROM password_credentials WHERE user_id = users.id)
       OR NOT EXISTS (SELECT 1 FROM data_keys WHERE owner_id = users.id)`,
  'a gap in the versions of what was told of an account or session': `SELECT aggregate_id FROM outbox
    GROUP BY aggregate_id
    HAVING min(aggregate_version) <> 1 OR max(aggregate_version) <> count(*)
        OR count(DISTINCT aggregate_version) <> count(*)`,
  'a session whose last change was not told': `SELECT id FROM sessions
    WHERE version <> (SELECT count(*) FROM outbox WHERE aggregate_id = sessions.id)`,
  'an account whose last change was not told': `SELECT id FROM users
    WHERE version <> (SELECT count(*) FROM outbox WHERE aggregate_id = users.id)`,
  'a session without one chain of refresh tokens': `SELECT id FROM sessions
    WHERE 1 <> (SELECT count(*) FROM refresh_chains WHERE session_id = sessions.id)`,
  'a chain that is half rotated': `SELECT id FROM refresh_chains
    WHERE generation < 1 OR (generation > 1) <> (previous_hash IS NOT NULL)
       OR (generation > 1) <> (consumed_at IS NOT NULL) OR reissued_generation >= generation`,
  'a session and a chain of which only one has ended': `SELECT c.id
    FROM refresh_chains c JOIN sessions s ON s.id = c.session_id
    WHERE (c.revoked_at IS NULL) <> (s.ended_at IS NULL)`,
  'an account without its rows in the audit log': `SELECT id FROM users
    WHERE 1 <> (SELECT count(*) FROM audit_log WHERE user_id = users.id AND action = 'user.register')
       OR 1 <> (SELECT count(*) FROM audit_log WHERE user_id = users.id AND action = 'user.verify_email'
                AND outcome = 'success')`,
  'sessions that the audit log does not count': `SELECT id FROM users
    WHERE (SELECT count(*) FROM sessions WHERE user_id = users.id) <>
          (SELECT count(*) FROM audit_log WHERE user_id = users.id AND action = 'session.start'
           AND outcome = 'success')
       OR (SELECT count(*) FROM sessions WHERE user_id = users.id AND ended_at IS NOT NULL) <>
          (SELECT count(*) FROM audit_log WHERE user_id = users.id AND action = 'session.end')`,
  'late answers that the audit log does not count': `SELECT id FROM users
    WHERE (SELECT count(*) FROM refresh_chains c JOIN sessions s ON s.id = c.session_id
           WHERE s.user_id = users.id AND c.reissued_generation IS NOT NULL) >
          (SELECT count(*) FROM audit_log WHERE user_id = users.id AND action = 'session.refresh')`,
  'a session that was taken for stolen': `SELECT id FROM sessions WHERE end_reason = 'refresh_token_reused'`,
}

async function halfDone(storage: Storage): Promise<string[]> {
  const found: string[] = []
  for (const [what, sql] of Object.entries(HALF_DONE)) {
    const rows = await storage.rows(sql)
    if (rows.length > 0) found.push(`${what}: ${rows.length}`)
  }
  return found
}

/** Codes and messages that came more than once: a mail with a code is handed over once. */
function sentTwice(server: MailServer): string[] {
  const seen = new Set<string>()
  return server.received
    .flatMap((mail) => [`message ${mail.id}`, `code ${codeIn(mail)} for ${mail.to}`])
    .filter((mark) => seen.size === seen.add(mark).size)
}

/** Mails that the program takes for sent and that never came. */
async function neverSent(storage: Storage, server: MailServer): Promise<string[]> {
  const hex = storage.engine === 'SQLite' ? 'lower(hex(id))' : `replace(id::text, '-', '')`
  // Orders for a decoy are done without an attempt.
  const done = await storage.rows<{ id: string }>(
    `SELECT ${hex} AS id FROM jobs WHERE state = 'done' AND attempts > 0`,
  )
  const came = new Set(server.received.map((mail) => mail.id.slice(1, mail.id.indexOf('@')).replaceAll('-', '')))
  return done.map(({ id }) => id).filter((id) => !came.has(id))
}

/** Compares what a crowd wrote down, and what came by mail, with what the program says and what lies in its storage. */
export async function expectWhole(crowd: Crowd, storage: Storage, mails: MailServer): Promise<void> {
  await crowd.compares()
  console.log(`${crowd.accounts.length} accounts; answered: ${JSON.stringify(crowd.answered)}`)
  expect({
    complaints: crowd.complaints,
    halfDone: await halfDone(storage),
    sentTwice: sentTwice(mails),
    neverSent: await neverSent(storage, mails),
  }).toEqual({ complaints: [], halfDone: [], sentTwice: [], neverSent: [] })
  expect(mails.received.length).toBeGreaterThan(0)
  for (const what of ['register', 'verify', 'login', 'refresh', 'profile', 'check', 'logout']) {
    expect(crowd.answered[what] ?? 0, `answers to ${what}`).toBeGreaterThan(0)
  }
}
