import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { complaintsOf, launchChromium } from '../support/browser.ts'
import { HttpClient } from '../support/http.ts'
import { type Mail, codeIn, linkIn, tokenIn } from '../support/mailbox.ts'
import { freshName, freshPassword, type Person, refuses, succeeds } from '../support/person.ts'
import { Server } from '../support/program.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Six digits that are not the code. */
const wrongBut = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

const isForReset = (mail: Mail) => mail.text.includes('/reset-password#')

describe.each(ENGINES)('a forgotten password, on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await World.begins(engine, { settings: { RESEND_PAUSE: '1s', HASH_THREADS: '16' } })
  })
  afterAll(() => world.ends())

  const post = (path: string, body: object) => world.client().post(`/api/auth/password/${path}`, body)

  /** Asks for a new password, and reads the mail. */
  async function asks(person: Person): Promise<{ resetId: string; code: string; token: string }> {
    const before = (await world.mailbox.all(person)).length
    const resetId = await person.forgetsPassword()
    const mail = (await world.mailbox.waitsFor(person, before + 1)).at(-1)!
    return { resetId, code: codeIn(mail)!, token: tokenIn(linkIn(mail)) }
  }

  async function signsInWith(person: Person, password: string) {
    return await person.atAnotherDevice().triesToSignIn({ password })
  }

  test('R0.8 by the code: sessions end, nobody is signed in, the owner is told', async () => {
    const alice = await world.person('alice').signsUp()
    const elsewhere = await alice.atAnotherDevice().signsIn()
    const forgot = await post('forgot', { email: ` ${alice.email.toUpperCase()} ` })
    expect(succeeds(forgot).body).toEqual({
      reset_id: expect.stringMatching(UUID),
      expires_at: expect.any(String),
      resend_at: expect.any(String),
    })
    const { reset_id } = forgot.body
    const mail = (await world.mailbox.waitsFor(alice, 2)).find(isForReset)!
    expect(mail.to).toBe(alice.email)
    refuses(await post('verify-code', { reset_id, code: wrongBut(codeIn(mail)!) }), 400, 'wrong_code', 'code')
    const exchanged = succeeds(await post('verify-code', { reset_id, code: codeIn(mail)!.replace(/^.../, '$& ') }))
    expect(exchanged.headers['cache-control']).toBe('no-store')
    const { reset_token } = exchanged.body
    expect(Date.parse(exchanged.body.expires_at) - Date.now()).toBeGreaterThan(9 * 60_000)
    const weak = refuses(await post('reset', { reset_token, new_password: 'password1' }), 400, 'weak_password')
    expect(weak.detail).toContain('guessed first')
    expect(await alice.isSignedIn()).toBe(true)
    const password = freshPassword()
    const reset = succeeds(await post('reset', { reset_token, new_password: password }))
    expect(reset.status).toBe(204)
    expect(reset.setCookies).toEqual([])
    for (const person of [alice, elsewhere]) {
      refuses(await person.checksSession(), 401, 'session_ended')
      refuses(await person.triesToRefresh(), 401, 'session_ended')
    }
    refuses(await signsInWith(alice, alice.password), 401, 'wrong_credentials')
    succeeds(await signsInWith(alice, password))
    const notice = (await world.mailbox.waitsFor(alice, 3)).at(-1)!
    expect(notice.subject).toMatch(/password .* was changed/)
    refuses(await post('reset', { reset_token, new_password: freshPassword() }), 400, 'link_invalid', 'reset_token')
  })

  test('R3.1 D5 over gRPC, from the same protos', async () => {
    const bob = await world.person('bob').signsUp()
    const grpc = world.grpc()
    const { reset_id } = await grpc.call('PasswordService', 'ForgotPassword', { email: bob.email })
    const mail = (await world.mailbox.waitsFor(bob, 2)).find(isForReset)!
    const { reset_token } = await grpc.call('PasswordService', 'VerifyResetCode', { reset_id, code: codeIn(mail) })
    const password = freshPassword()
    await grpc.call('PasswordService', 'ResetPassword', { reset_token, new_password: password })
    const again = await grpc.refused('PasswordService', 'ResetPassword', { reset_token, new_password: password })
    expect(again.reason).toBe('link_invalid')
    const login = await grpc.call('AuthService', 'Login', { email: bob.email, password })
    grpc.accessToken = login.access_token
    const changed = await grpc.call('PasswordService', 'ChangePassword', {
      old_password: password,
      new_password: freshPassword(),
    })
    expect(Number(changed.revoked)).toBe(0)
  })

  test('B1 D8 any address gets the same answer', async () => {
    const known = await world.person('known').signsUp()
    const pending = await world.person('pending').registers()
    const shapes = []
    for (const email of [known.email, pending.email, `${freshName('unknown')}@example.org`]) {
      const forgot = await post('forgot', { email })
      const { reset_id } = forgot.body
      const wrong = await post('verify-code', { reset_id, code: '000000' })
      const early = await post('resend', { reset_id })
      shapes.push({
        status: [forgot.status, wrong.status, early.status],
        body: [Object.keys(forgot.body), wrong.body.code, wrong.body.detail, wrong.body.attempts_left, early.body.code],
        headers: Object.keys(forgot.headers).sort(),
      })
    }
    expect(shapes[1]).toEqual(shapes[0])
    expect(shapes[2]).toEqual(shapes[0])
    await world.mailbox.waitsFor(known, 2)
    expect((await world.mailbox.all(pending)).filter(isForReset)).toEqual([])
  })

  test('B9 B10 D2 opening the link spends nothing; sixteen resets by code and link at once succeed once', async () => {
    const carol = await world.person('carol').signsUp()
    const { token } = await asks(carol)
    for (let i = 0; i < 5; i++) {
      for (const verb of ['HEAD', 'GET']) {
        expect((await world.client().request(verb, '/reset-password')).status).toBe(200)
      }
    }
    const passwords = Array.from({ length: 16 }, freshPassword)
    const replies = await Promise.all(passwords.map((new_password) => post('reset', { token, new_password })))
    expect(replies.filter(({ status }) => status === 204).length).toBe(1)
    for (const reply of replies.filter(({ status }) => status !== 204)) refuses(reply, 400, 'link_invalid', 'token')
    const signedIn = await Promise.all(passwords.map((password) => signsInWith(carol, password)))
    expect(signedIn.map(({ status }) => status === 200)).toEqual(replies.map(({ status }) => status === 204))
  })

  test('C steps out of order, twice, and with the ids of another person', async () => {
    const dora = await world.person('dora').signsUp()
    const erin = await world.person('erin').signsUp()
    const hers = await asks(dora)
    const theirs = await asks(erin)
    const new_password = freshPassword()
    if (hers.code !== theirs.code) {
      refuses(await post('verify-code', { reset_id: hers.resetId, code: theirs.code }), 400, 'wrong_code')
    }
    refuses(await post('reset', { new_password }), 400, 'missing_field', 'reset_token')
    refuses(await post('reset', { reset_token: hers.token, token: hers.token, new_password }), 400, 'invalid_field')
    refuses(await post('reset', { reset_token: 'A'.repeat(43), new_password }), 400, 'link_invalid', 'reset_token')
    refuses(await post('reset', { token: hers.token, new_password: 'short' }), 400, 'invalid_field', 'new_password')
    refuses(await post('reset', { token: hers.token, new_password, user_id: erin.userId }), 400, 'unknown_field')
    const unknown = '0190b5e2-7d4b-7c3a-9f0e-2b8d3f6a1c55'
    refuses(await post('verify-code', { reset_id: unknown, code: hers.code }), 404, 'verification_unknown')
    refuses(await post('resend', { reset_id: unknown }), 404, 'verification_unknown')
    // The code of one purpose is none of another.
    refuses(await dora.triesCode(hers.code, { verification_id: hers.resetId }), 404, 'verification_unknown')
    succeeds(await post('verify-code', { reset_id: hers.resetId, code: hers.code }))
    refuses(await post('verify-code', { reset_id: hers.resetId, code: hers.code }), 400, 'code_attempts_spent')
    refuses(await post('reset', { token: hers.token, new_password }), 400, 'link_invalid')
    expect(await erin.isSignedIn()).toBe(true)
    succeeds(await signsInWith(dora, dora.password))
  })

  test('R0.9 the password is changed with the old one; other sessions end unless they are kept', async () => {
    const frank = await world.person('frank').signsUp()
    const phone = await frank.atAnotherDevice().signsIn()
    const next = freshPassword()
    refuses(
      await frank.changesPassword({ old_password: `${frank.password}x`, new_password: next }),
      401,
      'wrong_credentials',
      'old_password',
    )
    refuses(
      await frank.changesPassword({ old_password: frank.password, new_password: frank.email }),
      400,
      'weak_password',
      'new_password',
    )
    refuses(await world.client().post('/api/account/password', { new_password: next }), 401, 'not_authenticated')
    expect(await frank.isSignedIn()).toBe(true)
    const changed = succeeds(await frank.changesPassword({ old_password: frank.password, new_password: next }))
    expect(changed.body).toEqual({ revoked: 1 })
    expect(await frank.isSignedIn()).toBe(true)
    refuses(await phone.checksSession(), 401, 'session_ended')
    refuses(await signsInWith(frank, frank.password), 401, 'wrong_credentials')
    succeeds(await phone.triesToSignIn({ password: next }))
    const kept = freshPassword()
    succeeds(await frank.changesPassword({ old_password: next, new_password: kept, keep_other_sessions: true }))
    expect(await phone.isSignedIn()).toBe(true)
    const notices = (await world.mailbox.waitsFor(frank, 3)).filter((mail) => mail.subject.includes('was changed'))
    expect(notices.length).toBe(2)
    expect(notices[0].text).toContain('Forgot')
    // The login is fresh: the old one is not needed.
    succeeds(await frank.changesPassword({ new_password: freshPassword() }))
  })
})

