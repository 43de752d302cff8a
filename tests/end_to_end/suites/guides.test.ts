import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../support/browser.ts'
import { allExamples, example, nodeExample, protects } from '../support/guides.ts'
import { HttpClient } from '../support/http.ts'
import type { Person } from '../support/person.ts'
import { eventually } from '../support/polling.ts'
import { freePorts } from '../support/ports.ts'
import { background, IN_PUBLIC, temporaryFolder } from '../support/program.ts'
import { World } from '../support/world.ts'

const NGINX = '/usr/sbin/nginx'
const PROTECT = 'protect-an-api.md'
const APP = 'single-page-app.md'

test('every example in docs/guides has a name, and a test that takes it from there', () => {
  const here = fileURLToPath(new URL('..', import.meta.url))
  const tests = ['suites', 'more'].flatMap((folder) =>
    readdirSync(join(here, folder)).map((file) => readFileSync(join(here, folder, file), 'utf8')),
  )
  const examples = allExamples()
  expect(examples.length).toBeGreaterThan(8)
  for (const one of examples) {
    expect(
      tests.some((text) => text.includes(`'${one.split(' ')[1]}'`)),
      one,
    ).toBe(true)
  }
})

describe('an API that verifies access tokens by itself', () => {
  let world: World
  let alice: Person
  beforeAll(async () => {
    world = await World.begins('SQLite')
    alice = await world.person('alice').signsUp()
  })
  afterAll(() => world.ends())

  test.each(['jose.mjs', 'express.mjs'])('Node.js: %s', async (file) => {
    await protects(world, alice, (settings) => nodeExample(PROTECT, file, settings))
  })
})

/** nginx with the guide's configuration, in front of Ostiary, of an API and of a folder with an app. */
async function nginx(ports: { public: number; ostiary: number; api: number }, app: string): Promise<void> {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'temporary'))
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/temporary/${name};`)
    .join('\n')
  const config = example(PROTECT, 'nginx.conf', {
    '127.0.0.1:8001': `127.0.0.1:${ports.ostiary}`,
    '127.0.0.1:3000': `127.0.0.1:${ports.api}`,
    'listen 8080': `listen 127.0.0.1:${ports.public}`,
    '/var/www/app': app,
    'http {': `http {\naccess_log off;\ntypes { text/html html; text/javascript js; }\n${places}`,
  })
  writeFileSync(join(folder, 'nginx.conf'), config)
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const options = `daemon off; master_process off; pid ${folder}/nginx.pid; ${user}`
  const started = background(NGINX, ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr', '-g', options], {})
  const client = new HttpClient(`http://localhost:${ports.public}`)
  await eventually('nginx answers', async () => {
    if (started.ended) throw new Error(started.output)
    return (await client.get('/api/my/')).status > 0
  })
  client.close()
}

test('nginx with its default buffers passes on the answer that clears cookies which came twice', async () => {
  if (!existsSync(NGINX)) throw new Error(`${NGINX} is not installed: deploy/install-dependencies names it`)
  const world = await World.begins('SQLite', {
    settings: {
      ...IN_PUBLIC,
      PUBLIC_URL: 'https://login.accounts.eu.example.org',
      COOKIE_DOMAIN: 'example.org',
      TRUSTED_PROXIES: '127.0.0.1',
    },
  })
  const [port, nobody] = await freePorts(2)
  await nginx({ public: port, ostiary: world.server.port, api: nobody }, temporaryFolder())
  const client = new HttpClient(`http://localhost:${port}`)
  const names = ['access', 'refresh', 'device'].map((name) => `__Secure-ostiary_${name}`)
  const cookie = names.map((name) => `${name}=a; ${name}=b`).join('; ')
  for (const path of ['/api/auth/logout', '/api/auth/refresh', '/api/auth/login']) {
    const answer = await client.post(path, { email: 'ada@example.org', password: 'wrong' }, { headers: { cookie } })
    expect([400, 401], `${path}: ${answer.text}`).toContain(answer.status)
    const cleared = answer.setCookies.map((line) => line.split(';')[0])
    expect(cleared.length, path).toBeGreaterThan(20)
  }
  client.close()
  await world.ends()
})

