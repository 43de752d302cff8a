import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/program.ts'
import { World } from '../support/world.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const SCHEMATHESIS = join(root, 'build/schemathesis/bin/schemathesis')
const HOOKS = join(root, 'tests/more/schemathesis/hooks.py')
const SEED = process.env.FUZZ_SEED ?? '1'

if (!existsSync(SCHEMATHESIS)) throw new Error(`${SCHEMATHESIS} is not there: make test-more installs it`)

interface Report {
  operations: { total: number; tested: number; errored: number }
  phases: Record<string, { status: string }>
  test_cases: { generated: number }
  failures: unknown[]
  errors: unknown[]
}

/** Lets schemathesis make up requests from a description, and gives its judgment of the replies. */
async function schemathesis(
  description: string,
  configuration: string,
  more: string[],
  environment: Record<string, string> = {},
): Promise<{ code: unknown; output: string; report: Report }> {
  const folder = temporaryFolder()
  const path = join(folder, 'report.json')
  const args = [
    ...['--no-color', '--config-file', join(root, 'tests/more/schemathesis', configuration)],
    ...['run', description, '--seed', SEED, '--checks', 'all', '--continue-on-failure', '--warnings', 'off'],
    ...['--report', 'json', '--report-json-path', path, ...more],
  ]
  console.log(`schemathesis ${configuration}, seed ${SEED} (another one: FUZZ_SEED)`)
  const options = {
    cwd: folder,
    env: { ...process.env, SCHEMATHESIS_HOOKS: HOOKS, ...environment },
    maxBuffer: 1 << 26,
  }
  const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) =>
    execFile(SCHEMATHESIS, args, options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    ),
  )
  if (!existsSync(path)) throw new Error(output)
  return { code, output, report: JSON.parse(readFileSync(path, 'utf8')) as Report }
}

// The program is the one with sanitizers: World.ends() tells what they say.
describe('R3.2 an independent fuzzer finds no 5xx, and no reply that the description does not have', () => {
  let world: World
  beforeAll(async () => {
    world = await World.begins('SQLite', { settings: { ARGON2_MEMORY_KIB: '7168', ARGON2_PASSES: '1' } })
  })
  afterAll(() => world.ends())

  function isContent({ code, output, report }: Awaited<ReturnType<typeof schemathesis>>, spared = 0) {
    expect(report.failures, output).toEqual([])
    expect(report.errors, output).toEqual([])
    expect(code, output).toBe(0)
    expect(report.operations.tested).toBe(report.operations.total - spared)
    expect(Object.values(report.phases).map((phase) => phase.status)).toEqual(Array(4).fill('success'))
    expect(report.test_cases.generated).toBeGreaterThan(1000)
  }

  const many = ['--max-examples', '80']

  test('R3.2 R2.10 from somebody without a session', async () => {
    isContent(await schemathesis(`${world.server.origin}/openapi.json`, 'schemathesis.toml', many))
  })

  test('R3.2 R2.10 from somebody who is signed in', async () => {
    const alice = await world.person('alice').signsUp()
    const identity = { LOGIN_EMAIL: alice.email, LOGIN_PASSWORD: alice.password }
    // A new password would end the signing in.
    const asked = [...many, '--exclude-path', '/api/account/password']
    isContent(await schemathesis(`${world.server.origin}/openapi.json`, 'signed_in.toml', asked, identity), 1)
    expect(await world.storage.count('SELECT count(*) FROM sessions'), 'it was signed in').toBeGreaterThan(2)
  })

  test('the fuzzer would see a reply that the description does not have', async () => {
    const description = (await world.client().get('/openapi.json')).body
    for (const status of ['401', 'default']) delete description.paths['/api/auth/login'].post.responses[status]
    const file = join(temporaryFolder(), 'openapi.json')
    writeFileSync(file, JSON.stringify(description))
    const { code, report } = await schemathesis(file, 'schemathesis.toml', [
      ...['--url', world.server.origin, '--include-path', '/api/auth/login', '--max-examples', '5'],
    ])
    expect(code).toBe(1)
    expect(JSON.stringify(report.failures)).toContain('UndefinedStatusCode')
  })
})
