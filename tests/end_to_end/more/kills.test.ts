import { describe, test } from 'vitest'
import { survivesKills } from '../support/killing.ts'
import { RELEASE_PROGRAM } from '../support/program.ts'
import { ENGINES } from '../support/storage.ts'

const KILLS = Number(process.env.OSTIARY_KILLS ?? 100)
const SEED = Number(process.env.OSTIARY_KILLS_SEED ?? Date.now() % 2 ** 31)

describe('D1 D2 B25 B30 kill -9 at a hundred moments drawn by lot', () => {
  test.each(ENGINES)('on %s: nothing acknowledged is missing, nothing once-only happened twice', async (engine) => {
    await survivesKills({ engine, kills: KILLS, seed: SEED, program: RELEASE_PROGRAM })
  })
})
