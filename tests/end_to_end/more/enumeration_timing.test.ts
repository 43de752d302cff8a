import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Reply } from '../support/http.ts'
import { RELEASE_PROGRAM } from '../support/program.ts'
import { type Person, freshName, freshPassword, succeeds } from '../support/person.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

const SAMPLES = Number(process.env.OSTIARY_TIMING_SAMPLES ?? 1000)

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]

/** Draws each way by lot, whatever came before it: so neither a slow moment of the machine nor the work that an earlier
 *  call left, such as a mail to send, falls on one of them more often. Returns each one's median in milliseconds. */
async function medians(ways: Record<string, () => Promise<Reply>>): Promise<Record<string, number>> {
  const names = Object.keys(ways)
  const took: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
  for (let i = 0; i < SAMPLES * names.length; i++) {
    const name = names[Math.floor(Math.random() * names.length)]
    const began = performance.now()
    const reply = await ways[name]()
    took[name].push(performance.now() - began)
    if (reply.status >= 500 || reply.status === 429) throw new Error(`${name}: ${reply.status} ${reply.text}`)
  }
  return Object.fromEntries(names.map((name) => [name, median(took[name])]))
}

/** By how much the slowest way is slower than the quickest. */
async function spread(ways: Record<string, () => Promise<Reply>>): Promise<number> {
  const measured = await medians(ways)
  console.log(
    Object.entries(measured)
      .map(([name, ms]) => `${name} ${ms.toFixed(2)} ms`)
      .join(', '),
  )
  const all = Object.values(measured)
  return (Math.max(...all) - Math.min(...all)) / Math.min(...all)
}

/** What tells does so each time: a difference that does not come again was the machine's. */
async function expectAlike(ways: Record<string, () => Promise<Reply>>): Promise<void> {
  if ((await spread(ways)) < 0.05) return
  expect(await spread(ways)).toBeLessThan(0.05)
}

describe.each(ENGINES)('B1 D8 the time of an answer does not tell who has an account, on %s', (engine) => {
  let world: World
  let known: Person
  let pending: Person
  let decoy: Person
  beforeAll(async () => {
    world = await World.begins(engine, {
      program: RELEASE_PROGRAM,
      settings: { MAX_CONNECTIONS_PER_ADDRESS: '100000', RESEND_PAUSE: '0s' },
    })
    known = await world.person('known').signsUp()
    pending = await world.person('pending').registers()
    decoy = await world.person('stranger', { email: known.email }).registers()
  })
  afterAll(() => world.ends())

  test('login with a wrong password: known, unknown, unverified, by username', async () => {
    const client = world.client()
    const login = (body: object) => client.post('/api/auth/login', { password: 'a wrong guess, always', ...body })
    await expectAlike({
      known: () => login({ email: known.email }),
      unknown: () => login({ email: `${freshName('unknown')}@example.org` }),
      unverified: () => login({ email: pending.email }),
      'unknown username': () => login({ username: freshName('nobody').slice(0, 30) }),
    })
  })

  test('login with the password of a registration: of a known and of an unknown address', async () => {
    const login = (person: Person) =>
      world.client().post('/api/auth/login', { email: person.email, password: person.password })
    await expectAlike({ known: () => login(decoy), unknown: () => login(pending) })
  })

  test('another code: for a known and for an unknown address', async () => {
    await expectAlike({
      known: () => decoy.asksForAnotherCode(),
      unknown: () => pending.asksForAnotherCode(),
    })
  })

  test('a forgotten password: known, unknown, with a pending registration', async () => {
    const client = world.client()
    const forgets = async (email: string) => succeeds(await client.post('/api/auth/password/forgot', { email }))
    // Each address was asked for before: the newest five stay, and the oldest goes.
    const unknown = `${freshName('unknown')}@example.org`
    for (const email of [known.email, unknown, pending.email]) for (let i = 0; i < 5; i++) await forgets(email)
    await expectAlike({
      known: () => forgets(known.email),
      unknown: () => forgets(unknown),
      pending: () => forgets(pending.email),
    })
  })

  test('registration: known and unknown', async () => {
    const client = world.client()
    const register = async (email: string) =>
      succeeds(await client.post('/api/auth/register', { email, password: freshPassword() }))
    // Each known address has had its notice today, as one that is probed has.
    await register(known.email)
    await expectAlike({
      known: () => register(known.email),
      unknown: () => register(`${freshName('unknown')}@example.org`),
      pending: () => register(pending.email),
    })
  })
})
