import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Reply } from '../support/http.ts'
import { codeIn } from '../support/mailbox.ts'
import { freshName, freshPassword, refuses, succeeds } from '../support/person.ts'
import { pause } from '../support/polling.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

/** All of a reply that a stranger could compare. A time's last zeros are left out: its length is left to chance. */
function shapeOf(reply: Reply) {
  const headers = Object.keys(reply.headers).sort()
  const body = Object.fromEntries(Object.entries(reply.body).map(([name, value]) => [name, typeof value]))
  const lengths = Object.entries(reply.body).map(([name, value]) => [
    name,
    name.endsWith('_at') ? 0 : String(value).length,
  ])
  const cookies = reply.setCookies.map((cookie) => cookie.replace(/=[^;]*/, '='))
  return { status: reply.status, headers, body, lengths, cookies }
}

describe.each(ENGINES)('registration, on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await World.begins(engine)
  })
  afterAll(() => world.ends())

  test('B1 D8 a known address gets the same answer; its owner gets one notice a day, and no code', async () => {
    const owner = await world.person('owner').signsUp()
    const unknown = await world.person('other', { email: owner.email.replace(/./, 'x') }).triesToRegister()
    const decoys = []
    for (let i = 0; i < 3; i++) {
      decoys.push(
        await world.person('stranger', { email: i ? owner.email : owner.email.toUpperCase() }).triesToRegister(),
      )
    }
    for (const decoy of decoys) expect(shapeOf(decoy)).toEqual(shapeOf(unknown))
    expect(new Set(decoys.map((reply) => reply.body.verification_id)).size).toBe(3)

    const mails = await world.mailbox.waitsFor(owner, 2)
    await pause(300)
    const all = await world.mailbox.all(owner)
    expect(all.length, 'one code and one notice').toBe(2)
    expect(codeIn(mails[1]), 'the notice holds no code').toBeUndefined()
    expect(mails[1].subject).not.toBe(mails[0].subject)

    // The decoy behaves as a registration does whose code one does not know.
    const stranger = world.person('stranger', { email: owner.email })
    stranger.verificationId = decoys[1].body.verification_id
    refuses(await stranger.triesCode('000000'), 400, 'wrong_code')
    const real = world.person('someone')
    await real.registers()
    const wrong = (await world.mailbox.latestCode(real)) === '000000' ? '000001' : '000000'
    const realRefusal = await real.triesCode(wrong)
    const decoyRefusal = await stranger.triesCode(wrong)
    expect(decoyRefusal.status).toBe(realRefusal.status)
    expect(Object.keys(decoyRefusal.body).sort()).toEqual(Object.keys(realRefusal.body).sort())
    expect((await owner.triesToSignIn()).status).toBe(200)
  })

  test('B1 D8 whoever registers an address and then signs in does not learn whether it has an account', async () => {
    const owner = await world.person('owner').signsUp()
    const stem = `probe${Date.now()}`
    const probes = []
    for (const [name, email] of [
      ['known', owner.email],
      ['unknown', owner.email.replace(/./, 'y')],
    ]) {
      const stranger = await world.person('stranger', { email, username: `${stem}${name.length}` }).registers()
      const byEmail = await stranger.triesToSignIn()
      refuses(byEmail, 403, 'email_not_verified')
      expect(byEmail.body.verification_id).toBe(stranger.verificationId)
      const byName = await world
        .client()
        .post('/api/auth/login', { username: stranger.username, password: stranger.password })
      refuses(byName, 403, 'email_not_verified')
      const wrong = await stranger.triesToSignIn({ password: freshPassword() })
      refuses(wrong, 401, 'wrong_credentials')
      const login = { email, password: stranger.password }
      const grpc = await world.grpc().refused('AuthService', 'Login', login)
      probes.push({ replies: [byEmail, byName, wrong].map(shapeOf), grpc: grpc.reason })
    }
    expect(probes[0]).toEqual(probes[1])
    expect((await owner.triesToSignIn()).status).toBe(200)
  })

  test('B37 a stranger who registers an address first gets nothing of the account that its owner makes', async () => {
    const victim = world.person('victim')
    const stranger = world.person('stranger', { email: victim.email, username: `str.${Date.now()}` })
    await stranger.registers({ display_name: 'Stranger' })
    await world.mailbox.waitsFor(victim, 1)
    const strangersLink = await world.mailbox.latestLink(victim)
    await victim.registers({ display_name: 'Victim' })
    const code = await world.mailbox.latestCode(victim, 2)
    succeeds(await victim.triesCode(code))

    expect((await victim.asks('/api/account/profile')).body).toMatchObject({
      display_name: 'Victim',
      email: victim.email,
    })
    expect((await victim.asks('/api/account/profile')).body).not.toHaveProperty('username')
    refuses(await stranger.triesToSignIn(), 401, 'wrong_credentials')
    // Neither the stranger's flow nor the stranger's link lives on.
    expect((await stranger.triesCode(code)).status).toBeGreaterThanOrEqual(400)
    expect(
      (await stranger.triesLink(new URLSearchParams(strangersLink.hash.slice(1)).get('token')!)).status,
    ).toBeGreaterThanOrEqual(400)
    expect((await victim.sessions()).length).toBe(1)
    // The username stays reserved for the registration's day, as it would have been had nobody verified: to see it free
    // would be to see that there is an account now.
    refuses(await world.person('third', { username: stranger.username }).triesToRegister(), 409, 'username_taken')
  })

  test("B37 an owner who presses a stranger's link is asked for the password, which is not theirs", async () => {
    const victim = world.person('victim', { browser: true })
    const stranger = world.person('stranger', { email: victim.email })
    await stranger.registers()
    const token = new URLSearchParams((await world.mailbox.latestLink(victim)).hash.slice(1)).get('token')!
    refuses(await victim.triesLink(token), 403, 'password_required')
    refuses(await victim.triesLink(token, { password: victim.password }), 401, 'wrong_credentials')
    refuses(await stranger.triesToSignIn(), 403, 'email_not_verified')
    expect(await world.storage.count(`SELECT count(*) FROM users WHERE email_canonical = '${victim.email}'`)).toBe(0)
  })

  test('an address has at most five pending registrations, and the sixth still answers the same', async () => {
    const email = `${freshName('crowd')}@example.org`
    const replies = []
    for (let i = 0; i < 7; i++) replies.push(await world.person('crowd', { email }).triesToRegister())
    for (const reply of replies) expect(shapeOf(reply)).toEqual(shapeOf(replies[0]))
    const live = await world.storage.count(
      `SELECT count(*) FROM challenges WHERE purpose = 'verify_email' AND subject = '${email}'`,
    )
    expect(live).toBeLessThanOrEqual(5)
  })

  test('a name that is taken is 409, in any look: R4.1 B18', async () => {
    const stem = `paypal${Date.now()}`
    await world.person('first', { username: stem }).signsUp()
    for (const alike of [
      stem,
      stem.toUpperCase(),
      stem.replace('a', '\u0430'), // Cyrillic a
      stem.replace('l', '1'),
      stem.replace('p', '\uff50'), // fullwidth
    ]) {
      const refused = refuses(
        await world.person('second', { username: alike }).triesToRegister(),
        409,
        'username_taken',
        'username',
      )
      expect(refused.message).toBe('fail')
    }
    await world.person('third', { username: `${stem}x` }).registers()
    // Reserved while the registration is pending.
    const pending = `pending${Date.now()}`
    await world.person('fourth', { username: pending }).registers()
    refuses(await world.person('fifth', { username: pending }).triesToRegister(), 409, 'username_taken')
  })

  test.each([
    ['ab', 'too short'],
    ['x'.repeat(33), 'too long'],
    ['ada@example.org', 'shaped like an email'],
    ['ada lovelace', 'a space'],
    ['ada\u202enull', 'a direction override'],
    ['ada\n', 'a line break'],
    ['.ada', 'a dot first'],
    ['ada/../x', 'a slash'],
    ['', 'empty'],
  ])('a username %j (%s) is refused', async (username) => {
    const person = world.person('named')
    refuses(await person.triesToRegister({ username }), 400, 'invalid_field', 'username')
  })

  test('B18 R1.7 addresses: the local part without case, the domain by IDNA, and no two people alike', async () => {
    const stem = freshName('unicode')
    const kim = world.person('kim', { email: `${stem}@b\u00fccher.example` })
    await kim.registers()
    // Mail goes to the address in the form that every mail server takes.
    const ascii = `${stem}@xn--bcher-kva.example`
    const code = await world.mailbox.latestCode({ email: ascii })
    const verified = await kim.triesCode(code)
    expect(verified.status).toBe(200)
    const client = world.client()
    for (const email of [
      kim.email,
      ascii,
      ascii.toUpperCase(),
      `${stem}@BU\u0308CHER.example`,
      `${stem}@b\u00fc\u200bcher.example`,
    ]) {
      succeeds(await client.post('/api/auth/login', { email, password: kim.password }))
    }
    for (const email of [
      `k\u0131m.${stem}@example.org`, // dotless i
      `\u212aim.${stem}@example.org`, // Kelvin sign
      `\uff4bim.${stem}@example.org`, // fullwidth k
      `${stem}@ex\u0430mple..org`,
    ]) {
      refuses(
        await client.post('/api/auth/register', { email, password: freshPassword() }),
        400,
        'invalid_field',
        'email',
      )
    }
  })

  test.each([
    'nobody',
    '@example.org',
    'a@',
    'a@b',
    'a b@example.org',
    'a@example.org, b@example.org',
    'a@example.org\r\nBcc: b@example.org',
    'a@[127.0.0.1]',
    '"a b"@example.org',
    'a..b@example.org',
    '.a@example.org',
    `${'x'.repeat(65)}@example.org`,
    `a@${'x'.repeat(64)}.org`,
    `a@${'x.'.repeat(130)}org`,
    'a@-example.org',
    '<a@example.org>',
  ])('B17 %j is no address', async (email) => {
    refuses(
      await world.client().post('/api/auth/register', { email, password: freshPassword() }),
      400,
      'invalid_field',
      'email',
    )
  })

  test('B19 ASVS 6.2 passwords: exactly as received, never truncated, 8 characters to 256 bytes', async () => {
    const client = world.client()
    const stem = `${freshPassword()}-${'wombat-cello-'.repeat(30)}`
    const accepts = async (password: string) => {
      const person = world.person('long', { password })
      await person.signsUp()
      return person
    }
    for (const length of [71, 72, 73, 256]) {
      const person = await accepts(stem.slice(0, length))
      const other = `${stem.slice(0, length - 1)}${stem[length - 1] === 'Q' ? 'q' : 'Q'}`
      refuses(await person.triesToSignIn({ password: other }), 401, 'wrong_credentials')
      refuses(await person.triesToSignIn({ password: stem.slice(0, length - 1) }), 401, 'wrong_credentials')
      expect((await person.triesToSignIn()).status).toBe(200)
    }
    for (const length of [257, 1000]) {
      refuses(
        await client.post('/api/auth/register', {
          email: 'long@example.org',
          password: stem.slice(0, length).padEnd(length, 'x'),
        }),
        400,
        'invalid_field',
        'password',
      )
    }
    // The letters of other scripts count as one character and more than one byte; nothing is normalised.
    const greek = await accepts('\u03bb\u03cc\u03b3\u03bf\u03c2 \u03ba\u03b1\u1f76 \u03bc\u1fe6\u03b8\u03bf\u03c2 73')
    refuses(await greek.triesToSignIn({ password: greek.password.normalize('NFD') }), 401, 'wrong_credentials')
    await accepts(`  ${freshPassword()}\t\n`)
    refuses(
      await client.post('/api/auth/register', { email: 'nul@example.org', password: `${freshPassword()}\u0000x` }),
      400,
      'invalid_field',
      'password',
    )
    refuses(
      await client.post('/api/auth/register', { email: 'a@example.org', password: '1234567' }),
      400,
      'invalid_field',
      'password',
    )
  })

  test("ASVS 6.2.4 6.2.11 a guessable password, or one of the person's own words, is refused with advice", async () => {
    const client = world.client()
    const weak = async (password: string, more: object = {}) =>
      refuses(
        await client.post('/api/auth/register', { email: 'marie.sklodowska@example.org', password, ...more }),
        400,
        'weak_password',
        'password',
      )
    for (const password of ['password', '12345678', 'qwertyuiop', 'Passw0rd!', 'aaaaaaaaaaaa', 'ostiary2026']) {
      const problem = await weak(password)
      expect(problem.detail.length, 'says what would make it better').toBeGreaterThan(20)
      expect(problem.message).toBe('fail')
      if (password !== 'password') expect(problem.detail).not.toContain(password)
    }
    await weak('sklodowska1', {})
    await weak('marie.sklodowska', {})
    await weak('hedwiglamarr', { display_name: 'Hedwig Lamarr' })
    await weak('zweistein99', { username: 'zweistein99' })
  })

  test('R1.14 B36 nobody registers with a role, a proof or an id of their own making', async () => {
    for (const field of ['role', 'roles', 'email_verified', 'kyc_status', 'user_id', 'status']) {
      const person = world.person('eve')
      refuses(await person.triesToRegister({ [field]: 'admin' }), 400, 'unknown_field', field)
    }
  })
})

