import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Reply } from '../support/http.ts'
import { type Person, freshPassword, refuses, succeeds } from '../support/person.ts'
import { World } from '../support/world.ts'

// Buckets lie in memory, whatever the storage is. Each test comes from addresses of its own.
describe('R2.10 R3.8 R1.12 rate limits', () => {
  let world: World
  beforeAll(async () => {
    world = await World.begins('SQLite', { settings: { RATE_LIMITS: undefined } })
  })
  afterAll(() => world.ends())

  function isLimited(reply: Reply, atMost = 3600): number {
    const problem = refuses(reply, 429, 'rate_limited')
    const wait = Number(reply.headers['retry-after'])
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(atMost)
    expect(problem.retry_after).toBe(wait)
    return wait
  }

  const stranger = (from: string) => world.client({ from })
  const guess = (person: Person, from: string, email = person.email) =>
    stranger(from).post('/api/auth/login', { email, password: 'a wrong guess' })

  test('B2 five wrong passwords from one address, ten from all, then 429; in any letter case', async () => {
    const alice = await world.person('alice', { from: '127.0.2.1' }).signsUp()
    for (let i = 0; i < 5; i++) refuses(await guess(alice, '127.0.2.10'), 401, 'wrong_credentials')
    isLimited(await guess(alice, '127.0.2.10', alice.email.toUpperCase()))
    for (let i = 0; i < 5; i++) refuses(await guess(alice, '127.0.2.11'), 401, 'wrong_credentials')
    // The identifier's burst of ten is used up: from anywhere.
    isLimited(await guess(alice, '127.0.2.12'))
    isLimited(await stranger('127.0.2.13').post('/login', { email: alice.email, password: alice.password }))
    const grpc = world.grpc()
    expect((await grpc.refused('AuthService', 'Login', { email: alice.email, password: 'x' })).reason).toBe(
      'rate_limited',
    )
    // Someone else's account is not touched by it.
    const bob = await world.person('bob', { from: '127.0.2.2' }).signsUp()
    succeeds(await stranger('127.0.2.12').post('/api/auth/login', { email: bob.email, password: bob.password }))
  })

  test('B1 an address without an account has the same budget', async () => {
    const nobody = { email: `nobody-${Date.now()}@example.org` } as Person
    for (let i = 0; i < 5; i++) refuses(await guess(nobody, '127.0.3.10'), 401, 'wrong_credentials')
    isLimited(await guess(nobody, '127.0.3.10'))
    for (let i = 0; i < 5; i++) refuses(await guess(nobody, '127.0.3.11'), 401, 'wrong_credentials')
    isLimited(await guess(nobody, '127.0.3.12'))
  })

  test('B3 D7 strangers fail a hundred times: the owner gets in on a known device', async () => {
    const carol = await world.person('carol', { from: '127.0.4.1' }).signsUp()
    await carol.signsIn()
    const browser = carol.atAnotherDevice({ browser: true, from: '127.0.4.2' })
    await browser.signsIn()
    for (let i = 0; i < 100; i++) {
      const { status } = await guess(carol, `127.0.4.${10 + (i % 20)}`)
      expect([401, 429]).toContain(status)
    }
    isLimited(await stranger('127.0.4.40').post('/api/auth/login', { email: carol.email, password: carol.password }))
    succeeds(await carol.triesToSignIn())
    succeeds(await browser.triesToSignIn())
    // A device that is forged, or somebody else's, is none.
    const mallory = await world.person('mallory', { from: '127.0.4.50' }).signsUp()
    for (const device_id of [mallory.deviceId, 'A'.repeat(66), `${carol.deviceId!.slice(0, -4)}AAAA`]) {
      isLimited(
        await stranger('127.0.4.60').post('/api/auth/login', {
          email: carol.email,
          password: carol.password,
          device_id,
        }),
      )
    }
    // The known device has a budget too.
    let limited = false
    for (let i = 0; i < 25 && !limited; i++) {
      limited = (await carol.triesToSignIn({ password: 'a wrong guess' })).status === 429
    }
    expect(limited).toBe(true)
  })

  test('right passwords cost the account nothing', async () => {
    const dan = await world.person('dan', { from: '127.0.5.1' }).signsUp()
    const there = stranger('127.0.5.2')
    for (let i = 0; i < 12; i++) {
      succeeds(await there.post('/api/auth/login', { email: dan.email, password: dan.password }))
    }
  })

  test('twenty registrations from an address at once, then 429; another address goes on', async () => {
    const register = (from: string, n: number) =>
      stranger(from).post('/api/auth/register', { email: `crowd-${from}-${n}@example.org`, password: freshPassword() })
    const replies = []
    for (let n = 0; n < 21; n++) replies.push(await register('127.0.6.1', n))
    expect(replies.slice(0, 20).every((reply) => reply.status === 200)).toBe(true)
    isLimited(replies[20], 60)
    expect(replies[20].body.message).toBe('fail')
    succeeds(await register('127.0.6.2', 0))
    // Another class of calls is another bucket.
    refuses(await stranger('127.0.6.1').post('/api/auth/refresh', {}), 401, 'refresh_token_unknown')
  })

  test('five mails an hour to one address, whoever asks, known or not', async () => {
    const owner = await world.person('owner', { from: '127.0.7.1' }).signsUp()
    for (const email of [owner.email, `unknown-${Date.now()}@example.org`]) {
      let sent = 0
      let reply: Reply
      do {
        reply = await stranger(`127.0.7.${10 + sent}`).post('/api/auth/register', { email, password: freshPassword() })
        sent += reply.status === 200 ? 1 : 0
      } while (reply.status === 200 && sent < 10)
      isLimited(reply)
      expect(sent).toBe(email === owner.email ? 4 : 5)
    }
  })

  test('B2 a forwarded address is believed from nobody', async () => {
    const nobody = { email: `forwarded-${Date.now()}@example.org` } as Person
    const client = stranger('127.0.8.1')
    const replies = []
    for (let i = 0; i < 6; i++) {
      replies.push(
        await client.post(
          '/api/auth/login',
          { email: nobody.email, password: 'a wrong guess' },
          {
            headers: {
              'x-forwarded-for': `203.0.113.${i}`,
              forwarded: `for=203.0.113.${i}`,
              'x-real-ip': `203.0.113.${i}`,
            },
          },
        ),
      )
    }
    isLimited(replies[5])
  })
})

