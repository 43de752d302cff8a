import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { localCertificate } from '../support/certificate.ts'
import { HttpClient } from '../support/http.ts'
import { command, IN_PUBLIC, Server, type Settings, temporaryFolder } from '../support/program.ts'
import { freePorts } from '../support/ports.ts'
import { MailServer } from '../support/smtp.ts'
import { ENGINES, makePostgres, makeStorage } from '../support/storage.ts'

interface Check {
  name: string
  level: 'ok' | 'warning' | 'problem'
  found: string
  advice: string | null
}

interface Diagnosis {
  code: number | null
  checks: Check[]
  problems: Check[]
  /** What stands under a name, as one text. */
  about: (name: string) => string
}

/** Asks the doctor, and checks what holds for every answer. */
async function diagnosis(settings: Settings, cwd?: string): Promise<Diagnosis> {
  const answer = await command(['doctor', '--json'], { settings, cwd, within: 60_000 })
  const document = JSON.parse(answer.stdout)
  const checks = document.checks as Check[]
  const problems = checks.filter((check) => check.level === 'problem')
  expect(document.problems).toBe(problems.length)
  expect(document.warnings).toBe(checks.filter((check) => check.level === 'warning').length)
  expect(answer.code, answer.stdout).toBe(problems.length > 0 ? 1 : 0)
  for (const check of checks) {
    expect(check.found, JSON.stringify(check)).not.toBe('')
    if (check.level !== 'ok') expect(check.advice, `${check.found}: what to do`).toBeTruthy()
  }
  const about = (name: string) =>
    checks
      .filter((check) => check.name === name)
      .map((check) => `${check.level}: ${check.found}`)
      .join('\n')
  return { code: answer.code, checks, problems, about }
}

/** The problems that it has, but for one that the tests' PostgreSQL has to be quick. */
const unexpected = ({ problems }: Diagnosis) => problems.filter(({ found }) => !found.startsWith('fsync=off'))

/** Settings of a server that does not run, on ports that nobody has. */
async function idle(more: Settings = {}): Promise<Settings> {
  const [port, grpcPort] = await freePorts(2)
  return { PORT: String(port), GRPC_PORT: String(grpcPort), ...more }
}

const listing = (folder: string) =>
  (readdirSync(folder, { recursive: true }) as string[])
    .sort()
    .map((name) => [name, statSync(join(folder, name)).size, statSync(join(folder, name)).isDirectory()])