describe.each(ENGINES)('R2.3 with REGISTRATION_VERIFY_EMAIL=false, on %s', (engine) => {
  test('the account is there at once, unverified, and a known address is 409', async () => {
    const world = await World.begins(engine, { settings: { REGISTRATION_VERIFY_EMAIL: 'false' } })
    try {
      const alice = world.person('alice')
      const registered = succeeds(await alice.triesToRegister())
      expect(registered.body).toMatchObject({
        message: 'success',
        token: expect.any(String),
        refresh_token: expect.any(String),
      })
      expect((await alice.checksSession(registered.body.token)).status).toBe(200)
      const login = succeeds(await alice.triesToSignIn())
      expect(login.body.user.email_verified).toBe(false)
      const refused = refuses(
        await world.person('other', { email: alice.email }).triesToRegister(),
        409,
        'email_taken',
        'email',
      )
      expect(refused.message).toBe('fail')
    } finally {
      await world.ends()
    }
  })
})

describe('R3.10 with bcrypt', () => {
  const hashesLike = (pattern: string) => `SELECT count(*) FROM password_credentials WHERE hash LIKE '${pattern}'`

  test('B19 over 72 bytes are refused, not cut; another algorithm rehashes at the next login', async () => {
    const world = await World.begins('SQLite', { settings: { PASSWORD_ALGORITHM: 'bcrypt', BCRYPT_COST: '10' } })
    try {
      const alice = world.person('alice', { password: `${freshPassword()}-${'lamp-'.repeat(20)}`.slice(0, 72) })
      await alice.signsUp()
      expect(await world.storage.count(hashesLike('$2b$10$%'))).toBe(1)
      refuses(await alice.triesToSignIn({ password: alice.password.slice(0, 71) }), 401, 'wrong_credentials')
      refuses(
        await world.person('bob').triesToRegister({ password: `${alice.password}x` }),
        400,
        'invalid_field',
        'password',
      )
      await world.server.stops()
      world.server = await world.server.startsAgain({ PASSWORD_ALGORITHM: undefined, BCRYPT_COST: undefined })
      succeeds(await alice.triesToSignIn())
      expect(await world.storage.count(hashesLike('$argon2id$%'))).toBe(1)
      // One that bcrypt could not hold stays as it is when bcrypt is chosen again.
      const long = world.person('long', { password: `${freshPassword()}-${'lamp-'.repeat(20)}`.slice(0, 100) })
      await long.signsUp()
      await world.server.stops()
      world.server = await world.server.startsAgain({ PASSWORD_ALGORITHM: 'bcrypt', BCRYPT_COST: '10' })
      for (let i = 0; i < 2; i++) succeeds(await long.triesToSignIn())
      succeeds(await alice.triesToSignIn())
      expect(await world.storage.count(hashesLike('$2b$10$%'))).toBe(1)
      expect(await world.storage.count(hashesLike('$argon2id$%'))).toBe(1)
      succeeds(await alice.triesToSignIn())
    } finally {
      await world.ends()
    }
  })
})
