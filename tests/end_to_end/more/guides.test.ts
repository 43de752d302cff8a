import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { folderWith, PYTHON, runs, withoutInstalling } from '../support/foreign.ts'
import { example, listens, nodeExample, protects } from '../support/guides.ts'
import { HttpClient } from '../support/http.ts'
import type { Person } from '../support/person.ts'
import { temporaryFolder } from '../support/program.ts'
import { World } from '../support/world.ts'

const PROTECT = 'protect-an-api.md'
const GRPC = 'grpc.md'

let world: World
let alice: Person
beforeAll(async () => {
  world = await World.begins('SQLite', { settings: { TRUSTED_PROXIES: '127.0.0.1' } })
  alice = await world.person('alice').signsUp()
})
afterAll(() => world.ends())

describe('an API that verifies access tokens by itself', () => {
  test.each(['pyjwt.py', 'authlib_flask.py'])('Python: %s', async (file) => {
    const folder = folderWith({ [file]: example(PROTECT, file) })
    await protects(world, alice, (settings) => listens(PYTHON, [join(folder, file)], settings))
  })

  test('Go', async () => {
    const folder = folderWith({ 'guide/main.go': example(PROTECT, 'main.go') }, 'go')
    await runs('go', ['build', '-o', 'bin/', './guide'], { cwd: folder })
    await protects(world, alice, (settings) => listens(join(folder, 'bin/guide'), [], settings))
  })

  test('Spring Security', async () => {
    const files = {
      'src/main/java/com/example/Application.java': example(PROTECT, 'Application.java'),
      'src/main/resources/application.properties': example(PROTECT, 'application.properties'),
    }
    const folder = folderWith(files, 'spring')
    await runs('mvn', ['--batch-mode', '--quiet', 'package'], { cwd: folder })
    await protects(world, alice, (settings) =>
      listens('java', ['-jar', join(folder, 'target/app.jar')], settings, 120_000),
    )
  })
})

describe('a proxy that protects an API', () => {
  test('Caddy asks Ostiary by forward_auth', async () => {
    const folder = folderWith({}, 'caddy')
    await runs('go', ['build', '-o', 'bin/', '.'], { cwd: folder })
    const api = await nodeExample(PROTECT, 'jose.mjs', { OSTIARY_URL: world.server.origin })
    const app = temporaryFolder()
    writeFileSync(join(app, 'index.html'), 'my app')
    const config = example(PROTECT, 'Caddyfile', {
      '127.0.0.1:8001': `127.0.0.1:${world.server.port}`,
      '127.0.0.1:3000': new URL(api).host,
      ':8080 {': 'http://localhost:{$PORT} {',
      '/var/www/app': app,
    })
    writeFileSync(join(folder, 'Caddyfile'), `{\n\tadmin off\n}\n${config}`)
    const options = ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')]
    const settings = { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
    const client = new HttpClient(await listens(join(folder, 'bin/caddy'), options, settings))
    const person = await world.person('bob').signsUp()
    const headers = { authorization: `Bearer ${person.accessToken}` }
    expect((await client.get('/')).text).toBe('my app')
    expect((await client.get('/api/my/?utm_source=x')).status).toBe(401)
    expect((await client.get('/api/my/?utm_source=x', { headers })).text).toBe(`Hello ${person.userId}\n`)
    expect((await client.get('/api/auth/session', { headers })).status).toBe(200)
    const docs = new URL((await client.get('/.well-known/oauth-authorization-server')).body.service_documentation)
    expect((await client.get(docs.pathname)).status).toBe(200)
    const twice = await client.get('/api/my/', { headers: { cookie: 'ostiary_access=a; ostiary_access=b' } })
    expect(twice.status).toBe(400)
    expect(twice.setCookies).toContain('ostiary_access=; Path=/api/my; Max-Age=0')
    await person.logsOut()
    expect((await client.get('/api/my/', { headers })).status).toBe(401)
    client.close()
  })

  test("Envoy's API has the fields of jwt_authn's configuration", async () => {
    const folder = folderWith({}, 'go')
    await runs('go', ['build', '-o', 'bin/', './check_envoy'], { cwd: folder })
    const check = (config: string) => {
      writeFileSync(join(folder, 'envoy.yaml'), config)
      return runs('bash', ['-c', 'bin/check_envoy < envoy.yaml'], { cwd: folder })
    }
    const config = example(PROTECT, 'envoy-jwt-authn.yaml')
    await check(config)
    await expect(check(config.replace('audiences', 'audience'))).rejects.toThrow('audience')
  })
})

describe('gRPC from the protos in api/ alone', () => {
  const asks = async (program: string, args: string[], cwd: string) => {
    const OSTIARY_GRPC = `localhost:${world.server.grpcPort}`
    const settings = { OSTIARY_GRPC, ACCESS_TOKEN: alice.accessToken! }
    expect(await runs(program, args, { cwd, settings })).toContain(`signed in: ${alice.userId}`)
    const refused = runs(program, args, { cwd, settings: { ...settings, ACCESS_TOKEN: 'x' } })
    await expect(refused).rejects.toThrow('refused: not_authenticated')
  }

  test('Go', async () => {
    const script = withoutInstalling(example(GRPC, 'generate-go.sh'))
    const folder = folderWith({ 'generate.sh': script, 'check/main.go': example(GRPC, 'check.go') }, 'go')
    const generators = ['google.golang.org/protobuf/cmd/protoc-gen-go', 'google.golang.org/grpc/cmd/protoc-gen-go-grpc']
    await runs('go', ['install', ...generators], { cwd: folder, settings: { GOBIN: join(folder, 'bin') } })
    await runs('bash', ['generate.sh'], { cwd: folder })
    await runs('go', ['build', '-o', 'bin/', './check'], { cwd: folder })
    await asks('bin/check', [], folder)
  })

  test('Python', async () => {
    const script = withoutInstalling(example(GRPC, 'generate-python.sh'))
    const folder = folderWith({ 'generate.sh': script, 'check.py': example(GRPC, 'check.py') })
    await runs('bash', ['generate.sh'], { cwd: folder })
    await asks(PYTHON, ['check.py'], folder)
  })
})
