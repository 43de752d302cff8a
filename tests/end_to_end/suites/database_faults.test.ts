import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { Crowd, UNDER_LOAD } from '../support/crowd.ts'
import type { Reply } from '../support/http.ts'
import { Lots } from '../support/lots.ts'
import { Mailbox } from '../support/mailbox.ts'
import { refuses, succeeds } from '../support/person.ts'
import { eventually, pause } from '../support/polling.ts'
import { PostgresServer } from '../support/postgres.ts'
import type { Settings } from '../support/program.ts'
import { type CommitFault, type Link, Proxy } from '../support/proxy.ts'
import { MailServer } from '../support/smtp.ts'
import { makePostgres, type Postgres } from '../support/storage.ts'
import { expectWhole } from '../support/wholeness.ts'
import { World } from '../support/world.ts'

const endings: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

/** The program, connected to a database through a proxy. */
async function behindProxy(settings: Settings = {}, port = inject('postgresPort')) {
  const storage = await makePostgres(port)
  const proxy = await Proxy.before(port)
  endings.push(() => proxy.closes())
  const mails = await MailServer.starts()
  endings.push(() => mails.stops())
  const world = await World.begins('PostgreSQL', {
    storage,
    settings: { ...settings, SMTP_URL: mails.url({ query: 'starttls=off' }), ...storage.through(proxy.port) },
    mailbox: new Mailbox(mails),
  })
  endings.push(() => world.ends())
  return { storage, proxy, mails, world }
}

async function ownServer(options: string[] = []): Promise<PostgresServer> {
  const server = await PostgresServer.starts(options)
  endings.push(() => server.ends())
  return server
}

/** Lets one thing happen to the next COMMIT of a transaction that has written. */
function befallsNext(proxy: Proxy, fault: CommitFault, also: (link: Link) => void = () => {}) {
  const seen = { happened: 0 }
  proxy.onCommit = (link) => {
    if (!link.wrote) return undefined
    proxy.onCommit = () => undefined
    seen.happened++
    also(link)
    return fault
  }
  return seen
}

function isUnavailable(reply: Reply): void {
  refuses(reply, 503, reply.body?.code === 'overloaded' ? 'overloaded' : 'unavailable')
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
}

const isReady = async (world: World) => (await world.client().get('/health/ready')).status === 200

