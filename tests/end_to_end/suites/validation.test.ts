import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callsOfContract } from '../support/grpc.ts'
import { type Person, freshPassword, refuses } from '../support/person.ts'
import { raw } from '../support/raw.ts'
import { World } from '../support/world.ts'

describe('malformed requests', () => {
  let world: World
  let alice: Person
  beforeAll(async () => {
    world = await World.begins('SQLite')
    alice = await world.person('alice').signsUp()
  })
  afterAll(() => world.ends())

  const send_ = (body: string | Buffer, headers: Record<string, string> = {}) =>
    world
      .client()
      .request('POST', '/api/auth/register', { body, headers: { 'content-type': 'application/json', ...headers } })
  const email = 'x@example.org'
  const password = freshPassword()
  const nested = (depth: number) => '{"email":'.repeat(depth) + '1' + '}'.repeat(depth)

  test.each<[string, string, string, string | undefined]>([
    ['an unknown field', `{"email":"${email}","password":"${password}","nickname":"x"}`, 'unknown_field', 'nickname'],
    [
      'a duplicate field',
      `{"email":"${email}","email":"${email}","password":"${password}"}`,
      'duplicate_field',
      'email',
    ],
    [
      'a duplicate, spelt by an escape',
      `{"email":"${email}","\\u0065mail":"y@example.org","password":"${password}"}`,
      'duplicate_field',
      'email',
    ],
    ['a number for a text', `{"email":1,"password":"${password}"}`, 'wrong_type', 'email'],
    ['a list for a text', `{"email":["${email}"],"password":"${password}"}`, 'wrong_type', 'email'],
    ['an object for a text', `{"email":{"a":1},"password":"${password}"}`, 'wrong_type', 'email'],
    ['null', `{"email":null,"password":"${password}"}`, 'wrong_type', 'email'],
    ['true', `{"email":true,"password":"${password}"}`, 'wrong_type', 'email'],
    ['a missing field', `{"password":"${password}"}`, 'missing_field', 'email'],
    ['another missing field', `{"email":"${email}"}`, 'missing_field', 'password'],
    ['no body', '', 'missing_field', undefined],
    ['an empty text', `{"email":"","password":"${password}"}`, 'missing_field', 'email'],
    [
      'too long',
      `{"email":"${'x'.repeat(60)}@${'y.'.repeat(120)}org","password":"${password}"}`,
      'invalid_field',
      'email',
    ],
    [
      'U+0000',
      `{"email":"${email}","password":"${password}","display_name":"a\\u0000b"}`,
      'invalid_field',
      'display_name',
    ],
    [
      'a control character',
      `{"email":"${email}","password":"${password}","display_name":"a\\u0007b"}`,
      'invalid_field',
      'display_name',
    ],
    [
      'a line break in a name, B17',
      `{"email":"${email}","password":"${password}","display_name":"a\\r\\nBcc: b@example.org"}`,
      'invalid_field',
      'display_name',
    ],
    [
      'a lone surrogate',
      `{"email":"${email}","password":"${password}","display_name":"\\ud800"}`,
      'malformed_request',
      undefined,
    ],
    ['not JSON', 'email=x', 'malformed_request', undefined],
    ['half of it', `{"email":"${email}"`, 'malformed_request', undefined],
    ['something behind it', `{"email":"${email}","password":"${password}"} {}`, 'malformed_request', undefined],
    ['a list', '[]', 'malformed_request', undefined],
    ['a text', '"x"', 'malformed_request', undefined],
    ['a comment', `{/**/"email":"${email}","password":"${password}"}`, 'malformed_request', undefined],
    ['a trailing comma', `{"email":"${email}","password":"${password}",}`, 'malformed_request', undefined],
    ['B20 depth of a few thousand', nested(3000), 'malformed_request', undefined],
    [
      'an unknown locale',
      `{"email":"${email}","password":"${password}","locale":"not a locale"}`,
      'invalid_field',
      'locale',
    ],
  ])('R2.10 ASVS 2.2.1 %s is 400', async (_what, body, code, field) => {
    const reply = await send_(body)
    expect([code, 'wrong_type', 'malformed_request'].includes(reply.body?.code) && reply.body.code).toBe(
      // What is nested where a text belongs may be refused for either.
      body.startsWith('{"email":{"email"') ? reply.body.code : code,
    )
    refuses(reply, 400, reply.body.code, field)
    expect(reply.text).not.toContain(password)
  })

  test('bytes that are no UTF-8', async () => {
    const body = Buffer.concat([
      Buffer.from(`{"email":"${email}","password":"${password}","display_name":"`),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}'),
    ])
    const reply = await send_(body)
    expect(reply.status).toBe(400)
    expect(['malformed_request', 'invalid_field']).toContain(reply.body.code)
  })

  test('every unknown path is 404, every other method 405 with Allow', async () => {
    const client = world.client()
    for (const path of [
      '/nothing',
      '/api',
      '/api/auth',
      '/api/auth/login/',
      '/API/AUTH/LOGIN',
      '/health/x',
      '/api/auth/../auth/login',
      '/%2e%2e/etc/passwd',
      '//health',
    ]) {
      const reply = await client.get(path)
      refuses(reply, 404, 'not_found')
    }
    for (const [verb, path, allow] of [
      ['GET', '/api/auth/login', 'POST'],
      ['PUT', '/api/auth/login', 'POST'],
      ['DELETE', '/health', 'GET'],
      ['POST', '/health', 'GET'],
      ['DELETE', '/api/account/profile', 'PATCH'],
      ['GET', '/api/account/sessions/0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55', 'DELETE'],
      ['TRACE', '/api/auth/login', 'POST'],
    ]) {
      const reply = await client.request(verb, path)
      refuses(reply, 405, 'method_not_allowed')
      expect(reply.headers.allow!.split(', '), `${verb} ${path}`).toContain(allow)
    }
    for (const verb of ['BREW', 'PROPFIND', 'get']) {
      const unknown = await raw(
        world.server.port,
        `${verb} /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      )
      expect(unknown, verb).toMatch(/^HTTP\/1\.1 501 /)
    }
    expect((await client.request('HEAD', '/health')).status).toBe(200)
    expect((await client.request('HEAD', '/health')).text).toBe('')
  })

  test('415 for what is not JSON; parameters of the type do no harm', async () => {
    const body = JSON.stringify({ email: alice.email, password: alice.password })
    const login = (headers: Record<string, string | undefined>) =>
      world.client().request('POST', '/api/auth/login', { body, headers })
    for (const type of [
      'text/plain',
      'application/xml',
      'application/jsonx',
      'application/x-www-form-urlencoded',
      undefined,
    ]) {
      refuses(await login({ 'content-type': type }), 415, 'unsupported_media_type')
    }
    refuses(
      await login({ 'content-type': 'application/json', 'content-encoding': 'gzip' }),
      415,
      'unsupported_content_encoding',
    )
    for (const type of [
      'application/json',
      'application/json; charset=utf-8',
      'Application/JSON;charset=UTF-8',
      'application/json; charset=utf8',
      'application/json; odata.metadata=minimal; version="1;0"',
    ]) {
      expect((await login({ 'content-type': type })).status).toBe(200)
    }
  })

  // openapi-generator asks for problems alone where a success has no body; EventSource behind nginx's auth_request asks
  // for event streams (RFC 9110, section 12.5.1).
  test('an Accept header that cannot be met is answered all the same', async () => {
    const bob = await world.person('bob').signsUp()
    for (const accept of ['text/event-stream', 'text/html', 'application/problem+json', 'application/json;q=0']) {
      const headers = { accept, authorization: `Bearer ${bob.accessToken}` }
      const reply = await world.client().get('/api/auth/session', { headers })
      expect(reply.status, accept).toBe(200)
      expect(reply.body.user.email).toBe(bob.email)
    }
    const out = await world
      .client()
      .post('/api/auth/logout', { access_token: bob.accessToken }, { headers: { accept: 'application/problem+json' } })
    expect(out.status).toBe(204)
  })

  test('null is the same as leaving a field out, but in PATCH, where the error says how to clear it', async () => {
    const login = { email: alice.email, username: null, password: alice.password, token_delivery: null }
    expect((await world.client().post('/api/auth/login', login)).status).toBe(200)
    const change = await alice.http.patch('/api/account/profile', { display_name: null }, alice.bearer())
    expect(refuses(change, 400, 'wrong_type', 'display_name').detail).toContain('"" clears it')
  })

  test('what proxies, monitors and caches add to a query is ignored where they ask', async () => {
    for (const path of ['/health', '/health/ready', '/.well-known/jwks.json', '/metrics']) {
      expect((await world.client().get(`${path}?utm_source=x&utm_source=y&bad=%zz`)).status, path).toBe(200)
    }
    // Caddy's forward_auth passes the visitor's query on.
    expect((await alice.http.get('/api/auth/session?utm_source=x', alice.bearer())).status).toBe(200)
    refuses(await alice.http.get('/api/account/profile?utm_source=x', alice.bearer()), 400, 'unknown_field')
  })

  test('calls that need nobody ignore what a proxy in front asks the browser for', async () => {
    const basic = { authorization: 'Basic c3RhZ2luZzpzZWNyZXQ=' }
    for (const path of ['/health', '/health/ready', '/.well-known/jwks.json']) {
      expect((await world.client().get(path, { headers: basic })).status, path).toBe(200)
    }
    const login = { email: alice.email, password: alice.password }
    const signedIn = await world.client().post('/api/auth/login', login, { headers: basic })
    expect(signedIn.status).toBe(200)
    const out = { refresh_token: signedIn.body.refresh_token }
    expect((await world.client().post('/api/auth/logout', out, { headers: basic })).status).toBe(204)
  })

  test('RFC 6750 a token that is wrong is told apart from none', async () => {
    const asks = async (headers: Record<string, string>) =>
      (await world.client().get('/api/auth/session', { headers })).headers['www-authenticate']
    expect(await asks({})).toBe('Bearer realm="ostiary"')
    expect(await asks({ authorization: 'Bearer nonsense' })).toContain('error="invalid_token"')
  })

  test('times have six digits of a fraction', async () => {
    const { session } = (await alice.http.get('/api/auth/session', alice.bearer())).body
    for (const time of [session.created_at, session.expires_at, session.auth_time]) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    }
  })

  test('417 for an expectation that cannot be met; 411 for a body that is announced without its length', async () => {
    const expecting = await raw(world.server.port, 'GET /health HTTP/1.1\r\nHost: localhost\r\nExpect: x\r\n\r\n')
    expect(expecting).toMatch(/^HTTP\/1\.1 417 /)
    const announced = await raw(
      world.server.port,
      'POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n{}',
    )
    expect(announced).toMatch(/^HTTP\/1\.1 411 /)
    expect(announced.match(/HTTP\/1\.1/g), 'one answer, then the connection ends').toHaveLength(1)
  })

  test('B20 413 for a body beyond 64 KiB, with and without Content-Length; 431 for headers beyond 16 KiB', async () => {
    refuses(await send_(`{"email":"${'x'.repeat(70_000)}"}`), 413, 'body_too_large')
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
    const chunked = await raw(
      world.server.port,
      `POST /api/auth/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
        `Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(12)}`,
    )
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /)
    const claimed = await raw(
      world.server.port,
      'POST /api/auth/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
        'Content-Length: 1073741824\r\n\r\n',
    )
    expect(claimed).toMatch(/^HTTP\/1\.1 413 /)
    refuses(
      await world.client().get('/health', { headers: { 'x-long': 'x'.repeat(20_000) } }),
      431,
      'headers_too_large',
    )
    expect((await world.client().get('/health')).status).toBe(200)
  })

  test('keep-alive: many requests on one connection, some sent ahead, answered in order', async () => {
    const one = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const lost = 'GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const last = 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    const answer = await raw(world.server.port, one + lost + one + last)
    expect([...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual(['200', '404', '200', '200'])
  })

  test('D5 the same rules over gRPC, named in google.rpc.ErrorInfo', async () => {
    const grpc = world.grpc()
    const cases: [object, string, string | undefined][] = [
      [{ password }, 'missing_field', 'email'],
      [{ email: 'nobody', password }, 'invalid_field', 'email'],
      [{ email, password: 'short' }, 'invalid_field', 'password'],
      [{ email, password: 'password' }, 'weak_password', 'password'],
      [{ email, password, display_name: 'a\u0000b' }, 'invalid_field', 'display_name'],
      [{ email, password, display_name: 'x'.repeat(101) }, 'invalid_field', 'display_name'],
      [{ email, password, username: 'a@example.org' }, 'invalid_field', 'username'],
    ]
    for (const [request, reason, field] of cases) {
      const refused = await grpc.refused('AuthService', 'Register', request)
      expect({ code: refused.code, reason: refused.reason, field: refused.facts.field }).toEqual({
        code: 3,
        reason,
        field,
      })
      expect(refused.domain).toBe('ostiary')
      expect(refused.facts.trace_id).toMatch(/^[0-9a-f]{32}$/)
    }
  })

  test('D5 R0.10 every call says who may make it, on both transports', async () => {
    const open = new Set([
      'Register',
      'VerifyEmail',
      'ResendEmailCode',
      'Login',
      'Refresh',
      'Logout',
      'Health',
      'Ready',
      'ListKeys',
      'GetAuthorizationServer',
      'ForgotPassword',
      'ResendResetCode',
      'VerifyResetCode',
      'ResetPassword',
      'SendLoginText',
      'VerifyLoginText',
      'ConfirmEmailChange',
      'UndoEmailChange',
      'VerifyTotp',
      'EnrolTotp',
      'ConfirmEnrolledTotp',
      'VerifyBackupCode',
      'BeginWebAuthnLogin',
      'VerifyWebAuthnLogin',
      'ListRelatedOrigins',
    ])
    // Field rules come before the question who calls. A request takes of these what it has.
    const request = {
      session_id: alice.sessionId,
      verification_id: alice.sessionId,
      phone_number: '+436641234567',
      code: '123456',
      new_password: alice.password,
      change_id: alice.sessionId,
      new_email: 'new@example.org',
      id: alice.sessionId,
      credential_id: alice.sessionId,
      label: 'My key',
      credential: {
        id: 'AAAA',
        type: 'public-key',
        response: {
          clientDataJSON: 'AAAA',
          attestationObject: 'AAAA',
          authenticatorData: 'AAAA',
          signature: 'AAAA',
        },
      },
    }
    const grpc = world.grpc()
    for (const [service, method] of callsOfContract()) {
      const refusal = await grpc.call(service, method, request).then(
        () => undefined,
        (error) => error,
      )
      const isClosed = refusal?.code === 16 && refusal.reason === 'not_authenticated' && method !== 'Logout'
      expect(isClosed, `${service}/${method}: ${refusal?.reason}`).toBe(!open.has(method))
    }
    for (const [verb, path] of [
      ['GET', '/api/auth/session'],
      ['GET', '/api/account/profile'],
      ['GET', '/auth/profile'],
      ['PATCH', '/api/account/profile'],
      ['GET', '/api/account/sessions'],
      ['DELETE', `/api/account/sessions/${alice.sessionId}`],
      ['POST', '/api/account/sessions/revoke-others'],
      ['GET', '/api/account/phone'],
      ['DELETE', '/api/account/phone'],
      ['GET', '/api/account/email'],
      ['DELETE', '/api/account/email'],
    ]) {
      const reply = await world
        .client()
        .request(verb, path, { json: verb === 'PATCH' || verb === 'POST' ? {} : undefined })
      refuses(reply, 401, 'not_authenticated')
      expect(reply.headers['www-authenticate']).toMatch(/^Bearer/)
    }
  })

  test('B20 ids and traces: a trace that comes in goes out', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
    const reply = await world
      .client()
      .get('/api/auth/session', { headers: { traceparent: `00-${trace}-00f067aa0ba902b7-01` } })
    expect(reply.body.trace_id).toBe(trace)
    const odd = await world.client().get('/api/auth/session', { headers: { traceparent: '00-xyz' } })
    expect(odd.body.trace_id).toMatch(/^[0-9a-f]{32}$/)
  })
})
