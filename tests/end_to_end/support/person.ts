import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { HttpClient, type HttpClientOptions, type Reply } from './http.ts'
import type { World } from './world.ts'

export interface PersonOptions extends HttpClientOptions {
  email?: string
  password?: string
  username?: string
  /** Whose connections to use; own ones if not given. */
  http?: HttpClient
}

/** A password that zxcvbn takes and nobody else in the run has. */
export const freshPassword = () => `quartz-${randomBytes(6).toString('hex')}-Viaduct`

export const freshName = (name: string) => `${name}-${randomBytes(4).toString('hex')}`

/** Someone who uses the program over HTTP: with a browser, or with a script that keeps its tokens itself. */
export class Person {
  readonly http: HttpClient
  readonly isBrowser: boolean
  email: string
  password: string
  username?: string
  verificationId?: string
  /** Of a login that waits for its second step. */
  mfaToken?: string
  accessToken?: string
  refreshToken?: string
  deviceId?: string
  userId?: string
  sessionId?: string

  constructor(
    readonly world: World,
    readonly name: string,
    private readonly options: PersonOptions = {},
  ) {
    this.email = options.email ?? `${freshName(name)}@example.org`
    this.password = options.password ?? freshPassword()
    this.username = options.username
    this.isBrowser = options.browser ?? false
    this.http = options.http ?? new HttpClient(world.server.origin, { authority: world.server.authority, ...options })
  }

  /** The same person at another device. */
  atAnotherDevice(options: HttpClientOptions = {}): Person {
    const other = this.world.person(this.name, {
      ...this.options,
      ...options,
      email: this.email,
      password: this.password,
      username: this.username,
    })
    other.userId = this.userId
    other.verificationId = this.verificationId
    return other
  }

  // What may be refused: each gives the reply as it came.

  async triesToRegister(more: object = {}): Promise<Reply> {
    const reply = await this.http.post('/api/auth/register', {
      email: this.email,
      password: this.password,
      ...(this.username ? { username: this.username } : {}),
      ...this.device(),
      ...more,
    })
    if (reply.status === 200) {
      this.verificationId = reply.body.verification_id
      this.deviceId = reply.body.device_id ?? this.deviceId
    }
    return reply
  }

  async triesCode(code: string, more: object = {}): Promise<Reply> {
    return this.keeps(
      await this.http.post('/api/auth/email/verify', {
        verification_id: this.verificationId,
        code,
        ...this.device(),
        ...more,
      }),
    )
  }

  async triesLink(token: string, more: object = {}): Promise<Reply> {
    return this.keeps(await this.http.post('/api/auth/email/verify', { token, ...this.device(), ...more }))
  }

  async asksForAnotherCode(): Promise<Reply> {
    return await this.http.post('/api/auth/email/resend', { verification_id: this.verificationId })
  }

  async triesToSignIn(more: object = {}): Promise<Reply> {
    return this.keeps(
      await this.http.post('/api/auth/login', {
        email: this.email,
        password: this.password,
        ...this.device(),
        ...more,
      }),
    )
  }

  async triesTotp(code: string, more: object = {}): Promise<Reply> {
    return await this.triesFactor('/api/auth/totp/verify', code, more)
  }

  async triesBackupCode(code: string, more: object = {}): Promise<Reply> {
    return await this.triesFactor('/api/auth/backup/verify', code, more)
  }

  private async triesFactor(path: string, code: string, more: object): Promise<Reply> {
    return this.keeps(await this.http.post(path, { mfa_token: this.mfaToken, code, ...this.device(), ...more }))
  }

  async reauthenticates(proof: object): Promise<Reply> {
    return this.keeps(await this.http.post('/api/auth/reauthenticate', proof, this.bearer()))
  }

  async triesToRefresh(token = this.refreshToken, more: object = {}): Promise<Reply> {
    const body = this.isBrowser ? more : { refresh_token: token, ...this.device(), ...more }
    return this.keeps(await this.http.post('/api/auth/refresh', body))
  }

