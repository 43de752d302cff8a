import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../support/polling.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

describe.each(ENGINES)('metrics for Prometheus on %s (R3.8)', (engine) => {
  let world: World

  beforeAll(async () => {
    world = await World.begins(engine)
  })
  afterAll(() => world.ends())

  /** The value of a series, given as "name{label="value"}"; undefined where it is not there. */
  async function value(series: string): Promise<number | undefined> {
    const reply = await world.client().get('/metrics')
    expect(reply.status).toBe(200)
    expect(reply.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    const line = reply.text.split('\n').find((one) => one.startsWith(`${series} `))
    return line === undefined ? undefined : Number(line.slice(series.length + 1))
  }

  test('calls, logins by outcome, hashes, jobs, pools and the process are told', async () => {
    const ada = world.person('ada')
    await ada.signsUp()
    await world.client().post('/api/auth/login', { email: ada.email, password: 'wrong horse staple' })
    await world.client().post('/api/auth/login', { email: ada.email, password: ada.password })
    const calls = (call: string, code: string) => value(`ostiary_calls_total{call="${call}",code="${code}"}`)
    expect(await calls('AuthService.Register', 'ok')).toBe(1)
    expect(await calls('AuthService.Login', 'ok')).toBe(1)
    expect(await calls('AuthService.Login', 'wrong_credentials')).toBe(1)
    expect(await value('ostiary_call_seconds_count{call="AuthService.Login"}')).toBe(2)
    // One for the registration, one for the login that succeeded, two for the one that was refused.
    expect(await value('ostiary_password_hash_seconds_count')).toBe(4)
    await eventually('the mail is counted', () => value('ostiary_log_lines_total{event="job.done",level="info"}'))
    expect(await value('ostiary_http_connections')).toBeGreaterThan(0)
    expect(await value('ostiary_calls_waiting')).toBe(0)
    expect(await value('ostiary_revocations_arrive')).toBe(1)
    const kind = engine === 'SQLite' ? 'reader' : 'connection'
    expect(await value(`ostiary_database_connections{kind="${kind}",state="idle"}`)).toBeGreaterThan(0)
    expect(await value('process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
    expect(await value('process_open_fds')).toBeGreaterThan(5)
  })

  test('a session check that is answered from memory is counted like any other', async () => {
    const ada = world.person('ada')
    await ada.signsUp()
    const series = 'ostiary_calls_total{call="AuthService.CheckSession",code="ok"}'
    const before = (await value(series)) ?? 0
    for (let i = 0; i < 5; ++i) expect(await ada.isSignedIn()).toBe(true)
    expect(await value(series)).toBe(before + 5)
    expect(await value('ostiary_sessions_remembered')).toBeGreaterThan(0)
  })

  test('B33 they name no person, address or token, and are not for what a proxy passes on', async () => {
    const ada = world.person('ada')
    await ada.signsUp()
    const { text } = await world.client().get('/metrics')
    for (const secret of [ada.email, ada.password, ada.sessionId, '127.0.0.1']) expect(text).not.toContain(secret)
    const forwarded = await world.client().get('/metrics', { headers: { 'x-forwarded-for': '192.0.2.1' } })
    expect(forwarded.status).toBe(404)
  })
})
