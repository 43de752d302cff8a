import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { CLIENTS, folderWith, PYTHON, runs } from '../support/foreign.ts'
import { temporaryFolder } from '../support/program.ts'
import { World } from '../support/world.ts'

// openapi-typescript is tried in suites/generated_clients.test.ts.
describe('clients that others generate from /openapi.json compile, sign in and sign out', () => {
  let world: World
  let description: string
  let settings: Record<string, string>
  beforeAll(async () => {
    world = await World.begins('SQLite')
    const alice = await world.person('alice').signsUp()
    description = join(temporaryFolder(), 'openapi.json')
    writeFileSync(description, (await world.client().get('/openapi.json')).text)
    settings = { OSTIARY_URL: world.server.origin, LOGIN_EMAIL: alice.email, LOGIN_PASSWORD: alice.password }
  })
  afterAll(() => world.ends())

  const generates = (generator: string, folder: string, properties: string) =>
    runs('openapi-generator-cli', [
      ...['generate', '-i', description, '-g', generator, '-o', folder, '--additional-properties', properties],
      ...['--global-property', 'apiTests=false,modelTests=false,apiDocs=false,modelDocs=false'],
    ])

  test('openapi-generator, Go', async () => {
    const folder = folderWith({}, 'go')
    await generates('go', join(folder, 'openapi'), 'packageName=openapi,withGoMod=false')
    await runs('go', ['build', '-o', 'bin/', './login_openapi'], { cwd: folder })
    await runs('bin/login_openapi', [], { cwd: folder, settings })
  })

  test('oapi-codegen', async () => {
    const folder = folderWith({ 'oapi/.keep': '' }, 'go')
    const options = ['-generate', 'types,client', '-package', 'oapi', '-o', 'oapi/client.go']
    await runs('go', ['tool', 'oapi-codegen', ...options, description], { cwd: folder })
    await runs('go', ['build', '-o', 'bin/', './login_oapi'], { cwd: folder })
    await runs('bin/login_oapi', [], { cwd: folder, settings })
  })

  test('openapi-generator, Python: the package installs', async () => {
    const folder = temporaryFolder()
    await generates('python', join(folder, 'client'), 'packageName=ostiary_client')
    const offline = ['--disable-pip-version-check', '--no-deps', '--no-build-isolation', '--no-index']
    const target = join(folder, 'installed')
    await runs(PYTHON, ['-m', 'pip', 'install', ...offline, '--target', target, join(folder, 'client')])
    await runs(PYTHON, [join(CLIENTS, 'python/login.py')], { settings: { ...settings, PYTHONPATH: target } })
  })
})
