import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HttpClient } from '../support/http.ts'
import { type Person, refuses, succeeds } from '../support/person.ts'
import { eventually } from '../support/polling.ts'
import { Server } from '../support/program.ts'
import { ENGINES } from '../support/storage.ts'
import { Authenticator } from '../support/totp.ts'
import { World } from '../support/world.ts'

/** Someone who has an authenticator app and backup codes. The code of the step before is spent. */
async function enrolled(world: World, name: string, options = {}) {
  const person = await world.person(name, options).signsUp()
  const offer = succeeds(await person.http.post('/api/account/totp/generate', {}, person.bearer())).body
  const app = new Authenticator(offer.secret)
  const confirmed = succeeds(
    await person.http.post('/api/account/totp/confirm', { code: app.code(-1) }, person.bearer()),
  ).body
  return { person, app, offer, backupCodes: confirmed.backup_codes as string[] }
}

const amrOf = async (person: Person): Promise<string[]> => succeeds(await person.checksSession()).body.session.amr

describe.each(ENGINES)('second factors, on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await World.begins(engine)
  })
  afterAll(() => world.ends())

  test('R2.7 R3.6 an app is added, asked for, and replaced by a backup code', async () => {
    const { person: alice, app, offer, backupCodes } = await enrolled(world, 'alice')
    expect(offer.secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(offer.otpauth_uri).toContain(`secret=${offer.secret}`)
    expect(offer.qr_svg).toMatch(/^<svg .*<\/svg>$/s)
    expect(Buffer.from(offer.qr_png, 'base64').subarray(1, 4).toString()).toBe('PNG')
    expect(backupCodes).toHaveLength(10)

    const login = succeeds(await alice.triesToSignIn()).body
    expect(login).toMatchObject({ mfa_required: true, methods: ['totp', 'backup_code'] })
    for (const field of ['access_token', 'token', 'refresh_token', 'user', 'session_id']) {
      expect(login).not.toHaveProperty(field)
    }
    refuses(await alice.triesTotp(app.code(-1)), 400, 'wrong_code') // B11: spent at the enrolment
    expect(refuses(await alice.triesTotp(app.wrongCode()), 400, 'wrong_code').attempts_left).toBe(9)
    const used = app.code()
    succeeds(await alice.triesTotp(used))
    expect(await amrOf(alice)).toEqual(['pwd', 'otp', 'mfa'])

    await alice.triesToSignIn()
    refuses(await alice.triesTotp(used), 400, 'wrong_code')
    succeeds(await alice.triesBackupCode(backupCodes[0].toUpperCase()))
    expect(await amrOf(alice)).toEqual(['pwd', 'backup', 'mfa'])
    expect((await alice.asks('/api/account/backup-codes')).body).toEqual({ left: 9 })
    await alice.triesToSignIn()
    refuses(await alice.triesBackupCode(backupCodes[0]), 400, 'wrong_code')
    const mails = await world.mailbox.waitsFor(alice, 3)
    expect(mails.map((mail) => mail.subject).join()).toMatch(/authenticator app was added.*backup code was used/is)
    expect(mails.at(-1)!.text).toContain('Backup codes that are left: 9')
  })

  test('D5 no call on either transport takes half a login', async () => {
    const { person: bob } = await enrolled(world, 'bob')
    await bob.triesToSignIn()
    const token = bob.mfaToken!
    refuses(await bob.checksSession(token), 401, 'not_authenticated')
    refuses(await bob.http.get('/api/account/profile', bob.bearer(token)), 401, 'not_authenticated')
    refuses(await bob.http.delete('/api/account/totp', bob.bearer(token)), 401, 'not_authenticated')
    refuses(await bob.triesToRefresh(token), 401, 'refresh_token_unknown')
    refuses(
      await bob.http.post('/api/auth/totp/enrol', { mfa_token: token, device_id: bob.deviceId }),
      409,
      'factor_exists',
    )
    const grpc = world.grpc()
    grpc.accessToken = token
    for (const [service, method] of [
      ['AccountService', 'GetProfile'],
      ['AuthService', 'CheckSession'],
      ['FactorService', 'CountBackupCodes'],
      ['FactorService', 'Reauthenticate'],
    ] as const) {
      expect((await grpc.refused(service, method)).reason, method).toBe('not_authenticated')
    }
  })

  test('the same over gRPC', async () => {
    const { person: carol, app } = await enrolled(world, 'carol')
    const grpc = world.grpc()
    const login = await grpc.call('AuthService', 'Login', { email: carol.email, password: carol.password })
    expect(login.mfa_required).toBe(true)
    const second = { mfa_token: login.mfa_token, code: app.code() }
    expect((await grpc.refused('FactorService', 'VerifyTotp', second)).reason).toBe('mfa_token_invalid') // no device
    const reply = await grpc.call('FactorService', 'VerifyTotp', { ...second, device_id: login.device_id })
    expect(reply.user.email).toBe(carol.email)
    expect(reply.access_token).toBeTruthy()
  })

  test('a browser needs nothing but its cookies, and gets its tokens as cookies', async () => {
    const { person: dora, app } = await enrolled(world, 'dora', { browser: true })
    const fresh = dora.atAnotherDevice({ browser: true })
    const login = succeeds(await fresh.triesToSignIn())
    expect(login.body.mfa_required).toBe(true)
    expect(login.setCookies.map((cookie) => cookie.split('=')[0])).toEqual(['ostiary_device'])
    const done = succeeds(await fresh.triesTotp(app.code(), { remember_device: true }))
    expect(done.body).not.toHaveProperty('access_token')
    expect(await fresh.isSignedIn()).toBe(true)
    const devices = succeeds(await fresh.asks('/api/account/remembered-devices')).body.devices
    expect(devices).toMatchObject([{ current: true }])
    expect(succeeds(await fresh.triesToSignIn()).body).not.toHaveProperty('mfa_required')
    succeeds(await fresh.http.delete(`/api/account/remembered-devices/${devices[0].id}`))
    expect(succeeds(await fresh.triesToSignIn()).body.mfa_required).toBe(true)
  })

  test('B11 sixteen logins with one code at once: one is completed', async () => {
    const { person: eve, app } = await enrolled(world, 'eve')
    const tokens: string[] = []
    for (let i = 0; i < 16; i++) tokens.push(succeeds(await eve.triesToSignIn()).body.mfa_token)
    const code = app.code()
    const replies = await Promise.all(
      tokens.map((mfa_token) => eve.http.post('/api/auth/totp/verify', { mfa_token, code, device_id: eve.deviceId })),
    )
    expect(replies.filter((reply) => reply.status === 200)).toHaveLength(1)
    expect(replies.every((reply) => [200, 400].includes(reply.status))).toBe(true)
  })

  test('a session on a remembered device is not fresh, and says what would make it so', async () => {
    const { person: fay, app, backupCodes } = await enrolled(world, 'fay')
    await fay.triesToSignIn()
    succeeds(await fay.triesBackupCode(backupCodes[0], { remember_device: true }))
    await fay.signsIn()
    expect(await amrOf(fay)).toEqual(['pwd'])
    const removal = () => fay.http.delete('/api/account/totp', fay.bearer())
    expect(refuses(await removal(), 403, 'fresh_login_required').methods).toBe('password totp backup_code')
    refuses(await fay.reauthenticates({ password: fay.password }), 400, 'missing_field', 'code')
    refuses(await fay.reauthenticates({ password: 'something else', code: app.code() }), 401, 'wrong_credentials')
    refuses(await fay.reauthenticates({ password: fay.password, code: app.wrongCode() }), 400, 'wrong_code')
    const [access, refresh] = [fay.accessToken, fay.refreshToken]
    succeeds(await fay.reauthenticates({ password: fay.password, code: app.code() }))
    expect(fay.accessToken).not.toBe(access) // B6
    refuses(await fay.triesToRefresh(refresh), 401, 'session_ended')
    expect((await removal()).status).toBe(204)
    expect(succeeds(await fay.triesToSignIn()).body).not.toHaveProperty('mfa_required')
  })
})

