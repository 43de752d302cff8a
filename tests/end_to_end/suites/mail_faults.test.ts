import { describe, expect, test } from 'vitest'
import { succeeds } from '../support/person.ts'
import { eventually } from '../support/polling.ts'
import { STAGES, StubbornMailServer } from '../support/stubborn_smtp.ts'
import { World } from '../support/world.ts'

// The program gives up on a conversation after 30 s; the next attempt follows some 5 s later.
const PATIENCE = 75_000

describe.concurrent('B29 a mail server that falls silent', () => {
  test.each(STAGES.filter((stage) => stage !== 'message'))(
    'at %s: callers notice nothing, and the mail comes once when it speaks again',
    async (stage) => {
      const mail = await StubbornMailServer.starts(stage)
      const world = await World.begins('SQLite', { settings: { SMTP_URL: mail.url } })
      try {
        const ada = world.person('ada')
        succeeds(await ada.triesToRegister())
        await eventually('it has fallen silent', () => mail.silences > 0)
        succeeds(await world.person('bob').triesToRegister())
        expect((await world.client().get('/health/ready')).status).toBe(200)
        mail.speaksFromNowOn()
        const to = (address: string) => mail.messages.filter((message) => message.includes(address)).length
        await eventually('the mail is there', () => to(ada.email) > 0, PATIENCE)
        await eventually(
          'both jobs are done',
          async () => (await world.storage.count(`SELECT count(*) FROM jobs WHERE state = 'done'`)) === 2,
          PATIENCE,
        )
        expect(mail.messages, 'one mail each, and no flood').toHaveLength(2)
      } finally {
        await world.ends()
        await mail.stops()
      }
    },
    PATIENCE + 60_000,
  )

  test(
    'after the message: nobody knows whether it was taken, so the code is not sent again',
    async () => {
      const mail = await StubbornMailServer.starts('message')
      const world = await World.begins('SQLite', { settings: { SMTP_URL: mail.url } })
      try {
        succeeds(await world.person('ada').triesToRegister())
        await eventually(
          'the job is dead',
          async () => (await world.storage.count(`SELECT count(*) FROM jobs WHERE state = 'dead'`)) === 1,
          PATIENCE,
        )
        mail.speaksFromNowOn()
        expect(mail.messages).toHaveLength(1)
      } finally {
        await world.ends()
        await mail.stops()
      }
    },
    PATIENCE + 60_000,
  )

  test(
    'longer than the codes live: they are not sent any more',
    async () => {
      const mail = await StubbornMailServer.starts('greeting')
      const settings = { SMTP_URL: mail.url, CODE_LIFETIME: '3s', RESEND_PAUSE: '0s' }
      const world = await World.begins('SQLite', { settings })
      try {
        for (const name of ['ada', 'bob', 'carol']) succeeds(await world.person(name).triesToRegister())
        await eventually(
          'all jobs have expired',
          async () => (await world.storage.count(`SELECT count(*) FROM jobs WHERE state = 'dead'`)) === 3,
          PATIENCE,
        )
        mail.speaksFromNowOn()
        const late = await world.person('late').triesToRegister()
        succeeds(late)
        await eventually('the fresh one comes', () => mail.messages.length === 1, PATIENCE)
      } finally {
        await world.ends()
        await mail.stops()
      }
    },
    PATIENCE + 60_000,
  )
})
