import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HttpClient } from '../support/http.ts'
import { type Person, refuses, succeeds } from '../support/person.ts'
import { eventually } from '../support/polling.ts'
import { command, Server } from '../support/program.ts'
import { codeOf, SmsGateway } from '../support/sms_gateway.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

/** A number that nobody else in the run has. */
const freshNumber = () => `+43664${randomInt(1_000_000, 10_000_000)}`
const wrong = (code: string) => (code === '000000' ? '000001' : '000000')

const asks = (person: Person, phone_number: string) =>
  person.http.post('/api/account/phone', { phone_number }, person.bearer())
const asksAgain = (person: Person, verification_id: string) =>
  person.http.post('/api/account/phone/resend', { verification_id }, person.bearer())
const types = (person: Person, verification_id: string, code: string) =>
  person.http.post('/api/account/phone/verify', { verification_id, code }, person.bearer())
const removes = (person: Person) => person.http.delete('/api/account/phone', person.bearer())
const phoneOf = async (person: Person) => succeeds(await person.asks('/api/account/phone')).body

describe.each(ENGINES)('R4.7 phone numbers, on %s', (engine) => {
  let world: World
  let gateway: SmsGateway
  beforeAll(async () => {
    gateway = await SmsGateway.starts()
    world = await World.begins(engine, {
      settings: {
        SMS_URL: `http://${gateway.host}/send?account=c4nary`,
        SMS_TOKEN: 'c4nary-token',
        SMS_FROM: 'Example',
        SERVICE_NAME: 'Example',
        RESEND_PAUSE: '0s',
      },
    })
  })
  afterAll(async () => {
    await world.ends()
    await gateway.ends()
  })

  const signedUp = (name: string, more: object = {}) => world.person(name).signsUp(more)

  /** Proves a number; gives how many texts it took. */
  async function proves(person: Person, number: string, count = 1) {
    const { verification_id } = succeeds(await asks(person, number)).body
    return succeeds(await types(person, verification_id, codeOf(await gateway.text(number, count)))).body
  }

  test('R4.1 a texted code proves a number, which was typed as people do', async () => {
    const alice = await signedUp('alice', { locale: 'de' })
    const number = freshNumber()
    expect(await phoneOf(alice)).toEqual({ phone_verified: false })
    const asked = succeeds(
      await asks(alice, `${number.slice(0, 3)} (0) ${number.slice(3, 6)} / ${number.slice(6)}`),
    ).body
    expect(Object.keys(asked).sort()).toEqual(['expires_at', 'resend_at', 'verification_id'])
    expect(await phoneOf(alice)).toMatchObject({ phone_verified: false, pending: { phone_number: number } })

    const text = await gateway.text(number)
    expect(text).toMatchObject({ from: 'Example', path: '/send?account=c4nary', authorization: 'Bearer c4nary-token' })
    expect(text.key).toMatch(/^[0-9a-f-]{36}$/)
    expect(text.text).toMatch(/^\d{6} ist Ihr Code bei Example für diese Nummer\. Nie weitergeben!\n\n@\S+ #\d{6}$/)
    expect(text.text).not.toContain('://')

    const code = codeOf(text)
    refuses(await types(alice, asked.verification_id, wrong(code)), 400, 'wrong_code', 'code')
    const proven = succeeds(await types(alice, asked.verification_id, code)).body
    expect(proven).toMatchObject({ phone_number: number, phone_verified: true, verified_at: expect.any(String) })
    refuses(await types(alice, asked.verification_id, code), 404, 'verification_unknown')
    expect(succeeds(await alice.asks('/api/account/profile')).body).toMatchObject({
      phone_number: number,
      phone_verified: true,
    })
    const notice = (await world.mailbox.waitsFor(alice, 2))[1]
    expect(notice.subject).toContain('Telefonnummer')
    expect(notice.text).toContain(`+43 ... ${number.slice(-2)}`)
    expect(notice.text).not.toContain(number.slice(3))
  })

  test('a change keeps the old number until the new one is proven; removal is mailed', async () => {
    const alice = await signedUp('alice')
    const [first, second] = [freshNumber(), freshNumber()]
    await proves(alice, first)
    const { verification_id } = succeeds(await asks(alice, second)).body
    const old = codeOf(await gateway.text(second))
    expect((await phoneOf(alice)).phone_number).toBe(first)
    succeeds(await asksAgain(alice, verification_id))
    const code = codeOf(await gateway.text(second, 2))
    if (old !== code) refuses(await types(alice, verification_id, old), 400, 'wrong_code')
    succeeds(await types(alice, verification_id, code))
    expect((await phoneOf(alice)).phone_number).toBe(second)
    expect((await removes(alice)).status).toBe(204)
    expect(await phoneOf(alice)).toEqual({ phone_verified: false })
    expect((await removes(alice)).status).toBe(204)
    const mails = await world.mailbox.waitsFor(alice, 4)
    expect(
      mails
        .slice(1)
        .map((mail) => /changed|removed/.exec(mail.subject)?.[0])
        .sort(),
    ).toEqual(['changed', 'changed', 'removed'])
  })

  test('B10 of sixteen at once one is taken; out of order, as another person, and signed out none is', async () => {
    const [alice, eve] = [await signedUp('alice'), await signedUp('eve')]
    const number = freshNumber()
    const { verification_id } = succeeds(await asks(alice, number)).body
    const code = codeOf(await gateway.text(number))
    refuses(await types(eve, verification_id, code), 404, 'verification_unknown')
    refuses(await asksAgain(eve, verification_id), 404, 'verification_unknown')
    const replies = await Promise.all(Array.from({ length: 16 }, () => types(alice, verification_id, code)))
    expect(replies.filter((reply) => reply.status === 200)).toHaveLength(1)
    expect(replies.filter((reply) => reply.status === 404)).toHaveLength(15)
    const atHome = await alice.atAnotherDevice().signsIn()
    expect((await phoneOf(atHome)).phone_number).toBe(number)
    const again = succeeds(await asks(alice, freshNumber())).body.verification_id
    succeeds(await alice.logsOut())
    refuses(await types(alice, again, code), 401, 'session_ended')
    refuses(await removes(alice), 401, 'session_ended')
  })

  test('R3.1 the same over gRPC', async () => {
    const alice = await signedUp('alice')
    const number = freshNumber()
    const grpc = world.grpc()
    grpc.accessToken = alice.accessToken
    const { verification_id } = await grpc.call('PhoneService', 'ChangePhone', { phone_number: number })
    const code = codeOf(await gateway.text(number))
    const refusal = await grpc.refused('PhoneService', 'VerifyPhone', { verification_id, code: wrong(code) })
    expect(refusal).toBeDefined()
    expect(await grpc.call('PhoneService', 'VerifyPhone', { verification_id, code })).toMatchObject({
      phone_number: number,
      phone_verified: true,
    })
    await grpc.call('PhoneService', 'RemovePhone')
    expect((await phoneOf(alice)).phone_verified).toBe(false)
  })

  test.each([
    '0664 1234567',
    '+43',
    '+999 1234567',
    '+88312345678',
    'phone',
    '+43 664 123456789012',
    '<b>+436641234567',
  ])('ASVS 2.2.1 %s is no number', async (number) => {
    const alice = await signedUp('alice')
    refuses(await asks(alice, number), 400, 'invalid_field', 'phone_number')
  })

  test('a gateway that says "later" gets the text again, and one that may have sent it does not', async () => {
    const alice = await signedUp('alice')
    const number = freshNumber()
    gateway.statuses.push(503)
    succeeds(await asks(alice, number))
    await gateway.text(number)
    gateway.statuses.push(500)
    succeeds(await asks(alice, number))
    await eventually('a job that is given up', async () => world.server.output.includes('job.dead'))
    expect(gateway.texts.filter((text) => text.to === number)).toHaveLength(1)
  })

  test('D12 B33 the number stands in no dump, log or event, and the secrets of the gateway in no log', async () => {
    const alice = await signedUp('alice')
    const [number, pending] = [freshNumber(), freshNumber()]
    await proves(alice, number)
    gateway.statuses.push(400)
    succeeds(await asks(alice, pending))
    await eventually('a text that was refused', async () => world.server.output.includes('HTTP 400'))
    const dump = (await world.storage.dump()).toString('latin1').toLowerCase()
    for (const one of [number, pending]) {
      for (const spelt of [one.slice(3), one.slice(1)]) {
        const bytes = Buffer.from(spelt)
        for (const form of [spelt, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, '').slice(0, -2)]) {
          expect(dump.includes(form.toLowerCase()), `${form} in the dump`).toBe(false)
          expect(world.server.output.includes(form), `${form} in the log`).toBe(false)
        }
      }
    }
    expect(world.server.output).not.toContain('c4nary')
  })
})

