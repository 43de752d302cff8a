import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import base from './vitest.config.ts'

const report =
  process.env.OSTIARY_E2E_REPORT ?? fileURLToPath(new URL('../../build/reports/e2e-more.json', import.meta.url))

// What measures time: one file at a time, so that the tests don't measure each other.
const config = mergeConfig(base, defineConfig({ test: { testTimeout: 1_200_000, fileParallelism: false } }))
config.test!.include = ['more/*.test.ts']
config.test!.outputFile = { json: report }
export default config