const endsConnections = (storage: Postgres) =>
  storage.changes(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'ostiary'`,
  )

describe('B25 the answer to COMMIT', () => {
  test.each<CommitFault>(['the answer is lost', 'the command is lost'])(
    '%s: the caller gets the right answer, and all happens once',
    async (fault) => {
      const { storage, proxy, world } = await behindProxy()
      const count = (sql: string) => storage.count(`SELECT count(*) FROM ${sql}`)
      const alice = world.person('alice')
      const befalls = async (call: () => Promise<Reply>) => {
        const seen = befallsNext(proxy, fault)
        succeeds(await call())
        expect(seen.happened).toBe(1)
      }
      await befalls(() => alice.triesToRegister())
      expect(await count('pending_registrations')).toBe(1)
      await world.mailbox.waitsFor(alice, 1)
      await eventually('the mail is marked', async () => (await count(`jobs WHERE state = 'done'`)) === 1)
      const code = await world.mailbox.latestCode(alice)
      await befalls(() => alice.triesCode(code))
      expect(await count('users')).toBe(1)
      await befalls(() => alice.triesToSignIn())
      expect(await count('sessions')).toBe(2)
      const first = alice.refreshToken!
      await befalls(() => alice.triesToRefresh())
      expect(alice.refreshToken).not.toBe(first)
      expect(await count('refresh_chains WHERE generation = 1')).toBe(1)
      expect(await count('refresh_chains WHERE generation = 2')).toBe(1)
      await befalls(() => alice.changesProfile({ display_name: 'Alice' }))
      await befalls(() => alice.logsOut())
      expect(await count('sessions WHERE ended_at IS NOT NULL')).toBe(1)
      expect(await count(`outbox WHERE type LIKE '%session.ended'`)).toBe(1)
      expect((await world.mailbox.all(alice)).length).toBe(1)
    },
  )

  test('lost, and nobody is there to ask: 503, and the record decides', async () => {
    const { storage, proxy, world } = await behindProxy()
    const alice = await world.person('alice').signsUp()
    const presented = alice.refreshToken!
    const seen = befallsNext(proxy, 'the answer is lost', (link) => {
      proxy.swallowsNew = true
      for (const other of proxy.links) if (other !== link) other.stall()
    })
    isUnavailable(await alice.triesToRefresh())
    expect(seen.happened).toBe(1)
    expect(await storage.count('SELECT sum(generation) FROM refresh_chains')).toBe(2)
    for (const link of proxy.links.slice()) link.cut()
    proxy.goesOn()
    await eventually('it is ready again', () => isReady(world), 20_000)
    // The reply was lost; the successor was not.
    succeeds(await alice.triesToRefresh(presented))
    expect(await storage.count('SELECT sum(generation) FROM refresh_chains')).toBe(2)
    await alice.refreshes()
  })

  test('lost now and then under load, with whole connections: nothing is lost, nothing doubled', async () => {
    const { storage, proxy, mails, world } = await behindProxy(UNDER_LOAD)
    const seed = Date.now() % 2 ** 31
    console.log(`seed ${seed}`)
    const lots = new Lots(seed)
    const lost = { 'the answer is lost': 0, 'the command is lost': 0 }
    proxy.onCommit = () => {
      if (!lots.happens(0.1)) return undefined
      const fault = lots.oneOf<CommitFault>(['the answer is lost', 'the command is lost'])
      lost[fault]++
      return fault
    }
    const crowd = new Crowd(world, mails, lots)
    crowd.begins(10)
    for (let i = 0; i < 20; i++) {
      await pause(lots.between(100, 400))
      if (i % 4 === 3) await endsConnections(storage)
    }
    proxy.onCommit = () => undefined
    await crowd.stops()
    console.log(JSON.stringify(lost))
    await expectWhole(crowd, storage, mails)
    expect(Math.min(...Object.values(lost))).toBeGreaterThan(5)
  })
})

describe('B25 B30 D9 PostgreSQL dies', () => {
  test('at once and under load, and comes back: what was acknowledged is there, without a restart', async () => {
    const server = await ownServer()
    const { storage, mails, world } = await behindProxy(UNDER_LOAD, server.port)
    const crowd = new Crowd(world, mails, new Lots(1))
    crowd.begins(10)
    for (let i = 0; i < 3; i++) {
      await pause(900)
      await server.crashes()
      expect((await world.client().get('/health')).status).toBe(200)
      isUnavailable(await world.client().get('/health/ready'))
      await server.startsAgain()
      await eventually('it is ready again', () => isReady(world), 20_000)
    }
    await pause(500)
    await crowd.stops()
    await expectWhole(crowd, storage, mails)
  }, 90_000)

  test('a transaction that it forgot is not taken for the one that got its id afterwards', async () => {
    const server = await ownServer(['-c', 'wal_writer_delay=10s']) // only a COMMIT gets anything onto the disk
    const { storage, proxy, world } = await behindProxy({}, server.port)
    const alice = await world.person('alice').signsUp()
    const presented = alice.refreshToken!
    const held = new Promise<void>((resolve) => {
      proxy.onCommit = (link) => {
        if (!link.wrote) return undefined
        proxy.onCommit = () => undefined
        link.stall()
        proxy.swallowsNew = true
        resolve()
      }
    })
    const nextId = () => storage.count('SELECT pg_snapshot_xmax(pg_current_snapshot())')
    const before = await nextId()
    const during = alice.triesToRefresh()
    await held
    await server.crashes()
    await server.startsAgain()
    // The id that the refresh got is free again; so may be others before it, of transactions that changed nothing.
    expect(await nextId(), 'the server forgot the id').toBeLessThanOrEqual(before)
    while ((await nextId()) < before + 5) await storage.changes('SELECT pg_current_xact_id()')
    const given = `SELECT count(*) WHERE pg_xact_status('${before}'::xid8) = 'committed'`
    expect(await storage.count(given), 'and another has it, and committed').toBe(1)
    proxy.goesOn()
    isUnavailable(await during)
    await eventually('it is ready again', () => isReady(world), 20_000)
    succeeds(await alice.triesToRefresh(presented))
    await alice.refreshes()
  })

  test('idle connections that the server ended cost nobody an answer', async () => {
    const { storage, world } = await behindProxy()
    const people = await Promise.all(['a', 'b', 'c', 'd'].map((name) => world.person(name).signsUp()))
    for (let round = 0; round < 3; round++) {
      await Promise.all(people.map((person) => person.refreshes()))
      await endsConnections(storage)
      await Promise.all(people.map((person) => person.refreshes()))
    }
  })
})

describe('B25 D9 PostgreSQL hangs', () => {
  /** Asks for more than there are workers while nothing answers. */
  async function withstands(world: World, hangs: () => void, goesOn: () => void) {
    const people = ['a', 'b', 'c'].map((name) => world.person(name))
    for (const person of people) await person.signsUp()
    hangs()
    let answered = 0
    let answeredByStorage = 0
    const calls = Array.from({ length: 16 }, (_, i) => {
      const person = people[i % people.length]
      const fresh = world.person(`new${i}`)
      const call =
        i % 4 === 0
          ? person.atAnotherDevice().triesToSignIn()
          : i % 4 === 1
            ? person.asks('/api/account/profile')
            : i % 4 === 2
              ? person.changesProfile({ display_name: `${i}` })
              : fresh.triesToRegister()
      return call.finally(() => {
        answered++
        if (i % 4 === 1 || i % 4 === 2) answeredByStorage++
      })
    })
    await eventually('workers wait', async () => {
      expect((await world.client().get('/health')).status, 'the process lives').toBe(200)
      return true
    })
    expect(answered, 'health did not wait for the others').toBeLessThan(calls.length)
    // Nobody looks for the key of a device whose token is forged on the way to an answer that needs no storage.
    for (let i = 0; i < 4; i++) {
      const cookie = `ostiary_device=${randomBytes(49).toString('base64url')}`
      expect((await world.client().get('/health', { headers: { cookie } })).status).toBe(200)
    }
    expect(answeredByStorage, 'health did not wait for the storage').toBe(0)
    isUnavailable(await world.client().get('/health/ready'))
    for (const reply of await Promise.all(calls)) isUnavailable(reply)
    // What was remembered under the lease is asked of the database again: nothing is answered from memory.
    isUnavailable(await people[0].checksSession())
    goesOn()
    await eventually('it is ready again', () => isReady(world), 30_000)
    for (const person of people) {
      succeeds(await person.checksSession())
      await person.refreshes()
    }
    await world.person('later').signsUp()
  }

  test('a network that swallows all: 503 within its bound, health answers, all is well when it goes on', async () => {
    const { proxy, world } = await behindProxy({ WORKERS: '6' })
    await withstands(
      world,
      () => proxy.hangs(),
      () => proxy.goesOn(),
    )
  }, 90_000)

  test('a server whose processes are stopped: the same', async () => {
    const server = await ownServer()
    const { world } = await behindProxy({ WORKERS: '6' }, server.port)
    await withstands(
      world,
      () => server.freezes(),
      () => server.thaws(),
    )
  }, 90_000)

  test('a connection that is taken and then says nothing holds nobody for good', async () => {
    const { proxy, world } = await behindProxy({ WORKERS: '4' })
    const alice = await world.person('alice').signsUp()
    proxy.hangsAfterLogin = true
    for (const link of proxy.links) link.cut()
    isUnavailable(await alice.triesToRefresh())
    proxy.hangsAfterLogin = false
    proxy.goesOn()
    await eventually('it is ready again', () => isReady(world), 30_000)
    await alice.refreshes()
  }, 60_000)

  test('a statement that waits for a lock is given up; calls that need no such lock go on', async () => {
    const { storage, world } = await behindProxy()
    const alice = await world.person('alice').signsUp()
    const release = await storage.locks('refresh_chains')
    isUnavailable(await alice.triesToRefresh())
    expect(await isReady(world)).toBe(true)
    await alice.changesProfile({ display_name: 'Alice' })
    await release()
    await alice.refreshes()
  })

  test('asked to stop while it hangs, it ends within its bound', async () => {
    const { proxy, world } = await behindProxy({ WORKERS: '4' })
    const alice = await world.person('alice').signsUp()
    proxy.hangs()
    const calls = Array.from({ length: 8 }, () => alice.asks('/api/account/profile').catch(() => undefined))
    expect(await world.server.stops('SIGTERM', 10_000)).toEqual({ code: 0, signal: null })
    await Promise.all(calls)
    proxy.goesOn()
  }, 60_000)
})