describe('an app, Ostiary and an API behind nginx, under one name', () => {
  let world: World
  let origin: string
  let browser: Browser
  beforeAll(async () => {
    if (!existsSync(NGINX)) throw new Error(`${NGINX} is not installed: deploy/install-dependencies names it`)
    const [port] = await freePorts(1)
    origin = `http://localhost:${port}`
    world = await World.begins('SQLite', { settings: { PUBLIC_URL: origin, TRUSTED_PROXIES: '127.0.0.1' } })
    const app = temporaryFolder()
    for (const file of ['index.html', 'session.js']) writeFileSync(join(app, file), example(APP, file))
    const settings = { OSTIARY_URL: origin }
    const ports = { public: port, ostiary: world.server.port, api: 0 }
    // The API reads the keys through nginx, as everybody does.
    const api = await nodeExample(PROTECT, 'jose.mjs', settings)
    await nginx({ ...ports, api: Number(new URL(api).port) }, app)
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await world?.ends()
  })

  const through = () => new HttpClient(origin)

  test('auth_request lets in who is signed in, by header or cookie, until the session ends', async () => {
    const alice = await world.person('alice').signsUp()
    const client = through()
    const ask = async (headers: Record<string, string> = {}) => (await client.get('/api/my/?q=1', { headers })).status
    const bearer = { authorization: `Bearer ${alice.accessToken}` }
    const cookie = { cookie: `a=b; ostiary_access=${alice.accessToken}` }
    expect(await ask()).toBe(401)
    expect(await ask({ authorization: 'Bearer x' })).toBe(401)
    expect((await client.get('/api/my/', { headers: bearer })).text).toBe(`Hello ${alice.userId}\n`)
    expect((await client.get('/api/my/', { headers: cookie })).text).toBe(`Hello ${alice.userId}\n`)
    // What another host of the domain has set has another name, wherever it stands.
    const planted = { cookie: `__Secure-ostiary_access=x; __Host-ostiary_access=x; ${cookie.cookie}` }
    expect((await client.get('/api/my/', { headers: planted })).text).toBe(`Hello ${alice.userId}\n`)
    for (const [site, status] of Object.entries({ 'same-origin': 200, 'same-site': 403, 'cross-site': 403 })) {
      const headers = { ...cookie, 'sec-fetch-site': site }
      expect((await client.post('/api/my/', {}, { headers })).status, site).toBe(status)
    }
    expect(await ask({ ...cookie, 'sec-fetch-site': 'cross-site' }), 'reading').toBe(200)
    expect((await client.get('/session-check', { headers: bearer })).status, 'internal').toBe(404)
    await alice.logsOut()
    expect(await ask(bearer), 'at once, though the token has not expired').toBe(401)
    expect(await ask(cookie)).toBe(401)
    client.close()
  })

  test('cookies that came twice, or contradict a bearer token, are 401, and the answer clears the former', async () => {
    const alice = await world.person('alice').signsUp()
    const client = through()
    const cookie = `ostiary_access=${alice.accessToken}`
    const twice = { headers: { cookie: `${cookie}; ostiary_access=planted` } }
    for (const refused of [await client.get('/api/my/a?b=/c', twice), await client.post('/api/my/a', {}, twice)]) {
      expect(refused.status, refused.text).toBe(401)
      expect(refused.body.code).toBe('conflicting_credentials')
      expect(refused.setCookies).toContain('ostiary_access=; Path=/; Max-Age=0')
      expect(refused.setCookies).toContain('ostiary_access=; Path=/api/my; Max-Age=0')
    }
    const other = { headers: { cookie, authorization: 'Bearer x' } }
    expect((await client.get('/api/my/', other)).status).toBe(401)
    client.close()
  })

  test('the documentation that RFC 8414 names is there', async () => {
    const client = through()
    const facts = (await client.get('/.well-known/oauth-authorization-server')).body
    expect(facts.service_documentation).toBe(`${origin}/docs`)
    const docs = (await client.get('/docs')).text
    const files = [...docs.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path)
    for (const path of ['/openapi.json', '/openapi.yaml', ...files]) {
      expect((await client.get(path)).status, path).toBe(200)
    }
    expect(files.length).toBeGreaterThan(1)
    client.close()
  })

  test("auth_request lets in a browser's EventSource", async () => {
    const alice = await world.person('alice').signsUp()
    const client = through()
    const headers = { cookie: `ostiary_access=${alice.accessToken}`, accept: 'text/event-stream' }
    expect((await client.get('/api/my/', { headers })).status).toBe(200)
    client.close()
  })

  test('what a visitor says of their address is discarded', async () => {
    const client = through()
    const alice = await world.person('alice').signsUp()
    const headers = { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.8' }
    const credentials = { email: alice.email, password: alice.password }
    expect((await client.post('/api/auth/login', credentials, { headers })).status).toBe(200)
    const sessions = JSON.stringify(await alice.sessions())
    expect(sessions).toContain('"127.0.0.')
    expect(sessions).not.toContain('203.0.113')
    client.close()
  })

  test('the single-page app: sign in, call the API, go on after the token expired, sign out', async () => {
    const alice = await world.person('alice').signsUp()
    const page = await (await browser.newContext()).newPage()
    const greets = (text: string) => page.waitForFunction((text) => document.body.innerText.includes(text), text)
    await page.goto(origin)
    await greets('Nobody is signed in.')
    await page.fill('[name=email]', alice.email)
    await page.fill('[name=password]', 'not the right one')
    await page.click('text=Sign in')
    await page.waitForFunction(() => document.getElementById('greeting')!.textContent!.match(/password/i))
    await page.fill('[name=password]', alice.password)
    await page.click('text=Sign in')
    await greets(`Hello ${alice.userId}`)
    expect(await page.evaluate(() => document.cookie), 'no script reads a token').toBe('')

    // As when the access token expired: the browser drops the cookie then.
    await page.context().clearCookies({ name: 'ostiary_access' })
    await page.reload()
    await greets(`Hello ${alice.userId}`)

    // Another host of the domain could have planted it.
    const planted = { name: 'ostiary_access', value: 'planted', domain: 'localhost', path: '/api/my' }
    await page.context().addCookies([planted])
    expect(await page.evaluate(async () => (await fetch('/api/my/')).status)).toBe(401)
    await page.context().addCookies([planted])
    await page.reload()
    await greets(`Hello ${alice.userId}`)
    expect((await page.context().cookies(`${origin}/api/my/`)).map(({ value }) => value)).not.toContain('planted')

    await page.click('text=Sign out')
    await greets('Nobody is signed in.')
    expect(await page.evaluate(async () => (await fetch('/api/my/')).status)).toBe(401)
  })
})
