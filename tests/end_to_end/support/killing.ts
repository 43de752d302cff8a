import { Crowd, UNDER_LOAD } from './crowd.ts'
import { Lots } from './lots.ts'
import { Mailbox } from './mailbox.ts'
import { pause } from './polling.ts'
import { MailServer } from './smtp.ts'
import type { Engine } from './storage.ts'
import { expectWhole } from './wholeness.ts'
import { World } from './world.ts'

export interface Killing {
  engine: Engine
  kills: number
  seed: number
  program?: string
}

/** Kills the program at moments drawn by lot, under the load of a crowd, starts it again at once each time, and
 *  compares at the end what the crowd wrote down with what is there. */
export async function survivesKills({ engine, kills, seed, program }: Killing): Promise<void> {
  console.log(`${kills} kills on ${engine}, seed ${seed}`)
  const lots = new Lots(seed)
  const mails = await MailServer.starts()
  const world = await World.begins(engine, {
    program,
    settings: { ...UNDER_LOAD, SMTP_URL: mails.url({ query: 'starttls=off' }) },
    mailbox: new Mailbox(mails),
  })
  try {
    const crowd = new Crowd(world, mails, lots)
    crowd.begins(10)
    for (let i = 0; i < kills; i++) {
      await pause(lots.between(30, 900))
      await world.server.isKilled()
      world.server = await world.server.startsAgain()
    }
    await pause(300)
    await crowd.stops()
    await expectWhole(crowd, world.storage, mails)
  } finally {
    await world.ends()
    await mails.stops()
  }
}
