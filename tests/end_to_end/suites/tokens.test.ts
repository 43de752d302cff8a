import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer, type Server as HttpServer } from 'node:http'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Person, refuses } from '../support/person.ts'
import { World } from '../support/world.ts'

// The tokens are judged in memory, whatever the storage is.
describe('access tokens that the program did not make', () => {
  let world: World
  let mallory: Person
  let lure: HttpServer
  let lured = 0
  beforeAll(async () => {
    world = await World.begins('SQLite')
    mallory = await world.person('mallory').signsUp()
    lure = createServer((_request, response) => {
      lured += 1
      response.end('{"keys":[]}')
    })
    await new Promise<void>((resolve) => lure.listen(0, '127.0.0.1', resolve))
  })
  afterAll(async () => {
    lure.close()
    await world.ends()
  })

  const base64url = (value: object | string) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
  const lureUrl = () => `http://127.0.0.1:${(lure.address() as { port: number }).port}/keys`
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const claims = (): JWTPayload => decodeJwt(mallory.accessToken!)
  const header = () => decodeProtectedHeader(mallory.accessToken!) as { alg: string; kid: string; typ: string }

  async function isRefused(token: string) {
    refuses(await mallory.checksSession(token), 401, 'not_authenticated')
    const grpc = world.grpc()
    grpc.accessToken = token
    expect((await grpc.refused('AuthService', 'CheckSession')).code).toBe(16)
  }

  const signedByStranger = (change: object = {}, over: JWTPayload = {}) =>
    new SignJWT({ ...claims(), ...over }).setProtectedHeader({ ...header(), ...change } as never).sign(own.privateKey)

  test('B13 ASVS 9.1.2 no signature at all: none, in any letter case', async () => {
    for (const alg of ['none', 'None', 'NONE', '']) {
      await isRefused(`${base64url({ ...header(), alg })}.${base64url(claims())}.`)
      await isRefused(`${base64url({ ...header(), alg })}.${base64url(claims())}.${mallory.accessToken!.split('.')[2]}`)
    }
  })

  test('B13 HS256 with the public key as its secret', async () => {
    const { keys } = (await world.client().get('/.well-known/jwks.json')).body
    const jwk = keys.find((key: { kid: string }) => key.kid === header().kid)
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
    for (const secret of [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(jwk),
    ]) {
      const input = `${base64url({ ...header(), alg: 'HS256' })}.${base64url(claims())}`
      await isRefused(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`)
    }
  })

  test('B13 ASVS 9.1.3 a key that the token brings along, or points to, is not even fetched', async () => {
    const jwk = own.publicKey.export({ format: 'jwk' })
    await isRefused(await signedByStranger())
    await isRefused(await signedByStranger({ jwk }))
    await isRefused(await signedByStranger({ jku: lureUrl() }))
    await isRefused(await signedByStranger({ x5u: lureUrl() }))
    await isRefused(await signedByStranger({ kid: lureUrl() }))
    expect(lured).toBe(0)
  })

  test('B13 a kid that walks the disk, speaks SQL, names nothing or comes twice', async () => {
    for (const kid of ['../../../../dev/null', "' OR 1=1 --", '', randomUUID(), 'x'.repeat(4000)]) {
      await isRefused(await signedByStranger({ kid }))
    }
    const [, payload, signature] = mallory.accessToken!.split('.')
    const { alg, typ, kid } = header()
    const twice = `{"alg":"${alg}","typ":"${typ}","kid":"${kid}","kid":"${randomUUID()}"}`
    await isRefused(`${base64url(twice)}.${payload}.${signature}`)
  })

  test('B13 ASVS 9.1.1 a claim changed, the signature kept; the signature changed, cut, spelt otherwise', async () => {
    const [head, payload, signature] = mallory.accessToken!.split('.')
    await isRefused(`${head}.${base64url({ ...claims(), sub: randomUUID() })}.${signature}`)
    await isRefused(`${head}.${base64url({ ...claims(), exp: claims().exp! + 3600 })}.${signature}`)
    await isRefused(`${head}.${payload}.${base64url('x'.repeat(64))}`)
    await isRefused(`${head}.${payload}.${signature.slice(0, -2)}`)
    await isRefused(`${head}.${payload}.${Buffer.alloc(64).toString('base64url')}`)
    await isRefused(`${head}.${payload}.${signature}=`)
    await isRefused(`${head}.${payload}`)
    await isRefused(`${head}.${payload}.${signature}.x`)
    await isRefused('x')
    expect((await mallory.checksSession()).status).toBe(200)
  })

  test('B13 a refresh token or a device is no access token', async () => {
    await isRefused(mallory.refreshToken!)
    await isRefused(mallory.deviceId!)
  })

  test('ASVS 9.2 a token of another installation: wrong issuer, audience, type', async () => {
    const other = await World.begins('SQLite')
    try {
      const stranger = await other.person('mallory').signsUp()
      await isRefused(stranger.accessToken!)
    } finally {
      await other.ends()
    }
    await isRefused(await signedByStranger({}, { iss: 'https://elsewhere.example' }))
    await isRefused(await signedByStranger({ typ: 'JWT' }))
  })

  test('the keys that are published are public ones', async () => {
    const { body } = await world.client().get('/.well-known/jwks.json')
    expect(body.keys.length).toBeGreaterThan(0)
    for (const key of body.keys) {
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: expect.any(String) })
      expect(key).not.toHaveProperty('d')
      expect(() => createPrivateKey({ key, format: 'jwk' })).toThrow()
    }
  })

  test('RFC 9068 2.2 a token says all that is required of an access token', () => {
    const { origin } = world.server
    expect(claims()).toMatchObject({
      ...{ iss: origin, aud: origin, client_id: 'ostiary', sub: mallory.userId, sid: mallory.sessionId },
      ...{ jti: expect.any(String), iat: expect.any(Number), exp: expect.any(Number), auth_time: expect.any(Number) },
    })
  })

  test('RFC 8414 says where the keys are, and no more than is true', async () => {
    const client = world.client()
    const { body } = await client.get('/.well-known/oauth-authorization-server')
    const { origin } = world.server
    expect(body).toEqual({
      issuer: origin,
      jwks_uri: `${origin}/.well-known/jwks.json`,
      response_types_supported: [],
      grant_types_supported: [],
      service_documentation: `${origin}/docs`,
    })
    const { payload } = await jwtVerify(mallory.accessToken!, createRemoteJWKSet(new URL(body.jwks_uri)), {
      ...{ issuer: body.issuer, audience: origin, typ: 'at+jwt', algorithms: ['ES256'] },
    })
    expect(payload.sub).toBe(mallory.userId)
    expect((await client.get(new URL(body.service_documentation).pathname)).status).toBe(200)
  })

  test('everybody may read the keys, keep them, and ask whether they changed', async () => {
    const headers = { origin: 'https://elsewhere.example' }
    for (const path of ['/.well-known/jwks.json', '/.well-known/oauth-authorization-server']) {
      const first = await world.client().get(path, { headers })
      expect(first.headers['access-control-allow-origin']).toBe('*')
      const { etag } = first.headers
      const again = await world.client().get(path, { headers: { ...headers, 'if-none-match': `"x", W/${etag}` } })
      expect({ status: again.status, text: again.text, etag: again.headers.etag }).toEqual({
        status: 304,
        text: '',
        etag,
      })
      expect(again.headers['access-control-allow-origin']).toBe('*')
    }
  })

  test.each(['EdDSA', 'RS256'])('R2.6 %s is a setting', async (algorithm) => {
    const other = await World.begins('SQLite', {
      settings: { TOKEN_ALGORITHM: algorithm, TOKEN_CLIENT_ID: 'first-party' },
    })
    try {
      const alice = await other.person('alice').signsUp()
      const { keys } = (await other.client().get('/.well-known/jwks.json')).body
      const { payload } = await jwtVerify(alice.accessToken!, createLocalJWKSet({ keys }), { algorithms: [algorithm] })
      expect(payload).toMatchObject({ sub: alice.userId, client_id: 'first-party' })
      expect((await alice.checksSession()).status).toBe(200)
    } finally {
      await other.ends()
    }
  })
})
