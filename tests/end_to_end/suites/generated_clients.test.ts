import { execFile } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../support/program.ts'
import { World } from '../support/world.ts'

const run = promisify(execFile)
const NODE_MODULES = fileURLToPath(new URL('../node_modules', import.meta.url))
const packages = createRequire(import.meta.url)

const CLIENT = `
import createClient from 'openapi-fetch'
import type { paths } from './api.ts'

const { OSTIARY_URL, LOGIN_EMAIL, LOGIN_PASSWORD } = process.env as Record<string, string>
const api = createClient<paths>({ baseUrl: OSTIARY_URL })
const fail = (what: string): never => { throw new Error(what) }

const login = await api.POST('/api/auth/login', {
  body: { email: LOGIN_EMAIL, password: LOGIN_PASSWORD, token_delivery: 'body' },
})
const token: string = login.data?.access_token ?? fail(JSON.stringify(login.error))
const headers = { authorization: \`Bearer \${token}\` }
const profile = await api.GET('/api/account/profile', { headers })
if (profile.data?.email !== LOGIN_EMAIL) fail('profile')
const changed = await api.PATCH('/api/account/profile', { headers, body: { display_name: 'Ada' } })
if (changed.data?.display_name !== 'Ada') fail('change')
const out = await api.POST('/api/auth/logout', { body: { access_token: token } })
if (out.response.status !== 204) fail('logout')
const check = await api.GET('/api/auth/session', { headers })
if (check.error?.code !== 'session_ended') fail('the session has not ended')
`

let world: World
beforeAll(async () => {
  world = await World.begins('SQLite')
})
afterAll(() => world.ends())

// Other generators are tried in more/foreign_clients.test.ts.
test('openapi-typescript makes types under which a client compiles, signs in and out', async () => {
  const alice = await world.person('alice').signsUp()
  const folder = temporaryFolder()
  symlinkSync(NODE_MODULES, join(folder, 'node_modules'))
  mkdirSync(join(folder, 'made'))
  const description = join(folder, 'openapi.json')
  writeFileSync(description, (await world.client().get('/openapi.json')).text)
  writeFileSync(join(folder, 'client.ts'), CLIENT)
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
  const generator = join(NODE_MODULES, 'openapi-typescript/bin/cli.js')
  await run(process.execPath, [generator, description, '-o', join(folder, 'api.ts')])
  const compiler = join(dirname(packages.resolve('typescript')), 'tsc.js')
  const options = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--rewriteRelativeImportExtensions']
  const types = ['--types', 'node', '--skipLibCheck', '--outDir', join(folder, 'made')]
  const compiled = run(process.execPath, [compiler, ...options, ...types, join(folder, 'client.ts')], { cwd: folder })
  await compiled.catch((error: { stdout: string }) => expect.fail(error.stdout))
  const env = { OSTIARY_URL: world.server.origin, LOGIN_EMAIL: alice.email, LOGIN_PASSWORD: alice.password }
  await run(process.execPath, [join(folder, 'made/client.js')], { env, cwd: folder })
}, 120_000)
