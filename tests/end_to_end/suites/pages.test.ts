import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { complaintsOf, launchChromium } from '../support/browser.ts'
import { eventually } from '../support/polling.ts'
import { World } from '../support/world.ts'

describe('pages in a real browser', () => {
  let world: World
  let browser: Browser
  let complaints: string[]
  let strangers: string[]
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

  /** A page in a browser of its own, which writes down what it complains about and whom it asks elsewhere. */
  async function opens(options: { javaScriptEnabled?: boolean } = {}): Promise<Page> {
    const context = await browser.newContext(options)
    const page = await context.newPage()
    strangers = []
    complaints = complaintsOf(page)
    page.on('request', (request) => {
      const url = new URL(request.url())
      if (/^https?:$/.test(url.protocol) && url.origin !== world.server.origin) strangers.push(request.url())
    })
    return page
  }

  function isQuiet() {
    expect(complaints).toEqual([])
    expect(strangers, 'nothing is fetched from elsewhere').toEqual([])
  }

  /** Registers from within a page: then the browser holds the device cookie, and says where it comes from. */
  async function registersIn(page: Page, email: string, password: string): Promise<{ verification_id: string }> {
    await page.goto(world.server.origin)
    return await page.evaluate(
      async ([email, password]) => {
        const reply = await fetch('/api/auth/register', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email, password }),
        })
        return await reply.json()
      },
      [email, password],
    )
  }

  const session = (page: Page) =>
    page.evaluate(async () => {
      const reply = await fetch('/api/auth/session')
      return { status: reply.status, body: await reply.json() }
    })

  test('B9 the link, in the browser that registered: opening spends nothing, one press signs in', async () => {
    const page = await opens()
    const alice = world.person('alice')
    const registered = await registersIn(page, alice.email, alice.password)
    expect(registered).not.toHaveProperty('device_id')
    const link = await world.mailbox.latestLink(alice)
    for (let i = 0; i < 3; i++) {
      await page.goto('about:blank')
      await page.goto(link.href)
    }
    expect((await session(page)).status).toBe(401)
    await page.getByRole('button').click()
    await eventually('the browser is signed in', async () => (await session(page)).status === 200)
    expect((await session(page)).body.user.email).toBe(alice.email)
    await page.getByRole('heading', { name: 'Email address confirmed' }).waitFor()
    const answer = await page.innerText('main')
    expect(answer).toContain(`${alice.email} is confirmed`)
    expect(answer).toMatch(/signed in to\s+Lantern/)
    expect(await page.getByRole('link', { name: 'Continue to Lantern' }).getAttribute('href')).toBe(
      'https://app.example.org/in',
    )
    expect(await page.evaluate(() => document.cookie)).toBe('')
    expect(page.url()).not.toContain(link.hash)
    const cookies = await page.context().cookies()
    expect(cookies.map((cookie) => [cookie.name, cookie.httpOnly, cookie.sameSite]).sort()).toEqual([
      ['ostiary_access', true, 'Lax'],
      ['ostiary_device', true, 'Lax'],
      ['ostiary_refresh', true, 'Lax'],
    ])
    isQuiet()
  })

  test('B9 the link, in another browser: it asks for the password and says when it is wrong', async () => {
    const bob = await world.person('bob').registers()
    const page = await opens()
    await page.goto((await world.mailbox.latestLink(bob)).href)
    await page.getByRole('button').click()
    const password = page.locator('input[type=password]')
    await password.waitFor({ state: 'visible', timeout: 10_000 })
    expect(await password.getAttribute('autocomplete')).toBe('current-password')
    await password.fill('not the password at all')
    const refused = page.waitForResponse((reply) => reply.url().endsWith('/email/verify') && reply.status() === 401)
    await password.press('Enter')
    await refused
    expect((await session(page)).status).toBe(401)
    await password.fill(bob.password)
    await password.press('Enter')
    await eventually('the browser is signed in', async () => (await session(page)).status === 200)
    expect((await session(page)).body.user.email).toBe(bob.email)
    isQuiet()
  })

  test('a link that was used says so', async () => {
    const carol = await world.person('carol').registers()
    const link = await world.mailbox.latestLink(carol)
    await carol.verifies()
    const page = await opens()
    await page.goto(link.href)
    await page.getByRole('button').click()
    await page.waitForFunction(
      () => /used|expired|not known|invalid|no longer/i.test(document.body.innerText),
      undefined,
      { timeout: 10_000 },
    )
    expect(await page.innerText('main')).toMatch(/older than\s+20 minutes/)
    expect(await page.getByRole('link', { name: 'Continue to Lantern' }).isVisible()).toBe(true)
    isQuiet()
  })

  test('without scripts the page says to type the code', async () => {
    const page = await opens({ javaScriptEnabled: false })
    await page.goto(`${world.server.origin}/verify-email`)
    expect(await page.innerText('body')).toMatch(/code/i)
    isQuiet()
  })

  test('the first page says what this is, what runs and what to do next', async () => {
    const page = await opens()
    await page.goto(world.server.origin)
    const text = await page.innerText('body')
    expect(text).toMatch(/Ostiary/)
    expect(text).toMatch(/SQLite/)
    expect(text).toMatch(/\/dev\/mailbox/)
    for (const target of ['/docs', '/openapi.json']) {
      expect(await page.locator(`a[href*="${target}"]`).count(), target).toBeGreaterThan(0)
    }
    isQuiet()
  })

  test('the development mailbox shows the code and the link', async () => {
    const dora = await world.person('dora').registers()
    const code = await world.mailbox.latestCode(dora)
    const page = await opens()
    await page.goto(world.server.origin + (await world.server.mailboxPath()))
    await page.getByRole('row', { name: dora.email }).getByRole('link').click()
    const text = await page.innerText('main')
    expect(text).toContain(dora.email)
    expect(text).toContain(code)
    const html = page.frameLocator('iframe')
    expect(await html.locator('body').innerText()).toContain(code)
    isQuiet()
  })

  test('the button in the HTML mail at the development mailbox opens the page, which signs in', async () => {
    const page = await opens()
    const emil = world.person('emil')
    await registersIn(page, emil.email, emil.password)
    await world.mailbox.latestLink(emil)
    await page.goto(world.server.origin + (await world.server.mailboxPath()))
    await page.getByRole('row', { name: emil.email }).getByRole('link').click()
    const opened = page.context().waitForEvent('page')
    await page.frameLocator('iframe').getByRole('link', { name: 'Confirm my email address' }).click()
    const confirm = await opened
    await confirm.waitForLoadState()
    expect(confirm.url()).toMatch(/\/verify-email#token=/)
    expect(await confirm.innerText('main')).toContain(emil.email)
    await confirm.getByRole('button').click()
    await confirm.getByRole('heading', { name: 'Email address confirmed' }).waitFor()
    expect((await session(page)).body.user.email).toBe(emil.email)
    isQuiet()
  })

  test('/login, opened in a browser, is a page that leads to the application; programs get 405', async () => {
    const page = await opens()
    for (const path of ['/login', '/register']) {
      const reply = await page.goto(world.server.origin + path)
      expect(reply?.status()).toBe(200)
      expect(reply?.headers()['content-type']).toMatch(/^text\/html/)
      await page.getByRole('heading', { name: 'Lantern' }).waitFor()
      expect(await page.getByRole('link').getAttribute('href')).toBe('https://app.example.org/in')
      expect((await world.client().get(path, { headers: { accept: 'application/json' } })).status).toBe(405)
    }
    isQuiet()
  })

  test('R2.13 /docs shows the calls, from the own server alone', async () => {
    const page = await opens()
    await page.goto(`${world.server.origin}/docs`)
    await page.waitForFunction(
      () =>
        document.body.innerText.includes('/api/auth/login') || document.body.innerText.includes('Register an account'),
      undefined,
      {
        timeout: 20_000,
      },
    )
    isQuiet()
  })
})
