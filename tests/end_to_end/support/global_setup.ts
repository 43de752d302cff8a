import type { TestProject } from 'vitest/node'
import { PostgresServer } from './postgres.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgresPort: number
  }
}

/** One PostgreSQL for the whole run; each test file has a database of its own in it. */
export default async function setUp(project: TestProject) {
  const server = await PostgresServer.starts(['-c', 'fsync=off'])
  project.provide('postgresPort', server.port)
  return () => server.ends()
}
