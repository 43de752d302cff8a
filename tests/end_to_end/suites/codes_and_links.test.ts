import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeIn, tokenIn } from '../support/mailbox.ts'
import { freshName, type Person, refuses, succeeds } from '../support/person.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

/** Enough that sixteen calls which may hash are let in at once, from one address. */
const ROOM_TO_HASH = { HASH_THREADS: '16' }

/** Six digits that are not the code. */
const wrongBut = (code: string, n = 1) => String((Number(code) + n) % 1_000_000).padStart(6, '0')

describe.each(ENGINES)('six-digit codes, on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await World.begins(engine, { settings: { RESEND_PAUSE: '1s', ...ROOM_TO_HASH } })
  })
  afterAll(() => world.ends())

  async function registered(name: string): Promise<[Person, string]> {
    const person = await world.person(name).registers()
    return [person, await world.mailbox.latestCode(person)]
  }

  async function getsAnotherCode(person: Person): Promise<string> {
    const before = (await world.mailbox.all(person)).filter(codeIn).length
    for (;;) {
      const reply = await person.asksForAnotherCode()
      if (reply.status === 200) break
      refuses(reply, 429, 'resend_too_early')
      await new Promise((resolve) => setTimeout(resolve, 1000 * Number(reply.headers['retry-after'])))
    }
    return await world.mailbox.latestCode(person, before + 1)
  }

  test('B10 R4.2 ASVS 6.5.1 sixteen right answers at once: one succeeds, and later ones do not either', async () => {
    const [alice, code] = await registered('alice')
    const replies = await Promise.all(Array.from({ length: 16 }, () => alice.triesCode(code)))
    expect(replies.filter((reply) => reply.status === 200).length).toBe(1)
    for (const reply of replies.filter((one) => one.status !== 200)) refuses(reply, 409, 'already_verified')
    refuses(await alice.triesCode(code), 409, 'already_verified')
    expect(await world.storage.count(`SELECT count(*) FROM users WHERE email_canonical = '${alice.email}'`)).toBe(1)
    expect((await alice.triesToSignIn()).status).toBe(200)
  })

  test('a code may be typed with blanks or a hyphen, an address and a username with blanks around them', async () => {
    for (const [typed, name] of [
      [(code: string) => ` ${code.slice(0, 3)} ${code.slice(3)} `, 'spaced'],
      [(code: string) => `${code.slice(0, 3)}-${code.slice(3)}`, 'hyphened'],
    ] as const) {
      const username = freshName(name)
      const person = world.person(name, { username: ` ${username} ` })
      succeeds(await person.triesToRegister({ email: ` ${person.email} ` }))
      const code = await world.mailbox.latestCode(person)
      refuses(await person.triesCode(typed(wrongBut(code))), 400, 'wrong_code')
      expect(succeeds(await person.triesCode(typed(code))).body.user).toMatchObject({ email: person.email, username })
      succeeds(await person.triesToSignIn({ email: `${person.email} ` }))
      succeeds(await person.triesToSignIn({ email: undefined, username: ` ${username}` }))
    }
    const refused = await registered('refused')
    for (const code of ['12345', '1234567', '123_456']) refuses(await refused[0].triesCode(code), 400, 'invalid_field')
  })

  test('R4.2 B10 three attempts a code: after three wrong ones the right one comes too late', async () => {
    const [bob, code] = await registered('bob')
    for (let n = 1; n <= 3; n++) {
      const refused = await bob.triesCode(wrongBut(code, n))
      expect(refused.status).toBe(400)
      expect(['wrong_code', 'code_attempts_spent']).toContain(refused.body.code)
    }
    refuses(await bob.triesCode(code), 400, 'code_attempts_spent')
    refuses(await bob.triesToSignIn(), 403, 'email_not_verified')
    // A new code has attempts of its own.
    const next = await getsAnotherCode(bob)
    refuses(await bob.triesCode(wrongBut(next)), 400, 'wrong_code')
    succeeds(await bob.triesCode(next))
  })

  test('R4.5 a resend replaces code and link, after a pause that the reply names', async () => {
    const [carol, old] = await registered('carol')
    const oldLink = await world.mailbox.latestLink(carol)
    const early = await carol.asksForAnotherCode()
    const problem = refuses(early, 429, 'resend_too_early')
    const wait = Number(early.headers['retry-after'])
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(60)
    expect(problem.retry_after).toBe(wait)
    const fresh = await getsAnotherCode(carol)
    if (fresh !== old) refuses(await carol.triesCode(old), 400, 'wrong_code')
    refuses(await carol.triesLink(tokenIn(oldLink)), 400, 'link_invalid')
    succeeds(await carol.triesCode(fresh))
    refuses(await carol.asksForAnotherCode(), 409, 'already_verified')
  })

  test('the code of a registration that its link has verified says so, over both transports', async () => {
    const [vera, code] = await registered('vera')
    succeeds(await vera.triesLink(tokenIn(await world.mailbox.latestLink(vera))))
    const refused = refuses(await vera.triesCode(code), 409, 'already_verified')
    expect(refused.detail).toContain('sign in')
    const request = { verification_id: vera.verificationId!, code: wrongBut(code) }
    expect((await world.grpc().refused('AuthService', 'VerifyEmail', request)).reason).toBe('already_verified')
    refuses(await vera.triesLink(tokenIn(await world.mailbox.latestLink(vera))), 400, 'link_invalid')
    expect((await vera.triesToSignIn()).status).toBe(200)
  })

  test('B10 D6 ten wrong guesses a day over resends, flows and gRPC end guessing; the link works', async () => {
    const [dan, code] = await registered('dan')
    let current = code
    let guesses = 0
    const grpc = world.grpc()
    const guess = async (verificationId: string, wrong: string): Promise<string> => {
      guesses += 1
      if (guesses % 2) {
        return (await grpc.refused('AuthService', 'VerifyEmail', { verification_id: verificationId, code: wrong }))
          .reason!
      }
      return (await world.client().post('/api/auth/email/verify', { verification_id: verificationId, code: wrong }))
        .body.code
    }
    // Three with the first code, three with a resent one, the rest in registrations of others for the same address.
    for (let n = 1; n <= 3; n++) await guess(dan.verificationId!, wrongBut(current, n))
    current = await getsAnotherCode(dan)
    for (let n = 1; n <= 3; n++) await guess(dan.verificationId!, wrongBut(current, n))
    let last = ''
    let others = 0
    while (guesses < 10) {
      const other = await world.person('dan', { email: dan.email.replace('dan', 'DAN') }).registers()
      others += 1
      const theirs = await world.mailbox.latestCode(other, others)
      for (let n = 1; n <= 3 && guesses < 10; n++) last = await guess(other.verificationId!, wrongBut(theirs, n))
    }
    expect(last, 'the tenth is still a guess').toBe('wrong_code')
    const spent = await world.person('dan', { email: dan.email }).registers()
    const right = await world.mailbox.latestCode(spent, 3)
    const refused = await spent.triesCode(right)
    refuses(refused, 429, 'code_budget_spent')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3600)
    // D7: strangers who spend the budget do not lock the owner out: the link counts nothing.
    succeeds(await spent.triesLink(tokenIn(await world.mailbox.latestLink(spent))))
    // Another address has its own budget.
    const [erin, hers] = await registered('erin')
    refuses(await erin.triesCode(wrongBut(hers)), 400, 'wrong_code')
    succeeds(await erin.triesCode(hers))
  })

  test('ASVS 6.6.2 a code belongs to the registration that asked for it', async () => {
    const [frank, code] = await registered('frank')
    const [grace, other] = await registered('grace')
    if (code !== other) refuses(await grace.triesCode(code), 400, 'wrong_code')
    refuses(
      await world
        .client()
        .post('/api/auth/email/verify', { verification_id: '0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55', code }),
      404,
      'verification_unknown',
    )
    succeeds(await frank.triesCode(code))
  })

  test.each(['12345', '1234567', '12345a', '\u0661\u0662\u0663\u0664\u0665\u0666', '-12345', '12 456', ''])(
    'a code %j is not six digits, and costs no attempt',
    async (code) => {
      const [heidi, right] = await registered('heidi')
      for (let i = 0; i < 4; i++) refuses(await heidi.triesCode(code), 400, 'invalid_field', 'code')
      succeeds(await heidi.triesCode(right))
    },
  )
})

