import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Person, refuses } from '../support/person.ts'
import { World } from '../support/world.ts'

describe('requests from other sites', () => {
  let world: World
  let alice: Person
  let origin: string
  beforeAll(async () => {
    world = await World.begins('SQLite', { settings: { CORS_ORIGINS: 'https://app.example.org' } })
    origin = world.server.origin
    alice = world.person('alice', { browser: true })
    await alice.signsUp()
  })
  afterAll(() => world.ends())

  /** What a page elsewhere makes a browser say. */
  const elsewhere: [string, Record<string, string | undefined>][] = [
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another site, an old browser', { origin: 'https://evil.example', 'sec-fetch-site': undefined }],
    ['a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['a sandboxed frame, an old browser', { origin: 'null', 'sec-fetch-site': undefined }],
    ['a sibling subdomain', { origin: 'https://blog.localhost', 'sec-fetch-site': 'same-site' }],
    ['a site whose name begins alike', { origin: 'http://localhost.evil.example', 'sec-fetch-site': undefined }],
    ['a privacy extension that drops Origin', { origin: undefined, 'sec-fetch-site': 'cross-site' }],
    ['another port of this host', { origin: 'http://localhost:1', 'sec-fetch-site': 'same-site' }],
    ['another scheme', { origin: 'https://localhost', 'sec-fetch-site': undefined }],
  ]

  const changes = () =>
    [
      ['PATCH', '/api/account/profile', { display_name: 'Mallory' }],
      ['POST', '/api/auth/logout', {}],
      ['POST', '/api/auth/refresh', {}],
      ['POST', '/api/account/sessions/revoke-others', {}],
      ['DELETE', `/api/account/sessions/${alice.sessionId}`, undefined],
      ['POST', '/api/auth/login', { email: alice.email, password: alice.password }],
      ['POST', '/login', { email: alice.email, password: alice.password }],
      ['POST', '/api/auth/register', { email: 'mallory@example.org', password: alice.password }],
      ['POST', '/api/auth/email/verify', { token: 'A'.repeat(43) }],
      ['POST', '/api/auth/password/forgot', { email: 'mallory@example.org' }],
      ['POST', '/api/auth/password/reset', { token: 'A'.repeat(43), new_password: alice.password }],
      ['POST', '/api/account/password', { new_password: alice.password }],
    ] as const

  test.each(elsewhere)('B7 B8 ASVS 3.5 from %s: 403 and no change', async (_where, headers) => {
    const before = (await alice.asks('/api/account/profile')).body
    for (const [verb, path, json] of changes()) {
      const reply = await alice.http.request(verb, path, { json, headers })
      refuses(reply, 403, 'cross_site_request')
      expect(reply.setCookies, `${verb} ${path}`).toEqual([])
      expect(reply.headers['access-control-allow-origin']).toBeUndefined()
    }
    expect((await alice.asks('/api/account/profile')).body).toEqual(before)
    expect(await world.mailbox.all({ email: 'mallory@example.org' })).toEqual([])
  })

  test('B7 a form: neither of its types is JSON, and text/plain that looks like it is refused too', async () => {
    const json = JSON.stringify({ display_name: 'Mallory' })
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/json',
    ]) {
      for (const headers of [{}, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }]) {
        const reply = await alice.http.request('POST', '/api/auth/logout', {
          body: json,
          headers: { ...headers, 'content-type': type },
        })
        expect([403, 415]).toContain(reply.status)
      }
      refuses(
        await alice.http.request('PATCH', '/api/account/profile', { body: json, headers: { 'content-type': type } }),
        415,
        'unsupported_media_type',
      )
    }
    expect(await alice.isSignedIn()).toBe(true)
  })

  test('B7 two Origins are none', async () => {
    const reply = await alice.http.request('POST', '/api/auth/logout', {
      json: {},
      headers: { origin: [origin, 'https://evil.example'] },
    })
    expect([400, 403]).toContain(reply.status)
    expect(await alice.isSignedIn()).toBe(true)
  })

  test('ASVS 3.5 a GET changes nothing: there is no logout by GET', async () => {
    for (const path of ['/api/auth/logout', '/api/account/sessions/revoke-others', '/login', '/register']) {
      const reply = await alice.http.get(path)
      refuses(reply, 405, 'method_not_allowed')
      expect(reply.headers.allow).toContain('POST')
    }
    expect(await alice.isSignedIn()).toBe(true)
  })

  test('the own page may, whether the browser sends both headers or one', async () => {
    for (const headers of [
      { origin, 'sec-fetch-site': 'same-origin' },
      { origin, 'sec-fetch-site': undefined },
      { origin: undefined, 'sec-fetch-site': 'same-origin' },
    ]) {
      const reply = await alice.http.request('PATCH', '/api/account/profile', {
        json: { display_name: 'Alice' },
        headers,
      })
      expect(reply.status).toBe(200)
    }
  })

  test('R2.10 CORS: a listed origin may, and is named; with credentials, never by a star', async () => {
    const app = { origin: 'https://app.example.org', 'sec-fetch-site': 'cross-site' }
    const preflight = await alice.http.request('OPTIONS', '/api/account/profile', {
      headers: { ...app, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'content-type' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers['access-control-allow-origin']).toBe('https://app.example.org')
    expect(preflight.headers['access-control-allow-credentials']).toBe('true')
    expect(preflight.headers['access-control-allow-methods']).toContain('PATCH')
    expect(preflight.headers['access-control-allow-headers']!.toLowerCase()).toContain('content-type')
    expect(preflight.headers.vary!.toLowerCase()).toContain('origin')
    const reply = await alice.http.request('PATCH', '/api/account/profile', {
      json: { display_name: 'App' },
      headers: app,
    })
    expect(reply.status).toBe(200)
    expect(reply.headers['access-control-allow-origin']).toBe('https://app.example.org')

    const stranger = await alice.http.request('OPTIONS', '/api/account/profile', {
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'PATCH' },
    })
    expect(stranger.headers['access-control-allow-origin']).toBeUndefined()
    const read = await alice.http.get('/api/account/profile', {
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    })
    expect(read.headers['access-control-allow-origin']).toBeUndefined()
  })

  test('B15 no path and no parameter leads elsewhere', async () => {
    const paths = ['//', '///', '/\\', '/@', '/%5c', '/%2f', '/https://', '/.'].map((start) => `${start}evil.example/`)
    const targets = ['https://evil.example', '//evil.example', '/\\evil.example', 'https://localhost@evil.example']
    for (const page of [
      '/',
      '/docs',
      '/verify-email',
      '/reset-password',
      '/confirm-email',
      '/undo-email-change',
      '/health',
      '/api/auth/session',
      '/api/nothing',
    ]) {
      for (const name of ['next', 'return_to', 'redirect_uri', 'url']) {
        paths.push(...[...targets, 'javascript:evil.example'].map((to) => `${page}?${name}=${encodeURIComponent(to)}`))
      }
    }
    for (const path of paths) {
      const reply = await alice.http.get(path)
      expect([200, 400, 404], path).toContain(reply.status)
      expect(reply.headers.location, path).toBeUndefined()
      expect(reply.headers.refresh, path).toBeUndefined()
      expect(reply.text, path).not.toContain('evil.example')
    }
  })

  test('ASVS 3.4 every answer carries its security headers', async () => {
    for (const [verb, path] of [
      ['GET', '/health'],
      ['GET', '/api/auth/session'],
      ['GET', '/nothing'],
      ['GET', '/'],
      ['POST', '/api/auth/login'],
    ]) {
      const { headers } = await alice.http.request(verb, path)
      expect(headers['x-content-type-options'], path).toBe('nosniff')
      expect(headers['referrer-policy'], path).toBeTruthy()
      expect(headers['content-security-policy'], path).toMatch(/frame-ancestors 'none'/)
      expect(headers.server ?? '', path).not.toMatch(/\d/)
    }
  })
})
