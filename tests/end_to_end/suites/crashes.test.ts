import { describe, expect, test } from 'vitest'
import { HttpClient } from '../support/http.ts'
import { type Person, freshPassword, refuses, succeeds } from '../support/person.ts'
import { eventually, pause } from '../support/polling.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

const until = (signal: { stopped: boolean }, work: () => Promise<void>) =>
  (async () => {
    while (!signal.stopped) {
      try {
        await work()
      } catch {
        // The program was killed under it.
        return
      }
    }
  })()

describe.each(ENGINES)('D1 B30 kill -9 under load, on %s', (engine) => {
  test('what was acknowledged is there after the restart, what was not is whole or not there', async () => {
    const world = await World.begins(engine, {
      settings: { ARGON2_MEMORY_KIB: '7168', ARGON2_PASSES: '1', HASH_THREADS: '8' },
    })
    try {
      const people = await Promise.all(Array.from({ length: 6 }, (_, i) => world.person(`p${i}`).signsUp()))
      const ended: Person[] = []
      for (const person of people.slice(0, 2)) {
        const other = person.atAnotherDevice()
        await other.signsIn()
        ended.push(other)
      }
      for (let round = 0; round < 3; round++) {
        const registered: { id: string; email: string; password: string }[] = []
        const named = new Map<Person, string>()
        const load = { stopped: false }
        const working = [
          ...people.map((person) => until(load, async () => void succeeds(await person.triesToRefresh()))),
          ...people.slice(2, 4).map((person, i) =>
            until(load, async () => {
              const name = `${round}-${i}-${Date.now()}`
              succeeds(await person.changesProfile({ display_name: name }))
              named.set(person, name)
            }),
          ),
          ...Array.from({ length: 2 }, (_, i) =>
            until(load, async () => {
              const email = `r${round}-${i}-${registered.length}-${Date.now()}@example.org`
              const password = freshPassword()
              const reply = succeeds(await world.client().post('/api/auth/register', { email, password }))
              registered.push({ id: reply.body.verification_id, email, password })
            }),
          ),
        ]
        await pause(300 + 250 * round)
        await eventually('somebody has registered', () => registered.length > 0)
        if (round === 1) for (const person of ended) expect((await person.logsOut()).status).toBe(204)
        await world.server.isKilled()
        load.stopped = true
        await Promise.all(working)
        expect(registered.length).toBeGreaterThan(0)
        world.server = await world.server.startsAgain()

        const client = world.client()
        for (const one of registered) {
          const login = refuses(
            await client.post('/api/auth/login', { email: one.email, password: one.password }),
            403,
            'email_not_verified',
          )
          expect(login.verification_id).toBe(one.id)
        }
        for (const person of people) {
          // A refresh whose answer died with the program is a lost reply: the last token that arrived is still good.
          succeeds(await person.triesToRefresh())
          expect((await person.checksSession()).status).toBe(200)
        }
        for (const [person, name] of named) {
          const now: string = (await person.asks('/api/account/profile')).body.display_name
          expect(now >= name, `${now} is not older than the acknowledged ${name}`).toBe(true)
        }
        if (round >= 1) {
          for (const person of ended) refuses(await person.triesToRefresh(), 401, 'session_ended')
        }
      }
      // Every chain is one: no session has two.
      expect(
        await world.storage.count(
          `SELECT count(*) FROM (SELECT session_id FROM refresh_chains
           GROUP BY session_id HAVING count(*) > 1) AS forked`,
        ),
      ).toBe(0)
    } finally {
      await world.ends()
    }
  })
})

describe('D9 B25 the database goes away', () => {
  test('PostgreSQL behind a cut network: 503, never a wrong answer, and all is well when it is back', async () => {
    const { Proxy } = await import('../support/proxy.ts')
    const { inject } = await import('vitest')
    const proxy = await Proxy.before(inject('postgresPort'))
    const world = await World.begins('PostgreSQL')
    await world.server.stops()
    world.server = await world.server.startsAgain({
      DATABASE_URL: `${world.storage.settings.DATABASE_URL!.replace(/:\d+\//, `:${proxy.port}/`)}?sslmode=disable`,
    })
    try {
      const alice = await world.person('alice').signsUp()
      const second = alice.atAnotherDevice()
      await second.signsIn()
      proxy.swallowsNew = true
      for (const link of proxy.links) link.cut()
      const refreshed = await alice.triesToRefresh()
      refuses(refreshed, 503, 'unavailable')
      expect((await world.client().get('/health')).status, 'the process lives').toBe(200)
      const unready = refuses(await world.client().get('/health/ready'), 503, 'unavailable')
      expect(unready.not_ready).toBe('storage')
      expect(JSON.stringify(unready), 'strangers learn no address').not.toMatch(/127\.0\.0\.1|localhost|5432/)
      expect((await alice.triesToSignIn()).status).toBe(503)
      proxy.swallowsNew = false
      for (const link of proxy.links) link.cut()
      const client = new HttpClient(world.server.origin)
      await eventually('it is ready again', async () => (await client.get('/health/ready')).status === 200, 20_000)
      client.close()
      await alice.refreshes()
      expect((await second.checksSession()).status).toBe(200)
    } finally {
      await world.ends()
      await proxy.closes()
    }
  })
})

describe.each(ENGINES)('whether it can serve, on %s', (engine) => {
  test('/health/ready names what is missing, over HTTP and gRPC; /health says only that it lives', async () => {
    const world = await World.begins(engine)
    try {
      const ready = () => world.client().get('/health/ready')
      expect((await ready()).text).toBe('{"status":"ok"}')
      // As after an old backup was restored under the running program.
      await world.storage.changes('DELETE FROM schema_migrations WHERE number > 1')
      const unready = await ready()
      expect(refuses(unready, 503, 'unavailable')).toMatchObject({ not_ready: 'schema', detail: expect.any(String) })
      expect(unready.headers['retry-after']).toBe('1')
      const refused = await world.grpc().refused('SystemService', 'Ready')
      expect(refused.reason).toBe('unavailable')
      expect(refused.facts.not_ready).toBe('schema')
      expect((await world.client().get('/health')).text).toBe('{"status":"ok"}')
    } finally {
      await world.ends()
    }
  })
})
