import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { healthOverGrpc } from '../support/grpc.ts'
import { HttpClient } from '../support/http.ts'
import { eventually, pause } from '../support/polling.ts'
import { freePorts } from '../support/ports.ts'
import {
  background,
  command,
  complaints,
  type Finished,
  IN_PUBLIC,
  PROGRAM,
  Server,
  type Settings,
  temporaryFolder,
} from '../support/program.ts'
import { makePostgres } from '../support/storage.ts'
import { StubbornMailServer } from '../support/stubborn_smtp.ts'
import { freshPassword } from '../support/person.ts'

/** The one line that an operator reads, besides the log: a setting is wrong. */
function saysInOneLine(finished: Finished, ...words: (string | RegExp)[]) {
  endsWithOneLine(2, finished, words)
}

/** The same where the settings are right, and the place is not. */
function failsInOneLine(finished: Finished, ...words: (string | RegExp)[]) {
  endsWithOneLine(1, finished, words)
}

function endsWithOneLine(code: number, finished: Finished, words: (string | RegExp)[]) {
  expect(finished.code, finished.lines.join('\n')).toBe(code)
  const lines = complaints(finished)
  expect(lines.length, finished.stderr).toBe(1)
  for (const word of words) expect(lines[0]).toMatch(word)
}

/** The series in a text for Prometheus that raise the alarm on calls which docs/operations.md recommends. */
function worthAnAlarm(metrics: string): string[] {
  const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
  const selector = /rate\(ostiary_calls_total\{([^}]*)\}\[5m\]\) > 0/.exec(page)![1]
  const matchers = [...selector.matchAll(/(\w+)(=~|!=)"([^"]*)"/g)]
  expect(matchers.map(([whole]) => whole).join(','), 'all of it is understood').toBe(selector)
  return metrics.split('\n').filter((line) => {
    const [, labels, value] = /^ostiary_calls_total\{(.*)\} (.*)$/.exec(line) ?? []
    if (labels === undefined || Number(value) === 0) return false
    return matchers.every(([, label, operator, pattern]) => {
      const text = new RegExp(`${label}="([^"]*)"`).exec(labels)![1]
      return operator === '!=' ? text !== pattern : new RegExp(`^(?:${pattern})$`).test(text)
    })
  })
}

async function serve(settings: Settings, cwd = temporaryFolder()): Promise<Finished> {
  const [port, grpcPort] = await freePorts(2)
  return await command(['serve'], {
    settings: { PORT: String(port), GRPC_PORT: String(grpcPort), DATA_DIR: join(cwd, 'data'), ...settings },
    cwd,
  })
}