describe('a changed password, with a login that is fresh for a second', () => {
  let world: World
  beforeAll(async () => {
    world = await World.begins('SQLite', { settings: { FRESH_LOGIN_WITHIN: '1s' } })
  })
  afterAll(() => world.ends())

  test('a login that is not fresh any more needs the old one', async () => {
    const grace = await world.person('grace').signsUp()
    const { auth_time } = (await grace.checksSession()).body.session
    const wait = Date.parse(auth_time) + 1100 - Date.now()
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)))
    refuses(await grace.changesPassword({ new_password: freshPassword() }), 403, 'fresh_login_required')
    succeeds(await grace.changesPassword({ old_password: grace.password, new_password: freshPassword() }))
  })
})

describe('two servers on one PostgreSQL', () => {
  let world: World
  let other: Server
  beforeAll(async () => {
    world = await World.begins('PostgreSQL')
    other = await Server.start({ folder: world.server.folder, settings: { ...world.storage.settings } })
  })
  afterAll(async () => {
    await other?.stops()
    await world.ends()
  })

  test('D2 D3 a reset begun on one is finished on the other, once, and ends the sessions of both', async () => {
    const heidi = await world.person('heidi').signsUp()
    expect(await heidi.isSignedIn()).toBe(true)
    const there = new HttpClient(other.origin)
    const reset_id = await heidi.forgetsPassword()
    const mail = (await world.mailbox.waitsFor(heidi, 2)).find(isForReset)!
    const { reset_token } = succeeds(
      await there.post('/api/auth/password/verify-code', { reset_id, code: codeIn(mail) }),
    ).body
    const body = { reset_token, new_password: freshPassword() }
    const replies = await Promise.all(
      Array.from({ length: 16 }, (_, i) => (i % 2 ? there : world.client()).post('/api/auth/password/reset', body)),
    )
    there.close()
    expect(replies.filter(({ status }) => status === 204).length).toBe(1)
    await expect.poll(() => heidi.isSignedIn(), { timeout: 3000 }).toBe(false)
  })
})

