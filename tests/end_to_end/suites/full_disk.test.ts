import { expect, test } from 'vitest'
import { Crowd, UNDER_LOAD } from '../support/crowd.ts'
import { Lots } from '../support/lots.ts'
import { Mailbox } from '../support/mailbox.ts'
import type { Reply } from '../support/http.ts'
import { type Person, refuses, succeeds } from '../support/person.ts'
import { eventually } from '../support/polling.ts'
import { PostgresServer } from '../support/postgres.ts'
import { SmallDisk } from '../support/small_disk.ts'
import { MailServer } from '../support/smtp.ts'
import { makePostgres } from '../support/storage.ts'
import { expectWhole } from '../support/wholeness.ts'
import { World } from '../support/world.ts'

/** Fills the disk and asks until what writes is refused: what is left in files that exist takes a write or two more. */
async function refusesToWrite(
  disk: SmallDisk,
  world: World,
  person: Person,
  usesUp: () => Promise<void> = async () => {},
): Promise<void> {
  const calls: (() => Promise<Reply>)[] = [
    () => person.triesToRefresh(),
    () => person.triesToSignIn(),
    () => world.person('new').triesToRegister(),
  ]
  for (const call of calls) {
    await eventually(
      'writing fails',
      async () => {
        disk.fill()
        await usesUp()
        const reply = await call()
        if (reply.status !== 503) return !succeeds(reply)
        refuses(reply, 503, 'unavailable')
        expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
        return true
      },
      20_000,
    )
  }
}

test('B30 D1 D9 a full disk: 503 for what writes, reads go on, and all is well when there is room again', async () => {
  const disk = new SmallDisk(8)
  const mails = await MailServer.starts()
  const world = await World.begins('SQLite', {
    folder: disk.folder,
    settings: { ...UNDER_LOAD, SMTP_URL: mails.url({ query: 'starttls=off' }) },
    mailbox: new Mailbox(mails),
  })
  try {
    const people: Person[] = []
    for (const name of ['a', 'b', 'c']) people.push(await world.person(name).signsUp())
    const crowd = new Crowd(world, mails, new Lots(1))
    crowd.begins(6)
    for (let round = 0; round < 2; round++) {
      await eventually('the crowd is at work', () => (crowd.answered.refresh ?? 0) > 20 * (round + 1), 20_000)
      for (const person of people) {
        await refusesToWrite(disk, world, person)
        refuses(await world.client().get('/health/ready'), 503, 'unavailable')
        expect((await person.checksSession()).status).toBe(200)
        expect((await person.asks('/api/account/profile')).status).toBe(200)
      }
      disk.free()
      await eventually('writing works', async () => succeeds(await people[0].triesToRefresh()))
      expect((await world.client().get('/health/ready')).status).toBe(200)
      for (const person of people) await person.refreshes()
    }
    await world.person('later').signsUp()
    await eventually('the crowd is at work', () => (crowd.answered.logout ?? 0) > 5, 20_000)
    await crowd.stops()
    await expectWhole(crowd, world.storage, mails)
  } finally {
    await world.ends()
    await mails.stops()
    disk.unmount()
  }
}, 120_000)

test('B25 B30 D1 D9 a full disk under PostgreSQL: 503, and all is well when there is room again', async () => {
  const disk = new SmallDisk(160)
  const server = await PostgresServer.starts([], disk.folder)
  const mails = await MailServer.starts()
  const storage = await makePostgres(server.port)
  const world = await World.begins('PostgreSQL', {
    storage,
    settings: { ...UNDER_LOAD, SMTP_URL: mails.url({ query: 'starttls=off' }) },
    mailbox: new Mailbox(mails),
  })
  try {
    const person = await world.person('a').signsUp()
    const crowd = new Crowd(world, mails, new Lots(1))
    crowd.begins(6)
    for (let round = 0; round < 2; round++) {
      await eventually('the crowd is at work', () => (crowd.answered.refresh ?? 0) > 20 * (round + 1), 20_000)
      await refusesToWrite(disk, world, person, () => storage.leavesLogFile())
      expect((await world.client().get('/health')).status).toBe(200)
      disk.free()
      await eventually(
        'writing works',
        async () => {
          // Without room for its log it gives itself up, now or a while later; whoever looks after it starts it again.
          if (!server.isRunning) await server.startsAgain()
          return (await person.triesToRefresh()).status === 200
        },
        20_000,
      )
    }
    await eventually('the crowd is at work', () => (crowd.answered.logout ?? 0) > 5, 20_000)
    await crowd.stops()
    await expectWhole(crowd, world.storage, mails)
  } finally {
    await world.ends()
    await mails.stops()
    await server.ends()
    disk.unmount()
  }
}, 120_000)