describe.each(ENGINES)('links, on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await World.begins(engine, { settings: ROOM_TO_HASH })
  })
  afterAll(() => world.ends())

  test('B9 mail scanners: five times HEAD and GET leave the link valid', async () => {
    const alice = await world.person('alice', { browser: true }).registers()
    const link = await world.mailbox.latestLink(alice)
    expect(link.origin, 'B16: as PUBLIC_URL has it').toBe(world.server.origin)
    expect(link.search, 'ASVS 14.2.1: nothing secret in the query').toBe('')
    const scanner = world.client()
    for (let i = 0; i < 5; i++) {
      for (const verb of ['HEAD', 'GET']) {
        const page = await scanner.request(verb, link.pathname)
        expect(page.status).toBe(200)
        expect(page.headers['content-type']).toMatch(/^text\/html/)
        expect(page.headers['content-security-policy']).toMatch(/frame-ancestors 'none'/)
        expect(page.headers['referrer-policy']).toBe('no-referrer')
        expect(page.setCookies).toEqual([])
      }
    }
    const verified = await alice.triesLink(tokenIn(link))
    expect(verified.status, 'in the browser that registered the link is enough').toBe(200)
    expect(await alice.isSignedIn()).toBe(true)
    refuses(await alice.triesLink(tokenIn(link)), 400, 'link_invalid')
  })

  test('B9 elsewhere the link asks for the password; a wrong one does not spend it', async () => {
    const bob = await world.person('bob').registers()
    const token = tokenIn(await world.mailbox.latestLink(bob))
    const phone = bob.atAnotherDevice({ browser: true })
    refuses(await phone.triesLink(token), 403, 'password_required')
    refuses(await phone.triesLink(token, { password: 'not the password at all' }), 401, 'wrong_credentials')
    succeeds(await phone.triesLink(token, { password: bob.password }))
    expect(await phone.isSignedIn()).toBe(true)
    refuses(await bob.triesCode(await world.mailbox.latestCode(bob)), 409, 'already_verified')
  })

  test('B10 code and link are two ways of one use: sixteen of both at once succeed once', async () => {
    const carol = await world.person('carol').registers()
    const code = await world.mailbox.latestCode(carol)
    const token = tokenIn(await world.mailbox.latestLink(carol))
    const replies = await Promise.all(
      Array.from({ length: 16 }, (_, i) => (i % 2 ? carol.triesCode(code) : carol.triesLink(token))),
    )
    expect(replies.filter((reply) => reply.status === 200).length).toBe(1)
    expect((await carol.sessions()).length).toBe(1)
  })

  test('a token that was never made is refused, and so is none', async () => {
    const client = world.client()
    const verify = (body: object) => client.post('/api/auth/email/verify', body)
    refuses(await verify({ token: 'A'.repeat(43) }), 400, 'link_invalid')
    refuses(await verify({ token: 'not base64url!' }), 400, 'invalid_field', 'token')
    refuses(await verify({}), 400, 'missing_field')
    refuses(await verify({ code: '123456' }), 400, 'missing_field', 'verification_id')
    refuses(await verify({ verification_id: '0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55' }), 400, 'missing_field', 'code')
  })

  test('B16 Host and forwarding headers leave a mailed link unchanged', async () => {
    const person = world.person('dora')
    const reply = await world.client().post(
      '/api/auth/register',
      { email: person.email, password: person.password },
      {
        headers: {
          host: 'evil.example',
          forwarded: 'host=evil.example;proto=https',
          'x-forwarded-host': 'evil.example',
          'x-forwarded-proto': 'https',
        },
      },
    )
    expect([200, 400, 421]).toContain(reply.status)
    if (reply.status !== 200) await person.registers()
    const [mail] = await world.mailbox.waitsFor(person, 1)
    expect(mail.text + mail.html).not.toContain('evil.example')
    expect((await world.mailbox.latestLink(person)).origin).toBe(world.server.origin)
  })
})
