import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { freshName, freshPassword, succeeds } from '../support/person.ts'
import { command, complaints, temporaryFolder } from '../support/program.ts'
import { ENGINES, makePostgres, makeStorage } from '../support/storage.ts'
import { World } from '../support/world.ts'

describe('the command line', () => {
  test('--help of each command shows examples and ends with 0; an unknown one with another', async () => {
    const help = await command(['--help'])
    expect(help.code).toBe(0)
    for (const name of ['serve', 'worker', 'migrate', 'config', 'user'])
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
      ['user', 'make-admin'],
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
    expect(changed.code).toBe(2)
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
        const created = await command(['user', 'create', '--email', email, '--verified'], {
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
          const refused = await command(['user', 'create', '--email', address], { settings, stdin: `${input}\n` })
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

  test('ASVS 6.3.2 there is no default account', async () => {
    const folder = temporaryFolder()
    const storage = await makeStorage('SQLite', folder)
    const settings = { DATA_DIR: join(folder, 'data') }
    expect((await command(['migrate'], { settings })).code).toBe(0)
    expect(await storage.count('SELECT count(*) FROM users')).toBe(0)
  })
})