describe('`ostiary doctor`', () => {
  test('finds no problem in an empty folder, and leaves it empty', async () => {
    const folder = temporaryFolder()
    const { problems, about } = await diagnosis(await idle(), folder)
    expect(problems).toEqual([])
    expect(about('storage')).toMatch(/ok: DATA_DIR, \.\/data, will be created by the first start/)
    expect(about('keys')).toMatch(/warning: no OSTIARY_MASTER_KEY/)
    expect(about('mail')).toMatch(/development mailbox/)
    expect(about('clock')).not.toBe('')
    expect(about('ports')).toMatch(/ok: HTTP on 127\.0\.0\.1 port \d+: free/)
    expect(about('ports')).toMatch(/ok: gRPC on 127\.0\.0\.1 port \d+: free/)
    expect(readdirSync(folder)).toEqual([])
  })

  test('knows a running server that speaks TLS on both ports', async () => {
    const folder = temporaryFolder()
    const pems = localCertificate()
    const settings = {
      TLS_CERT_FILE: join(folder, 'cert.pem'),
      TLS_KEY_FILE: join(folder, 'key.pem'),
      GRPC_LISTEN_ADDRESS: '*',
      RATE_LIMITS: undefined,
    }
    writeFileSync(settings.TLS_CERT_FILE, pems.cert)
    writeFileSync(settings.TLS_KEY_FILE, pems.key)
    const server = await Server.start({ settings })
    try {
      const seen = await diagnosis(server.settings)
      expect(unexpected(seen)).toEqual([])
      expect(seen.about('ports')).toMatch(/HTTP on 127\.0\.0\.1 port \d+: an Ostiary server is running there/)
      expect(seen.about('ports')).toMatch(/gRPC on 0\.0\.0\.0 port \d+: an Ostiary server is running there/)
    } finally {
      await server.stops()
    }
  })

  test('tells of a proxy that is not trusted', async () => {
    const server = await Server.start()
    const client = new HttpClient(server.origin)
    try {
      expect((await diagnosis(server.settings)).about('settings')).not.toContain('has sent')
      for (const header of ['x-forwarded-for', 'forwarded']) {
        await client.get('/health', { headers: { [header]: 'for=203.0.113.7' } })
      }
      expect((await diagnosis(server.settings)).about('settings')).toMatch(
        /warning: a peer that TRUSTED_PROXIES does not name has sent X-Forwarded-For or Forwarded/,
      )
      const lines = server.logLines.filter((line) => line.event === 'proxy.not_trusted')
      expect(lines, 'one an hour').toHaveLength(1)
      expect(lines[0]).toMatchObject({ level: 'warning', address: '127.0.0.1' })
    } finally {
      client.close()
      await server.stops()
    }
  })

  test.each(ENGINES)('knows a running server and its storage on %s, and changes nothing', async (engine) => {
    const folder = temporaryFolder()
    const storage = await makeStorage(engine, folder)
    const server = await Server.start({ folder, settings: { ...storage.settings, WORKERS: '12', HASH_THREADS: '2' } })
    try {
      const seen = await diagnosis(server.settings)
      expect(unexpected(seen)).toEqual([])
      expect(seen.about('ports')).toMatch(/HTTP on 127\.0\.0\.1 port \d+: an Ostiary server is running there/)
      expect(seen.about('ports')).toMatch(/gRPC on 127\.0\.0\.1 port \d+: an Ostiary server is running there/)
      expect(seen.about('storage')).toMatch(engine === 'SQLite' ? /write-ahead log/ : /problem: fsync=off/)
      expect(seen.about('schema')).toBe('ok: current')
      expect(seen.about('keys')).toMatch(/ok: the master key decrypts all 5/)
      expect(seen.about('keys')).toMatch(/ok: tokens are signed by ES256 key/)
      if (engine === 'PostgreSQL') {
        expect(seen.about('storage')).toMatch(/ok: PostgreSQL \d+/)
        expect(seen.about('storage')).toMatch(/a server opens up to 20 connections/)
        expect(seen.about('clock')).toMatch(/ok: 0\.\d s (ahead of|behind) the database's/)
      }
    } finally {
      await server.stops()
    }
    const before = listing(join(folder, 'data'))
    expect(unexpected(await diagnosis(server.settings))).toEqual([])
    expect(listing(join(folder, 'data')), 'the folder of a server that has stopped').toEqual(before)

    const wrong = await diagnosis({ ...server.settings, OSTIARY_MASTER_KEY: 'ab'.repeat(32) })
    expect(wrong.about('keys')).toMatch(/problem: the master key is not the one/)
    await storage.drop()
  })

  test('names what is wrong with the settings, and looks at the rest where it can', async () => {
    const malformed = await diagnosis({ PORT: 'many', WORKERS: '-1' })
    expect(malformed.about('settings')).toMatch(/problem: PORT="many"/)
    expect(malformed.about('settings')).toMatch(/problem: WORKERS="-1"/)

    const open = await idle({ ...IN_PUBLIC, SMTP_URL: undefined, OSTIARY_MASTER_KEY: undefined })
    const lacking = await diagnosis({ ...open, TRUSTED_PROXIES: '0.0.0.0/0' })
    expect(lacking.about('settings')).toMatch(/problem: SMTP_URL: required/)
    expect(lacking.about('settings')).toMatch(/problem: OSTIARY_MASTER_KEY: required/)
    expect(lacking.about('settings')).toMatch(/problem: TRUSTED_PROXIES contains every address/)
    expect(lacking.about('ports'), 'it looks on').not.toBe('')

    const missing = await diagnosis(await idle({ GEOIP_FILE: '/no/such.mmdb', MAIL_TEMPLATES: '/no/such/folder' }))
    expect(missing.about('settings')).toMatch(/problem: .*\/no\/such\.mmdb/)
    expect(missing.about('settings')).toMatch(/problem: .*\/no\/such\/folder/)

    const plain = await diagnosis({ ...open, LISTEN_ADDRESS: '0.0.0.0' })
    expect(plain.about('settings')).toMatch(/warning: LISTEN_ADDRESS=.*plain HTTP.*TRUSTED_PROXIES.*TLS_CERT_FILE/)

    const unproxied = await diagnosis(open)
    expect(unproxied.about('settings')).not.toMatch(/plain HTTP/)
    expect(unproxied.about('settings')).toMatch(/warning: no proxy is trusted/)
  })

  test('tries the mail server as far as sending, and sends nothing', async () => {
    const mails = await MailServer.starts({ user: 'ostiary', password: 'lantern-42' })
    const asks = async (SMTP_URL: string) => {
      const { checks, about } = await diagnosis(await idle({ SMTP_URL }))
      expect(JSON.stringify(checks)).not.toMatch(/lantern-42|wrong-password/)
      return about('mail')
    }
    try {
      const starttls = { query: 'starttls=required' }
      expect(await asks(mails.url({ ...starttls, user: 'ostiary:lantern-42' }))).toMatch(/^ok: .* accepts mail/)
      expect(await asks(mails.url({ ...starttls, user: 'ostiary:wrong-password' }))).toMatch(
        /^problem: .*user and pass/,
      )
      expect(await asks(mails.url({ ...starttls, user: 'ostiary:lantern-42', trusted: false }))).toMatch(
        /^problem: .* TLS/,
      )
      expect(await asks(mails.url(starttls))).toMatch(/^problem: .* rejects mail from MAIL_FROM/)
      expect(mails.seen).toEqual({ RCPT: 0, DATA: 0 })
      expect(mails.received).toEqual([])
    } finally {
      await mails.stops()
    }
    expect(await asks(mails.url())).toMatch(/^problem: .* can't be reached/)

    const open = await MailServer.starts()
    try {
      const unsigned = open.url({ query: 'starttls=required', user: 'ostiary:lantern-42' })
      expect(await asks(unsigned)).toMatch(/^problem: .* offers no way to sign in/)
    } finally {
      await open.stops()
    }
  })

  test('names ports that another program has, and folders that nobody can use', async () => {
    const foreign = createServer((socket) => socket.on('error', () => {}).destroy())
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve))
    const { port } = foreign.address() as { port: number }
    try {
      const http = await diagnosis({ ...(await idle()), PORT: String(port) })
      expect(http.about('ports')).toMatch(/problem: HTTP on 127\.0\.0\.1 port \d+: in use by another program/)
      const grpc = await diagnosis({ ...(await idle()), GRPC_PORT: String(port) })
      expect(grpc.about('ports')).toMatch(/problem: gRPC on 127\.0\.0\.1 port \d+: in use by another program/)
    } finally {
      await new Promise((resolve) => foreign.close(resolve))
    }
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, 'not a folder')
    const { about } = await diagnosis(await idle({ DATA_DIR: join(file, 'data') }))
    expect(about('storage')).toMatch(/problem: DATA_DIR, .*, cannot be created/)
  })

  test('PostgreSQL: out of reach, without a schema, behind the program, too careless, too small', async () => {
    const [nobody] = await freePorts(1)
    const gone = await diagnosis(
      await idle({ DATABASE_URL: `postgresql://ostiary:secret@127.0.0.1:${nobody}/ostiary` }),
    )
    expect(gone.about('storage')).toMatch(/problem: .*no connection/)
    expect(JSON.stringify(gone.checks)).not.toContain('secret')

    const postgres = await makePostgres()
    const settings = await idle(postgres.settings)
    try {
      expect((await diagnosis(settings)).about('schema')).toBe('ok: empty: the first start creates it')
      expect(await postgres.count(`SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'`)).toBe(
        0,
      )
      expect((await command(['migrate'], { settings })).code).toBe(0)
      await postgres.changes('DELETE FROM schema_migrations WHERE number > 1')
      expect((await diagnosis(settings)).about('schema')).toMatch(/problem: older than this program: 0002_/)
      expect((await diagnosis({ ...settings, MIGRATE_ON_START: 'on' })).about('schema')).toMatch(/ok: older/)
      const small = await diagnosis({ ...settings, WORKERS: '512', HASH_THREADS: '1' })
      expect(small.about('storage')).toMatch(/problem: a server opens up to 519 connections/)
      const careless = `${postgres.settings.DATABASE_URL}?sslmode=disable&options=-csynchronous_commit%3Doff`
      expect((await diagnosis({ ...settings, DATABASE_URL: careless })).about('storage')).toMatch(
        /problem: synchronous_commit=off/,
      )
    } finally {
      await postgres.drop()
    }
  })

  test('names what a start would stumble over', async () => {
    // Certificate files that don't fit; one that people's browsers refuse.
    const folder = temporaryFolder()
    const pems = localCertificate()
    const tls = { TLS_CERT_FILE: join(folder, 'cert.pem'), TLS_KEY_FILE: join(folder, 'key.pem') }
    writeFileSync(tls.TLS_CERT_FILE, pems.cert)
    writeFileSync(tls.TLS_KEY_FILE, localCertificate().key)
    expect((await diagnosis(await idle(tls))).about('settings')).toMatch(/problem: TLS_KEY_FILE=.*does not fit/)
    writeFileSync(tls.TLS_KEY_FILE, pems.key)
    const misnamed = await diagnosis(await idle({ ...tls, ...IN_PUBLIC }))
    expect(misnamed.about('settings')).toMatch(/warning: the certificate in .* does not name id\.example\.org/)

    const [port] = await freePorts(1)
    const one = await diagnosis({ PORT: String(port), GRPC_PORT: String(port), GRPC_LISTEN_ADDRESS: 'localhost' })
    expect(one.about('settings')).toMatch(/problem: GRPC_PORT=\d+ \(environment\): expected another port than PORT/)

    // A database that is none, and one whose master key is gone.
    const noise = temporaryFolder()
    writeFileSync(join(noise, 'ostiary.db'), 'x'.repeat(10_000))
    const broken = await diagnosis(await idle({ DATA_DIR: noise }))
    expect(broken.checks.find(({ level }) => level === 'problem')?.advice).not.toMatch(/POSTGRES/)
    const server = await Server.start({ settings: { OSTIARY_MASTER_KEY: 'ab'.repeat(32) } })
    try {
      // Another server would find its ports taken, or its folder.
      const elsewhere = await diagnosis({ ...server.settings, DATA_DIR: join(folder, 'data') })
      expect(elsewhere.about('ports')).toMatch(/problem: HTTP on .*: in use by an Ostiary server with another DATA_DIR/)
      const second = await diagnosis({ ...server.settings, ...(await idle()), PUBLIC_URL: undefined })
      expect(second.about('storage')).toMatch(/problem: process \d+ serves from DATA_DIR, but on other ports/)
    } finally {
      await server.stops()
    }
    const keyless = await diagnosis({ ...server.settings, OSTIARY_MASTER_KEY: undefined })
    expect(keyless.about('keys')).toMatch(/problem: no OSTIARY_MASTER_KEY, and no master\.key in DATA_DIR/)
  })

  test('names what the role on PostgreSQL may not do', async () => {
    const postgres = await makePostgres()
    try {
      const role = postgres.settings.DATABASE_URL!.split('/').at(-1)!
      await postgres.rows(`CREATE ROLE ${role} LOGIN`)
      await postgres.rows('REVOKE CREATE ON SCHEMA public FROM PUBLIC')
      const settings = await idle({ DATABASE_URL: postgres.settings.DATABASE_URL!.replace('postgres@', `${role}@`) })
      expect((await diagnosis(settings)).about('schema')).toMatch(/problem: the role may not create tables/)
      expect((await command(['migrate'], { settings: postgres.settings })).code).toBe(0)
      await postgres.rows(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`)
      expect((await diagnosis(settings)).about('storage')).toMatch(/problem: the role may not read or write .*users/)
      await postgres.rows(`GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`)
      expect((await diagnosis(settings)).about('storage')).toMatch(/ok: the role has all rights that a server needs/)
      await postgres.rows(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
    } finally {
      await postgres.drop()
    }
  })

  test('for people: a line each, what to do below, and a sum', async () => {
    const folder = temporaryFolder()
    const answer = await command(['doctor'], { settings: await idle({ TRUSTED_PROXIES: '0.0.0.0/0' }), cwd: folder })
    expect(answer.code).toBe(1)
    expect(answer.stdout).toMatch(/^settings {2}ok {7}\d+ settings, \d+ of them set$/m)
    expect(answer.stdout).toMatch(
      /^settings {2}problem {2}TRUSTED_PROXIES contains every address.*\n +-> name the proxy/m,
    )
    expect(answer.stdout).toMatch(/\n1 problem, \d+ warnings?\n$/)
  })
})