describe('a setting that is not right: one line that names it, exit code 2', () => {
  test.each<[string, string, RegExp?]>([
    ['PORT', 'http'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', ' 8001x'],
    ['GRPC_PORT', 'x'],
    ['PUBLIC_URL', 'id.example.org'],
    ['PUBLIC_URL', 'http://id.example.org'],
    ['PUBLIC_URL', 'ftp://localhost'],
    ['LISTEN_ADDRESS', '999.0.0.1'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['CORS_ORIGINS', 'https://app.example.org/path'],
    ['CORS_ORIGINS', '*'],
    ['DATABASE_URL', 'mysql://root@localhost/x'],
    ['SMTP_URL', 'http://mail.example.org'],
    ['MAIL_FROM', 'nobody'],
    ['OSTIARY_MASTER_KEY', 'too short'],
    ['REFRESH_GRACE', 'soon'],
    ['REFRESH_GRACE', '-10'],
    ['REGISTRATION_VERIFY_EMAIL', 'perhaps'],
    ['PASSWORD_ALGORITHM', 'md5'],
    ['TOKEN_ALGORITHM', 'HS256'],
    ['TOKEN_ALGORITHM', 'none'],
    ['RATE_LIMITS', 'maybe'],
    ['LIMIT_SIGN_IN_PER_ADDRESS', 'many'],
    ['BCRYPT_COST', '4'],
    ['GEOIP_FILE', '/nowhere/at/all.mmdb'],
    ['MAIL_TEMPLATES', '/nowhere/at/all'],
    ['OSTIARY_MASTERKEY', 'a setting that is misspelt'],
  ])('%s=%s', async (name, value) => {
    saysInOneLine(await serve({ [name]: value }), name)
  })

  test('a secret is not shown', async () => {
    const finished = await serve({ OSTIARY_MASTER_KEY: 'hunter2hunter2' })
    expect(finished.stdout + finished.stderr).not.toContain('hunter2')
  })

  test('in .env too, where an unknown name is an error; what Kubernetes adds is none', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, '.env'), '# comment\nPORTT=8001\n')
    saysInOneLine(await serve({}, folder), 'PORTT', /\.env/)
    writeFileSync(join(folder, '.env'), 'REFRESH_GRACE=never\n')
    saysInOneLine(await serve({}, folder), 'REFRESH_GRACE', /\.env/)
    const server = await Server.start({
      settings: {
        OSTIARY_PORT: 'tcp://10.0.0.1:80',
        OSTIARY_PORT_80_TCP: 'x',
        OSTIARY_SERVICE_HOST: '10.0.0.1',
        UNRELATED: 'x',
      },
    })
    await server.stops()
  })

  test('X_FILE gives X; a file that is not there is named', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'key'), `${'ab'.repeat(32)}\n`)
    const server = await Server.start({ settings: { OSTIARY_MASTER_KEY_FILE: join(folder, 'key') } })
    await server.stops()
    saysInOneLine(await serve({ OSTIARY_MASTER_KEY_FILE: join(folder, 'nothing') }), 'OSTIARY_MASTER_KEY_FILE')
    saysInOneLine(
      await serve({ OSTIARY_MASTER_KEY_FILE: join(folder, 'key'), OSTIARY_MASTER_KEY: 'cd'.repeat(32) }),
      'OSTIARY_MASTER_KEY',
    )
  })

  test('RATE_LIMITS=off and the development mailbox are for this machine only', async () => {
    saysInOneLine(await serve({ ...IN_PUBLIC, RATE_LIMITS: 'off' }), 'RATE_LIMITS')
    saysInOneLine(await serve({ ...IN_PUBLIC, SMTP_URL: undefined }), 'SMTP_URL')
    saysInOneLine(await serve({ ...IN_PUBLIC, OSTIARY_MASTER_KEY: undefined }), 'OSTIARY_MASTER_KEY')
  })
})

