import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  test: {
    include: ['suites/*.test.ts'],
    globalSetup: ['support/global_setup.ts'],
    setupFiles: ['support/clean_up.ts'],
    // Most of a test's time is the program's, so a third file keeps two cores busy.
    pool: 'forks',
    poolOptions: { forks: { maxForks: 3, minForks: 1 } },
    testTimeout: 40_000,
    hookTimeout: 60_000,
    reporters: ['default', 'json'],
    outputFile: { json: process.env.OSTIARY_E2E_REPORT ?? here('../../build/reports/e2e.json') },
  },
})