describe('what a call costs whom', () => {
  let world: World
  beforeAll(async () => {
    world = await World.begins('SQLite', { settings: { RATE_LIMITS: undefined } })
  })
  afterAll(() => world.ends())

  test("a backend checks its users' sessions from one address, each at its own cost, over HTTP and gRPC", async () => {
    const tokens: string[] = []
    for (let i = 0; i < 6; i++) {
      const user = await world.person(`user${i}`, { from: `127.0.7.${i + 1}` }).signsUp()
      tokens.push(user.accessToken!)
    }
    const http = world.client({ from: '127.0.0.1' })
    const grpc = world.grpc()
    const check = async (token: string, i: number) => {
      const headers = { authorization: `Bearer ${token}` }
      if (i % 2) return (await http.get('/api/auth/session', { headers })).status
      await grpc.call('AuthService', 'CheckSession', {}, headers)
      return 200
    }
    const seen = new Set<number>()
    for (let i = 0; i < 180; i++) {
      for (const status of await Promise.all(tokens.map((token) => check(token, i)))) seen.add(status)
    }
    expect([...seen], '1080 checks; the address has 400 at once').toEqual([200])
  })

  test('a mail that is not sent costs the address nothing, and a decoy as much as a mail', async () => {
    const taken = `taken.${Date.now()}`
    await world.person('owner', { from: '127.0.8.1', username: taken }).signsUp()
    const known = (await world.person('known', { from: '127.0.8.2' }).signsUp()).email
    const fresh = `fresh-${Date.now()}@example.org`
    const register = (email: string, from: string, more: object = {}) =>
      world.client({ from }).post('/api/auth/register', { email, password: freshPassword(), ...more })
    for (let i = 0; i < 8; i++) {
      refuses(await register(fresh, '127.0.8.3', { username: taken }), 409, 'username_taken')
    }
    // The known address had one when its owner registered.
    for (const [email, from, mails] of [
      [fresh, '127.0.8.4', 5],
      [known, '127.0.8.5', 4],
    ] as const) {
      for (let i = 0; i < mails; i++) succeeds(await register(email, from))
      refuses(await register(email, from), 429, 'rate_limited')
      refuses(await register(email.toUpperCase(), from), 429, 'rate_limited')
    }
  })
})

describe('behind a proxy that is trusted', () => {
  test('gRPC believes it as HTTP does', async () => {
    const world = await World.begins('SQLite', {
      settings: { RATE_LIMITS: undefined, TRUSTED_PROXIES: '127.0.0.0/8', LIMIT_REGISTER_PER_ADDRESS: '2/1h burst 2' },
    })
    try {
      let n = 0
      const grpc = world.grpc()
      const register = async (forwarded: string) => {
        const request = { email: `over-grpc-${n++}@example.org`, password: freshPassword() }
        const metadata = { 'x-forwarded-for': forwarded }
        return await grpc.call('AuthService', 'Register', request, metadata).then(
          () => 'ok',
          (refusal) => refusal.reason,
        )
      }
      for (const from of ['203.0.113.1', '203.0.113.2']) {
        expect(await register(from)).toBe('ok')
        expect(await register(`198.51.100.${n}, ${from}`)).toBe('ok')
        expect(await register(from)).toBe('rate_limited')
      }
    } finally {
      await world.ends()
    }
  })

  test('B2 ASVS 4.1.3 each client counts by its address, IPv6 by the /64, ::ffff: forms by the IPv4 one', async () => {
    const world = await World.begins('SQLite', {
      settings: { RATE_LIMITS: undefined, TRUSTED_PROXIES: '127.0.0.0/8', LIMIT_REGISTER_PER_ADDRESS: '2/1h burst 2' },
    })
    try {
      let n = 0
      const register = (forwarded: string) =>
        world
          .client()
          .post(
            '/api/auth/register',
            { email: `proxied-${n++}@example.org`, password: freshPassword() },
            { headers: { 'x-forwarded-for': forwarded } },
          )
      for (const group of [
        ['203.0.113.1', '::ffff:203.0.113.1', '203.0.113.1'],
        ['2001:db8::1', '2001:db8::2', '2001:db8:0:0:ffff::3'],
        ['2001:db8:0:1::1', '2001:db8:0:1::2', '2001:db8:0:1::1'],
        // The client's own claim to the left is not believed.
        ['198.51.100.1, 203.0.113.9', '198.51.100.2, 203.0.113.9', '198.51.100.3, 203.0.113.9'],
      ]) {
        expect((await register(group[0])).status).toBe(200)
        expect((await register(group[1])).status).toBe(200)
        expect((await register(group[2])).status).toBe(429)
      }
    } finally {
      await world.ends()
    }
  })
})
