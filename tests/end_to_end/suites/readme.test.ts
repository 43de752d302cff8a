import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeIn, DevelopmentMailbox, Mailbox } from '../support/mailbox.ts'
import { environment, Server } from '../support/program.ts'

const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
const ADA = { email: 'ada@example.org' }

/** The shell blocks of a section of the README: what can be pasted (`sh`), and other commands. */
function blocksOf(section: string) {
  const text = README.split(/^## /m).find((part) => part.startsWith(`${section}\n`))
  if (!text) throw new Error(`the README has no section ${section}`)
  const blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
  const named = (language: string) => blocks.filter((block) => block[1] === language).map((block) => block[2])
  return { pasted: named('sh'), others: named('') }
}

/** A shell in the server's folder, into which blocks are pasted as into a terminal. */
class Terminal {
  private readonly shell: ChildProcessWithoutNullStreams
  private output = ''

  constructor(private readonly server: Server) {
    this.shell = spawn('bash', ['-eu', '-o', 'pipefail'], { cwd: server.folder, env: environment({}) })
    for (const stream of [this.shell.stdout, this.shell.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    }
  }

  pastes(block: string): void {
    this.shell.stdin.write(block.replaceAll('localhost:8001', `localhost:${this.server.port}`))
  }

  types(line: string): void {
    this.shell.stdin.write(`${line}\n`)
  }

  /** What the commands printed; throws if one failed. */
  async ends(): Promise<string> {
    this.shell.stdin.end()
    const [code] = await once(this.shell, 'close')
    if (code !== 0) throw new Error(`the commands ended with ${code}:\n${this.output}`)
    return this.output
  }
}

describe('the first sign-in of the README', () => {
  const { pasted, others } = blocksOf('First sign-in')
  const [register, enterCode, readCode, signIn, askWhoIsSignedIn] = pasted
  let server: Server
  const mailbox = () => new Mailbox(new DevelopmentMailbox(server))

  beforeAll(async () => {
    // As `make run` starts it, but for the ports.
    const settings = { RATE_LIMITS: undefined, DATA_DIR: undefined, PUBLIC_URL: undefined }
    server = await Server.start({ settings })
  })
  afterAll(() => server.stops())

  test('it has five blocks', () => {
    expect(pasted).toHaveLength(5)
  })

  test('it can be pasted, with a code that somebody reads in the mailbox', async () => {
    const terminal = new Terminal(server)
    terminal.pastes(register)
    terminal.pastes(enterCode)
    terminal.types(await mailbox().latestCode(ADA))
    terminal.pastes(signIn)
    terminal.pastes(askWhoIsSignedIn)
    const lines = (await terminal.ends()).trim().split('\n')
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ user: ADA, session: { amr: ['pwd'] } })
  })

  test('a second time the mail has no code; without the folder data it begins afresh', async () => {
    const again = new Terminal(server)
    again.pastes(register)
    await again.ends()
    const mails = await mailbox().waitsFor(ADA, 2)
    expect(codeIn(mails[1])).toBeUndefined()

    await server.stops()
    const afresh = new Terminal(server)
    afresh.pastes(others[0].split('\n')[0] + '\n')
    await afresh.ends()
    server = await server.startsAgain()

    const terminal = new Terminal(server)
    terminal.pastes(register)
    await mailbox().latestCode(ADA)
    terminal.pastes(readCode)
    terminal.pastes(signIn)
    terminal.pastes(askWhoIsSignedIn)
    const lines = (await terminal.ends()).trim().split('\n')
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ user: ADA })
  })
})
