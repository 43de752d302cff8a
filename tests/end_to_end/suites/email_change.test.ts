import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { complaintsOf, launchChromium } from '../support/browser.ts'
import { HttpClient } from '../support/http.ts'
import { codeIn, linkIn, type Mail, tokenIn } from '../support/mailbox.ts'
import { freshName, freshPassword, type Person, refuses, succeeds } from '../support/person.ts'
import { eventually } from '../support/polling.ts'
import { Server } from '../support/program.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

const freshEmail = (name: string) => `${freshName(name)}@example.net`

const asks = (person: Person, new_email: string) =>
  person.http.post('/api/account/email', { new_email }, person.bearer())
const proves = (person: Person, change_id: string, code: string) =>
  person.http.post('/api/account/email/verify', { change_id, code }, person.bearer())

/** The newest of the mails to an address whose subject matches. */
const mailTo = (world: World, email: string, subject: RegExp): Promise<Mail> =>
  eventually(`a mail "${subject.source}" to ${email}`, async () =>
    (await world.mailbox.all({ email })).filter((mail) => subject.test(mail.subject)).at(-1),
  )
const CODE = /is your code/
const CHANGED = /was changed/

/** Asks for the address and proves it by the code. */
async function changes(person: Person, email: string): Promise<void> {
  const asked = succeeds(await asks(person, email)).body
  succeeds(await proves(person, asked.change_id, codeIn(await mailTo(person.world, email, CODE))!))
  person.email = email
}