  async checksSession(token = this.accessToken): Promise<Reply> {
    return await this.http.get('/api/auth/session', this.bearer(token))
  }

  /** Asks for a new password and gives the reset_id. */
  async forgetsPassword(): Promise<string> {
    return succeeds(await this.http.post('/api/auth/password/forgot', { email: this.email })).body.reset_id
  }

  async changesPassword(body: object): Promise<Reply> {
    return await this.http.post('/api/account/password', body, this.bearer())
  }

  async asks(path: string): Promise<Reply> {
    return await this.http.get(path, this.bearer())
  }

  async changesProfile(change: object): Promise<Reply> {
    return await this.http.patch('/api/account/profile', change, this.bearer())
  }

  async logsOut(): Promise<Reply> {
    const body = this.isBrowser ? {} : { refresh_token: this.refreshToken }
    return await this.http.post('/api/auth/logout', body, this.bearer())
  }

  async revokes(sessionId: string): Promise<Reply> {
    return await this.http.delete(`/api/account/sessions/${sessionId}`, this.bearer())
  }

  async revokesOthers(): Promise<Reply> {
    return await this.http.post('/api/account/sessions/revoke-others', {}, this.bearer())
  }

  // What must succeed.

  async registers(more: object = {}): Promise<this> {
    succeeds(await this.triesToRegister(more))
    return this
  }

  async verifies(): Promise<this> {
    const code = await this.world.mailbox.latestCode(this)
    succeeds(await this.triesCode(code))
    return this
  }

  async signsUp(more: object = {}): Promise<this> {
    await this.registers(more)
    return await this.verifies()
  }

  async signsIn(more: object = {}): Promise<this> {
    succeeds(await this.triesToSignIn(more))
    return this
  }

  async refreshes(): Promise<this> {
    succeeds(await this.triesToRefresh())
    return this
  }

  async isSignedIn(): Promise<boolean> {
    const { status } = await this.checksSession()
    if (status !== 200 && status !== 401) throw new Error(`the session check says ${status}`)
    return status === 200
  }

  async sessions(): Promise<{ session_id: string; current: boolean; device_name: string; [field: string]: unknown }[]> {
    return succeeds(await this.asks('/api/account/sessions')).body.sessions
  }

  bearer(token = this.accessToken) {
    return this.isBrowser ? {} : { headers: { authorization: token && `Bearer ${token}` } }
  }

  private device() {
    return this.deviceId && !this.isBrowser ? { device_id: this.deviceId } : {}
  }

  private keeps(reply: Reply): Reply {
    if (reply.status === 200 && reply.body.mfa_required) {
      this.mfaToken = reply.body.mfa_token ?? this.mfaToken
      this.deviceId = reply.body.device_id ?? this.deviceId
    } else if (reply.status === 200) {
      this.userId = reply.body.user.user_id
      this.sessionId = reply.body.session_id
      this.accessToken = reply.body.access_token ?? this.accessToken
      this.refreshToken = reply.body.refresh_token ?? this.refreshToken
      this.deviceId = reply.body.device_id ?? this.deviceId
    }
    return reply
  }
}

export function succeeds(reply: Reply): Reply {
  if (reply.status !== 200 && reply.status !== 204) throw new Error(`refused: ${reply.status} ${reply.text}`)
  return reply
}

/** Expects a problem (RFC 9457) with this status and code, and gives it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function refuses(reply: Reply, status: number, code: string, field?: string): any {
  expect({
    status: reply.status,
    code: reply.body?.code,
    ...(field === undefined ? {} : { field: reply.body?.field }),
  }).toEqual({
    status,
    code,
    ...(field === undefined ? {} : { field }),
  })
  expect(reply.headers['content-type']).toBe('application/problem+json')
  expect(reply.body).toMatchObject({ type: expect.any(String), title: expect.any(String), status })
  expect(reply.body.trace_id).toMatch(/^[0-9a-f]{32}$/)
  return reply.body
}
