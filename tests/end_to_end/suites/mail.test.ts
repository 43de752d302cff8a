import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { codeIn, Mailbox } from '../support/mailbox.ts'
import { succeeds } from '../support/person.ts'
import { eventually, pause } from '../support/polling.ts'
import { type Settings, temporaryFolder } from '../support/program.ts'
import { MailServer } from '../support/smtp.ts'
import { type Engine, ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

describe('R4.2 mail through a real SMTP server', () => {
  let world: World | undefined
  let server: MailServer | undefined
  afterEach(async () => {
    await world?.ends()
    await server?.stops()
    world = server = undefined
  })

  async function begins(
    engine: Engine,
    options: Parameters<typeof MailServer.starts>[0],
    url: Parameters<MailServer['url']>[0],
    settings: Settings = {},
  ) {
    server = await MailServer.starts(options)
    world = await World.begins(engine, {
      settings: { SMTP_URL: server.url(url), MAIL_FROM: 'Door\u00e9 Keeper <door@example.org>', ...settings },
      mailbox: new Mailbox(server),
    })
    return { world, server }
  }

  test.each(ENGINES)('by STARTTLS: one message, both forms, encoded, from whom it should be; on %s', async (engine) => {
    const { world, server } = await begins(engine, {}, { query: 'starttls=required' })
    const alice = world.person('alice')
    await alice.signsUp({ display_name: 'Al\u00edce <b>\u4e2d</b>', locale: 'en' })
    const [mail] = await server.to(alice.email)
    expect(mail.secure).toBe(true)
    expect(mail.envelope).toEqual({ from: 'door@example.org', to: [alice.email] })
    expect(mail.parsed.from?.value).toEqual([{ address: 'door@example.org', name: 'Door\u00e9 Keeper' }])
    expect(mail.parsed.headers.get('auto-submitted')).toBe('auto-generated')
    expect(mail.parsed.messageId, 'in the domain of MAIL_FROM').toMatch(/^<[^<>\s]+@example\.org>$/)
    expect(Math.abs(mail.parsed.date!.getTime() - Date.now())).toBeLessThan(60_000)
    const code = codeIn(mail)!
    expect(mail.html).toContain(code)
    expect(mail.text).toContain(`${world.server.origin}/verify-email`)
    expect(mail.html).not.toContain('<b>\u4e2d')
    expect(mail.raw.split('\r\n').every((line) => line.length <= 998 && !/[^\x00-\x7f]/.test(line))).toBe(true)
    expect(await world.storage.count(`SELECT count(*) FROM jobs WHERE state = 'done'`)).toBe(1)
  })

  test('by TLS from the first byte, with a password', async () => {
    const { world, server } = await begins(
      'SQLite',
      { secure: true, user: 'door', password: 'p@ss/w\u00f6rd' },
      {
        scheme: 'smtps',
        user: `door:${encodeURIComponent('p@ss/w\u00f6rd')}`,
      },
    )
    const alice = await world.person('alice').signsUp()
    expect((await server.to(alice.email))[0]).toMatchObject({ secure: true, user: 'door' })
    expect(world.server.output).not.toMatch(/p@ss|p%40ss/)
  })

  test('ASVS 12.3.1 an authority that is not trusted gets no mail', async () => {
    const { world, server } = await begins('SQLite', {}, { trusted: false, query: 'starttls=required' })
    const alice = await world.person('alice').registers()
    await eventually(
      'the attempt has failed',
      async () =>
        (await world.storage.count('SELECT count(*) FROM jobs WHERE attempts > 0 AND last_error IS NOT NULL')) > 0,
    )
    expect(await server.to(alice.email)).toEqual([])
  })

  test('B29 refused for now, then accepted: the mail comes once, and the caller noticed nothing', async () => {
    const { world, server } = await begins('SQLite', {}, { query: 'starttls=off' })
    server.refusesNext('RCPT', 451)
    const alice = world.person('alice')
    succeeds(await alice.triesToRegister())
    await eventually('the first attempt', () => server.seen.RCPT > 0)
    await alice.verifies()
    await pause(300)
    expect((await server.to(alice.email)).length).toBe(1)
    expect(await world.storage.count(`SELECT count(*) FROM jobs WHERE state = 'done' AND attempts = 2`)).toBe(1)
  })

  test('B29 the mail server is away: the same answer at once, and mail when it is back', async () => {
    const { world, server: first } = await begins('SQLite', {}, { query: 'starttls=off' })
    const port = first.port
    await first.stops()
    const alice = world.person('alice')
    const began = performance.now()
    succeeds(await alice.triesToRegister())
    expect(performance.now() - began).toBeLessThan(3000)
    await eventually(
      'an attempt has failed',
      async () => (await world.storage.count('SELECT count(*) FROM jobs WHERE attempts > 0')) > 0,
    )
    server = await MailServer.starts({ port })
    const back = new Mailbox(server)
    await back.waitsFor(alice, 1, 25_000)
    succeeds(await alice.triesCode(await back.latestCode(alice)))
  })

  test('a code is never sent twice: a connection that breaks after the message ends the job', async () => {
    const { world, server } = await begins('SQLite', {}, { query: 'starttls=off' }, { RESEND_PAUSE: '1s' })
    server.breaksAfterNextMessage()
    const alice = await world.person('alice').registers()
    await eventually(
      'the job is dead',
      async () => (await world.storage.count(`SELECT count(*) FROM jobs WHERE state = 'dead'`)) === 1,
    )
    await pause(1000)
    expect((await server.to(alice.email)).length).toBe(1)
    succeeds(await alice.asksForAnotherCode())
    await world.mailbox.waitsFor(alice, 2)
    succeeds(await alice.triesCode(await world.mailbox.latestCode(alice, 2)))
  })

  test('an address that the server refuses for good is not tried again', async () => {
    const { world, server } = await begins('SQLite', {}, { query: 'starttls=off' })
    server.refusesNext('RCPT', 550)
    await world.person('alice').registers()
    await eventually(
      'the job is dead',
      async () => (await world.storage.count(`SELECT count(*) FROM jobs WHERE state = 'dead'`)) === 1,
    )
    await pause(500)
    expect(server.seen.RCPT).toBe(1)
  })

  test('killed while mails wait: they are sent after the restart, each once', async () => {
    const { world, server } = await begins('SQLite', {}, { query: 'starttls=off' })
    server.refusesNext('RCPT', 451, 3)
    const people = await Promise.all(['a', 'b', 'c'].map((name) => world.person(name).registers()))
    await eventually('each was tried', () => server.seen.RCPT >= 3)
    // A job that is killed while it runs is taken up only when its lease ends, after a minute.
    await eventually(
      'and put back',
      async () =>
        (await world.storage.count(`SELECT count(*) FROM jobs WHERE state <> 'running' AND attempts > 0`)) === 3,
    )
    await world.server.isKilled()
    world.server = await world.server.startsAgain()
    for (const person of people) await world.mailbox.waitsFor(person, 1, 25_000)
    await pause(300)
    expect(server.received.length).toBe(3)
  })

  test("in the language of the registration, and in an operator's own words", async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'en'))
    writeFileSync(join(folder, 'en', 'verify_email.subject.tpl'), 'Your own subject for {{service_name}}\n')
    const { world } = await begins(
      'SQLite',
      {},
      { query: 'starttls=off' },
      { MAIL_TEMPLATES: folder, SERVICE_NAME: 'Acme Door' },
    )
    const english = await world.person('english').registers({ locale: 'en-GB' })
    const german = await world.person('german').registers({ locale: 'de-AT' })
    const other = await world.person('other').registers({ locale: 'ja' })
    const [one] = await world.mailbox.waitsFor(english, 1)
    const [two] = await world.mailbox.waitsFor(german, 1)
    const [three] = await world.mailbox.waitsFor(other, 1)
    expect(one.subject).toBe('Your own subject for Acme Door')
    expect(three.subject).toBe(one.subject)
    expect(two.subject).not.toBe(one.subject)
    expect(two.text).toMatch(/Code|Link|Minuten/)
    expect(two.text).toContain('Acme Door')
  })

  test('`ostiary worker` runs the jobs alone', async () => {
    server = await MailServer.starts()
    const mailServer = server
    world = await World.begins('PostgreSQL', {
      settings: { SMTP_URL: server.url({ query: 'starttls=off' }) },
      mailbox: new Mailbox(server),
    })
    // A job that the serving process leaves behind when it dies.
    mailServer.refusesNext('RCPT', 451)
    const alice = await world.person('alice').registers()
    await eventually('it was tried', () => mailServer.seen.RCPT === 1)
    await eventually(
      'and put back',
      async () => (await world!.storage.count(`SELECT count(*) FROM jobs WHERE state = 'ready'`)) === 1,
    )
    await world.server.isKilled()
    const { spawn } = await import('node:child_process')
    const { environment, PROGRAM } = await import('../support/program.ts')
    const worker = spawn(PROGRAM, ['worker'], {
      cwd: world.server.folder,
      env: environment(world.server.settings),
      stdio: 'ignore',
    })
    try {
      await world.mailbox.waitsFor(alice, 1, 25_000)
    } finally {
      const ended = new Promise((resolve) => worker.once('close', resolve))
      worker.kill('SIGTERM')
      expect(await ended).toBe(0)
    }
    world.server = await world.server.startsAgain()
  })
})
