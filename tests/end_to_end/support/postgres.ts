import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { eventually } from './polling.ts'
import { freePorts } from './ports.ts'

/** The newest server that Debian's packages have installed. */
function debianPrograms(): string {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').map(Number) : []
  if (versions.length === 0) throw new Error('PostgreSQL is not installed: deploy/install-dependencies test')
  return `/usr/lib/postgresql/${Math.max(...versions)}/bin`
}

export const POSTGRES_BIN = process.env.OSTIARY_POSTGRES_BIN ?? debianPrograms()

/** A PostgreSQL of our own, which a test may crash and freeze. */
export class PostgresServer {
  private child?: ChildProcess
  private frozen: number[] = []

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly identity: { uid?: number; gid?: number },
    private readonly options: string[],
  ) {}

  /** `options` as on its command line, on top of those that every test wants. */
  static async starts(options: string[] = [], parent = tmpdir()): Promise<PostgresServer> {
    const folder = mkdtempSync(join(parent, 'ostiary-postgres-'))
    const [port] = await freePorts(1)
    const identity: { uid?: number; gid?: number } = process.getuid?.() === 0 ? postgresUser() : {}
    if (identity.uid !== undefined) chownSync(folder, identity.uid, identity.gid!)
    execFileSync(
      join(POSTGRES_BIN, 'initdb'),
      [
        '-D',
        join(folder, 'data'),
        '-U',
        'postgres',
        '--auth=trust',
        '--encoding=UTF8',
        '--locale=C.UTF-8',
        '--no-sync',
      ],
      { ...identity, cwd: folder, stdio: 'ignore' },
    )
    const server = new PostgresServer(folder, port, identity, options)
    await server.startsAgain()
    return server
  }

  async startsAgain(): Promise<void> {
    this.child = spawn(
      join(POSTGRES_BIN, 'postgres'),
      [
        ...['-D', join(this.folder, 'data'), '-p', String(this.port), '-k', this.folder, '-h', '127.0.0.1'],
        ...['-c', 'max_connections=300', '-c', 'shared_buffers=64MB', '-c', 'log_min_messages=fatal'],
        ...this.options,
      ],
      { ...this.identity, cwd: this.folder, stdio: 'ignore' },
    )
    await eventually('PostgreSQL answers', () => answersAt(this.port), 30_000)
  }

  get isRunning(): boolean {
    return this.child?.exitCode === null && this.child.signalCode === null
  }

  /** Ends it at once, without a checkpoint and without a word to anyone that can be understood: it has to recover. */
  async crashes(): Promise<void> {
    const ended = new Promise((resolve) => this.child!.once('close', resolve))
    this.child!.kill('SIGQUIT')
    await ended
  }

  /** Stops all its processes where they stand. Its connections stay open. */
  freezes(): void {
    this.frozen = processes(this.child!.pid!)
    for (const pid of this.frozen) process.kill(pid, 'SIGSTOP')
  }

  thaws(): void {
    for (const pid of this.frozen) process.kill(pid, 'SIGCONT')
    this.frozen = []
  }

  async ends(): Promise<void> {
    this.thaws()
    if (this.isRunning) await this.crashes()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A process and its children. */
function processes(parent: number): number[] {
  const children = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
    } catch {
      return false // it has ended meanwhile
    }
  })
  return [parent, ...children.map(Number)]
}

/** Whether it takes statements: while it recovers it only listens. */
async function answersAt(port: number): Promise<boolean> {
  const client = new pg.Client({ connectionString: `postgresql://postgres@127.0.0.1:${port}/postgres` })
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } finally {
    await client.end().catch(() => {})
  }
}

function postgresUser(): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
