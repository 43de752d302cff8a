import { execFileSync, spawn } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { eventually } from './polling.ts'
import { freePorts } from './ports.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgresPort: number
  }
}

export const POSTGRES_BIN = process.env.OSTIARY_POSTGRES_BIN ?? '/usr/lib/postgresql/15/bin'

/** One PostgreSQL for the whole run; each test file has a database of its own in it. */
export default async function setUp(project: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), 'ostiary-postgres-'))
  const [port] = await freePorts(1)
  const asPostgres = process.getuid?.() === 0 ? postgresUser() : undefined
  if (asPostgres) chownSync(folder, asPostgres.uid, asPostgres.gid)
  const identity = asPostgres ?? {}
  const data = join(folder, 'data')
  execFileSync(
    join(POSTGRES_BIN, 'initdb'),
    ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'],
    { ...identity, cwd: folder, stdio: 'ignore' },
  )
  const server = spawn(
    join(POSTGRES_BIN, 'postgres'),
    [
      ...['-D', data, '-p', String(port), '-k', folder, '-h', '127.0.0.1'],
      ...['-c', 'fsync=off', '-c', 'max_connections=300', '-c', 'shared_buffers=64MB', '-c', 'log_min_messages=fatal'],
    ],
    { ...identity, cwd: folder, stdio: 'ignore' },
  )
  await eventually(
    'PostgreSQL listens',
    () =>
      new Promise<boolean>((resolve) => {
        const socket = createConnection(port, '127.0.0.1', () => {
          socket.destroy()
          resolve(true)
        }).once('error', () => resolve(false))
      }),
    30_000,
  )
  project.provide('postgresPort', port)
  return async () => {
    const ended = new Promise((resolve) => server.once('close', resolve))
    server.kill('SIGQUIT')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}

function postgresUser(): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