describe.each(ENGINES)('change of the email address, on %s', (engine) => {
  let world: World
  beforeAll(async () => {
    world = await World.begins(engine)
  })
  afterAll(() => world.ends())

  test('the new address proves itself, the old one is told, and everything shows the new one at once', async () => {
    const alice = await world.person('alice', { username: freshName('alice') }).signsUp()
    const [old, email] = [alice.email, freshEmail('alice')]
    const asked = succeeds(await asks(alice, email)).body
    expect(Object.keys(asked).sort()).toEqual(['change_id', 'expires_at', 'resend_at'])
    expect((await alice.checksSession()).body.user.email).toBe(old)
    expect((await alice.asks('/api/account/email')).body).toMatchObject({
      email: old,
      email_verified: true,
      pending: { change_id: asked.change_id, new_email: 'a***@example.net' },
    })
    refuses(
      await alice.http.post('/api/account/email/resend', { change_id: asked.change_id }, alice.bearer()),
      429,
      'resend_too_early',
    )
    const code = codeIn(await mailTo(world, email, CODE))!
    const wrong = code === '000000' ? '000001' : '000000'
    expect(refuses(await proves(alice, asked.change_id, wrong), 400, 'wrong_code', 'code').attempts_left).toBe(2)
    expect(succeeds(await proves(alice, asked.change_id, code)).body).toEqual({ email, email_verified: true })
    expect((await alice.checksSession()).body.user).toMatchObject({ email, username: alice.username })
    expect((await alice.asks('/api/account/profile')).body.email).toBe(email)
    expect((await alice.asks('/api/account/email')).body).toEqual({ email, email_verified: true })
    refuses(await alice.atAnotherDevice().triesToSignIn(), 401, 'wrong_credentials')
    alice.email = email
    await alice.atAnotherDevice().signsIn()
    refuses(await proves(alice, asked.change_id, code), 404, 'not_found', 'change_id')
    const told = await mailTo(world, old, CHANGED)
    expect(told.text).toContain('a***@example.net')
    expect(linkIn(told).pathname).toBe('/undo-email-change')
  })

  test('B1 a taken address looks like a free one', async () => {
    const [bob, carol] = [await world.person('bob').signsUp(), await world.person('carol').signsUp()]
    const taken = succeeds(await asks(bob, carol.email.toUpperCase())).body
    const free = succeeds(await asks(carol, freshEmail('free'))).body
    expect(Object.keys(taken)).toEqual(Object.keys(free))
    const replies = [await proves(bob, taken.change_id, '000000'), await proves(carol, free.change_id, '000000')]
    expect(replies.map((reply) => [reply.status, reply.body.code, reply.body.attempts_left])).toEqual([
      [400, 'wrong_code', 2],
      [400, 'wrong_code', 2],
    ])
    const notice = await mailTo(world, carol.email, /is in use/)
    expect(notice.text).not.toContain('#token=')
    succeeds(await asks(bob, carol.email))
    expect((await world.mailbox.all(carol)).filter((mail) => /is in use/.test(mail.subject))).toHaveLength(1)
  })

  test("B36 another person's change is not found", async () => {
    const [dora, eve] = [await world.person('dora').signsUp(), await world.person('eve').signsUp()]
    const email = freshEmail('dora')
    const { change_id } = succeeds(await asks(dora, email)).body
    const code = codeIn(await mailTo(world, email, CODE))!
    refuses(await proves(eve, change_id, code), 404, 'not_found')
    refuses(await eve.http.post('/api/account/email/resend', { change_id }, eve.bearer()), 404, 'not_found')
    expect((await eve.http.delete('/api/account/email', eve.bearer())).status).toBe(204)
    succeeds(await proves(dora, change_id, code))
  })

  test('it ends when it is cancelled, and with the session that asked', async () => {
    const fay = await world.person('fay').signsUp()
    const email = freshEmail('fay')
    const first = succeeds(await asks(fay, email)).body
    expect((await fay.http.delete('/api/account/email', fay.bearer())).status).toBe(204)
    const code = codeIn(await mailTo(world, email, CODE))!
    refuses(await proves(fay, first.change_id, code), 404, 'not_found')
    const other = freshEmail('fay')
    succeeds(await asks(fay, other))
    await fay.logsOut()
    const token = tokenIn(linkIn(await mailTo(world, other, CODE)))
    refuses(await world.client().post('/api/auth/email/confirm-change', { token }), 400, 'link_invalid', 'token')
  })

  test('sixteen proofs at once count as one', async () => {
    const gus = await world.person('gus').signsUp()
    const [old, email] = [gus.email, freshEmail('gus')]
    const { change_id } = succeeds(await asks(gus, email)).body
    const mail = await mailTo(world, email, CODE)
    const [code, token] = [codeIn(mail)!, tokenIn(linkIn(mail))]
    const client = world.client()
    const replies = await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        i % 2 ? proves(gus, change_id, code) : client.post('/api/auth/email/confirm-change', { token }),
      ),
    )
    expect(replies.filter((reply) => reply.status === 200)).toHaveLength(1)
    await mailTo(world, old, CHANGED)
    expect((await world.mailbox.all({ email: old })).filter((mail) => CHANGED.test(mail.subject))).toHaveLength(1)
  })

  test('the first of two old addresses undoes both changes, and signs everybody out', async () => {
    const hana = await world.person('hana').signsUp()
    const first = hana.email
    const [second, third] = [freshEmail('hana'), freshEmail('hana')]
    await changes(hana, second)
    await changes(hana, third)
    const links = [linkIn(await mailTo(world, first, CHANGED)), linkIn(await mailTo(world, second, CHANGED))]
    const client = world.client()
    for (let i = 0; i < 2; i++) {
      expect((await client.get('/undo-email-change')).status, 'B9 opening undoes nothing').toBe(200)
    }
    expect(await hana.isSignedIn()).toBe(true)
    const undoes = (link: URL) => client.post('/api/auth/email/undo-change', { token: tokenIn(link) })
    expect(succeeds(await undoes(links[0])).body).toEqual({ email: first })
    expect(await hana.isSignedIn()).toBe(false)
    refuses(await hana.triesToRefresh(), 401, 'session_ended')
    for (const link of links) refuses(await undoes(link), 400, 'link_invalid', 'token')
    await mailTo(world, third, /was undone/)
    hana.email = first
    refuses(await hana.atAnotherDevice().triesToSignIn(), 401, 'wrong_credentials')
    const reset = linkIn(
      await eventually('a mail to set a new password', async () =>
        (await world.mailbox.all({ email: first })).find((mail) => mail.text.includes('/reset-password#token=')),
      ),
    )
    hana.password = freshPassword()
    succeeds(await client.post('/api/auth/password/reset', { token: tokenIn(reset), new_password: hana.password }))
    await hana.atAnotherDevice().signsIn()
  })

  test('an old address is nobody else’s while it may undo: it looks like one that is taken', async () => {
    const ida = await world.person('ida').signsUp()
    const old = ida.email
    await changes(ida, freshEmail('ida'))
    const squatter = world.person('squatter', { email: old })
    await squatter.registers()
    await mailTo(world, old, /already exists/)
    expect((await world.mailbox.all({ email: old })).filter((mail) => CODE.test(mail.subject))).toHaveLength(1)
  })

  test('over gRPC', async () => {
    const jan = await world.person('jan').signsUp()
    const email = freshEmail('jan')
    const grpc = world.grpc()
    expect((await grpc.refused('EmailService', 'ChangeEmail', { new_email: email })).reason).toBe('not_authenticated')
    grpc.accessToken = jan.accessToken
    const asked = await grpc.call('EmailService', 'ChangeEmail', { new_email: email })
    const token = tokenIn(linkIn(await mailTo(world, email, CODE)))
    expect((await grpc.call('EmailService', 'GetEmail')).pending.change_id).toBe(asked.change_id)
    expect(await world.grpc().call('EmailService', 'ConfirmEmailChange', { token })).toMatchObject({ email })
    expect(await grpc.call('EmailService', 'GetEmail')).toMatchObject({ email, email_verified: true })
  })
})

