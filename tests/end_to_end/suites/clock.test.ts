import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Clock } from '../support/clock.ts'
import { Mailbox } from '../support/mailbox.ts'
import { refuses, succeeds } from '../support/person.ts'
import { eventually } from '../support/polling.ts'
import { MailServer } from '../support/smtp.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

const HOUR = 3600

describe.each(ENGINES)('B31 the clock is moved an hour, on %s', (engine) => {
  const clock = new Clock()
  let world: World
  let mails: MailServer
  beforeAll(async () => {
    mails = await MailServer.starts()
    world = await World.begins(engine, {
      ...clock.options,
      settings: { ...clock.options.settings, SMTP_URL: mails.url({ query: 'starttls=off' }), RATE_LIMITS: undefined },
      mailbox: new Mailbox(mails),
    })
  })
  afterAll(async () => {
    await world.ends()
    await mails.stops()
  })

  test('forward and back: a code that was refused for its age stays refused', async () => {
    const alice = await world.person('alice', { from: '127.0.0.3' }).registers()
    const code = await world.mailbox.latestCode(alice)
    const token = new URLSearchParams((await world.mailbox.latestLink(alice)).hash.slice(1)).get('token')!
    clock.advances(HOUR)
    refuses(await alice.triesCode(code), 400, 'code_expired')
    refuses(await alice.triesLink(token), 400, 'link_invalid')
    clock.advances(-HOUR)
    refuses(await alice.triesCode(code), 400, 'code_expired')
    refuses(await alice.triesLink(token), 400, 'link_invalid')
    clock.advances(61)
    succeeds(await alice.asksForAnotherCode())
    succeeds(await alice.triesCode(await world.mailbox.latestCode(alice, 2)))
  })

  test('back: what was issued in the future serves on, and a grace is not an hour long', async () => {
    const bob = await world.person('bob', { from: '127.0.0.4' }).signsUp()
    clock.advances(HOUR)
    await bob.signsIn()
    const first = bob.refreshToken!
    await bob.refreshes()
    await bob.refreshes()
    clock.advances(-HOUR)
    succeeds(await bob.checksSession())
    await bob.refreshes()
    await bob.changesProfile({ display_name: 'Bob' })
    const thief = bob.atAnotherDevice()
    refuses(await thief.triesToRefresh(first), 401, 'refresh_token_reused')
    refuses(await bob.triesToRefresh(), 401, 'session_ended')
  })

  test('forward and back: a session refused as idle or too old does not live again', async () => {
    const carol = await world.person('carol', { from: '127.0.0.5' }).signsUp()
    clock.advances(8 * 24 * HOUR)
    refuses(await carol.triesToRefresh(), 401, 'session_ended')
    clock.advances(-8 * 24 * HOUR)
    refuses(await carol.triesToRefresh(), 401, 'session_ended')
    refuses(await carol.checksSession(), 401, 'session_ended')
  })

  test('back: limits block nobody for longer than they would have', async () => {
    const dan = await world.person('dan', { from: '127.0.0.6' }).signsUp()
    const wrong = () => dan.triesToSignIn({ password: 'not the one', device_id: undefined })
    clock.advances(HOUR)
    for (let i = 0; i < 5; i++) expect((await wrong()).status).toBe(401)
    const spent = await wrong()
    refuses(spent, 429, 'rate_limited')
    clock.advances(-HOUR)
    const after = await wrong()
    refuses(after, 429, 'rate_limited')
    // One comes back each six minutes, whatever the clock says now.
    expect(Number(after.headers['retry-after'])).toBeLessThanOrEqual(360)
    clock.advances(365)
    expect((await wrong()).status).toBe(401)
    clock.advances(-365)
  })

  test('back: a mail that waits for its next attempt is not kept back for an hour', async () => {
    clock.advances(HOUR)
    mails.refusesNext('RCPT', 451)
    const erin = await world.person('erin', { from: '127.0.0.7' }).registers()
    await eventually(
      'it waits for the next attempt',
      async () => (await world.storage.count(`SELECT count(*) FROM jobs WHERE state = 'ready' AND attempts = 1`)) === 1,
    )
    clock.advances(-HOUR)
    await world.mailbox.waitsFor(erin, 1, 20_000)
    succeeds(await erin.triesCode(await world.mailbox.latestCode(erin)))
    // Another code can be had as soon as ever.
    const frank = await world.person('frank', { from: '127.0.0.8' }).registers()
    clock.advances(HOUR)
    succeeds(await frank.asksForAnotherCode())
    clock.advances(-HOUR)
    const again = await frank.asksForAnotherCode()
    if (again.status !== 200) expect(Number(again.headers['retry-after'])).toBeLessThanOrEqual(60)
  })
})
