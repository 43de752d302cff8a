import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HttpClient } from './http.ts'
import { eventually } from './polling.ts'
import { freePorts } from './ports.ts'

export type Settings = Record<string, string | undefined>

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** The program under test, built with sanitizers. */
export const PROGRAM = process.env.OSTIARY_PROGRAM ?? path('../../../build/sanitized/ostiary')
/** The same without sanitizers: libfaketime and AddressSanitizer don't go together. */
export const RELEASE_PROGRAM = process.env.OSTIARY_RELEASE_PROGRAM ?? path('../../../build/release/ostiary')

for (const program of [PROGRAM, RELEASE_PROGRAM]) {
  if (!existsSync(program)) throw new Error(`${program} is not there: run make test, or name one by OSTIARY_PROGRAM`)
}

const folders = new Set<string>()
const running = new Set<ChildProcess>()

/** Ends what a test that failed has left running, and removes the folders. */
export async function cleanUp(): Promise<void> {
  const ended = [...running].map((child) => new Promise((resolve) => child.once('close', resolve)))
  for (const child of running) child.kill('SIGKILL')
  await Promise.all(ended)
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
}

/** An empty folder that is gone when the tests are. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-e2e-'))
  folders.add(folder)
  return folder
}

/** The environment of a program: nothing of ours leaks into its settings. */
export function environment(settings: Settings): Record<string, string> {
  const base: Settings = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    ASAN_OPTIONS: 'detect_leaks=1:abort_on_error=0:exitcode=99',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1:exitcode=99',
    ...settings,
  }
  return Object.fromEntries(Object.entries(base).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** What a command that ends by itself left. */
export interface Finished {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  /** The lines of both, without empty ones. */
  lines: string[]
}

/** What it says to the operator: the lines of standard error that are not its log. */
export const complaints = (finished: Finished): string[] =>
  finished.stderr.split('\n').filter((line) => line.trim() && !line.startsWith('{'))

export interface CommandOptions {
  settings?: Settings
  stdin?: string
  program?: string
  cwd?: string
  within?: number
}

/** Runs the program with arguments until it ends; kills it, and throws, when it does not. */
export async function command(args: string[], options: CommandOptions = {}): Promise<Finished> {
  const child = spawn(options.program ?? PROGRAM, args, {
    cwd: options.cwd ?? temporaryFolder(),
    env: environment(options.settings ?? {}),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  running.add(child)
  child.stdin.on('error', () => {})
  child.stdin.end(options.stdin ?? '')
  return await finished(child, options.within ?? 20_000, `ostiary ${args.join(' ')}`)
}

/** Starts somebody else's program, which is ended with the tests. */
export function background(program: string, args: string[], settings: Settings, cwd = temporaryFolder()) {
  const child = spawn(program, args, { cwd, env: environment(settings), stdio: ['ignore', 'pipe', 'pipe'] })
  const state = { child, output: '', ended: false }
  running.add(child)
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (state.output += text))
  }
  child.once('error', (error) => (state.output += String(error)))
  child.once('close', () => {
    state.ended = true
    running.delete(child)
  })
  return state
}

async function finished(child: ChildProcess, within: number, what: string): Promise<Finished> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  let late = false
  const timer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, within)
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode, exitSignal) => resolve([exitCode, exitSignal]))
  })
  clearTimeout(timer)
  running.delete(child)
  if (late) throw new Error(`${what} did not end within ${within} ms:\n${stdout}\n${stderr}`)
  return { code, signal, stdout, stderr, lines: `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim()) }
}

/** What a server needs that people reach under a name of its own, through HTTPS that somebody else speaks. */
export const IN_PUBLIC: Settings = {
  PUBLIC_URL: 'https://id.example.org',
  LISTEN_ADDRESS: '127.0.0.1',
  SMTP_URL: 'smtp://127.0.0.1:1',
  OSTIARY_MASTER_KEY: 'ab'.repeat(32),
  RATE_LIMITS: undefined,
}

export interface ServeOptions {
  settings?: Settings
  program?: string
  /** Where the data lies; a folder of its own if not given. */
  folder?: string
  port?: number
  grpcPort?: number
  args?: string[]
}

/** A running `ostiary serve`. */
export class Server {
  readonly origin: string
  output = ''
  private exit?: { code: number | null; signal: NodeJS.Signals | null }

  private constructor(
    readonly child: ChildProcess,
    readonly port: number,
    readonly grpcPort: number,
    readonly folder: string,
    readonly settings: Settings,
    private readonly options: ServeOptions,
  ) {
    this.origin = `${settings.TLS_CERT_FILE ? 'https' : 'http'}://localhost:${port}`
    running.add(child)
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    child.once('close', (code, signal) => {
      this.exit = { code, signal }
      running.delete(child)
    })
  }

  /** Starts it and waits until it answers /health. */
  static async start(options: ServeOptions = {}): Promise<Server> {
    const folder = options.folder ?? temporaryFolder()
    const free = await freePorts(2)
    const port = options.port ?? free[0]
    const grpcPort = options.grpcPort ?? free[1]
    const settings: Settings = {
      PORT: String(port),
      GRPC_PORT: String(grpcPort),
      DATA_DIR: join(folder, 'data'),
      PUBLIC_URL: `${options.settings?.TLS_CERT_FILE ? 'https' : 'http'}://localhost:${port}`,
      RATE_LIMITS: 'off',
      ...options.settings,
    }
    const child = spawn(options.program ?? PROGRAM, options.args ?? ['serve'], {
      cwd: folder,
      env: environment(settings),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const server = new Server(child, port, grpcPort, folder, settings, options)
    const client = new HttpClient(server.origin, { authority: server.authority })
    try {
      await eventually(
        'the program answers /health',
        async () => {
          if (server.exit) return true
          return (await client.get('/health')).status === 200
        },
        30_000,
      )
      if (server.exit) throw new Error(`it ended: ${JSON.stringify(server.exit)}`)
    } catch (error) {
      child.kill('SIGKILL')
      throw new Error(`${String(error)}\n${server.output}`)
    } finally {
      client.close()
    }
    return server
  }

  /** The certificate that HTTPS clients trust. */
  get authority(): string | undefined {
    return this.settings.TLS_CERT_FILE && readFileSync(this.settings.TLS_CERT_FILE, 'utf8')
  }

  get pid(): number {
    return this.child.pid!
  }

  get hasEnded(): boolean {
    return this.exit !== undefined
  }

  /** The program's log: one JSON object a line, as it writes to a pipe. */
  get logLines(): Record<string, unknown>[] {
    return this.output.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line) as Record<string, unknown>]
      } catch {
        return []
      }
    })
  }

  /** The path of the development mailbox with its key, as the program prints it at its start. */
  async mailboxPath(): Promise<string> {
    return await eventually('it prints where its mailbox is', () => /\/dev\/mailbox\?key=[\w-]+/.exec(this.output)?.[0])
  }

  /** Asks it to end, as an init system does, and tells how it ended. A sanitizer's complaint is an error. */
  async stops(signal: NodeJS.Signals = 'SIGTERM', within = 20_000) {
    if (!this.exit) this.child.kill(signal)
    const exit = await eventually('the program ends', () => this.exit, within).catch((error) => {
      this.child.kill('SIGKILL')
      throw new Error(`${String(error)}\n${this.output}`)
    })
    if (/AddressSanitizer|LeakSanitizer|runtime error:/.test(this.output)) {
      throw new Error(`a sanitizer complains:\n${this.output.slice(-8000)}`)
    }
    return exit
  }

  /** Ends it the hard way: nothing of it runs after the call. */
  async isKilled(): Promise<void> {
    this.child.kill('SIGKILL')
    await eventually('the killed program is gone', () => this.exit)
  }

  /** The same program on the same data and ports, started again. */
  async startsAgain(settings: Settings = {}): Promise<Server> {
    return await Server.start({
      ...this.options,
      folder: this.folder,
      port: this.port,
      grpcPort: this.grpcPort,
      settings: { ...this.options.settings, ...settings },
    })
  }
}
