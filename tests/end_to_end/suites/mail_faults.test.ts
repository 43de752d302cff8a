import { describe, expect, test } from 'vitest'
import { succeeds } from '../support/person.ts'
import { eventually } from '../support/polling.ts'
import type { Settings } from '../support/program.ts'
import { type Stage, STAGES, StubbornMailServer } from '../support/stubborn_smtp.ts'
import { World } from '../support/world.ts'

// The program gives up on a conversation after 30 s; the next attempt follows some 5 s later.
const PATIENCE = 75_000

/** A program whose mail server falls silent at `stage`, as long as `happens` takes. */
async function withSilenceAt(
  stage: Stage,
  happens: (world: World, mail: StubbornMailServer) => Promise<void>,
  settings: Settings = {},
) {
  const mail = await StubbornMailServer.starts(stage)
  const world = await World.begins('SQLite', { settings: { SMTP_URL: mail.url, ...settings } })
  try {
    await happens(world, mail)
  } finally {
    await world.ends()
    await mail.stops()
  }
}

const jobs = (world: World, state: 'done' | 'dead') =>
  world.storage.count(`SELECT count(*) FROM jobs WHERE state = '${state}'`)

describe.concurrent('B29 a mail server that falls silent', () => {
  test.each(STAGES.filter((stage) => stage !== 'message'))(
    'at %s: callers notice nothing, and the mail comes once when it speaks again',
    async (stage) => {
      await withSilenceAt(stage, async (world, mail) => {
        const ada = world.person('ada')
        succeeds(await ada.triesToRegister())
        await eventually('it has fallen silent', () => mail.silences > 0)
        succeeds(await world.person('bob').triesToRegister())
        expect((await world.client().get('/health/ready')).status).toBe(200)
        mail.speaksFromNowOn()
        const to = (address: string) => mail.messages.filter((message) => message.includes(address)).length
        await eventually('the mail is there', () => to(ada.email) > 0, PATIENCE)
        await eventually('both jobs are done', async () => (await jobs(world, 'done')) === 2, PATIENCE)
        expect(mail.messages, 'one mail each, and no flood').toHaveLength(2)
      })
    },
    PATIENCE + 60_000,
  )

  test(
    'after the message: nobody knows whether it was taken, so the code is not sent again',
    async () => {
      await withSilenceAt('message', async (world, mail) => {
        succeeds(await world.person('ada').triesToRegister())
        await eventually('the job is dead', async () => (await jobs(world, 'dead')) === 1, PATIENCE)
        mail.speaksFromNowOn()
        expect(mail.messages).toHaveLength(1)
      })
    },
    PATIENCE + 60_000,
  )

  test(
    'longer than the codes live: they are not sent any more',
    async () => {
      await withSilenceAt(
        'greeting',
        async (world, mail) => {
          for (const name of ['ada', 'bob', 'carol']) succeeds(await world.person(name).triesToRegister())
          await eventually('all jobs have expired', async () => (await jobs(world, 'dead')) === 3, PATIENCE)
          mail.speaksFromNowOn()
          const late = await world.person('late').triesToRegister()
          succeeds(late)
          await eventually('the fresh one comes', () => mail.messages.length === 1, PATIENCE)
        },
        { CODE_LIFETIME: '3s', RESEND_PAUSE: '0s' },
      )
    },
    PATIENCE + 60_000,
  )
})