describe('R4.7 caps on texts', () => {
  test.each(ENGINES)('per number and account, with the time to wait, in the log, on %s', async (engine) => {
    const gateway = await SmsGateway.starts()
    const world = await World.begins(engine, {
      settings: {
        SMS_URL: `http://${gateway.host}/`,
        SMS_COUNTRIES: '43',
        SMS_PER_NUMBER: '2',
        SMS_PER_ACCOUNT: '3',
        RESEND_PAUSE: '0s',
      },
    })
    try {
      const alice = await world.person('alice').signsUp()
      const eve = await world.person('eve').signsUp()
      const number = freshNumber()
      succeeds(await asks(alice, number))
      const { verification_id } = succeeds(await asks(eve, number)).body
      for (const reply of [await asks(alice, number), await asksAgain(eve, verification_id)]) {
        refuses(reply, 429, 'rate_limited')
        expect(Number(reply.headers['retry-after'])).toBeGreaterThan(86_000)
        expect(Number(reply.headers['retry-after'])).toBeLessThanOrEqual(86_400)
      }
      succeeds(await asks(alice, freshNumber()))
      succeeds(await asks(alice, freshNumber()))
      refuses(await asks(alice, freshNumber()), 429, 'rate_limited')
      refuses(await asks(eve, '+491511234567'), 400, 'invalid_field', 'phone_number')
      expect(
        await world.storage.count(
          "SELECT count(*) FROM audit_log WHERE action = 'user.change_phone' AND outcome = 'refused'",
        ),
      ).toBe(0)
      expect(world.server.output).toContain('sms_per_number')
      expect(world.server.output).toContain('sms_per_account')
    } finally {
      await world.ends()
      await gateway.ends()
    }
  })

  test('two servers on one PostgreSQL count together', async () => {
    const gateway = await SmsGateway.starts()
    const world = await World.begins('PostgreSQL', {
      settings: { SMS_URL: `http://${gateway.host}/`, SMS_PER_NUMBER: '3', RESEND_PAUSE: '0s' },
    })
    const { PORT, GRPC_PORT, ...shared } = world.server.settings
    const second = await Server.start({ settings: shared })
    const there = new HttpClient(second.origin)
    try {
      const alice = await world.person('alice').signsUp()
      const number = freshNumber()
      const asksThere = () => there.post('/api/account/phone', { phone_number: number }, alice.bearer())
      const replies = await Promise.all(
        Array.from({ length: 8 }, (_, i) => (i % 2 ? asks(alice, number) : asksThere())),
      )
      expect(replies.filter((reply) => reply.status === 200)).toHaveLength(3)
      expect(replies.filter((reply) => reply.status === 429)).toHaveLength(5)
    } finally {
      there.close()
      await second.stops()
      await world.ends()
      await gateway.ends()
    }
  })
})