describe('a bad place to start: one line, exit code 1', () => {
  test("a port in use, HTTP's or gRPC's", async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    for (const name of ['PORT', 'GRPC_PORT']) {
      failsInOneLine(await serve({ [name]: String(port) }), String(port), new RegExp(`\\(see ${name}\\)`))
    }
    taken.close()
  })

  test('leaves no data folder behind', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    for (const settings of [
      { PORT: String(port) },
      { GRPC_PORT: String(port) },
      { GEOIP_FILE: '/no/such.mmdb' },
      { MAIL_TEMPLATES: '/no/such/folder' },
      { TLS_CERT_FILE: '/no/cert.pem', TLS_KEY_FILE: '/no/key.pem' },
    ]) {
      const folder = temporaryFolder()
      const DATA_DIR = join(folder, 'data')
      const ended = await serve({ DATA_DIR, ...settings })
      expect(ended.code, JSON.stringify(settings)).not.toBe(0)
      expect(readdirSync(folder), JSON.stringify(settings)).toEqual([])
    }
    taken.close()
  })

  test("a data folder that is a file, or can't be written", async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), '')
    failsInOneLine(await serve({ DATA_DIR: join(folder, 'file') }), join(folder, 'file'))
    failsInOneLine(await serve({ DATA_DIR: '/proc/ostiary' }), '/proc/ostiary')
    if (process.getuid?.() !== 0) {
      mkdirSync(join(folder, 'locked'))
      chmodSync(join(folder, 'locked'), 0o500)
      failsInOneLine(await serve({ DATA_DIR: join(folder, 'locked') }), 'locked')
    }
  })

  test('a second serve on one SQLite file; other commands run beside it', async () => {
    const server = await Server.start()
    const settings = { DATA_DIR: server.settings.DATA_DIR }
    failsInOneLine(await serve(settings), server.settings.DATA_DIR!)
    const list = await command(['user', 'list'], { settings })
    expect(list.code, list.stderr).toBe(0)
    await server.isKilled()
    // The lock dies with its holder.
    const again = await server.startsAgain()
    await again.stops()
  })

  test('a worker needs PostgreSQL', async () => {
    const folder = temporaryFolder()
    saysInOneLine(await command(['worker'], { cwd: folder }), /PostgreSQL/, /SQLite/)
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  test('a database of a newer version, on either engine', async () => {
    const { execFile } = await import('node:child_process')
    const { promisify } = await import('node:util')
    const server = await Server.start()
    await server.stops()
    const newer = (bytes: string) =>
      `INSERT INTO schema_migrations SELECT 9999, '9999_future', ${bytes}, applied_at ` +
      'FROM schema_migrations WHERE number = 1'
    const { readdirSync } = await import('node:fs')
    const file = readdirSync(server.settings.DATA_DIR!).find((name) => /\.(db|sqlite3?)$/.test(name))!
    await promisify(execFile)('sqlite3', [join(server.settings.DATA_DIR!, file), newer(`x'${'00'.repeat(32)}'`)])
    failsInOneLine(await serve({ DATA_DIR: server.settings.DATA_DIR }), /newer/i)

    const postgres = await makePostgres()
    const other = await Server.start({ settings: postgres.settings })
    await other.stops()
    await postgres.rows(newer(`'\\x${'00'.repeat(32)}'::bytea`))
    failsInOneLine(await serve({ ...postgres.settings, DATA_DIR: other.settings.DATA_DIR }), /newer/i)
    await postgres.drop()
  })

  test('a master key that is not the one', async () => {
    const server = await Server.start({ settings: { OSTIARY_MASTER_KEY: 'ab'.repeat(32) } })
    await server.stops()
    const refused = await serve({ DATA_DIR: server.settings.DATA_DIR, OSTIARY_MASTER_KEY: 'cd'.repeat(32) })
    saysInOneLine(refused, /OSTIARY_MASTER_KEY|master key/)
    // None at all: a new one would open nothing, and is not made.
    const unset = { DATA_DIR: server.settings.DATA_DIR }
    saysInOneLine(await serve(unset), /OSTIARY_MASTER_KEY is not set/, /master\.key does not exist/)
    saysInOneLine(await command(['user', 'list'], { settings: unset }), /OSTIARY_MASTER_KEY is not set/)
    expect(existsSync(join(server.settings.DATA_DIR!, 'master.key'))).toBe(false)
  })

  test('a PostgreSQL that is not there', async () => {
    const [port] = await freePorts(1)
    const refused = await serve({ DATABASE_URL: `postgresql://nobody:secretword@127.0.0.1:${port}/x` })
    failsInOneLine(refused, String(port))
    expect(refused.stderr).not.toContain('secretword')
  })

  test('a foreign database is not touched', async () => {
    const postgres = await makePostgres()
    await postgres.rows('CREATE TABLE somebody_elses (id int)')
    failsInOneLine(await serve(postgres.settings), /table|empty|schema/i)
    expect(await postgres.count(`SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'`)).toBe(1)
    await postgres.drop()
  })
})