// Point 1: works without the session that asked, and says what to do without scripts.
describe('the page /reset-password, in Chromium', () => {
  let world: World
  let browser: Browser
  let complaints: string[]
  beforeAll(async () => {
    world = await World.begins('SQLite', {
      settings: { SERVICE_NAME: 'Lantern', APP_URL: 'https://app.example.org/in', CODE_LIFETIME: '20m' },
    })
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await world?.ends()
  })

  async function opens(options: { javaScriptEnabled?: boolean; locale?: string } = {}): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage()
    complaints = complaintsOf(page)
    return page
  }

  async function linkFor(person: Person): Promise<URL> {
    await person.forgetsPassword()
    return linkIn((await world.mailbox.waitsFor(person, 2)).find(isForReset)!)
  }

  test('B9 R0.8 opening spends nothing; a weak password gets advice, a good one is set, once', async () => {
    const ivan = await world.person('ivan').signsUp()
    const link = await linkFor(ivan)
    expect(link.origin).toBe(world.server.origin)
    expect(link.search).toBe('')
    const page = await opens()
    for (let i = 0; i < 3; i++) {
      await page.goto('about:blank')
      await page.goto(link.href)
    }
    expect(await page.innerText('main')).toContain(ivan.email)
    const field = page.getByLabel('New password', { exact: true })
    expect(await field.getAttribute('type')).toBe('password')
    expect(await field.getAttribute('autocomplete')).toBe('new-password')
    await page.getByLabel('Show the password').check()
    expect(await field.getAttribute('type')).toBe('text')
    await field.fill('password1')
    await field.press('Enter')
    await page.getByText('Common words, names and passwords are guessed first.').waitFor()
    expect(await ivan.isSignedIn()).toBe(true)
    const password = freshPassword()
    await field.fill(password)
    await page.getByRole('button', { name: 'Set the password' }).click()
    await page.getByRole('heading', { name: 'New password set' }).waitFor()
    expect(await page.innerText('main')).toMatch(/signed out on all devices/)
    expect(page.url()).not.toContain('token')
    expect(await page.getByRole('link', { name: 'Continue to Lantern' }).getAttribute('href')).toBe(
      'https://app.example.org/in',
    )
    expect(await page.context().cookies()).toEqual([])
    expect(await ivan.isSignedIn()).toBe(false)
    succeeds(await ivan.triesToSignIn({ password }))

    await page.goto('about:blank')
    await page.goto(link.href)
    await field.fill(freshPassword())
    await field.press('Enter')
    await page.getByText('This link no longer works').waitFor()
    expect(await page.innerText('main')).toMatch(/older than\s+20 minutes/)
    expect(complaints).toEqual([])
  })

  test('in German, without a token, and without scripts', async () => {
    const page = await opens({ locale: 'de-AT' })
    await page.goto(`${world.server.origin}/reset-password`)
    await page.getByRole('heading', { name: 'Neues Passwort setzen' }).waitFor()
    expect(await page.innerText('main')).toMatch(/Link in unserer Mail/)
    expect(await page.locator('form').isVisible()).toBe(false)
    const plain = await opens({ javaScriptEnabled: false })
    await plain.goto(`${world.server.origin}/reset-password`)
    expect(await plain.innerText('main')).toMatch(/six-digit code/)
    expect(complaints).toEqual([])
  })
})
