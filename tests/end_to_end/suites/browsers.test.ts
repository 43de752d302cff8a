import { writeFileSync } from 'node:fs'
import { createServer, type Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '../support/browser.ts'
import { localCertificate } from '../support/certificate.ts'
import { freshName, freshPassword } from '../support/person.ts'
import { freePorts } from '../support/ports.ts'
import { IN_PUBLIC, type Settings, temporaryFolder } from '../support/program.ts'
import { World } from '../support/world.ts'

interface Answer {
  status: number
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any
}

// No test client keeps to all rules of cookies and origins as a browser does.
describe('a real browser, with pages on several hosts over HTTPS', () => {
  const folder = temporaryFolder()
  const certificate = localCertificate()
  const tls = { TLS_CERT_FILE: join(folder, 'cert.pem'), TLS_KEY_FILE: join(folder, 'key.pem') }
  let browser: Browser
  let apps: HttpsServer
  let world: World | undefined
  let context: BrowserContext
  let service: string
  let sibling: string
  let elsewhere: string

  beforeAll(async () => {
    writeFileSync(tls.TLS_CERT_FILE, certificate.cert)
    writeFileSync(tls.TLS_KEY_FILE, certificate.key, { mode: 0o600 })
    apps = createServer({ cert: certificate.cert, key: certificate.key }, (_request, reply) => {
      reply.setHeader('content-type', 'text/html')
      reply.end('<!doctype html><title>An app</title>')
    })
    await new Promise<void>((resolve) => apps.listen(0, '127.0.0.1', resolve))
    const { port } = apps.address() as AddressInfo
    sibling = `https://app.ostiary.test:${port}`
    elsewhere = `https://app.elsewhere.test:${port}`
    browser = await launchChromium('--host-resolver-rules=MAP *.test 127.0.0.1')
  })
  afterEach(async () => {
    await context?.close()
    await world?.ends()
    world = undefined
  })
  afterAll(async () => {
    await browser?.close()
    apps?.close()
  })

  async function begins(settings: Settings = {}): Promise<World> {
    const [port] = await freePorts(1)
    service = `https://id.ostiary.test:${port}`
    world = await World.begins('SQLite', {
      port,
      settings: {
        ...IN_PUBLIC,
        ...tls,
        PUBLIC_URL: service,
        REGISTRATION_VERIFY_EMAIL: 'false',
        CORS_ORIGINS: `${sibling},${elsewhere}`,
        ...settings,
      },
    })
    context = await browser.newContext({ ignoreHTTPSErrors: true })
    return world
  }

  async function opens(origin: string): Promise<Page> {
    const page = await context.newPage()
    await page.goto(`${origin}/`)
    return page
  }

  /** What a script in the page gets. */
  const calls = (page: Page, verb: string, path: string, json?: object, headers: Record<string, string> = {}) =>
    page.evaluate(
      async ([url, verb, body, headers]) => {
        const reply = await fetch(url, {
          method: verb,
          credentials: 'include',
          headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
          body: body ?? undefined,
        })
        const text = await reply.text()
        return { status: reply.status, body: text ? JSON.parse(text) : undefined }
      },
      [service + path, verb, json ? JSON.stringify(json) : null, headers] as const,
    ) as Promise<Answer>

  const somebody = () => ({ email: `${freshName('ada')}@example.org`, password: freshPassword() })

  test('R2.10 with cookies a page of the same site is signed in, one of another site is not', async () => {
    const { server } = await begins()
    const ada = somebody()
    const near = await opens(sibling)
    expect((await calls(near, 'POST', '/api/auth/register', ada)).status).toBe(200)
    const login = await calls(near, 'POST', '/api/auth/login', { ...ada, token_delivery: 'body' })
    expect(login.status).toBe(200)
    expect(login.body).not.toHaveProperty('access_token')
    expect((await calls(near, 'GET', '/api/auth/session')).body.user.email).toBe(ada.email)
    await context.clearCookies()
    const far = await opens(elsewhere)
    expect((await calls(far, 'POST', '/api/auth/login', { ...ada, token_delivery: 'body' })).body).not.toHaveProperty(
      'access_token',
    )
    expect((await calls(far, 'GET', '/api/auth/session')).status).toBe(401)
    const warnings = server.logLines.filter(({ event }) => event === 'config.warning').map(({ text }) => String(text))
    expect(warnings.filter((text) => text.includes(elsewhere))).toHaveLength(1)
    expect(warnings.filter((text) => text.includes(sibling))).toEqual([])
  })

  test('R2.10 with BROWSER_TOKENS=body a page of another site gets tokens, uses and refreshes them', async () => {
    const { server } = await begins({ BROWSER_TOKENS: 'body' })
    const ada = somebody()
    const page = await opens(elsewhere)
    expect((await calls(page, 'POST', '/api/auth/register', { ...ada, token_delivery: 'body' })).status).toBe(200)
    const login = await calls(page, 'POST', '/api/auth/login', { ...ada, token_delivery: 'body' })
    const bearer = { authorization: `Bearer ${login.body.access_token}` }
    expect((await calls(page, 'GET', '/api/auth/session', undefined, bearer)).body.user.email).toBe(ada.email)
    const refreshed = await calls(page, 'POST', '/api/auth/refresh', { refresh_token: login.body.refresh_token })
    expect(refreshed.body.refresh_token).toEqual(expect.any(String))
    expect(refreshed.body.refresh_token).not.toBe(login.body.refresh_token)
    expect(await context.cookies()).toEqual([])
    const out = { access_token: refreshed.body.access_token }
    expect((await calls(page, 'POST', '/api/auth/logout', out)).status).toBe(204)
    expect((await calls(page, 'GET', '/api/auth/session', undefined, bearer)).status).toBe(401)
    expect(server.logLines.filter(({ event }) => event === 'config.warning')).toEqual([])
    // The own pages have no use for them.
    const own = await opens(service)
    expect((await calls(own, 'POST', '/api/auth/login', { ...ada, token_delivery: 'body' })).body).not.toHaveProperty(
      'access_token',
    )
  })

  test('cookies that other hosts planted beside ours are cleared by the first answer', async () => {
    await begins({ COOKIE_DOMAIN: 'ostiary.test' })
    const ada = somebody()
    const page = await opens(service)
    expect((await calls(page, 'POST', '/api/auth/register', ada)).status).toBe(200)
    expect((await calls(page, 'POST', '/api/auth/login', ada)).status).toBe(200)
    const plant = { name: '__Secure-ostiary_access', value: 'planted', secure: true, httpOnly: true }
    const scopes = [
      { domain: '.ostiary.test', path: '/api' },
      { domain: '.ostiary.test', path: '/api/auth/' },
      { url: `${service}/` },
      { domain: '.id.ostiary.test', path: '/' },
    ]
    for (const scope of scopes) {
      await context.addCookies([{ ...plant, ...scope, sameSite: 'Lax' }])
      expect((await calls(page, 'GET', '/api/auth/session')).body.code, JSON.stringify(scope)).toBe(
        'conflicting_credentials',
      )
      expect((await calls(page, 'GET', '/api/auth/session')).status).toBe(401)
      expect((await calls(page, 'POST', '/api/auth/refresh', {})).status).toBe(200)
      expect((await calls(page, 'GET', '/api/auth/session')).status).toBe(200)
    }
    // A login sets the cookies anew and clears the planted one in one answer.
    await context.addCookies([{ ...plant, domain: '.ostiary.test', path: '/api/auth', sameSite: 'Lax' }])
    expect((await calls(page, 'POST', '/api/auth/login', ada)).status).toBe(200)
    expect((await calls(page, 'GET', '/api/auth/session')).status).toBe(200)
  })
})
