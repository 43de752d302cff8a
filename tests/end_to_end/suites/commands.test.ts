import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { HttpClient } from '../support/http.ts'
import { freshName, freshPassword, refuses, succeeds } from '../support/person.ts'
import { eventually } from '../support/polling.ts'
import { command, complaints, Server, temporaryFolder } from '../support/program.ts'
import { ENGINES, makePostgres, makeStorage } from '../support/storage.ts'
import { World } from '../support/world.ts'

describe('the command line', () => {
  test('--help of each command shows examples and ends with 0; an unknown one with another', async () => {
    const help = await command(['--help'])
    expect(help.code).toBe(0)
    for (const name of ['serve', 'worker', 'migrate', 'config', 'openapi', 'doctor', 'user'])
      expect(help.stdout).toMatch(new RegExp(`^\\s+${name}\\b`, 'm'))
    for (const args of [
      ['serve'],
      ['worker'],
      ['migrate'],
      ['config'],
      ['user'],
      ['user', 'create'],
      ['user', 'list'],
      ['user', 'show'],
      ['user', 'verify'],
      ['user', 'set-password'],
      ['user', 'delete'],
      ['user', 'remove-role'],
      ['user', 'disable'],
      ['user', 'enable'],
      ['user', 'end-sessions'],
      ['user', 'make-admin'],
      ['openapi'],
      ['doctor'],
    ]) {
      const one = await command([...args, '--help'])
      expect(one.code, args.join(' ')).toBe(0)
      expect(one.stdout, args.join(' ')).toMatch(/ostiary/)
      expect(one.stdout, `${args.join(' ')} has an example`).toMatch(/example/i)
    }
    for (const args of [['nonsense'], ['serve', '--nonsense'], ['user', 'create', '--password', 'x']]) {
      const refused = await command(args)
      expect(refused.code, args.join(' ')).not.toBe(0)
      expect(refused.stderr.trim(), args.join(' ')).not.toBe('')
    }
    expect((await command(['--version'])).stdout).toMatch(/\d+\.\d+\.\d+/)
    expect((await command(['help'])).stdout).toBe(help.stdout)
    const none = await command([])
    expect(none.code).toBe(2)
    expect(none.stderr).toMatch(/^\s+serve\b/m)
  })

  test('`config` prints every setting with its value, origin and meaning, and no secret', async () => {
    const printed = await command(['config'], { settings: { PORT: '8123', OSTIARY_MASTER_KEY: 'ab'.repeat(32) } })
    expect(printed.code, printed.stderr).toBe(0)
    for (const name of [
      'PORT',
      'DATABASE_URL',
      'POSTGRES_HOST',
      'PUBLIC_URL',
      'SMTP_URL',
      'REFRESH_GRACE',
      'LIMIT_SIGN_IN_PER_ADDRESS',
      'OSTIARY_MASTER_KEY',
    ]) {
      expect(printed.stdout).toContain(name)
    }
    expect(printed.stdout).toMatch(/8123/)
    expect(printed.stdout).toMatch(/environment/)
    expect(printed.stdout).not.toContain('abab')
    const markdown = await command(['config', '--markdown'])
    expect(markdown.code).toBe(0)
    expect(markdown.stdout).toMatch(/^#/m)
  })

  test('B32 `migrate` lets another role serve, which can not change the audit log', async () => {
    const postgres = await makePostgres()
    const role = `serving_${postgres.settings.DATABASE_URL!.split('/').at(-1)!}`
    await postgres.rows(`CREATE ROLE ${role} LOGIN`)
    try {
      const settings = { ...postgres.settings, DATABASE_SERVING_ROLE: role }
      const run = await command(['migrate'], { settings })
      expect(run.code, run.stderr).toBe(0)
      expect(run.stdout).toContain(`granted ${role} the rights that a server needs`)
      expect(JSON.parse((await command(['migrate', '--json'], { settings })).stdout)).toMatchObject({
        applied: [],
        serving_role: role,
      })
      const asRole = { DATABASE_URL: postgres.settings.DATABASE_URL!.replace('postgres@', `${role}@`) }
      const server = await Server.start({ settings: asRole })
      try {
        const password = freshPassword()
        const created = await command(['user', 'create', 'ada@example.org', '--verified'], {
          settings: server.settings,
          stdin: `${password}\n`,
        })
        expect(created.code, created.stderr).toBe(0)
        const client = new HttpClient(server.origin)
        expect((await client.post('/api/auth/login', { email: 'ada@example.org', password })).status).toBe(200)
        client.close()
      } finally {
        await server.stops()
      }
      for (const change of ["UPDATE audit_log SET action = ''", 'DELETE FROM audit_log', 'TRUNCATE audit_log']) {
        await expect(postgres.rows(`SET ROLE ${role}; ${change}`), change).rejects.toThrow(/permission denied/)
      }
      const owner = await command(['migrate'], { settings: { ...settings, DATABASE_SERVING_ROLE: 'postgres' } })
      expect(owner.code).toBe(1)
      expect(complaints(owner)[0]).toMatch(/DATABASE_SERVING_ROLE/)
    } finally {
      await postgres.rows(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
      await postgres.drop()
    }
  })

  test('R0.11 `migrate`: status, dry run, run, run again; on an empty PostgreSQL', async () => {
    const postgres = await makePostgres()
    const settings = postgres.settings
    const tables = () => postgres.count(`SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'`)
    const status = await command(['migrate', 'status'], { settings })
    expect(status.code, status.stderr).toBe(0)
    expect(status.stdout).toContain('0001_accounts')
    const dry = await command(['migrate', '--dry-run'], { settings })
    expect(dry.code, dry.stderr).toBe(0)
    expect(dry.stdout).toContain('0001_accounts')
    expect(await tables()).toBe(0)
    const run = await command(['migrate'], { settings })
    expect(run.code, run.stderr).toBe(0)
    expect(await postgres.count(`SELECT count(*) FROM users`)).toBe(0)
    const again = await command(['migrate'], { settings })
    expect(again.code).toBe(0)
    const dump = (await postgres.dump()).toString()
    expect(dump).toContain('0001_accounts')
    // Two at once on another empty database: both end well, the schema is there once.
    const other = await makePostgres()
    const both = await Promise.all([
      command(['migrate'], { settings: other.settings }),
      command(['migrate'], { settings: other.settings }),
    ])
    expect(both.map((one) => one.code)).toEqual([0, 0])
    // A migration that was changed after it was applied is refused.
    await other.rows(`UPDATE schema_migrations SET checksum = '\\x${'00'.repeat(32)}'::bytea WHERE number = 1`)
    const changed = await command(['migrate'], { settings: other.settings })
    expect(changed.code).toBe(1)
    expect(complaints(changed)[0]).toMatch(/changed/)
    await postgres.drop()
    await other.drop()
  })

  test.each(ENGINES)(
    '`user`: create by standard input, list, show, make-admin; beside a running server on %s',
    async (engine) => {
      const world = await World.begins(engine)
      try {
        const settings = world.server.settings
        const email = `${freshName('admin')}@example.org`
        const password = freshPassword()
        const created = await command(['user', 'create', email, '--verified'], {
          settings,
          stdin: `${password}\n`,
        })
        expect(created.code, created.stderr).toBe(0)
        expect(created.stdout).toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/)
        const admin = world.person('admin', { email, password })
        expect(succeeds(await admin.triesToSignIn()).body.user.email_verified).toBe(true)

        const list = await command(['user', 'list'], { settings })
        expect(list.stdout).toContain(email)
        const show = await command(['user', 'show', email], { settings })
        expect(show.stdout).toContain(admin.userId!)
        expect(show.stdout).not.toContain('argon2')
        expect((await command(['user', 'show', 'nobody@example.org'], { settings })).code).toBe(1)

        const made = await command(['user', 'make-admin', email], { settings })
        expect(made.code, made.stderr).toBe(0)
        await admin.signsIn()
        expect((await admin.checksSession()).body.user.roles).toEqual(['admin'])
        const { payload } = await import('jose').then(({ decodeJwt }) => ({ payload: decodeJwt(admin.accessToken!) }))
        expect(payload.roles).toEqual(['admin'])

        // Refused as registration refuses: a taken address, a weak password, an empty one, no address.
        for (const [address, input] of [
          [email, freshPassword()],
          [`${freshName('weak')}@example.org`, 'password'],
          [`${freshName('none')}@example.org`, ''],
          ['not an address', freshPassword()],
        ]) {
          const refused = await command(['user', 'create', address, '--verified'], {
            settings,
            stdin: `${input}\n`,
          })
          expect(refused.code, address).toBe(1)
          expect(complaints(refused).length, refused.stderr).toBe(1)
        }
        const text = [created, list, show, made].map((one) => one.stdout + one.stderr).join('')
        expect(text).not.toContain(password)
      } finally {
        await world.ends()
      }
    },
  )

  test.each(ENGINES)(
    'ASVS 7.4.2 7.4.5 `user disable`, `enable` and `end-sessions` hold on the running server on %s',
    async (engine) => {
      const world = await World.begins(engine)
      try {
        const settings = world.server.settings
        const user = (action: string, name: string, ...more: string[]) =>
          command(['user', action, name, ...more], { settings })
        const alice = await world.person('alice').signsUp()
        const elsewhere = alice.atAnotherDevice()
        await elsewhere.signsIn()
        const bob = await world.person('bob').signsUp()
        expect(await alice.isSignedIn(), 'the server remembers the session').toBe(true)

        const disabled = await user('disable', alice.email)
        expect(disabled.code, disabled.stderr).toBe(0)
        expect(disabled.stdout).toBe(`${alice.email} is now disabled; 2 sessions ended\n`)
        // D3: within two seconds at the very worst.
        await eventually('the session check refuses', async () => !(await alice.isSignedIn()), 2_000)
        refuses(await alice.checksSession(), 401, 'session_ended')
        refuses(await alice.triesToRefresh(), 401, 'session_ended')
        refuses(await elsewhere.triesToRefresh(), 401, 'session_ended')
        refuses(await alice.triesToSignIn(), 403, 'account_disabled')
        refuses(await alice.triesToSignIn({ password: freshPassword() }), 401, 'wrong_credentials')
        expect(await bob.isSignedIn()).toBe(true)
        expect((await user('disable', alice.userId!)).stdout).toBe(`${alice.email} was already disabled\n`)

        const enabled = await user('enable', alice.email, '--json')
        expect(enabled.code, enabled.stderr).toBe(0)
        expect(JSON.parse(enabled.stdout)).toMatchObject({
          changed: true,
          user: { user_id: alice.userId, email: alice.email, status: 'active' },
        })
        expect((await user('enable', alice.email)).stdout).toBe(`${alice.email} was already enabled\n`)
        refuses(await alice.triesToRefresh(), 401, 'session_ended')
        await alice.signsIn()

        const ended = await user('end-sessions', alice.email, '--json')
        expect(JSON.parse(ended.stdout)).toMatchObject({ ended_sessions: 1, user: { status: 'active' } })
        await eventually('the session check refuses', async () => !(await alice.isSignedIn()), 2_000)
        expect((await user('end-sessions', alice.email)).stdout).toBe(`${alice.email} had no session\n`)
        await alice.signsIn()

        for (const action of ['disable', 'enable', 'end-sessions']) {
          const refused = await user(action, 'nobody@example.org', '--json')
          expect(refused.code, action).toBe(1)
          expect(refused.stdout, action).toBe('')
          expect(complaints(refused).length, refused.stderr).toBe(1)
        }
        const events = await world.storage.rows<{ type: string }>(
          `SELECT type FROM outbox WHERE type IN ('user.disabled', 'user.enabled') ORDER BY aggregate_version`,
        )
        expect(events.map((event) => event.type)).toEqual(['user.disabled', 'user.enabled'])
        const actions = await world.storage.rows<{ action: string }>(
          `SELECT action FROM audit_log WHERE action IN ('user.disable', 'user.enable', 'session.revoke_all')
           AND actor_kind = 'operator' ORDER BY occurred_at`,
        )
        expect(actions.map((row) => row.action)).toEqual([
          'user.disable',
          'user.enable',
          'session.revoke_all',
          'session.revoke_all',
        ])
      } finally {
        await world.ends()
      }
    },
  )

  test.each(ENGINES)(
    '`user verify`, `set-password`, `remove-role` and `delete` hold on the running server on %s',
    async (engine) => {
      const world = await World.begins(engine, { settings: { REGISTRATION_VERIFY_EMAIL: 'off' } })
      try {
        const settings = world.server.settings
        const user = (action: string, name: string, more: string[] = [], stdin?: string) =>
          command(['user', action, name, ...more], { settings, stdin })
        const alice = world.person('alice')
        succeeds(await alice.triesToRegister())
        expect(succeeds(await alice.triesToSignIn()).body.user.email_verified).toBe(false)
        expect((await user('verify', alice.email)).stdout).toBe(`${alice.email} is verified now\n`)
        expect((await user('verify', alice.email)).stdout).toBe(`${alice.email} was verified already\n`)
        expect(succeeds(await alice.triesToSignIn()).body.user.email_verified).toBe(true)

        await user('make-admin', alice.email)
        const removed = await user('remove-role', alice.email, ['admin'])
        expect(removed.stdout).toBe(`${alice.email} no longer has the role admin\n`)
        expect((await user('remove-role', alice.email, ['admin', '--json'])).stdout).toMatch(/"changed":false/)
        const typo = await user('remove-role', alice.email, ['amdin'])
        expect(typo.code).toBe(1)
        expect(complaints(typo)).toEqual(["ostiary: There is no role 'amdin'."])
        await alice.signsIn()
        expect((await alice.checksSession()).body.user.roles).toEqual([])

        const better = freshPassword()
        const weak = await user('set-password', alice.email, [], 'password\n')
        expect(weak.code).toBe(1)
        expect(await alice.isSignedIn(), 'a refused password changes nothing').toBe(true)
        const set = await user('set-password', alice.email, [], `${better}\n`)
        expect(set.code, set.stderr).toBe(0)
        expect(set.stdout).toMatch(new RegExp(`^${alice.email} has a new password; \\d+ sessions? ended\\n$`))
        expect(set.stdout + set.stderr).not.toContain(better)
        await eventually('the session check refuses', async () => !(await alice.isSignedIn()), 2_000)
        refuses(await alice.triesToSignIn(), 401, 'wrong_credentials')
        succeeds(await alice.triesToSignIn({ password: better }))

        const unconfirmed = await user('delete', alice.email)
        expect(unconfirmed.code, 'nobody said yes').toBe(1)
        expect(unconfirmed.stderr).toContain('--yes')
        succeeds(await alice.triesToSignIn({ password: better }))
        const deleted = await user('delete', alice.email, ['--yes'])
        expect(deleted.code, deleted.stderr).toBe(0)
        expect(deleted.stdout).toMatch(new RegExp(`^${alice.email} is deleted; \\d+ sessions? ended\\n$`))
        await eventually('the session check refuses', async () => !(await alice.isSignedIn()), 2_000)
        refuses(await alice.triesToSignIn({ password: better }), 401, 'wrong_credentials')
        expect((await user('show', alice.email)).code).toBe(1)
        expect((await command(['user', 'list'], { settings })).stdout).not.toContain(alice.email)
        const again = await user('create', alice.email, ['--verified', '--json'], `${freshPassword()}\n`)
        expect(again.code, again.stderr).toBe(0)

        for (const [action, ...more] of [['verify'], ['set-password'], ['remove-role', 'admin'], ['delete']]) {
          const refused = await user(action, 'nobody@example.org', more, `${freshPassword()}\n`)
          expect(refused.code, action).toBe(1)
          expect(complaints(refused).length, refused.stderr).toBe(1)
        }
        const actions = await world.storage.rows<{ action: string }>(
          `SELECT action FROM audit_log WHERE actor_kind = 'operator' AND action <> 'user.register'
           ORDER BY occurred_at, id`,
        )
        expect(actions.map((row) => row.action)).toEqual([
          'user.verify_email',
          'user.grant_role',
          'user.remove_role',
          'user.set_password',
          'user.disable',
          'user.delete',
          'user.verify_email',
        ])
      } finally {
        await world.ends()
      }
    },
  )

  test('`user create` asks for --verified, for it sends no mail', async () => {
    const folder = temporaryFolder()
    const refused = await command(['user', 'create', 'ada@example.org'], { cwd: folder, stdin: `${freshPassword()}\n` })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/--verified is required/)
    expect(readdirSync(folder)).toEqual([])
  })

  test('`user list` and `migrate status` are tables with headers', async () => {
    const folder = temporaryFolder()
    const created = await command(['user', 'create', 'ada@example.org', '--username', 'ada', '--verified'], {
      cwd: folder,
      stdin: `${freshPassword()}\n`,
    })
    const list = await command(['user', 'list'], { cwd: folder })
    const [header, row] = list.stdout.split('\n')
    expect(header).toMatch(/^ID +EMAIL +VERIFIED +USERNAME +STATUS +ROLES$/)
    expect(row.split(/ +/)).toEqual([created.stdout.trim(), 'ada@example.org', 'yes', 'ada', 'active', '-'])
    const status = await command(['migrate', 'status'], { cwd: folder })
    expect(status.stdout).toMatch(/^MIGRATION +STATE +APPLIED AT\n0001_accounts +applied +\d{4}-/)
  })

  test('a role without grants is told how to get them; the wrong role is refused before anything is done', async () => {
    const postgres = await makePostgres()
    const role = `bare_${postgres.settings.DATABASE_URL!.split('/').at(-1)!}`
    await postgres.rows(`CREATE ROLE ${role} LOGIN`)
    try {
      const settings = {
        ...postgres.settings,
        DATABASE_SERVING_ROLE: role,
        OSTIARY_MASTER_KEY: 'ab'.repeat(32),
      }
      const asRole = { ...settings, DATABASE_URL: postgres.settings.DATABASE_URL!.replace('postgres@', `${role}@`) }
      const advice = /run `ostiary migrate` as the role that .*DATABASE_SERVING_ROLE/
      const expectAdvice = async (when: string) => {
        for (const args of [['serve'], ['user', 'list']]) {
          const refused = await command(args, { settings: asRole })
          if (when === 'empty' && args[0] === 'user') continue
          expect(refused.code, `${when}: ${args.join(' ')}`).toBe(1)
          expect(complaints(refused), `${when}: ${args.join(' ')}`).toEqual([expect.stringMatching(advice)])
        }
        const doctor = JSON.parse((await command(['doctor', '--json'], { settings: asRole })).stdout)
        const problem = doctor.checks.find(
          (check: { name: string; level: string }) => check.name === 'schema' && check.level === 'problem',
        )
        expect(problem.advice, when).toMatch(advice)
      }
      await expectAdvice('empty')
      for (const wrong of ['postgres', 'no_such_role']) {
        for (const args of [['migrate', '--dry-run'], ['migrate']]) {
          const refused = await command(args, { settings: { ...settings, DATABASE_SERVING_ROLE: wrong } })
          expect(refused.code, `${args.join(' ')} for ${wrong}`).toBe(1)
          expect(complaints(refused)).toEqual([expect.stringMatching(/^ostiary: DATABASE_SERVING_ROLE: /)])
        }
      }
      expect(await postgres.count(`SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'`)).toBe(
        0,
      )
      expect((await command(['migrate'], { settings: postgres.settings })).code).toBe(0)
      await expectAdvice('without grants')
      expect((await command(['migrate'], { settings })).code).toBe(0)
      expect((await command(['user', 'list'], { settings: asRole })).code).toBe(0)
      // Whoever serves as the owner all the same is warned.
      const server = await Server.start({ settings })
      const warning = server.logLines.find((line) => line.event === 'database.not_serving_role')
      expect(warning).toMatchObject({ role: 'postgres', serving_role: role })
      await server.stops()
    } finally {
      await postgres.rows(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
      await postgres.drop()
    }
  })

  test('two servers on one database with different PUBLIC_URLs are told of', async () => {
    const postgres = await makePostgres()
    const settings = { ...postgres.settings, OSTIARY_MASTER_KEY: 'ab'.repeat(32) }
    const first = await Server.start({ settings })
    try {
      expect(first.output).not.toContain('public_url.changed')
      const second = await Server.start({ settings })
      const warning = second.logLines.find((line) => line.event === 'public_url.changed')
      expect(warning).toMatchObject({ before: first.settings.PUBLIC_URL, now: second.settings.PUBLIC_URL })
      await second.stops()
      const doctor = await command(['doctor', '--json'], { settings: first.settings })
      expect(doctor.stdout).toContain(`has the PUBLIC_URL ${second.settings.PUBLIC_URL}, and not`)
    } finally {
      await first.stops()
      await postgres.drop()
    }
  })

  test('`--json` prints one document on standard output, with the names of the contract', async () => {
    const world = await World.begins('SQLite')
    try {
      const settings = world.server.settings
      const asks = async (args: string[], stdin?: string) => {
        const answer = await command([...args, '--json'], { settings, stdin })
        expect(answer.code, `${args.join(' ')}: ${answer.stderr}`).toBe(0)
        expect(answer.stdout.trimEnd().split('\n').length, args.join(' ')).toBe(1)
        return JSON.parse(answer.stdout)
      }
      const emails = [1, 2, 3].map((number) => `${freshName(`json${number}`)}@example.org`).sort()
      for (const email of emails) {
        const { user } = await asks(['user', 'create', email, '--verified'], `${freshPassword()}\n`)
        expect(user).toEqual({
          user_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          email,
          email_verified: true,
          username: null,
          status: 'active',
          roles: [],
          display_name: '',
          avatar_url: '',
          locale: 'en',
          time_zone: 'UTC',
          created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          updated_at: expect.any(String),
          last_login_at: null,
        })
        expect(await asks(['user', 'show', email])).toEqual({ user })
      }
      // Page by page until there is no next one.
      const seen: string[] = []
      let after: string[] = []
      for (let page = 0; page < 3; page++) {
        const { users, next } = await asks(['user', 'list', '--limit', '2', ...after])
        seen.push(...users.map((user: { email: string }) => user.email))
        if (next === null) break
        after = ['--after', next]
      }
      expect(seen).toEqual(emails)
      expect((await asks(['user', 'list', '--limit', '3'])).next, 'none is left').toBeNull()

      const made = await asks(['user', 'make-admin', emails[0]])
      expect(made).toMatchObject({ changed: true, user: { roles: ['admin'] } })
      expect(await asks(['user', 'make-admin', emails[0]])).toMatchObject({ changed: false })

      const status = await asks(['migrate', 'status'])
      expect(status.applied[0]).toEqual({ number: 1, name: '0001_accounts', applied_at: expect.any(String) })
      expect(status.pending).toEqual([])
      expect(await asks(['migrate'])).toEqual({ applied: [], pending: [] })
      const { settings: listed } = await asks(['config'])
      const port = listed.find((setting: { name: string }) => setting.name === 'PORT')
      expect(port).toMatchObject({ value: settings.PORT, origin: 'environment', meaning: expect.any(String) })
    } finally {
      await world.ends()
    }
    const folder = temporaryFolder()
    const fresh = await command(['migrate', '--dry-run', '--json'], { settings: { DATA_DIR: join(folder, 'data') } })
    const dry = JSON.parse(fresh.stdout)
    expect(dry.applied).toEqual([])
    expect(dry.pending[0]).toEqual({ number: 1, name: '0001_accounts' })
  })

  test('R3.2 `openapi` prints what a server serves, needs nothing, and writes nothing', async () => {
    const folder = temporaryFolder()
    const alone = await command(['openapi'], { cwd: folder, settings: { PUBLIC_URL: 'https://id.example.org' } })
    expect(alone.code, alone.stderr).toBe(0)
    expect(alone.stderr).toBe('')
    expect(JSON.parse(alone.stdout).servers).toEqual([{ url: 'https://id.example.org' }])
    expect(readdirSync(folder)).toEqual([])
    expect((await command(['openapi'], { cwd: folder, settings: { PORT: 'many' } })).code).toBe(2)

    const server = await Server.start()
    const client = new HttpClient(server.origin)
    try {
      for (const [args, path] of [
        [['openapi'], '/openapi.json'],
        [['openapi', '--yaml'], '/openapi.yaml'],
      ] as const) {
        const printed = await command([...args], { cwd: folder, settings: server.settings })
        expect(printed.stdout.trimEnd(), path).toBe((await client.get(path)).text.trimEnd())
      }
    } finally {
      client.close()
      await server.stops()
    }
    expect(readdirSync(folder)).toEqual([])
  })

  test('looking makes nothing where there is no database, and says where it has looked', async () => {
    const folder = temporaryFolder()
    const names = ['user list', 'user show x', 'user disable x', 'user make-admin x']
    for (const name of names) {
      const refused = await command(name.split(' '), { cwd: folder })
      expect(refused.code, name).toBe(1)
      expect(complaints(refused), name).toEqual([expect.stringMatching(/no database yet .*\/data\/ostiary\.db\)/)])
    }
    for (const name of ['migrate status', 'migrate --dry-run']) {
      const looked = await command(name.split(' '), { cwd: folder })
      expect(looked.code, looked.stderr).toBe(0)
      expect(looked.stdout, name).toContain('0001_accounts')
    }
    expect(readdirSync(folder)).toEqual([])

    const postgres = await makePostgres()
    const { settings } = postgres
    for (const name of names) {
      const refused = await command(name.split(' '), { cwd: folder, settings })
      expect(refused.code, name).toBe(1)
      expect(refused.stderr, name).toMatch(/no database yet \(looked at database e2e_\w+ on 127\.0\.0\.1\)/)
    }
    expect(await postgres.count(`SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'`)).toBe(0)
    expect(readdirSync(folder)).toEqual([])
    await postgres.drop()

    // Whoever makes the first account makes the database.
    const created = await command(['user', 'create', 'ada@example.org', '--verified'], {
      cwd: folder,
      stdin: `${freshPassword()}\n`,
    })
    expect(created.code, created.stderr).toBe(0)
    expect((await command(['user', 'list'], { cwd: folder })).stdout).toContain('ada@example.org')
  })

  test.each(ENGINES)('`user` brings no older schema on %s forward: `migrate` does', async (engine) => {
    const folder = temporaryFolder()
    const storage = await makeStorage(engine, folder)
    const settings = { ...storage.settings, DATA_DIR: join(folder, 'data') }
    expect((await command(['migrate'], { settings })).code).toBe(0)
    const applied = await storage.count('SELECT count(*) FROM schema_migrations')
    await storage.changes(`DELETE FROM schema_migrations WHERE number = ${applied}`)
    for (const args of [['list'], ['create', 'ada@example.org', '--verified']]) {
      const refused = await command(['user', ...args], { settings, stdin: `${freshPassword()}\n` })
      expect(refused.code, args[0]).toBe(1)
      expect(complaints(refused)).toEqual([expect.stringMatching(/older .*run `ostiary migrate`$/)])
    }
    expect(await storage.count('SELECT count(*) FROM schema_migrations')).toBe(applied - 1)
    await storage.drop()
  })

  test('on PostgreSQL no command but a server listens', async () => {
    const postgres = await makePostgres()
    const { settings } = postgres
    await command(['migrate'], { settings })
    const printed = await command(['user', 'list'], { settings: { ...settings, LOG_LEVEL: 'debug' } })
    expect(printed.code, printed.stderr).toBe(0)
    expect(printed.stderr).not.toContain('invalidation')
    await postgres.drop()
  })

  test('what can not be printed is a failure', async () => {
    const { execFile } = await import('node:child_process')
    const { environment, PROGRAM } = await import('../support/program.ts')
    for (const args of ['openapi', 'config', 'config --markdown', '--help', 'doctor --json', 'migrate status --json']) {
      const failed = await new Promise<{ code: unknown; stderr: string }>((resolve) =>
        execFile(
          'sh',
          ['-c', `exec ${PROGRAM} ${args} > /dev/full`],
          { cwd: temporaryFolder(), env: environment({}) },
          (error, _, stderr) => resolve({ code: error?.code ?? 0, stderr }),
        ),
      )
      expect(failed.code, args).toBe(1)
      expect(failed.stderr, args).toMatch(/^ostiary: the output can't be written(: No space left on device)?$/m)
    }
  })

  test('a password that is not UTF-8 is refused; a bad address before the password is asked for', async () => {
    const folder = temporaryFolder()
    const { execFile } = await import('node:child_process')
    const { environment, PROGRAM } = await import('../support/program.ts')
    const latin = await new Promise<{ code: unknown; stderr: string }>((resolve) =>
      execFile(
        'sh',
        ['-c', `printf 'correct h\\366rse battery\\n' | ${PROGRAM} user create ada@example.org --verified`],
        { cwd: folder, env: environment({}) },
        (error, _, stderr) => resolve({ code: error?.code ?? 0, stderr }),
      ),
    )
    expect(latin).toEqual({ code: 1, stderr: expect.stringMatching(/not valid UTF-8/) })
    const nobody = await command(['user', 'create', 'nobody', '--verified'], { cwd: folder, stdin: '' })
    expect(nobody.code).toBe(1)
    expect(nobody.stderr).toMatch(/email: this is not an email address/)
    const weak = await command(['user', 'create', 'ada@example.org', '--verified'], {
      cwd: folder,
      stdin: 'password1\n',
    })
    expect(weak.code).toBe(1)
    const geoip = await command(['user', 'create', 'ada@example.org', '--verified'], {
      cwd: folder,
      settings: { GEOIP_FILE: 'missing.mmdb' },
      stdin: `${freshPassword()}\n`,
    })
    expect(geoip.code).toBe(2)
    expect(geoip.stderr).toMatch(/GEOIP_FILE/)
    expect(readdirSync(folder)).toEqual([])
  })

  test('the next page is asked for with the same limit', async () => {
    const folder = temporaryFolder()
    for (const email of ['ada@example.org', 'bob@example.org']) {
      await command(['user', 'create', email, '--verified'], { cwd: folder, stdin: `${freshPassword()}\n` })
    }
    const page = await command(['user', 'list', '--limit', '1'], { cwd: folder })
    expect(complaints(page)).toEqual(['more: ostiary user list --limit 1 --after ada@example.org'])
  })

  test('ASVS 6.3.2 there is no default account', async () => {
    const folder = temporaryFolder()
    const storage = await makeStorage('SQLite', folder)
    const settings = { DATA_DIR: join(folder, 'data') }
    expect((await command(['migrate'], { settings })).code).toBe(0)
    expect(await storage.count('SELECT count(*) FROM users')).toBe(0)
  })
})
