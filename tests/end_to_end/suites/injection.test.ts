import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Mailbox } from '../support/mailbox.ts'
import { type Person, freshName, freshPassword, succeeds } from '../support/person.ts'
import { eventually } from '../support/polling.ts'
import { raw } from '../support/raw.ts'
import { MailServer } from '../support/smtp.ts'
import { World } from '../support/world.ts'

/** What would end a line, a header, a message or a value of JSON where it is not encoded. */
const ENDS = ['\r\n', '\n', '\r', '\n.\n', '\r\n.\r\n', '\u0000', '\u000b', '\u0085', '\u2028', '\u2029']
const FORGED = '{"event":"forged","level":"error"}'

describe('B16 B17 injection into mail and logs', () => {
  let mail: MailServer
  let world: World
  beforeAll(async () => {
    mail = await MailServer.starts()
    world = await World.begins('SQLite', {
      settings: { SMTP_URL: mail.url({ query: 'starttls=off' }) },
      mailbox: new Mailbox(mail),
    })
  })
  afterAll(async () => {
    await world.ends()
    await mail.stops()
  })

  const register = (fields: object) =>
    world.client().post('/api/auth/register', {
      email: `${freshName('person')}@example.org`,
      password: freshPassword(),
      ...fields,
    })

  test.each(ENDS)('B17 %j in each field: refused, or one message to one person', async (end) => {
    const injected = `${end}Bcc: eve@example.org${end}${end}.${end}MAIL FROM:<eve@example.org>`
    const before = mail.received.length
    const email = `${freshName('victim')}@example.org`
    for (const fields of [
      { email: `ada@example.org${injected}` },
      { email: `ada${end}@example.org` },
      { email: `ada@example.org${end}` },
      { username: `ada${end}` },
      { locale: `en${end}` },
    ]) {
      expect((await register(fields)).status, JSON.stringify(fields)).toBe(400)
    }
    const named = await register({ email, display_name: `Ada${injected}` })
    expect([200, 400]).toContain(named.status)
    const victim = { email } as Person
    // A letter that is sent after whatever the others could have made.
    if (named.status === 400) succeeds(await register({ email }))
    const [letter] = (await world.mailbox.waitsFor(victim, 1)) as (typeof mail.received)[number][]
    expect(letter.envelope.to).toEqual([email])
    expect(letter.parsed.headers.has('bcc')).toBe(false)
    expect(letter.parsed.to).toMatchObject({ value: [{ address: email }] })
    expect(letter.parsed.text).toMatch(/\b\d{6}\b/)
    expect(mail.received.length - before).toBe(1)
    expect(mail.received.some((one) => one.envelope.from.startsWith('eve') || one.to.startsWith('eve'))).toBe(false)
  })

  test('B17 encoded words and markup that a person chose are text', async () => {
    for (const display_name of ['=?UTF-8?Q?=0D=0ABcc:_eve@example.org?=', '"><script>alert(1)</script>', '{{code}}']) {
      const email = `${freshName('odd')}@example.org`
      succeeds(await register({ email, display_name }))
      const [letter] = (await world.mailbox.waitsFor({ email }, 1)) as (typeof mail.received)[number][]
      expect(letter.parsed.headers.has('bcc')).toBe(false)
      expect(letter.html).not.toContain('<script>')
      expect(letter.envelope.to).toEqual([email])
    }
  })

  test('B17 whatever a caller says, a log line is one line, and one object of ours', async () => {
    const client = world.client()
    const grpc = world.grpc()
    for (const end of ENDS) {
      const text = `x${end}${FORGED}${end}x","event":"forged`
      await client.post('/api/auth/login', { email: text, password: text })
      await client.post('/api/auth/login', { username: text.slice(0, 100), password: text })
      await client.post(`/api/auth/${encodeURIComponent(text)}`, { [text]: text })
      await client.get(`/api/account/sessions?page_token=${encodeURIComponent(text)}`)
      await grpc.refused('AuthService', 'Login', { username: text.slice(0, 100), password: text, device_id: text })
      const bytes = Buffer.from(text.replaceAll('\n', '')).toString('latin1')
      for (const header of [
        'User-Agent',
        'X-Forwarded-For',
        'Origin',
        'Referer',
        'traceparent',
        'Cookie',
        'X-Request-Id',
      ]) {
        const request =
          `POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\n${header}: ${bytes}\r\n` + `Connection: close\r\n`
        const json = JSON.stringify({ email: 'nobody@example.org', password: 'a wrong guess' })
        const body = `Content-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`
        expect(await raw(world.server.port, Buffer.from(request + body, 'latin1'))).toMatch(/^HTTP\/1\.1 4/)
      }
    }
    const marked = world.person(freshName('last'))
    await eventually('a refused login is logged', async () => {
      await marked.triesToSignIn()
      return world.server.logLines.length > 20
    })
    const lines = world.server.output.split('\n').filter((line) => line !== '')
    expect(lines.filter((line) => line.includes('forged')).length, 'what was said is told').toBeGreaterThan(0)
    // The last one may not be whole yet.
    for (const line of lines.slice(0, -1)) {
      const entry = JSON.parse(line) as { event: string }
      expect(entry.event, line).toMatch(/^(?!forged)[a-z_]+(\.[a-z_]+)*$/)
      // eslint-disable-next-line no-control-regex
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
    }
    expect(world.server.output).not.toMatch(/^\{"event":"forged"/m)
  })

  test('B16 Host and its like change no link: in a resent mail, in a notice to the owner, over gRPC', async () => {
    const poison = {
      host: 'evil.example',
      forwarded: 'for=127.0.0.1;host=evil.example;proto=https',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-server': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '4711',
      'x-host': 'evil.example',
      'x-original-url': 'https://evil.example/',
    }
    const owner = await world.person('owner').signsUp()
    const client = world.client()
    const body = { email: owner.email, password: freshPassword() }
    succeeds(await client.post('/api/auth/register', body, { headers: poison }))
    const stranger = `${freshName('stranger')}@example.org`
    succeeds(await client.post('/api/auth/register', { ...body, email: stranger }, { headers: poison }))
    const called = `${freshName('called')}@example.org`
    const { host, ...metadata } = poison
    await world.grpc().call('AuthService', 'Register', { ...body, email: called }, { ...metadata, 'x-real-host': host })
    for (const [email, count] of [
      [owner.email, 2],
      [stranger, 1],
      [called, 1],
    ] as const) {
      for (const letter of (await world.mailbox.waitsFor({ email }, count)) as (typeof mail.received)[number][]) {
        expect(letter.raw + letter.text + letter.html).not.toMatch(/evil\.example|:4711/)
        for (const link of letter.text.match(/https?:\/\/[^\s<>"]+/g) ?? []) {
          expect(new URL(link).origin).toBe(world.server.origin)
        }
      }
    }
  })
})
