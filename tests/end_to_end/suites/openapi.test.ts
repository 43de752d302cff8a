import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OpenApi, ReplyCheck } from '../support/openapi.ts'
import { World } from '../support/world.ts'

// That the replies are as described is checked in every suite: World.ends.
describe('R3.2 R2.13 the published description', () => {
  let world: World
  let json: OpenApi
  beforeAll(async () => {
    world = await World.begins('SQLite')
    json = (await world.client().get('/openapi.json')).body
  })
  afterAll(() => world.ends())

  test("is OpenAPI 3.1, valid by somebody else's judgment", async () => {
    expect(json.openapi).toMatch(/^3\.1\./)
    const result = await new Validator().validate(structuredClone(json))
    expect(result.errors).toBeUndefined()
    expect(result.valid).toBe(true)
  })

  test('is the same in YAML', async () => {
    const reply = await world.client().get('/openapi.yaml')
    expect(reply.status).toBe(200)
    expect(reply.headers['content-type']).toMatch(/yaml/)
    const validator = new Validator()
    const result = await validator.validate(reply.text)
    expect(result.errors).toBeUndefined()
    // The validator reads YAML by a library of its own.
    expect(validator.specification).toEqual(json)
  })

  test('the comparison of replies with it bites', async () => {
    const check = new ReplyCheck(json)
    const health = await world.client().get('/health')
    check.see('GET', '/health', health)
    expect(check.complaints).toEqual([])
    check.see('GET', '/health', { ...health, body: { status: 1 } })
    check.see('GET', '/health', { ...health, status: 418 })
    check.see('DELETE', '/api/account/sessions/x?y=z', { ...health, status: 200 })
    expect(check.complaints.length).toBe(3)
  })

  test('has every route, with its comment, its errors and an example', async () => {
    const routes = [
      'post /register',
      'post /login',
      'post /auth/session/refresh',
      'get /auth/profile',
      'get /health',
      'get /health/ready',
      'get /.well-known/jwks.json',
      'get /.well-known/oauth-authorization-server',
      'post /api/auth/register',
      'post /api/auth/email/verify',
      'post /api/auth/email/resend',
      'post /api/auth/login',
      'post /api/auth/refresh',
      'post /api/auth/logout',
      'get /api/auth/session',
      'get /api/account/profile',
      'patch /api/account/profile',
      'get /api/account/sessions',
      'delete /api/account/sessions/{session_id}',
      'post /api/account/sessions/revoke-others',
      'post /auth/totp/generate',
      'post /auth/totp/verify',
      'post /auth/backup/verify',
      'post /api/account/totp/generate',
      'post /api/account/totp/confirm',
      'delete /api/account/totp',
      'post /api/auth/totp/verify',
      'post /api/auth/totp/enrol',
      'post /api/auth/totp/enrol/confirm',
      'post /api/account/backup-codes',
      'get /api/account/backup-codes',
      'post /api/auth/backup/verify',
      'get /api/account/remembered-devices',
      'delete /api/account/remembered-devices',
      'delete /api/account/remembered-devices/{id}',
      'post /api/auth/reauthenticate',
      'post /api/auth/reauthenticate/options',
      'post /api/account/webauthn/options',
      'post /api/account/webauthn',
      'get /api/account/webauthn',
      'patch /api/account/webauthn/{credential_id}',
      'delete /api/account/webauthn/{credential_id}',
      'post /api/auth/webauthn/options',
      'post /api/auth/webauthn/verify',
      'get /.well-known/webauthn',
      'post /api/auth/password/forgot',
      'post /api/auth/password/resend',
      'post /api/auth/password/verify-code',
      'post /api/auth/password/reset',
      'post /api/account/password',
      'get /api/account/phone',
      'post /api/account/phone',
      'delete /api/account/phone',
      'post /api/account/phone/resend',
      'post /api/account/phone/verify',
      'get /api/account/email',
      'post /api/account/email',
      'delete /api/account/email',
      'post /api/account/email/resend',
      'post /api/account/email/verify',
      'post /api/auth/email/confirm-change',
      'post /api/auth/email/undo-change',
      'post /api/auth/sms/send',
      'post /api/auth/sms/verify',
    ]
    const described = Object.entries(json.paths).flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((verb) => /^(get|post|put|patch|delete)$/.test(verb))
        .map((verb) => `${verb} ${path}`),
    )
    expect(described.sort()).toEqual(routes.sort())
    const ids: string[] = []
    for (const route of described) {
      const [verb, path] = route.split(' ')
      // eslint-disable-next-line @typescript-eslint/no-explicit-any
      const operation = json.paths[path][verb] as any
      ids.push(operation.operationId)
      expect(operation.summary, route).toBeTruthy()
      expect(
        Object.keys(operation.responses).some((status) => status.startsWith('2')),
        route,
      ).toBe(true)
      if (operation.requestBody) {
        const body = operation.requestBody.content['application/json']
        const text = JSON.stringify(body) + JSON.stringify(json.components)
        expect(text, `${route} has an example`).toMatch(/"examples?"/)
      }
    }
    expect(new Set(ids).size, 'operation ids are unique').toBe(ids.length)
    const text = JSON.stringify(json)
    for (const code of [
      'weak_password',
      'wrong_code',
      'refresh_token_reused',
      'rate_limited',
      'cross_site_request',
      'password_required',
    ]) {
      expect(text, code).toContain(code)
    }
    expect(text).toContain('The reply is the same whether or not the address already has an account')
  })
})
