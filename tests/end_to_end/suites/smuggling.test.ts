import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Person } from '../support/person.ts'
import { raw } from '../support/raw.ts'
import { World } from '../support/world.ts'

// What one reader takes for the body of a request, and another one for the next request: here a logout nobody sent.
describe('B22 request smuggling', () => {
  let world: World
  let alice: Person
  beforeAll(async () => {
    world = await World.begins('SQLite')
    alice = await world.person('alice').signsUp()
  })
  afterAll(() => world.ends())

  const first = 'POST /api/auth/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
  const logout = () =>
    `POST /api/auth/logout HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${alice.accessToken}\r\n` +
    'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'

  /** One answer, 400, and then the connection is closed: what stood behind the request was never read as one. */
  async function isRefused(before: string) {
    const answer = await raw(world.server.port, before + logout())
    expect([...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual(['400'])
    expect(answer).toMatch(/\r\nConnection: close\r\n/)
    expect(answer).toContain('"code":"malformed_request"')
    expect(await alice.isSignedIn()).toBe(true)
  }

  const chunked = 'Transfer-Encoding: chunked\r\n'
  const empty = '0\r\n\r\n'

  test.each([
    ['Content-Length before Transfer-Encoding', `Content-Length: 5\r\n${chunked}`, empty],
    ['Transfer-Encoding before Content-Length', `${chunked}Content-Length: 5\r\n`, empty],
    ['both, the length in other letters', `${chunked}cONTENT-lENGTH: 5\r\n`, empty],
    ['two Content-Lengths that differ', 'Content-Length: 2\r\nContent-Length: 3\r\n', '{} '],
    ['two Content-Lengths that agree', 'Content-Length: 2\r\nContent-Length: 2\r\n', '{}'],
    ['a list of lengths', 'Content-Length: 2, 2\r\n', '{}'],
    ['a negative length', 'Content-Length: -1\r\n', ''],
    ['a length with a plus', 'Content-Length: +2\r\n', '{}'],
    ['a length in hexadecimal', 'Content-Length: 0x2\r\n', '{}'],
    ['a length beyond 64 bits', 'Content-Length: 18446744073709551618\r\n', '{}'],
    ['no length at all in its header', 'Content-Length: \r\n', ''],
  ])('by %s', async (_what, headers, body) => isRefused(`${first}${headers}\r\n${body}`))

  test.each([
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding: identity, chunked',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: "chunked"',
    'Transfer-Encoding: chunked;q=1',
    'Transfer-Encoding:\u000bchunked',
    'Transfer-Encoding: \u0000chunked',
    'Transfer-Encoding: chunked\u0000',
    'Transfer-Encoding : chunked',
    'Transfer-Encoding\t: chunked',
    ' Transfer-Encoding: chunked',
    'X: x\r\n\tTransfer-Encoding: chunked',
    'Transfer-Encoding:\r\n chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
    'X: x\rTransfer-Encoding: chunked',
    'Transfer-Encoding',
  ])('by an obfuscated %j', async (header) => isRefused(`${first}${header}\r\n\r\n${empty}`))

  test('by Transfer-Encoding in HTTP/1.0', async () => {
    await isRefused(`${first.replace('HTTP/1.1', 'HTTP/1.0')}${chunked}\r\n${empty}`)
  })

  test.each([
    ['a header line', `${first}X: x\nContent-Length: 2\r\n\r\n{}`],
    ['the request line', `${first.replace('\r\n', '\n')}Content-Length: 2\r\n\r\n{}`],
    ['the empty line', `${first}Content-Length: 2\r\n\n{}`],
    ['every line', `${first.replaceAll('\r\n', '\n')}Content-Length: 2\n\n{}`],
    ["a chunk's size", `${first}${chunked}\r\n2\n{}\r\n${empty}`],
    ["a chunk's end", `${first}${chunked}\r\n2\r\n{}\n${empty}`],
  ])('by a bare line feed at the end of %s', async (_where, request) => isRefused(request))

  test.each(['zz', '-2', '+2', '0x2', '', ' 2', '11111111111111112', '2,2', '2\u0000', '2\r'])(
    'by the chunk size %j',
    async (size) => isRefused(`${first}${chunked}\r\n${size}\r\n{}\r\n${empty}`),
  )

  test.each(['"\n"', '"\\\n"', '"\u0000"', '"\u007f"', '"\r\n"'])(
    'by the chunk extension %j, of any chunk',
    async (quoted) => {
      await isRefused(`${first}${chunked}\r\n2;a=${quoted}\r\n{}\r\n${empty}`)
      await isRefused(`${first}${chunked}\r\n2\r\n{}\r\n0;a=${quoted}\r\n\r\n`)
    },
  )

  test('a chunk longer than it says', async () => isRefused(`${first}${chunked}\r\n1\r\n{}\r\n${empty}`))

  test('what is well framed is two requests', async () => {
    const bob = await world.person('bob').signsUp()
    const answer = await raw(
      world.server.port,
      `${first}${chunked}\r\n2\r\n{}\r\n${empty}` +
        `POST /api/auth/logout HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${bob.accessToken}\r\n` +
        'Content-Type: application/json\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}',
    )
    expect([...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual(['401', '204'])
    expect(await bob.isSignedIn()).toBe(false)
  })
})
