import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launchChromium } from '../support/browser.ts'
import { freshName, freshPassword } from '../support/person.ts'
import { freePorts } from '../support/ports.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

interface Answer {
  status: number
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any
}

// Chromium makes the ceremonies, with an authenticator of its own that needs no person.
describe.each(ENGINES)('passkeys in a real browser, on %s', (engine) => {
  let browser: Browser
  let world: World
  let context: BrowserContext
  let page: Page
  let authenticators: CDPSession
  let authenticatorId: string
  let service: string
  let ada: { email: string; password: string }

  beforeAll(async () => {
    browser = await launchChromium()
    const [port] = await freePorts(1)
    service = `http://localhost:${port}`
    world = await World.begins(engine, {
      port,
      settings: {
        PUBLIC_URL: service,
        REGISTRATION_VERIFY_EMAIL: 'false',
        WEBAUTHN_ORIGINS: 'https://shop.example.com',
      },
    })
  })
  beforeEach(async () => {
    context = await browser.newContext()
    page = await context.newPage()
    await page.goto(`${service}/`)
    authenticators = await context.newCDPSession(page)
    await authenticators.send('WebAuthn.enable')
    const added = await authenticators.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    authenticatorId = added.authenticatorId
    ada = { email: `${freshName('ada')}@example.org`, password: freshPassword() }
    expect((await calls('POST', '/api/auth/register', ada)).status).toBe(200)
  })
  afterEach(() => context.close())
  afterAll(async () => {
    await browser?.close()
    await world?.ends()
  })

  /** What a script in the page gets. */
  const calls = (verb: string, path: string, json?: object) =>
    page.evaluate(
      async ([verb, path, body]) => {
        const headers: Record<string, string> = body ? { 'content-type': 'application/json' } : {}
        const reply = await fetch(path, { method: verb, headers, body: body ?? undefined })
        const text = await reply.text()
        return { status: reply.status, body: text ? JSON.parse(text) : undefined }
      },
      [verb, path, json ? JSON.stringify(json) : null] as const,
    ) as Promise<Answer>

  /** The browser's answer to options as they came from the service. */
  const creates = (options: object) =>
    page.evaluate(async (options) => {
      // eslint-disable-next-line @typescript-eslint/no-explicit-any
      const api = PublicKeyCredential as any
      const credential = await navigator.credentials.create({ publicKey: api.parseCreationOptionsFromJSON(options) })
      // eslint-disable-next-line @typescript-eslint/no-explicit-any
      return (credential as any).toJSON() as object
    }, options)

  const asserts = (options: object) =>
    page.evaluate(async (options) => {
      // eslint-disable-next-line @typescript-eslint/no-explicit-any
      const api = PublicKeyCredential as any
      const credential = await navigator.credentials.get({ publicKey: api.parseRequestOptionsFromJSON(options) })
      // eslint-disable-next-line @typescript-eslint/no-explicit-any
      return (credential as any).toJSON() as object
    }, options)

  async function adds(label?: string): Promise<Answer> {
    const options = await calls('POST', '/api/account/webauthn/options', {})
    expect(options.status, JSON.stringify(options.body)).toBe(200)
    return calls('POST', '/api/account/webauthn', { credential: await creates(options.body), label })
  }

  async function signsOut() {
    expect((await calls('POST', '/api/auth/logout', {})).status).toBe(204)
    expect((await calls('GET', '/api/auth/session')).status).toBe(401)
  }

  const amr = async () => (await calls('GET', '/api/auth/session')).body.session.amr

  async function signsInByPasskey(): Promise<Answer> {
    const options = await calls('POST', '/api/auth/webauthn/options', {})
    expect(options.body).toMatchObject({ rpId: 'localhost', userVerification: 'required', allowCredentials: [] })
    return calls('POST', '/api/auth/webauthn/verify', { credential: await asserts(options.body) })
  }

  test('R2.7 a passkey is added, is a second step, is a whole login, and is removed', async () => {
    const added = await adds('My laptop')
    expect(added.status, JSON.stringify(added.body)).toBe(200)
    expect(added.body.credential).toMatchObject({ label: 'My laptop', transports: ['internal'], discoverable: true })
    expect(added.body.backup_codes).toHaveLength(10)
    // The session began without the factor that the account has now.
    const stale = await calls('POST', '/api/account/webauthn/options', {})
    expect(stale).toMatchObject({ status: 403, body: { code: 'fresh_login_required' } })

    await signsOut()
    const login = await calls('POST', '/api/auth/login', ada)
    expect(login.body).toMatchObject({ mfa_required: true, methods: ['webauthn', 'backup_code'] })
    const { mfa_token } = login.body
    const options = await calls('POST', '/api/auth/webauthn/options', { mfa_token })
    expect(options.body.allowCredentials).toHaveLength(1)
    const credential = await asserts(options.body)
    const completed = await calls('POST', '/api/auth/webauthn/verify', { mfa_token, credential })
    expect(completed.status, JSON.stringify(completed.body)).toBe(200)
    expect(await amr()).toEqual(['pwd', 'hwk', 'mfa'])
    const again = await calls('POST', '/api/auth/webauthn/verify', { mfa_token, credential })
    expect(again).toMatchObject({ status: 401, body: { code: 'mfa_token_invalid' } })

    await signsOut()
    const signedIn = await signsInByPasskey()
    expect(signedIn.status, JSON.stringify(signedIn.body)).toBe(200)
    expect(signedIn.body.user.email).toBe(ada.email)
    expect(await amr()).toEqual(['hwk', 'user', 'mfa'])

    const excluded = await calls('POST', '/api/account/webauthn/options', {})
    expect(excluded.body.excludeCredentials).toHaveLength(1)
    await expect(creates(excluded.body)).rejects.toThrow(/InvalidStateError|registered/)

    const list = (await calls('GET', '/api/account/webauthn')).body
    expect(list.credentials).toHaveLength(1)
    expect(list.signal.allAcceptedCredentialIds).toHaveLength(1)
    const path = `/api/account/webauthn/${list.credentials[0].credential_id}`
    expect((await calls('PATCH', path, { label: 'Old laptop' })).body.label).toBe('Old laptop')
    const removed = await calls('DELETE', path)
    expect(removed.status).toBe(200)
    expect(removed.body.signal).toMatchObject({ rpId: 'localhost', allAcceptedCredentialIds: [] })
    await signsOut()
    expect(await signsInByPasskey()).toMatchObject({ status: 400, body: { code: 'wrong_assertion' } })
    expect((await calls('POST', '/api/auth/login', ada)).body).not.toHaveProperty('mfa_required')
  })

  test('B12 a passkey without user verification is a second step only', async () => {
    expect((await adds()).status).toBe(200)
    await signsOut()
    const { mfa_token } = (await calls('POST', '/api/auth/login', ada)).body
    const options = (await calls('POST', '/api/auth/webauthn/options', { mfa_token })).body
    const passkeys = (await calls('POST', '/api/auth/webauthn/options', {})).body
    await authenticators.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
    await expect(asserts(passkeys)).rejects.toThrow(/NotAllowedError|timed out/)
    const unverified = await asserts({ ...passkeys, userVerification: 'discouraged' })
    const refused = await calls('POST', '/api/auth/webauthn/verify', { credential: unverified })
    expect(refused).toMatchObject({ status: 400, body: { code: 'wrong_assertion' } })
    const credential = await asserts(options)
    expect((await calls('POST', '/api/auth/webauthn/verify', { mfa_token, credential })).status).toBe(200)
  })

  test('B12 a challenge is answered once, whatever the answer', async () => {
    expect((await adds()).status).toBe(200)
    await signsOut()
    const options = (await calls('POST', '/api/auth/webauthn/options', {})).body
    const credential = await asserts(options)
    expect((await calls('POST', '/api/auth/webauthn/verify', { credential })).status).toBe(200)
    const again = await calls('POST', '/api/auth/webauthn/verify', { credential })
    expect(again).toMatchObject({ status: 400, body: { code: 'wrong_assertion' } })
    const own = await asserts({ ...options, challenge: 'A'.repeat(43) })
    const refused = await calls('POST', '/api/auth/webauthn/verify', { credential: own })
    expect(refused).toMatchObject({ status: 400, body: { code: 'wrong_assertion' } })
  })

  test('browsers learn which other sites use the passkeys of this one', async () => {
    const origins = await calls('GET', '/.well-known/webauthn')
    expect(origins).toEqual({ status: 200, body: { origins: ['https://shop.example.com'] } })
  })

  test('over gRPC the options are the same', async () => {
    const options = await world.grpc().call('WebAuthnService', 'BeginWebAuthnLogin', {})
    expect(options.challenge).toHaveLength(32)
    expect(options).toMatchObject({ rpId: 'localhost', userVerification: 'required' })
  })
})