describe('R1.10 MFA_REQUIRED=all', () => {
  let world: World
  beforeAll(async () => {
    world = await World.begins('SQLite', { settings: { MFA_REQUIRED: 'all' } })
  })
  afterAll(() => world.ends())

  test('a factor is enrolled at the first login, before anything else works', async () => {
    const gwen = await world.person('gwen').registers()
    refuses(await gwen.triesCode(await world.mailbox.latestCode(gwen)), 403, 'enrolment_required')
    expect(succeeds(await gwen.triesToSignIn()).body.methods).toEqual(['enrol_totp'])
    const device = { mfa_token: gwen.mfaToken, device_id: gwen.deviceId }
    const offer = succeeds(await gwen.http.post('/api/auth/totp/enrol', device)).body
    const app = new Authenticator(offer.secret)
    const confirm = (code: string) => gwen.http.post('/api/auth/totp/enrol/confirm', { ...device, code })
    refuses(await confirm(app.wrongCode()), 400, 'wrong_code')
    const done = succeeds(await confirm(app.code())).body
    expect(done.backup_codes).toHaveLength(10)
    const session = succeeds(await gwen.checksSession(done.access_token)).body.session
    expect(session.amr).toEqual(['pwd', 'otp', 'mfa'])
    refuses(await gwen.http.delete('/api/account/totp', gwen.bearer(done.access_token)), 403, 'enrolment_required')
  })
})

// Only PostgreSQL has two servers on one database.
describe('two servers on one PostgreSQL', () => {
  let world: World
  let second: Server
  let there: HttpClient
  beforeAll(async () => {
    world = await World.begins('PostgreSQL')
    const { PORT, GRPC_PORT, ...shared } = world.server.settings
    second = await Server.start({ settings: shared })
    there = new HttpClient(second.origin)
  })
  afterAll(async () => {
    there?.close()
    await second?.stops()
    await world.ends()
  })

  test('B11 D2 a code completes one login, whichever server it goes to', async () => {
    const { person: harry, app } = await enrolled(world, 'harry')
    const tokens: string[] = []
    for (let i = 0; i < 8; i++) tokens.push(succeeds(await harry.triesToSignIn()).body.mfa_token)
    const code = app.code()
    const replies = await Promise.all(
      tokens.map((mfa_token, i) =>
        (i % 2 ? there : harry.http).post('/api/auth/totp/verify', { mfa_token, code, device_id: harry.deviceId }),
      ),
    )
    expect(replies.filter((reply) => reply.status === 200)).toHaveLength(1)
  })

  test('a fresh login at one is seen by the cache of the other', async () => {
    const iris = await world.person('iris').signsUp()
    const token = iris.accessToken
    const seenThere = async () =>
      succeeds(await there.get('/api/auth/session', iris.bearer(token))).body.session.auth_time as string
    const before = await seenThere()
    expect(await seenThere()).toBe(before)
    succeeds(await iris.reauthenticates({ password: iris.password }))
    await eventually('the other server sees it', async () => (await seenThere()) > before, 5_000)
  })
})
