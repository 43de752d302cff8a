import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { succeeds } from '../support/person.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const PROGRAM = path('../../../build/thread_sanitized/ostiary')
const SUPPRESSIONS = path('../../thread_sanitizer.supp')

const PEOPLE = 8
const ROUNDS = Number(process.env.OSTIARY_THREAD_ROUNDS ?? 100)

// ThreadSanitizer speaks where two threads touch the same without a lock, even if nothing broke this time.
describe.each(ENGINES)('ThreadSanitizer under a mixed load, on %s', (engine) => {
  test('calls over both transports, jobs, caches, limits, metrics and the end: no race', async () => {
    const world = await World.begins(engine, {
      program: PROGRAM,
      settings: {
        TSAN_OPTIONS: `suppressions=${SUPPRESSIONS}:exitcode=66:halt_on_error=0:second_deadlock_stack=1`,
        ARGON2_MEMORY_KIB: '7168',
        ARGON2_PASSES: '1',
      },
    })
    const people = Array.from({ length: PEOPLE }, (_, at) => world.person(`p${at}`, { from: `127.0.7.${at + 1}` }))
    for (const person of people) await person.signsUp()
    const grpc = people.map(() => world.grpc())
    await Promise.all(
      people.map(async (person, at) => {
        for (let round = 0; round < ROUNDS; ++round) {
          succeeds(await person.checksSession())
          grpc[at].accessToken = person.accessToken
          await Promise.all([
            grpc[at].call('AuthService', 'CheckSession'),
            person.checksSession(),
            person.asks('/api/account/sessions'),
            person.asks('/metrics'),
            person.asks('/health/ready'),
            person.changesProfile({ display_name: `round ${round}` }),
          ])
          await Promise.all([person.triesToRefresh(), person.checksSession()])
          if (round % 5 === 4) {
            // Some are sent away while the others' passwords are hashed.
            await person.atAnotherDevice({ from: `127.0.7.${at + 1}` }).triesToSignIn()
            await Promise.all([person.revokesOthers(), person.checksSession()])
          }
        }
      }),
    )
    // The end, in the midst of calls.
    let calls = 0
    const last = people.map(async (person) => {
      for (let call = 0; call < 50; ++call) {
        await person.checksSession().then(
          () => (calls += 1),
          () => undefined,
        )
      }
    })
    const exit = await world.server.stops('SIGTERM', 60_000)
    await Promise.all(last)
    const reports = world.server.output.split('==================').filter((part) => part.includes('ThreadSanitizer'))
    expect(reports, reports.slice(0, 3).join('\n')).toEqual([])
    expect(exit.code).toBe(0)
    expect(calls).toBeGreaterThan(0)
    await world.ends()
  })
})
