import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Person, refuses, succeeds } from '../support/person.ts'
import { eventually } from '../support/polling.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 ' +
  '(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'

describe('an account with MAX_SESSIONS_PER_ACCOUNT=2', () => {
  test('signs in a third time, and the oldest session is out', async () => {
    const world = await World.begins('SQLite', { settings: { MAX_SESSIONS_PER_ACCOUNT: '2' } })
    try {
      const oldest = await world.person('alice').signsUp()
      const [second, third] = [oldest.atAnotherDevice(), oldest.atAnotherDevice()]
      await second.signsIn()
      expect(await oldest.isSignedIn()).toBe(true)
      await third.signsIn()
      refuses(await oldest.checksSession(), 401, 'session_ended')
      refuses(await oldest.triesToRefresh(), 401, 'session_ended')
      expect((await third.sessions()).map((session) => session.session_id)).toEqual([third.sessionId, second.sessionId])
      await second.refreshes()
    } finally {
      await world.ends()
    }
  })
})

describe.each(ENGINES)('sessions, on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await World.begins(engine)
  })
  afterAll(() => world.ends())

  /** What must hold of someone whose session has ended. */
  async function isOut(person: Person) {
    refuses(await person.checksSession(), 401, 'session_ended')
    refuses(await person.asks('/api/account/profile'), 401, 'session_ended')
    refuses(await person.triesToRefresh(), 401, 'session_ended')
    const grpc = world.grpc()
    grpc.accessToken = person.accessToken
    expect((await grpc.refused('AccountService', 'GetProfile')).reason).toBe('session_ended')
  }

  test('R2.5 ASVS 7.4.1 logout ends access and refresh token at once, whichever of them it is given', async () => {
    const alice = await world.person('alice').signsUp()
    const ways = {
      both: (person: Person) => person.logsOut(),
      access: (person: Person) => person.http.post('/api/auth/logout', { access_token: person.accessToken }),
      bearer: (person: Person) => person.http.post('/api/auth/logout', {}, person.bearer()),
      refresh: (person: Person) => person.http.post('/api/auth/logout', { refresh_token: person.refreshToken }),
    }
    for (const [name, leave] of Object.entries(ways)) {
      const here = alice.atAnotherDevice()
      await here.signsIn()
      expect((await here.checksSession()).status, name).toBe(200) // and it is cached now
      expect((await leave(here)).status, name).toBe(204)
      await isOut(here)
      expect((await leave(here)).status, `${name}, again`).toBe(204)
    }
    expect(await alice.isSignedIn()).toBe(true)
  })

  test('logout without any token is 401, with a foreign one too', async () => {
    refuses(await world.client().post('/api/auth/logout', {}), 401, 'not_authenticated')
    refuses(await world.client().post('/api/auth/logout', { access_token: 'x.y.z' }), 401, 'not_authenticated')
  })

  test('a logout in the middle of many checks: none that begins after it is let in', async () => {
    const bob = await world.person('bob').signsUp()
    let loggedOut = false
    const late: number[] = []
    const checking = Array.from({ length: 8 }, async () => {
      for (let checks = 0; checks < 20 || late.length < 20; checks++) {
        const after = loggedOut
        const { status } = await bob.checksSession()
        if (after) late.push(status)
      }
    })
    expect((await bob.logsOut()).status).toBe(204)
    loggedOut = true
    await Promise.all(checking)
    expect(late.every((status) => status === 401)).toBe(true)
  })

  test('B5 D2 R1.10 fifty refreshes at once with one token make one successor, which all of them get', async () => {
    const carol = await world.person('carol').signsUp()
    const presented = carol.refreshToken!
    const replies = await Promise.all(Array.from({ length: 50 }, () => carol.triesToRefresh(presented)))
    const successors = new Set(replies.map((reply) => succeeds(reply).body.refresh_token))
    expect(successors.size).toBe(1)
    expect(
      await world.storage.count(
        `SELECT sum(generation) FROM refresh_chains JOIN sessions ON sessions.id = session_id
         JOIN users ON users.id = sessions.user_id WHERE email_canonical = '${carol.email}'`,
      ),
    ).toBe(2)
    await carol.refreshes()
    expect(await carol.isSignedIn()).toBe(true)
  })

  test('B5 a refresh racing a logout leaves no live token', async () => {
    const dan = await world.person('dan').signsUp()
    for (let round = 0; round < 10; round++) {
      const here = dan.atAnotherDevice()
      await here.signsIn()
      const presented = here.refreshToken!
      const racer = here.atAnotherDevice()
      racer.deviceId = here.deviceId
      const [refreshed, out] = await Promise.all([
        racer.triesToRefresh(presented),
        here.http.post('/api/auth/logout', { refresh_token: presented }),
      ])
      expect(out.status).toBe(204)
      if (refreshed.status === 200) {
        refuses(await racer.checksSession(refreshed.body.access_token), 401, 'session_ended')
        refuses(await racer.triesToRefresh(refreshed.body.refresh_token), 401, 'session_ended')
      } else {
        refuses(refreshed, 401, 'session_ended')
      }
    }
  })

  test('B4 a token that never was is unknown, and says so', async () => {
    const erin = await world.person('erin').signsUp()
    refuses(await erin.triesToRefresh('A'.repeat(43)), 401, 'refresh_token_unknown')
    refuses(await erin.triesToRefresh('A'.repeat(64)), 401, 'refresh_token_unknown')
    // Of one's own session, and a bit of its MAC is wrong.
    const last = erin.refreshToken!.slice(-1)
    refuses(
      await erin.triesToRefresh(erin.refreshToken!.slice(0, -1) + (last === 'A' ? 'B' : 'A')),
      401,
      'refresh_token_unknown',
    )
    refuses(await world.client().post('/api/auth/refresh', {}), 401, 'refresh_token_unknown')
    refuses(await erin.triesToRefresh('x'.repeat(65)), 400, 'invalid_field', 'refresh_token')
    await erin.refreshes()
  })

  test('R2.8 ASVS 7.5.2 my sessions, the latest first, named by device, this one marked', async () => {
    const frank = world.person('frank', { userAgent: FIREFOX })
    await frank.signsUp()
    const phone = frank.atAnotherDevice({ userAgent: IPHONE })
    await phone.signsIn()
    const script = frank.atAnotherDevice({ userAgent: 'curl/7.88.1' })
    await script.signsIn()

    const list = await phone.sessions()
    expect(list.map((session) => session.session_id)).toEqual([script.sessionId, phone.sessionId, frank.sessionId])
    expect(list.map((session) => session.current)).toEqual([false, true, false])
    expect(list[2].device_name).toMatch(/Firefox.*Linux/)
    expect(list[1].device_name).toMatch(/Safari.*(iPhone|iOS)/)
    expect(list[0].device_name).toMatch(/curl/)
    expect(list[2].user_agent).toBe(FIREFOX)
    for (const session of list) {
      expect(session.address).toBe('127.0.0.1')
      expect(session).not.toHaveProperty('place')
      expect(Date.parse(session.expires_at as string)).toBeGreaterThan(Date.now() + 29 * 86_400_000)
      expect(Date.parse(session.last_refreshed_at as string)).toBeGreaterThanOrEqual(
        Date.parse(session.created_at as string),
      )
    }
    await frank.refreshes()
    const after = (await phone.sessions())[2]
    expect(Date.parse(after.last_refreshed_at as string)).toBeGreaterThan(
      Date.parse(list[2].last_refreshed_at as string),
    )
  })

  test('a page at a time, and no page token is forged', async () => {
    const gina = await world.person('gina').signsUp()
    for (let i = 0; i < 4; i++) await gina.atAnotherDevice().signsIn()
    const seen: string[] = []
    let token: string | undefined
    do {
      const query = token ? `page_size=2&page_token=${token}` : 'page_size=2'
      const page = succeeds(await gina.asks(`/api/account/sessions?${query}`)).body
      expect(page.sessions.length).toBeLessThanOrEqual(2)
      seen.push(...page.sessions.map((session: { session_id: string }) => session.session_id))
      token = page.next_page_token
    } while (token)
    expect(new Set(seen).size).toBe(5)
    expect(seen.length).toBe(5)
    for (const [query, field] of [
      ['page_size=0', 'page_size'],
      ['page_size=101', 'page_size'],
      ['page_token=AAAA', 'page_token'],
    ]) {
      refuses(await gina.asks(`/api/account/sessions?${query}`), 400, 'invalid_field', field)
    }
    refuses(await gina.asks('/api/account/sessions?page_size=x'), 400, 'wrong_type', 'page_size')
    refuses(await gina.asks('/api/account/sessions?nothing=1'), 400, 'unknown_field', 'nothing')
    refuses(await gina.asks('/api/account/sessions?page_size=1&page_size=2'), 400, 'duplicate_field', 'page_size')
  })

  test('R2.8 revoking one ends that one at once; revoking the others leaves this one', async () => {
    const hana = await world.person('hana').signsUp()
    const others = [hana.atAnotherDevice(), hana.atAnotherDevice(), hana.atAnotherDevice()]
    for (const other of others) {
      await other.signsIn()
      expect(await other.isSignedIn()).toBe(true)
    }
    expect((await hana.revokes(others[0].sessionId!)).status).toBe(204)
    await isOut(others[0])
    expect(await others[1].isSignedIn()).toBe(true)
    expect((await hana.revokes(others[0].sessionId!)).status, 'again').toBe(204)
    expect((await hana.sessions()).length).toBe(3)

    expect(succeeds(await hana.revokesOthers()).body).toEqual({ revoked: 2 })
    for (const other of others) await isOut(other)
    expect(await hana.isSignedIn()).toBe(true)
    expect(succeeds(await hana.revokesOthers()).body).toEqual({ revoked: 0 })
    expect((await hana.revokes(hana.sessionId!)).status).toBe(204)
    await isOut(hana)
  })

  test("B36 ASVS 8.2 nobody ends someone else's session, or learns that it exists", async () => {
    const ivan = await world.person('ivan').signsUp()
    const judy = await world.person('judy').signsUp()
    const theirs = refuses(await judy.revokes(ivan.sessionId!), 404, 'not_found', 'session_id')
    const nobodys = refuses(await judy.revokes('0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55'), 404, 'not_found', 'session_id')
    expect({ ...theirs, trace_id: '' }).toEqual({ ...nobodys, trace_id: '' })
    refuses(await judy.revokes('not-a-uuid'), 400, 'invalid_field', 'session_id')
    expect(await ivan.isSignedIn()).toBe(true)
    refuses(await world.client().get('/api/account/sessions'), 401, 'not_authenticated')
  })

  test('R1.7 B1 ASVS 7.4.2 an account that is disabled is out, and only the right password learns why', async () => {
    const lea = await world.person('lea').signsUp()
    expect(await lea.isSignedIn()).toBe(true)
    await world.storage.changes(`UPDATE users SET status = 'disabled' WHERE email_canonical = '${lea.email}'`)
    const refused = await lea.triesToRefresh()
    expect([401, 403]).toContain(refused.status)
    expect(['session_ended', 'account_disabled']).toContain(refused.body.code)
    refuses(await lea.triesToSignIn({ password: 'not the password' }), 401, 'wrong_credentials')
    refuses(await lea.triesToSignIn(), 403, 'account_disabled')
    if (engine === 'SQLite') {
      // Another process wrote: data_version tells, within 50 ms. On PostgreSQL nobody was notified.
      await eventually('nothing remembered is used', async () => (await lea.checksSession()).status === 401, 2000)
    }
    await world.storage.changes(`UPDATE users SET status = 'active' WHERE email_canonical = '${lea.email}'`)
    succeeds(await lea.triesToSignIn())
  })

  test('sessions outlive a restart, and so do their ends', async () => {
    const kim = await world.person('kim').signsUp()
    const gone = kim.atAnotherDevice()
    await gone.signsIn()
    const before = gone.refreshToken
    await gone.refreshes()
    await gone.logsOut()
    await world.server.stops()
    world.server = await world.server.startsAgain()
    expect(await kim.isSignedIn()).toBe(true)
    await kim.refreshes()
    await isOut(gone)
    refuses(await gone.triesToRefresh(before), 401, 'session_ended')
  })
})