describe('texts without SMS_URL, and with Twilio', () => {
  test('they stand in the development mailbox', async () => {
    const world = await World.begins('SQLite')
    try {
      const alice = await world.person('alice').signsUp()
      const number = freshNumber()
      const { verification_id } = succeeds(await asks(alice, number)).body
      const [text] = await world.mailbox.waitsFor({ email: number }, 1)
      expect(text.html).toBe('')
      succeeds(await types(alice, verification_id, codeOf(text)))
    } finally {
      await world.ends()
    }
  })

  test('Twilio gets its form', async () => {
    const gateway = await SmsGateway.starts()
    const world = await World.begins('SQLite', {
      settings: { SMS_URL: `twilio://AC12:c4nary@${gateway.host}`, SMS_FROM: '+4367612345' },
    })
    try {
      const alice = await world.person('alice').signsUp()
      const number = freshNumber()
      succeeds(await asks(alice, number))
      expect(await gateway.text(number)).toMatchObject({
        from: '+4367612345',
        path: '/2010-04-01/Accounts/AC12/Messages.json',
        authorization: `Basic ${Buffer.from('AC12:c4nary').toString('base64')}`,
      })
      expect(world.server.output).not.toContain('c4nary')
    } finally {
      await world.ends()
      await gateway.ends()
    }
  })

  test('the doctor looks whether the gateway answers, and sends nothing', async () => {
    const gateway = await SmsGateway.starts()
    const { host } = gateway
    const settings = { SMS_URL: `http://user:c4nary@${host}/c4nary`, PORT: '0', GRPC_PORT: '0' }
    const fine = await command(['doctor'], { settings })
    expect(fine.stdout).toContain(`http://${host} can be reached`)
    expect(gateway.texts).toEqual([])
    await gateway.ends()
    const gone = await command(['doctor'], { settings })
    expect(gone.stdout).toContain(`http://${host} can't be reached`)
    expect(fine.stdout + fine.stderr + gone.stdout + gone.stderr).not.toContain('c4nary')
  })

  test.each([
    [{ SMS_URL: 'http://sms.example.org/c4nary' }, 'SMS_URL'],
    [{ SMS_URL: 'twilio://AC1:c4nary@api.twilio.com' }, 'SMS_FROM'],
    [{ SMS_URL: 'https://u:c4nary@sms.example.org/', SMS_TOKEN: 'c4nary' }, 'SMS_TOKEN'],
    [{ SMS_COUNTRIES: '43, AT' }, 'SMS_COUNTRIES'],
    [{ SMS_PER_DAY: '0' }, 'SMS_PER_DAY'],
  ])('%j is refused by name', async (settings, name) => {
    const ended = await command(['serve'], { settings })
    expect(ended.code).not.toBe(0)
    expect(ended.stderr).toContain(name)
    expect(ended.stdout + ended.stderr).not.toContain('c4nary')
  })
})

