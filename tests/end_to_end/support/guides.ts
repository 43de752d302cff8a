import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'
import { expect } from 'vitest'
import { HttpClient } from './http.ts'
import type { Person } from './person.ts'
import { eventually } from './polling.ts'
import { freePorts } from './ports.ts'
import { background, temporaryFolder } from './program.ts'
import type { World } from './world.ts'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const GUIDES = path('../../../docs/guides')
const NODE_MODULES = path('../node_modules')

/** The examples that a page of docs/guides shows, by the file names after the language: ```js jose.mjs */
function examplesOf(page: string): Map<string, string> {
  const text = readFileSync(join(GUIDES, page), 'utf8')
  const blocks = [...text.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)]
  return new Map(blocks.map(([, language, file, code]) => [file ?? `a block of ${language} without a name`, code]))
}

/** Every example of every page: "protect-an-api.md jose.mjs". */
export const allExamples = (): string[] =>
  readdirSync(GUIDES).flatMap((page) => [...examplesOf(page).keys()].map((file) => `${page} ${file}`))

/** The code of one example, with texts replaced that must be there: ports, folders. */
export function example(page: string, file: string, replaced: Record<string, string> = {}): string {
  let code = examplesOf(page).get(file)
  if (code === undefined) throw new Error(`docs/guides/${page} has no example ${file}`)
  for (const [from, to] of Object.entries(replaced)) {
    if (!code.includes(from)) throw new Error(`${file} in docs/guides/${page} has no ${from}`)
    code = code.replaceAll(from, to)
  }
  return code
}

/** A Node.js program of a guide, which finds the packages of the tests. Gives where it listens. */
export async function nodeExample(page: string, file: string, settings: Record<string, string>): Promise<string> {
  const folder = temporaryFolder()
  symlinkSync(NODE_MODULES, join(folder, 'node_modules'))
  writeFileSync(join(folder, file), example(page, file))
  return await listens(process.execPath, [join(folder, file)], settings)
}

/** Starts a program that listens on PORT, and waits until it answers. */
export async function listens(
  program: string,
  args: string[],
  settings: Record<string, string>,
  within = 30_000,
): Promise<string> {
  const [port] = await freePorts(1)
  const child = background(program, args, { PORT: String(port), ...settings })
  const origin = `http://localhost:${port}`
  const client = new HttpClient(origin)
  await eventually(
    `${program} ${args.join(' ')} answers`,
    async () => {
      if (child.ended) return true
      return (await client.get('/')).status > 0
    },
    within,
  )
  client.close()
  if (child.ended) throw new Error(`${program} ${args.join(' ')} ended:\n${child.output}`)
  return origin
}

/** An issuer that signs whatever a test asks for, with published keys as the real one has. */
export class FalseIssuer {
  private constructor(
    readonly url: string,
    private readonly key: CryptoKey,
    private readonly server: ReturnType<typeof createServer>,
  ) {}

  static async begins(): Promise<FalseIssuer> {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }
    const [port] = await freePorts(1)
    const url = `http://localhost:${port}`
    const documents: Record<string, object> = {
      '/.well-known/jwks.json': { keys: [jwk] },
      '/.well-known/oauth-authorization-server': { issuer: url, jwks_uri: `${url}/.well-known/jwks.json` },
    }
    const server = createServer((request, response) => {
      const document = documents[request.url!]
      response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' })
      response.end(document && JSON.stringify(document))
    })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return new FalseIssuer(url, privateKey as CryptoKey, server)
  }

  /** An access token as the real issuer makes them, but for what is changed. */
  async signs(header: Partial<JWTHeaderParameters> = {}, claims: JWTPayload = {}, key = this.key): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const all = {
      ...{ iss: this.url, aud: this.url, client_id: 'ostiary', sub: 'somebody', sid: 's', jti: 'j', roles: [] },
      ...{ amr: ['pwd'], auth_time: now, iat: now, exp: now + 900 },
      ...claims,
    }
    return await new SignJWT(all).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k1', ...header }).sign(key)
  }

  closes(): void {
    this.server.close()
    this.server.closeAllConnections()
  }
}

/** Expects that a program, started with OSTIARY_URL, lets in whoever has a token of that issuer, and nobody else. */
export async function protects(
  world: World,
  person: Person,
  start: (settings: Record<string, string>) => Promise<string>,
): Promise<void> {
  const ask = async (origin: string, token?: string) => {
    const client = new HttpClient(origin)
    const reply = await client.get('/', { headers: token ? { authorization: `Bearer ${token}` } : {} })
    client.close()
    return `${reply.status} ${reply.status === 200 ? reply.text.trim() : ''}`.trim()
  }
  const real = await start({ OSTIARY_URL: world.server.settings.PUBLIC_URL! })
  expect(await ask(real, person.accessToken)).toBe(`200 Hello ${person.userId}`)
  expect(await ask(real)).toBe('401')
  expect(await ask(real, `${person.accessToken}x`)).toBe('401')

  const issuer = await FalseIssuer.begins()
  const other = await start({ OSTIARY_URL: issuer.url })
  expect(await ask(other, await issuer.signs())).toBe('200 Hello somebody')
  const stranger = (await generateKeyPair('ES256')).privateKey as CryptoKey
  const refused = {
    'typ JWT': await issuer.signs({ typ: 'JWT' }),
    'another issuer': await issuer.signs({}, { iss: 'https://elsewhere.example' }),
    'another audience': await issuer.signs({}, { aud: 'https://elsewhere.example' }),
    expired: await issuer.signs({}, { exp: Math.floor(Date.now() / 1000) - 600 }),
    "a stranger's key": await issuer.signs({}, {}, stranger),
    'an ID of an unknown key': await issuer.signs({ kid: 'k2' }),
    'no signature': [
      { alg: 'none', typ: 'at+jwt' },
      { iss: issuer.url, aud: issuer.url, sub: 'somebody' },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
      .concat('.'),
    'a token of the real issuer': person.accessToken!,
  }
  for (const [why, token] of Object.entries(refused)) expect(await ask(other, token), why).toBe('401')
  issuer.closes()
}
