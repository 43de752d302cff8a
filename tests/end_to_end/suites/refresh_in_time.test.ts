import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Clock } from '../support/clock.ts'
import { type Person, refuses, succeeds } from '../support/person.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

const MINUTE = 60
const HOUR = 3600
const DAY = 86_400

// Each test moves the clock on; none of them needs to know where it stood.
describe.each(ENGINES)('what time does, on %s', (engine) => {
  const clock = new Clock()
  let world: World
  beforeAll(async () => {
    world = await World.begins(engine, clock.options)
  })
  afterAll(() => world.ends())

  async function isStolen(person: Person, token: string) {
    refuses(await person.triesToRefresh(token), 401, 'refresh_token_reused')
    // Of an access token that has expired meanwhile only that is said.
    const checked = await person.checksSession()
    refuses(checked, 401, checked.body.code === 'token_expired' ? 'token_expired' : 'session_ended')
  }

  test('R2.3 an access token lives 15 minutes; the session goes on by its refresh token', async () => {
    const alice = await world.person('alice').signsUp()
    clock.advances(14 * MINUTE)
    expect((await alice.checksSession()).status).toBe(200)
    clock.advances(MINUTE + 2)
    refuses(await alice.checksSession(), 401, 'token_expired')
    await alice.refreshes()
    expect((await alice.checksSession()).status).toBe(200)
  })

  test('B4 B5 within the grace a second use gets the same successor; after it, it is theft', async () => {
    const bob = await world.person('bob').signsUp()
    const first = bob.refreshToken!
    await bob.refreshes()
    const second = bob.refreshToken!
    clock.advances(8)
    expect(succeeds(await bob.triesToRefresh(first)).body.refresh_token).toBe(second)
    // The successor was used: what comes now through the first is no lost reply.
    await bob.refreshes()
    clock.advances(11)
    const thief = bob.atAnotherDevice()
    thief.accessToken = bob.accessToken
    await isStolen(thief, first)
    refuses(await bob.triesToRefresh(), 401, 'session_ended')
    expect(
      await world.storage.count(
        `SELECT count(*) FROM sessions JOIN users ON users.id = sessions.user_id
         WHERE email_canonical = '${bob.email}' AND end_reason = 'refresh_token_reused'`,
      ),
    ).toBe(1)
  })

  test('B4 a replay from another device is theft at once after the grace', async () => {
    const carol = await world.person('carol').signsUp()
    const first = carol.refreshToken!
    await carol.refreshes()
    clock.advances(11)
    const thief = carol.atAnotherDevice()
    thief.accessToken = carol.accessToken
    await isStolen(thief, first)
  })

  test('a reply that was lost is honoured once, from the same device, days later', async () => {
    const dan = await world.person('dan').signsUp()
    const presented = dan.refreshToken!
    const lost = succeeds(await dan.triesToRefresh(presented)).body.refresh_token
    clock.advances(2 * DAY)
    expect(succeeds(await dan.triesToRefresh(presented)).body.refresh_token).toBe(lost)
    // A second late answer within three generations is theft.
    clock.advances(HOUR)
    await isStolen(dan, presented)
  })

  test('a second lost reply within three generations is theft; after that it is honoured again', async () => {
    for (const [generations, honoured] of [
      [0, false],
      [2, true],
    ] as const) {
      const erin = await world.person('erin').signsUp()
      const first = erin.refreshToken!
      await erin.refreshes()
      clock.advances(HOUR)
      succeeds(await erin.triesToRefresh(first))
      for (let i = 0; i < generations; i++) {
        clock.advances(MINUTE)
        await erin.refreshes()
      }
      const presented = erin.refreshToken!
      succeeds(await erin.triesToRefresh(presented))
      clock.advances(HOUR)
      if (honoured) succeeds(await erin.triesToRefresh(presented))
      else await isStolen(erin, presented)
    }
  })

  test('ASVS 7.3.1 R2.3 a session ends after seven days without a refresh, and lives on with one', async () => {
    const frank = await world.person('frank').signsUp()
    const idle = frank.atAnotherDevice()
    await idle.signsIn()
    clock.advances(6 * DAY)
    await frank.refreshes()
    clock.advances(DAY + MINUTE)
    await frank.refreshes()
    refuses(await idle.triesToRefresh(), 401, 'session_ended')
    expect((await frank.sessions()).map((session) => session.session_id)).toEqual([frank.sessionId])
  })

  test('ASVS 7.3.2 a session ends after thirty days, however much it is used', async () => {
    const gina = await world.person('gina').signsUp()
    for (let day = 0; day < 30; day += 5) {
      await gina.refreshes()
      clock.advances(5 * DAY)
    }
    clock.advances(MINUTE)
    refuses(await gina.triesToRefresh(), 401, 'session_ended')
  })

  test('R2.5 logout takes tokens that have expired', async () => {
    const hana = await world.person('hana').signsUp()
    clock.advances(HOUR)
    refuses(await hana.checksSession(), 401, 'token_expired')
    expect((await hana.http.post('/api/auth/logout', { access_token: hana.accessToken })).status).toBe(204)
    refuses(await hana.triesToRefresh(), 401, 'session_ended')
    const ivan = await world.person('ivan').signsUp()
    clock.advances(8 * DAY)
    expect((await ivan.http.post('/api/auth/logout', { refresh_token: ivan.refreshToken })).status).toBe(204)
  })

  test('R4.2 ASVS 6.5.5 code and link live ten minutes; R4.5 then another can be had', async () => {
    const judy = await world.person('judy').registers()
    const code = await world.mailbox.latestCode(judy)
    const link = await world.mailbox.latestLink(judy)
    clock.advances(10 * MINUTE + 1)
    refuses(await judy.triesCode(code), 400, 'code_expired')
    refuses(await judy.triesLink(new URLSearchParams(link.hash.slice(1)).get('token')!), 400, 'link_invalid')
    succeeds(await judy.asksForAnotherCode())
    succeeds(await judy.triesCode(await world.mailbox.latestCode(judy, 2)))
  })

  test('a pending registration lives a day, and its username with it', async () => {
    const kim = world.person('kim', { username: `kim${Date.now()}` })
    await kim.registers()
    clock.advances(DAY + MINUTE)
    expect((await kim.triesToSignIn()).status).toBe(401)
    refuses(await kim.asksForAnotherCode(), 404, 'verification_unknown')
    await world.person('other', { username: kim.username }).registers()
  })

  test('B10 the budget of wrong guesses is there again after 24 hours', async () => {
    const lea = world.person('lea')
    for (let round = 0; round < 4; round++) {
      await lea.registers()
      const code = await world.mailbox.latestCode(lea, round + 1)
      for (let n = 1; n <= 3; n++) await lea.triesCode(String((Number(code) + n) % 1_000_000).padStart(6, '0'))
    }
    await lea.registers()
    refuses(await lea.triesCode(await world.mailbox.latestCode(lea, 5)), 429, 'code_budget_spent')
    clock.advances(DAY + MINUTE)
    await lea.registers()
    succeeds(await lea.triesCode(await world.mailbox.latestCode(lea, 6)))
  })

  test('B1 an owner is told again that someone tried, but not on the same day', async () => {
    const mia = await world.person('mia').signsUp()
    const stranger = world.person('stranger', { email: mia.email })
    await stranger.registers()
    await stranger.registers()
    await world.mailbox.waitsFor(mia, 2)
    clock.advances(DAY + MINUTE)
    await stranger.registers()
    const mails = await world.mailbox.waitsFor(mia, 3)
    expect(mails[2].subject).toBe(mails[1].subject)
    expect((await world.mailbox.all(mia)).length).toBe(3)
  })

  test('B31 a clock that goes back an hour brings no dead token to life', async () => {
    const nina = await world.person('nina').signsUp()
    const first = nina.refreshToken!
    await nina.refreshes()
    await nina.refreshes()
    clock.advances(HOUR)
    await isStolen(nina, first)
    clock.advances(-HOUR)
    refuses(await nina.checksSession(), 401, 'session_ended')
    refuses(await nina.triesToRefresh(), 401, 'session_ended')
    refuses(await nina.triesToRefresh(first), 401, 'session_ended')
  })
})

describe('refresh settings', () => {
  test('REFRESH_LOST_REPLY=off and REFRESH_GRACE=0 leave no second use', async () => {
    const clock = new Clock()
    const world = await World.begins('SQLite', {
      ...clock.options,
      settings: { ...clock.options.settings, REFRESH_LOST_REPLY: 'off', REFRESH_GRACE: '2s' },
    })
    try {
      const alice = await world.person('alice').signsUp()
      const first = alice.refreshToken!
      await alice.refreshes()
      clock.advances(3)
      refuses(await alice.triesToRefresh(first), 401, 'refresh_token_reused')
    } finally {
      await world.ends()
    }
  })
})