describe.each(ENGINES)('MFA_SMS, on %s', (engine) => {
  test('a texted code completes a login, once, and only where it is switched on', async () => {
    const gateway = await SmsGateway.starts()
    const settings = { SMS_URL: `http://${gateway.host}/`, RESEND_PAUSE: '0s', MFA_SMS: 'on' }
    const world = await World.begins(engine, { settings })
    try {
      const alice = await world.person('alice').signsUp()
      const number = freshNumber()
      const { verification_id } = succeeds(await asks(alice, number)).body
      succeeds(await types(alice, verification_id, codeOf(await gateway.text(number))))

      const at = world.person('alice', { email: alice.email, password: alice.password })
      const login = succeeds(
        await at.http.post('/api/auth/login', { email: alice.email, password: alice.password }),
      ).body
      expect(login).toMatchObject({ mfa_required: true, methods: ['sms'] })
      expect(login.access_token).toBeUndefined()
      const { mfa_token, device_id } = login
      const sends = (more: object = {}) => at.http.post('/api/auth/sms/send', { mfa_token, device_id, ...more })
      const verifies = (code: string, more: object = {}) =>
        at.http.post('/api/auth/sms/verify', { mfa_token, device_id, code, ...more })
      refuses(await verifies('000000'), 400, 'code_expired')
      refuses(
        await alice.http.post('/api/auth/sms/send', { mfa_token, device_id: alice.deviceId }),
        401,
        'mfa_token_invalid',
      )
      expect(succeeds(await sends()).body).toMatchObject({ phone_hint: `+43 ... ${number.slice(-2)}` })
      const code = codeOf(await gateway.text(number, 2))
      refuses(await verifies(wrong(code)), 400, 'wrong_code')
      const replies = await Promise.all(Array.from({ length: 16 }, () => verifies(code)))
      const taken = replies.filter((reply) => reply.status === 200)
      expect(taken).toHaveLength(1)
      const session = await at.http.get('/api/auth/session', alice.bearer(taken[0].body.access_token))
      expect(session.body.session.amr).toEqual(['pwd', 'sms', 'mfa'])
      refuses(await sends(), 401, 'mfa_token_invalid')
    } finally {
      await world.ends()
      await gateway.ends()
    }
  })
})

describe('B6 sensitive calls', () => {
  test('adding and removing a number need a fresh login', async () => {
    const world = await World.begins('SQLite', { settings: { FRESH_LOGIN_WITHIN: '1s' } })
    try {
      const alice = await world.person('alice').signsUp()
      await eventually('a login that is not fresh', async () => (await removes(alice)).status === 403)
      refuses(await removes(alice), 403, 'fresh_login_required')
      refuses(await asks(alice, freshNumber()), 403, 'fresh_login_required')
      succeeds(await alice.asks('/api/account/phone'))
    } finally {
      await world.ends()
    }
  })
})
