import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { tokenIn } from '../support/mailbox.ts'
import { refuses, succeeds } from '../support/person.ts'
import { eventually } from '../support/polling.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

const canary = (name: string) => `canary${name}${randomBytes(6).toString('hex')}`

/** Fails where any form of a secret stands in `where`: as it is, in hexadecimal, in base64. */
function holdsNone(where: Buffer, secrets: Record<string, string>) {
  const text = where.toString('latin1').toLowerCase()
  for (const [name, secret] of Object.entries(secrets)) {
    const bytes = Buffer.from(secret, 'utf8')
    for (const [form, spelt] of [
      ['as it is', bytes.toString('latin1')],
      ['in hexadecimal', bytes.toString('hex')],
      ['in base64', bytes.toString('base64').replace(/=+$/, '').slice(0, -2)],
    ]) {
      if (spelt.length >= 6 && text.includes(spelt.toLowerCase())) {
        throw new Error(`${name} is there, ${form}: ${secret}`)
      }
    }
  }
}

describe.each(ENGINES)('D12 B33 what is kept and what is said, on %s', (engine) => {
  test('R1.15 R2.11 a stolen database and the log hold no code, password, token or details in the clear', async () => {
    const agent = canary('agent')
    const world = await World.begins(engine)
    try {
      const from = '127.66.77.88'
      const alice = world.person('alice', { userAgent: agent, from, password: `${canary('password')}-Zq` })
      await alice.registers({ display_name: 'Alice' })
      const code = await world.mailbox.latestCode(alice)
      const link = tokenIn(await world.mailbox.latestLink(alice))
      const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0')
      refuses(await alice.triesCode(wrong), 400, 'wrong_code')
      const afterRegistration = await world.storage.dump()
      const early: Record<string, string> = {
        agent,
        password: alice.password,
        link,
        device: alice.deviceId!,
        address: from,
      }
      holdsNone(afterRegistration, early)
      // Six digits turn up in any file by chance; as a word of their own they are the code.
      expect(afterRegistration.toString('latin1')).not.toMatch(new RegExp(`['"\\s>]${code}['"\\s<]`))

      await alice.triesCode(code)
      const old = { access: alice.accessToken!, refresh: alice.refreshToken! }
      await alice.refreshes()
      const mistyped = canary('mistyped')
      refuses(
        await alice.http.post('/api/auth/login', { username: mistyped, password: alice.password }),
        401,
        'wrong_credentials',
      )
      refuses(await alice.triesToSignIn({ password: canary('guess') }), 401, 'wrong_credentials')
      const reset_id = await alice.forgetsPassword()
      const resetLink = tokenIn(await world.mailbox.latestLink(alice, 2))
      const resetCode = await world.mailbox.latestCode(alice, 2)
      const exchanged = await alice.http.post('/api/auth/password/verify-code', { reset_id, code: resetCode })
      const secrets = {
        password: alice.password,
        link,
        'reset link': resetLink,
        'reset token': succeeds(exchanged).body.reset_token,
        device: alice.deviceId!,
        access: old.access,
        refresh: old.refresh,
        'next access': alice.accessToken!,
        'next refresh': alice.refreshToken!,
        mistyped,
      }
      const dump = await world.storage.dump()
      holdsNone(dump, secrets)
      // Sessions show their user agent and address to their owner; the audit's details are sealed.
      const audit = await world.storage.rows(`SELECT ${bytesAsHex(engine, 'details_sealed')} AS sealed FROM audit_log`)
      holdsNone(
        Buffer.from(audit.map((row) => Buffer.from(String(row.sealed), 'hex').toString('latin1')).join('\n'), 'latin1'),
        {
          agent,
          address: from,
          reason: 'wrong_code',
        },
      )
      const outbox = await world.storage.rows('SELECT payload FROM outbox')
      holdsNone(Buffer.from(JSON.stringify(outbox)), { ...secrets, email: alice.email, agent, address: from })
      const jobs = await world.storage.rows(`SELECT ${bytesAsHex(engine, 'payload')} AS payload FROM jobs`)
      holdsNone(
        Buffer.from(jobs.map((row) => Buffer.from(String(row.payload), 'hex').toString('latin1')).join('\n'), 'latin1'),
        {
          ...secrets,
          email: alice.email,
        },
      )
      await world.server.stops()
      holdsNone(Buffer.from(world.server.output), { ...secrets, code: ` ${code} ` })
    } finally {
      await world.ends()
    }
  })

  test('R2.11 R1.12 ASVS 16.3 every authentication event is a row and a log line with its reason', async () => {
    const world = await World.begins(engine)
    try {
      const alice = world.person('alice')
      await alice.registers()
      const code = await world.mailbox.latestCode(alice)
      await alice.triesCode(String((Number(code) + 1) % 1_000_000).padStart(6, '0'))
      await alice.triesCode(code)
      const first = alice.refreshToken!
      await alice.triesToSignIn({ password: 'not the password' })
      await alice.signsIn()
      await alice.refreshes()
      await alice.changesProfile({ display_name: 'A' })
      await alice.revokesOthers()
      refuses(await alice.triesToRefresh(first), 401, 'session_ended')
      await alice.logsOut()

      const rows = await world.storage.rows<{ action: string; outcome: string }>(
        'SELECT action, outcome FROM audit_log ORDER BY occurred_at, id',
      )
      const said = rows.map((row) => `${row.action} ${row.outcome}`)
      for (const expected of [
        /^user\.register\S* success/,
        /^user\.verify_email refused/,
        /^user\.(register|verif)\S* success/,
        /^session\.start success/,
        /^session\.start refused/,
        /^profile\.update success/,
        /^session\.(revoke_others|end) success/,
        /^session\.end success/,
      ]) {
        expect(
          said.some((line) => expected.test(line)),
          `${expected} in\n${said.join('\n')}`,
        ).toBe(true)
      }
      expect(said, 'a plain refresh leaves its log line only').not.toContain('session.refresh success')
      const anonymous = await world.storage.count('SELECT count(*) FROM audit_log WHERE user_id IS NULL')
      expect(anonymous, 'all of it was about alice').toBe(0)
      expect(
        await world.storage.count(
          'SELECT count(*) FROM audit_log WHERE details_hash IS NULL OR length(details_sealed) < 32',
        ),
      ).toBe(0)

      const attempts = await world.storage.rows<{ reason: string }>(
        'SELECT reason FROM login_attempts ORDER BY attempted_at',
      )
      expect(attempts.map((row) => row.reason)).toEqual(['wrong_credentials', 'password'])

      // Append-only, whoever asks.
      const changes = ["UPDATE audit_log SET outcome = 'success'", 'DELETE FROM audit_log']
      if (engine !== 'SQLite') changes.push('TRUNCATE audit_log') // which SQLite has not
      for (const change of changes) {
        await expect(world.storage.changes(change), change).rejects.toThrow(/append-only/)
      }
      for (const action of ['session.start', 'session.refresh', 'session.end', 'user.verify_email']) {
        await eventually(`a log line for ${action}`, () =>
          world.server.logLines.some((line) => JSON.stringify(line).includes(`"${action}"`)),
        )
      }
    } finally {
      await world.ends()
    }
  })

  test("R1.16 events stand in the outbox, in the order of each aggregate's version, without a gap", async () => {
    const world = await World.begins(engine)
    try {
      const alice = await world.person('alice').signsUp()
      await alice.signsIn()
      for (let i = 0; i < 3; i++) await alice.refreshes()
      await alice.changesProfile({ display_name: 'A' })
      await alice.logsOut()
      const rows = await world.storage.rows<{
        type: string
        topic: string
        aggregate: string
        aggregate_version: number | string
        payload: string
        published_at: unknown
      }>(
        `SELECT type, topic, ${engine === 'SQLite' ? 'hex(aggregate_id)' : 'aggregate_id::text'} AS aggregate,
                aggregate_version, payload, published_at
         FROM outbox ORDER BY aggregate_id, aggregate_version`,
      )
      const types = rows.map((row) => row.type)
      expect(types).not.toContain('session.refreshed')
      for (const type of [
        'user.registered',
        'user.verified',
        'session.started',
        'session.ended',
        'user.profile_updated',
      ]) {
        expect(types, type).toContain(type)
      }
      const byAggregate = new Map<string, number[]>()
      for (const row of rows) {
        byAggregate.set(row.aggregate, [...(byAggregate.get(row.aggregate) ?? []), Number(row.aggregate_version)])
        expect(row.topic).toBe(`${row.type.split('.')[0]}.events`)
        expect(JSON.parse(row.payload)).toMatchObject({ user_id: alice.userId })
        expect(row.published_at).toBeNull()
      }
      for (const versions of byAggregate.values()) {
        expect(versions).toEqual(versions.map((_, i) => versions[0] + i))
        expect(versions[0]).toBe(1)
      }
    } finally {
      await world.ends()
    }
  })

  test('a refused call leaves nothing behind: no user, no event, no mail', async () => {
    const world = await World.begins(engine)
    try {
      const tables = ['users', 'challenges', 'pending_registrations', 'outbox', 'jobs', 'sessions', 'data_keys']
      const counts = async () =>
        Promise.all(tables.map((table) => world.storage.count(`SELECT count(*) FROM ${table}`)))
      const before = await counts()
      refuses(await world.person('a').triesToRegister({ password: 'password' }), 400, 'weak_password')
      refuses(await world.person('b').triesToRegister({ username: 'x@y' }), 400, 'invalid_field')
      refuses(await world.person('c').triesToSignIn(), 401, 'wrong_credentials')
      expect(await counts()).toEqual(before)
      const alice = await world.person('alice', { username: `taken${Date.now()}` }).signsUp()
      const after = await counts()
      refuses(await world.person('d', { username: alice.username }).triesToRegister(), 409, 'username_taken')
      expect(await counts()).toEqual(after)
      succeeds(await alice.logsOut())
    } finally {
      await world.ends()
    }
  })
})

const bytesAsHex = (engine: string, column: string) =>
  engine === 'SQLite' ? `hex(${column})` : `encode(${column}, 'hex')`