describe('serving and stopping', () => {
  test('R1.1 PORT decides where, and the first page says what to do next', async () => {
    const server = await Server.start()
    const page = await new HttpClient(server.origin).get('/')
    expect(page.status).toBe(200)
    expect(page.headers['content-type']).toMatch(/^text\/html/)
    expect(page.text).toContain('/dev/mailbox')
    expect(page.text).toMatch(/SQLite/)
    await server.stops()
  })

  test('elsewhere the first page tells nothing of the inside, and there is no mailbox', async () => {
    const server = await Server.start({
      settings: IN_PUBLIC,
    })
    const client = new HttpClient(server.origin)
    const page = await client.get('/')
    expect(page.status).toBe(200)
    expect(page.text).not.toMatch(/SQLite|PostgreSQL|smtp|127\.0\.0\.1|\d+\.\d+\.\d+/i)
    expect((await client.get('/dev/mailbox')).status).toBe(404)
    await server.stops()
  })

  test('development is not what PUBLIC_URL says where other machines can come in', async () => {
    const open = { LISTEN_ADDRESS: '*' }
    saysInOneLine(await serve({ ...open, RATE_LIMITS: 'off' }), 'RATE_LIMITS', /loopback/)
    const server = await Server.start({ settings: { ...open, RATE_LIMITS: undefined } })
    expect(server.output).toMatch(/LISTEN_ADDRESS.*other machines/)
    await server.stops()
  })

  test('the development mailbox answers a loopback peer with a localhost Host and nobody in between', async () => {
    const server = await Server.start()
    const client = new HttpClient(server.origin)
    const json = { accept: 'application/json' }
    const path = await server.mailboxPath()
    expect((await client.get(path, { headers: json })).status).toBe(200)
    // As a stranger's request looks behind a bare `proxy_pass`: all but the key is as at home.
    for (const guess of ['/dev/mailbox', '/dev/mailbox?key=', `${path}0`]) {
      const closed = await client.get(guess, { headers: { ...json, host: `127.0.0.1:${server.port}` } })
      expect(closed.status, guess).toBe(404)
    }
    for (const headers of [
      { host: 'evil.example' },
      { host: `localhost.evil.example:${server.port}` },
      { 'x-forwarded-for': '203.0.113.1' },
      { forwarded: 'for=203.0.113.1' },
      { 'x-forwarded-host': 'localhost' },
      { via: '1.1 proxy' },
    ]) {
      expect(
        (await client.get(path, { headers: { ...json, ...headers } })).status,
        JSON.stringify(headers),
      ).toBeGreaterThanOrEqual(400)
    }
    await server.stops()
    const again = await server.startsAgain()
    expect(await again.mailboxPath(), 'a page that is open stays so').toBe(path)
    await again.stops()
  })

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s: what has begun is finished, nothing new is taken, exit code 0',
    async (signal) => {
      const server = await Server.start()
      const client = new HttpClient(server.origin)
      const begun = Array.from({ length: 4 }, (_, i) =>
        client.post('/api/auth/register', { email: `drain${i}@example.org`, password: freshPassword() }),
      )
      await pause(15)
      const exit = server.stops(signal)
      for (const reply of await Promise.allSettled(begun)) {
        // Begun before the signal: answered. Its connection not yet taken: refused, never cut in the middle.
        if (reply.status === 'fulfilled') expect([200, 503]).toContain(reply.value.status)
        else expect(String(reply.reason)).toMatch(/ECONNREFUSED|ECONNRESET|socket hang up/)
      }
      expect(await exit).toEqual({ code: 0, signal: null })
      client.close()
    },
  )

  test('DRAIN_DELAY: after SIGTERM it says that it is not ready, and answers until load balancers know', async () => {
    const server = await Server.start({ settings: { DRAIN_DELAY: '5m' } })
    const client = new HttpClient(server.origin)
    server.child.kill('SIGTERM')
    await eventually('it says so', async () => (await client.get('/health/ready')).status === 503)
    expect((await client.get('/health/ready')).body).toMatchObject({ not_ready: 'draining' })
    const alive = await client.get('/health')
    expect(alive.status).toBe(200)
    expect(alive.headers.connection, 'clients go elsewhere').toBe('close')
    expect(await healthOverGrpc(server.grpcPort), 'while calls are still answered').toBe('NOT_SERVING')
    expect(worthAnAlarm((await client.get('/metrics')).text), 'a drain is no reason to wake anybody').toEqual([])
    expect(await server.stops('SIGTERM')).toEqual({ code: null, signal: 'SIGTERM' })
  })

  test('a drain ends within ten seconds, though a mail server says nothing', async () => {
    const mail = await StubbornMailServer.starts('greeting')
    const server = await Server.start({ settings: { SMTP_URL: mail.url } })
    const client = new HttpClient(server.origin)
    const begun = { email: 'ada@example.org', username: 'ada', password: freshPassword() }
    expect((await client.post('/api/auth/register', begun)).status).toBeLessThan(300)
    await eventually('it has fallen silent', () => mail.silences > 0)
    client.close()
    expect(await server.stops('SIGTERM', 10_000)).toEqual({ code: 0, signal: null })
    expect(
      server.logLines.filter(({ event }) => event === 'job.retry'),
      'the mail is sent later',
    ).toHaveLength(1)
    const again = await server.startsAgain()
    mail.speaksFromNowOn()
    await eventually('the mail is there', () => mail.messages.length === 1, 30_000)
    await again.stops()
    await mail.stops()
  }, 90_000)

  test('SIGHUP ends no service: certificates are read again without it', async () => {
    const server = await Server.start()
    server.child.kill('SIGHUP')
    expect((await new HttpClient(server.origin).get('/health')).status).toBe(200)
    expect(await server.stops()).toEqual({ code: 0, signal: null })
  })

  test('logs are JSON on a pipe, a line an event, with time, level and event', async () => {
    const server = await Server.start()
    await new HttpClient(server.origin).post(
      '/api/auth/login',
      { email: 'nobody@example.org', password: 'x' },
      { headers: { 'user-agent': 'a\tb' } },
    )
    await server.stops()
    const lines = server.output.split('\n').filter((line) => line.trim())
    expect(lines.length).toBeGreaterThan(1)
    for (const line of lines) {
      const read = JSON.parse(line)
      expect(read).toMatchObject({ level: expect.any(String), event: expect.any(String) })
      expect(Number.isNaN(Date.parse(read.time))).toBe(false)
    }
  })

  test.each(['serve', 'worker'])('%s can be stopped while it waits for another process to migrate', async (name) => {
    const postgres = await makePostgres()
    await postgres.changes(`
      CREATE TABLE schema_lock (id bigint PRIMARY KEY, owner uuid NOT NULL, holder text NOT NULL,
                                leased_until timestamptz NOT NULL);
      INSERT INTO schema_lock VALUES (1, gen_random_uuid(), 'process 1 on elsewhere', now() + interval '50 s')`)
    const [port, grpcPort] = await freePorts(2)
    const ports = { PORT: String(port), GRPC_PORT: String(grpcPort) }
    const started = background(PROGRAM, [name], { ...postgres.settings, ...ports })
    await eventually('it says that it waits', () => started.output.includes('schema.waiting'))
    started.child.kill('SIGTERM')
    await eventually('it ends', () => started.ended, 5_000)
    expect(started.child.exitCode, started.output).toBe(0)
    expect(started.output).toMatch(/"stopped"/)
    expect(started.output.match(/schema\.waiting/g)).toHaveLength(1)
    await postgres.drop()
  })

  test('what lies in the data folder is for its owner only', async () => {
    const server = await Server.start()
    const { readdirSync } = await import('node:fs')
    const data = server.settings.DATA_DIR!
    expect(statSync(data).mode & 0o077).toBe(0)
    expect(existsSync(data)).toBe(true)
    for (const name of readdirSync(data)) {
      if (/key/.test(name)) expect(statSync(join(data, name)).mode & 0o077, name).toBe(0)
    }
    await server.stops()
  })
})
