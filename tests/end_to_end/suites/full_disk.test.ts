import { execFileSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Crowd, UNDER_LOAD } from '../support/crowd.ts'
import { Lots } from '../support/lots.ts'
import { Mailbox } from '../support/mailbox.ts'
import type { Reply } from '../support/http.ts'
import { type Person, refuses, succeeds } from '../support/person.ts'
import { eventually } from '../support/polling.ts'
import { temporaryFolder } from '../support/program.ts'
import { MailServer } from '../support/smtp.ts'
import { expectWhole } from '../support/wholeness.ts'
import { World } from '../support/world.ts'

/** A file system of 8 MiB. Where none can be mounted the test fails: it has proven nothing. */
function smallFileSystem(): { folder: string; fill(): void; free(): void; unmount(): void } {
  const folder = temporaryFolder()
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  const run = (...command: string[]) => execFileSync('env', [...asRoot, ...command], { stdio: 'pipe' })
  run('mount', '-t', 'tmpfs', '-o', `size=8m,mode=0700,uid=${process.getuid!()}`, 'tmpfs', folder)
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill: () => {
      for (let piece = 0; ; piece++) {
        const { bavail, bsize } = statfsSync(folder)
        if (Number(bavail) === 0) return
        try {
          writeFileSync(`${ballast}${piece}`, Buffer.alloc(Number(bavail) * Number(bsize)))
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
        }
      }
    },
    free: () => run('find', folder, '-maxdepth', '1', '-name', 'ballast*', '-delete'),
    unmount: () => {
      run('umount', '-l', folder)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

test('B30 D1 D9 a full disk: 503 for what writes, reads go on, and all is well when there is room again', async () => {
  const disk = smallFileSystem()
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
    // What is left inside the write-ahead log may still take a write or two.
    const isRefused = (call: () => Promise<Reply>) =>
      eventually(
        'writing fails',
        async () => {
          disk.fill()
          const reply = await call()
          if (reply.status !== 503) return !succeeds(reply)
          refuses(reply, 503, 'unavailable')
          expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
          return true
        },
        20_000,
      )
    for (let round = 0; round < 2; round++) {
      await eventually('the crowd is at work', () => (crowd.answered.refresh ?? 0) > 20 * (round + 1), 20_000)
      for (const person of people) {
        await isRefused(() => person.triesToRefresh())
        await isRefused(() => person.triesToSignIn())
        await isRefused(() => world.person('new').triesToRegister())
        expect((await person.checksSession()).status).toBe(200)
        expect((await person.asks('/api/account/profile')).status).toBe(200)
      }
      disk.free()
      await eventually('writing works', async () => succeeds(await people[0].triesToRefresh()))
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
