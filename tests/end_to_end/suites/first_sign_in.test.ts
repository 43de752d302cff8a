import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refuses, succeeds } from '../support/person.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const RFC3339_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

describe.each(ENGINES)('from registration to sign-out, on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await World.begins(engine)
  })
  afterAll(() => world.ends())

  test('R1.4 R0.10 health says exactly {"status":"ok"}', async () => {
    const reply = await world.client().get('/health')
    expect(reply.status).toBe(200)
    expect(reply.text).toBe('{"status":"ok"}')
    expect(reply.headers['content-type']).toBe('application/json')
    expect((await world.client().get('/health/ready')).text).toBe('{"status":"ok"}')
  })

  test('R2.3 R4.2 R4.3 R0.5 R0.6 R0.7 R2.5 register, prove the email, sign in, stay, sign out, over HTTP', async () => {
    const alice = world.person('alice')
    const registered = await alice.triesToRegister()
    expect(registered.status).toBe(200)
    expect(registered.body).toMatchObject({
      message: 'success',
      verification_id: expect.stringMatching(UUID),
      expires_at: expect.stringMatching(RFC3339_UTC),
      resend_at: expect.stringMatching(RFC3339_UTC),
    })
    const lifetime = Date.parse(registered.body.expires_at) - Date.now()
    expect(lifetime).toBeGreaterThan(9.5 * 60_000)
    expect(lifetime).toBeLessThanOrEqual(10 * 60_000 + 1000)

    const early = refuses(await alice.triesToSignIn(), 403, 'email_not_verified')
    expect(early.verification_id).toBe(alice.verificationId)

    const code = await world.mailbox.latestCode(alice)
    const verified = await alice.triesCode(code)
    expect(verified.status).toBe(200)
    expect(verified.body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 900,
      session_id: expect.stringMatching(UUID),
      user: {
        user_id: expect.stringMatching(UUID),
        email: alice.email,
        email_verified: true,
        roles: expect.any(Array),
        created_at: expect.stringMatching(RFC3339_UTC),
      },
    })
    expect(verified.body.token).toBe(verified.body.access_token)
    expect(verified.headers['cache-control']).toBe('no-store')

    const checked = await alice.checksSession()
    expect(checked.status).toBe(200)
    expect(checked.body.user).toEqual(verified.body.user)
    expect(checked.body.session).toMatchObject({ session_id: alice.sessionId, amr: ['email'] })

    await alice.signsIn()
    expect(alice.sessionId).not.toBe(verified.body.session_id)
    expect((await alice.checksSession()).body.session.amr).toEqual(['pwd'])

    const before = { access: alice.accessToken, refresh: alice.refreshToken }
    await alice.refreshes()
    expect(alice.refreshToken).not.toBe(before.refresh)
    expect(alice.accessToken).not.toBe(before.access)
    expect(await alice.isSignedIn()).toBe(true)

    const out = await alice.logsOut()
    expect(out.status).toBe(204)
    expect(out.text).toBe('')
    refuses(await alice.checksSession(), 401, 'session_ended')
    refuses(await alice.triesToRefresh(), 401, 'session_ended')
  })

  test('R3.1 D5 the same over gRPC, from the same protos', async () => {
    const bob = world.person('bob')
    const grpc = world.grpc()
    const registered = await grpc.call('AuthService', 'Register', {
      email: bob.email,
      password: bob.password,
      username: `bob${Date.now()}`,
    })
    expect(registered.message).toBe('success')
    expect(registered.verification_id).toMatch(UUID)

    const code = await world.mailbox.latestCode(bob)
    const verified = await grpc.call('AuthService', 'VerifyEmail', {
      verification_id: registered.verification_id,
      code,
    })
    expect(verified.token_type).toBe('Bearer')
    expect(verified.access_token).toBeTruthy()
    expect(verified.refresh_token).toBeTruthy()
    expect(verified.device_id).toBeTruthy()

    const login = await grpc.call('AuthService', 'Login', {
      email: bob.email,
      password: bob.password,
      device_id: verified.device_id,
    })
    grpc.accessToken = login.access_token
    const session = await grpc.call('AuthService', 'CheckSession')
    expect(session.user.email).toBe(bob.email)
    expect(session.session.session_id).toBe(login.session_id)

    const refreshed = await grpc.call('AuthService', 'Refresh', { refresh_token: login.refresh_token })
    expect(refreshed.session_id).toBe(login.session_id)
    grpc.accessToken = refreshed.access_token
    expect((await grpc.call('AccountService', 'GetProfile')).email).toBe(bob.email)

    // What one transport gave, the other takes; and what one ended, the other refuses.
    expect((await bob.checksSession(refreshed.access_token)).status).toBe(200)
    await grpc.call('AuthService', 'Logout', { refresh_token: refreshed.refresh_token })
    refuses(await bob.checksSession(refreshed.access_token), 401, 'session_ended')
    const refused = await grpc.refused('AuthService', 'CheckSession')
    expect(refused.code).toBe(16)
    expect(refused.reason).toBe('session_ended')
  })

  test('R1.5 R1.6 R3.5 the short paths of the seeds are the same calls', async () => {
    const carol = world.person('carol')
    const client = world.client()
    const registered = await client.post('/register', { email: carol.email, password: carol.password })
    expect(registered.body.message).toBe('success')
    const failed = refuses(
      await client.post('/register', { email: carol.email, password: 'short' }),
      400,
      'invalid_field',
      'password',
    )
    expect(failed.message).toBe('fail')
    const weak = refuses(
      await client.post('/register', { email: carol.email, password: 'password1' }),
      400,
      'weak_password',
    )
    expect(weak.message).toBe('fail')

    carol.verificationId = registered.body.verification_id
    await carol.verifies()
    const login = await client.post('/login', { email: carol.email, password: carol.password })
    expect(login.body.token).toBe(login.body.access_token)
    const refreshed = await client.post('/auth/session/refresh', { refresh_token: login.body.refresh_token })
    expect(refreshed.status).toBe(200)
    const profile = await client.get('/auth/profile', carol.bearer(refreshed.body.access_token))
    expect(profile.body).toMatchObject({ email: carol.email, user_id: login.body.user.user_id })
  })

  test('R4.4 R4.1 one signs in by email, in any letter case, or by username, as it is read', async () => {
    const dora = world.person('dora', { username: `Dora.${Date.now()}` })
    await dora.signsUp()
    const client = world.client()
    for (const identifier of [
      { email: dora.email },
      { email: dora.email.toUpperCase() },
      { username: dora.username },
      { username: dora.username!.toUpperCase() },
    ]) {
      const reply = succeeds(await client.post('/api/auth/login', { ...identifier, password: dora.password }))
      expect(reply.body.user).toMatchObject({ user_id: dora.userId, username: dora.username, email: dora.email })
    }
    refuses(
      await client.post('/api/auth/login', { username: dora.username, password: `${dora.password}x` }),
      401,
      'wrong_credentials',
    )
    refuses(
      await client.post('/api/auth/login', { username: 'nobody.at.all', password: dora.password }),
      401,
      'wrong_credentials',
    )
    refuses(await client.post('/api/auth/login', { password: dora.password }), 400, 'missing_field')
    refuses(
      await client.post('/api/auth/login', { email: dora.email, username: dora.username, password: dora.password }),
      400,
      'invalid_field',
    )
  })

  test('R2.6 R0.6 the access token holds, by jose and the published keys, what a service needs to know', async () => {
    const erin = await world.person('erin').signsUp()
    const keys = createRemoteJWKSet(
      new URL('/.well-known/jwks.json', world.server.origin.replace('localhost', '127.0.0.1')),
    )
    const { payload, protectedHeader } = await jwtVerify(erin.accessToken!, keys, {
      issuer: world.server.origin,
      audience: world.server.origin,
      typ: 'at+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['sub', 'sid', 'exp', 'iat', 'jti', 'roles', 'amr', 'auth_time', 'iss', 'aud'],
    })
    expect(protectedHeader.kid).toBeTruthy()
    expect(payload.sub).toBe(erin.userId)
    expect(payload.sid).toBe(erin.sessionId)
    expect(payload.exp! - payload.iat!).toBe(900)
    expect(Math.abs(payload.iat! - Date.now() / 1000)).toBeLessThan(30)
    expect(payload.amr).toEqual(['email'])
    expect(payload.roles).toEqual(expect.any(Array))
    expect(payload.auth_time).toBeLessThanOrEqual(payload.iat!)

    const first = payload.jti
    await erin.refreshes()
    const again = await jwtVerify(erin.accessToken!, keys)
    expect(again.payload.jti).not.toBe(first)
    expect(again.payload.auth_time).toBe(payload.auth_time)
    expect(decodeProtectedHeader(erin.accessToken!).typ).toBe('at+jwt')
  })

  test('R1.7 R1.9 R1.10 R0.1 R0.2 what is kept: one account, its sessions, hashes of refresh tokens only', async () => {
    const frank = await world.person('frank').signsUp()
    await frank.signsIn()
    await frank.refreshes()
    const lower = `email_canonical = '${frank.email}'`
    const [user] = await world.storage.rows<{ hash: string; status: string }>(
      `SELECT hash, status FROM users JOIN password_credentials ON user_id = id WHERE ${lower}`,
    )
    expect(user.status).toBe('active')
    expect(user.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(await world.storage.count(`SELECT count(*) FROM users WHERE ${lower} AND last_login_at IS NOT NULL`)).toBe(1)
    expect(
      await world.storage.count(
        `SELECT count(*) FROM sessions JOIN users ON users.id = sessions.user_id WHERE ${lower} AND ended_at IS NULL`,
      ),
    ).toBe(2)
    const chains = `SELECT count(*) FROM refresh_chains JOIN sessions ON sessions.id = session_id
                    JOIN users ON users.id = sessions.user_id WHERE ${lower} AND generation =`
    expect(await world.storage.count(`${chains} 1`)).toBe(1)
    expect(await world.storage.count(`${chains} 2`)).toBe(1)
  })
})