describe('change of the email address', () => {
  test('needs a fresh login', async () => {
    const world = await World.begins('SQLite', { settings: { FRESH_LOGIN_WITHIN: '1s' } })
    try {
      const kim = await world.person('kim').signsUp()
      await eventually('the login is not fresh any more', async () => {
        const reply = await asks(kim, freshEmail('kim'))
        return reply.status === 403 && reply.body.code === 'fresh_login_required'
      })
      await kim.signsIn()
      succeeds(await asks(kim, freshEmail('kim')))
    } finally {
      await world.ends()
    }
  })

  test('is seen by a second server on the same PostgreSQL', async () => {
    const world = await World.begins('PostgreSQL')
    const { PORT, GRPC_PORT, ...shared } = world.server.settings
    const second = await Server.start({ settings: shared })
    const there = new HttpClient(second.origin)
    try {
      const lea = await world.person('lea').signsUp()
      const [old, email] = [lea.email, freshEmail('lea')]
      const emailThere = async () => (await there.get('/api/auth/session', lea.bearer())).body.user?.email
      expect(await emailThere()).toBe(old)
      await changes(lea, email)
      await eventually('the second server shows the new address', async () => (await emailThere()) === email, 2000)
      const token = tokenIn(linkIn(await mailTo(world, old, CHANGED)))
      expect(succeeds(await there.post('/api/auth/email/undo-change', { token })).body).toEqual({ email: old })
      await eventually('the first server refuses', async () => !(await lea.isSignedIn()), 2000)
    } finally {
      there.close()
      await second.stops()
      await world.ends()
    }
  })
})

describe('the pages behind the links of a change, in a real browser', () => {
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

  /** A page in a browser of its own, where nobody is signed in. */
  async function opens(link: URL, options: { javaScriptEnabled?: boolean; locale?: string } = {}): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage()
    complaints = complaintsOf(page)
    await page.goto(link.href)
    return page
  }

  test('B9 one press changes the address, and one press undoes it; opening does neither', async () => {
    const mia = await world.person('mia').signsUp()
    const [old, email] = [mia.email, freshEmail('mia')]
    succeeds(await asks(mia, email))
    const link = linkIn(await mailTo(world, email, CODE))
    expect(link.pathname).toBe('/confirm-email')
    for (let i = 0; i < 2; i++) await opens(link)
    expect((await mia.checksSession()).body.user.email).toBe(old)

    const confirm = await opens(link)
    expect(await confirm.innerText('main')).toContain(email)
    await confirm.getByRole('button', { name: 'Use this address' }).click()
    await confirm.getByRole('heading', { name: 'Email address changed' }).waitFor()
    expect(await confirm.innerText('main')).toContain(email)
    expect(confirm.url()).not.toContain(link.hash)
    expect(await confirm.context().cookies(), 'it signs nobody in').toEqual([])
    expect(await confirm.getByRole('link', { name: 'Continue to Lantern' }).getAttribute('href')).toBe(
      'https://app.example.org/in',
    )
    expect((await mia.checksSession()).body.user.email).toBe(email)
    expect(complaints).toEqual([])

    const undo = await opens(linkIn(await mailTo(world, old, CHANGED)))
    expect(await mia.isSignedIn()).toBe(true)
    await undo.getByRole('button', { name: 'Undo the change' }).click()
    await undo.getByRole('heading', { name: 'Change undone' }).waitFor()
    expect(await undo.innerText('main')).toContain(old)
    expect(await mia.isSignedIn()).toBe(false)
    expect(complaints).toEqual([])
  })

  test('a link that was used says so, in German too', async () => {
    const nora = await world.person('nora').signsUp()
    const email = freshEmail('nora')
    succeeds(await asks(nora, email))
    const link = linkIn(await mailTo(world, email, CODE))
    await changes(nora, freshEmail('nora'))
    const page = await opens(link, { locale: 'de-AT' })
    await page.getByRole('button', { name: 'Diese Adresse verwenden' }).click()
    await page.getByText('Dieser Link gilt nicht mehr').waitFor()
    expect(await page.innerText('main')).toMatch(/älter als\s+20 Minuten/)
    const undo = await opens(new URL('/undo-email-change#token=unknown', world.server.origin), { locale: 'de' })
    await undo.getByRole('button', { name: 'Änderung rückgängig machen' }).click()
    await undo.getByText('älter als 72 Stunden').waitFor()
    expect(complaints).toEqual([])
  })

  test('without scripts and without a token the pages say what to do', async () => {
    for (const path of ['/confirm-email', '/undo-email-change']) {
      const link = new URL(path, world.server.origin)
      expect(await (await opens(link, { javaScriptEnabled: false })).innerText('main'), path).toMatch(/JavaScript/)
      const page = await opens(link)
      await page.getByText('Please open the link in our mail').waitFor()
      expect(await page.getByRole('button').isVisible()).toBe(false)
    }
  })
})
