import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { inject } from 'vitest'
import { POSTGRES_BIN } from './postgres.ts'
import type { Settings } from './program.ts'

export type Engine = 'SQLite' | 'PostgreSQL'
export const ENGINES: Engine[] = ['SQLite', 'PostgreSQL']

const run = promisify(execFile)

type Row = Record<string, unknown>

/** The database under a running program, seen from beside it. */
export interface Storage {
  readonly engine: Engine
  readonly settings: Settings
  rows<R extends Row = Row>(sql: string): Promise<R[]>
  count(sql: string): Promise<number>
  /** Runs a statement that writes, as an administrator of the database would: the program is not told. */
  changes(sql: string): Promise<void>
  /** All that someone who steals the database holds. */
  dump(): Promise<Buffer>
  drop(): Promise<void>
}

export async function makeStorage(engine: Engine, folder: string): Promise<Storage> {
  return engine === 'SQLite' ? new SqliteFile(folder) : await PostgresDatabase.create()
}

class SqliteFile implements Storage {
  readonly engine = 'SQLite'
  readonly settings: Settings = {}

  constructor(private readonly folder: string) {}

  get file(): string {
    const data = join(this.folder, 'data')
    const found = readdirSync(data).find((name) => beginsWith(join(data, name), 'SQLite format 3\0'))
    if (!found) throw new Error(`no SQLite file in ${data}: ${readdirSync(data).join(', ')}`)
    return join(data, found)
  }

  async rows<R extends Row>(sql: string): Promise<R[]> {
    const { stdout } = await run('sqlite3', ['-json', '-cmd', '.timeout 5000', `file:${this.file}?mode=ro`, sql])
    return stdout.trim() ? (JSON.parse(stdout) as R[]) : []
  }

  async count(sql: string): Promise<number> {
    return Number(Object.values((await this.rows(sql))[0])[0])
  }

  async changes(sql: string): Promise<void> {
    await run('sqlite3', ['-cmd', '.timeout 5000', this.file, sql])
  }

  async dump(): Promise<Buffer> {
    const folder = join(this.folder, 'data')
    const stem = this.file.slice(folder.length + 1)
    const files = readdirSync(folder).filter((name) => name.startsWith(stem))
    const sql = await run('sqlite3', [`file:${this.file}?mode=ro`, '.dump'], { maxBuffer: 1 << 28 })
    return Buffer.concat([...files.map((name) => readFileSync(join(folder, name))), Buffer.from(sql.stdout)])
  }

  async drop(): Promise<void> {}
}

class PostgresDatabase implements Storage {
  readonly engine = 'PostgreSQL'

  private constructor(
    private readonly name: string,
    private readonly port: number,
  ) {}

  static async create(port = inject('postgresPort')): Promise<PostgresDatabase> {
    const name = `e2e_${randomBytes(6).toString('hex')}`
    await withClient(url(port, 'postgres'), (client) => client.query(`CREATE DATABASE ${name}`))
    return new PostgresDatabase(name, port)
  }

  get settings(): Settings {
    return { DATABASE_URL: url(this.port, this.name) }
  }

  /** The same database through another port: a proxy's. */
  through(port: number): Settings {
    return { DATABASE_URL: `${url(port, this.name)}?sslmode=disable` }
  }

  async rows<R extends Row>(sql: string): Promise<R[]> {
    return await withClient(url(this.port, this.name), async (client) => (await client.query<R>(sql)).rows)
  }

  async count(sql: string): Promise<number> {
    return Number(Object.values((await this.rows(sql))[0])[0])
  }

  async changes(sql: string): Promise<void> {
    await this.rows(sql)
  }

  /** Goes on with the log's next file, so that what is left of this one is no room to write to. */
  async leavesLogFile(): Promise<void> {
    await this.rows('SELECT pg_switch_wal()').catch(() => {})
  }

  /** Keeps a table from everyone until the function that it gives is called. */
  async locks(table: string): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: url(this.port, this.name) })
    await client.connect()
    await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
    return () => client.end()
  }

  async dump(): Promise<Buffer> {
    const { stdout } = await run(join(POSTGRES_BIN, 'pg_dump'), ['--inserts', url(this.port, this.name)], {
      maxBuffer: 1 << 28,
      encoding: 'buffer',
    })
    return stdout
  }

  async drop(): Promise<void> {
    await withClient(url(this.port, 'postgres'), (client) => client.query(`DROP DATABASE ${this.name} WITH (FORCE)`))
  }
}

export type Postgres = PostgresDatabase

/** A new database, in the server of the run or in another. */
export async function makePostgres(port?: number): Promise<Postgres> {
  return await PostgresDatabase.create(port)
}

const url = (port: number, name: string) => `postgresql://postgres@127.0.0.1:${port}/${name}`

async function withClient<T>(connectionString: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString })
  client.on('error', () => {}) // a server that goes away: what is asked of it fails, too
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

function beginsWith(path: string, magic: string): boolean {
  if (!statSync(path).isFile()) return false
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(magic.length)
    return readSync(file, bytes, 0, magic.length, 0) === magic.length && bytes.toString('latin1') === magic
  } finally {
    closeSync(file)
  }
}
