import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RELEASE_PROGRAM, temporaryFolder } from '../support/program.ts'
import { World } from '../support/world.ts'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('../../more/grpcurl', import.meta.url))

let world: World
let program: string
beforeAll(async () => {
  program = join(temporaryFolder(), 'grpcurl')
  await run('go', ['build', '-o', program, 'github.com/fullstorydev/grpcurl/cmd/grpcurl'], { cwd: folder })
  world = await World.begins('SQLite', { program: RELEASE_PROGRAM })
}, 900_000)
afterAll(() => world.ends())

/** What it prints; what it complains of where it fails. */
async function grpcurl(options: string[], ...words: string[]): Promise<string> {
  const args = ['-plaintext', ...options, `127.0.0.1:${world.server.grpcPort}`, ...words]
  const done = await run(program, args).catch((error) => error as { stdout: string; stderr: string })
  return done.stdout + done.stderr
}

// Everything is known to it by reflection alone: it has no .proto file.
test('grpcurl lists, describes and calls health, reflection and the contract', async () => {
  const listed = (await grpcurl([], 'list')).trim().split('\n')
  expect(listed).toEqual(
    expect.arrayContaining([
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
      'ostiary.v1.AuthService',
    ]),
  )
  for (const service of listed) expect(await grpcurl([], 'describe', service)).toContain('is a service')
  expect(await grpcurl([], 'grpc.health.v1.Health/Check')).toContain('"status": "SERVING"')
  expect(await grpcurl(['-d', '{"service":"no.such"}'], 'grpc.health.v1.Health/Check')).toContain('NotFound')

  const ada = await world.person('ada').signsUp()
  const credentials = JSON.stringify({ email: ada.email, password: ada.password })
  const login = await grpcurl(['-v', '-d', credentials], 'ostiary.v1.AuthService/Login')
  expect(login).toMatch(/x-request-id: [0-9a-f]{32}/)
  const token = /"access_token": "([^"]+)"/.exec(login)![1]
  const bearer = `authorization: Bearer ${token}`
  expect(await grpcurl(['-H', bearer], 'ostiary.v1.AuthService/CheckSession')).toContain(ada.email)
})
