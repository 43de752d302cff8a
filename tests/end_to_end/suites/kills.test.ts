import { describe, test } from 'vitest'
import { survivesKills } from '../support/killing.ts'
import { ENGINES } from '../support/storage.ts'

describe('D1 D2 B25 B30 kill -9 at any moment', () => {
  test.each(ENGINES)('on %s: nothing acknowledged is missing, nothing once-only happened twice', async (engine) => {
    await survivesKills({ engine, kills: 8, seed: Date.now() % 2 ** 31 })
  })
})
