import { readFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GrpcRefusal, GrpcClient } from '../support/grpc.ts'
import type { Reply } from '../support/http.ts'
import { type Person, freshName, freshPassword, refuses, succeeds } from '../support/person.ts'
import { eventually } from '../support/polling.ts'
import { RELEASE_PROGRAM, type Server } from '../support/program.ts'
import { raw } from '../support/raw.ts'
import { World } from '../support/world.ts'

const MIB = 1024 * 1024

/** What the program has held in memory at most, in bytes. */
function peakMemory(server: Server): number {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8')
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)![1]) * 1024
}

// Memory is measured, so it is the program without sanitizers.
const begins = (settings: Record<string, string | undefined> = {}) =>
  World.begins('SQLite', { program: RELEASE_PROGRAM, settings })

/** An address of its own for each, none of which has so many connections that it meets its limit. */
const from = (i: number) => `127.${20 + (i % 50)}.${1 + (Math.floor(i / 50) % 250)}.1`

describe('B21 D14 slow clients by the thousand', () => {
  let world: World
  let alice: Person
  let grpc: GrpcClient
  const sockets: Socket[] = []
  beforeAll(async () => {
    world = await begins()
    alice = await world.person('alice').signsUp()
    grpc = world.grpc()
    grpc.accessToken = alice.accessToken
  })
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    await world.ends()
  })

  async function connects(count: number, first: string): Promise<Socket[]> {
    const opened: Socket[] = []
    for (let i = 0; i < count; i++) {
      const socket = createConnection({ port: world.server.port, host: '127.0.0.1', localAddress: from(i) })
      socket.on('error', () => {})
      socket.write(first)
      opened.push(socket)
    }
    sockets.push(...opened)
    await eventually(`${count} connections`, () => opened.every((socket) => !socket.connecting), 30_000)
    return opened
  }

  /** Others are served, each within the time-out of an ordinary client. */
  async function othersAreServed() {
    for (let i = 0; i < 20; i++) {
      succeeds(await alice.checksSession())
      expect((await world.client({ from: `127.0.3.${1 + i}` }).get('/health')).status).toBe(200)
      expect((await grpc.call('AuthService', 'CheckSession')).user.email).toBe(alice.email)
    }
    succeeds(await alice.triesToSignIn())
  }

  test('three thousand that send a head byte by byte', async () => {
    const before = peakMemory(world.server)
    const slow = await connects(3000, 'POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\n')
    let open = true
    const dripping = (async () => {
      for (let turn = 0; open; turn++) {
        for (const socket of slow) if (socket.writable) socket.write('x')
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    })()
    await othersAreServed()
    open = false
    await dripping
    expect(slow.filter((socket) => !socket.destroyed).length, 'and they were there all the while').toBe(3000)
    expect(peakMemory(world.server) - before, 'some KiB for each').toBeLessThan(3000 * 32 * 1024)
    for (const socket of slow) socket.destroy()
  })

  test('a thousand that ask for a large answer and read none of it', async () => {
    const before = peakMemory(world.server)
    const slow = await connects(1000, 'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20))
    for (const socket of slow) socket.pause()
    await othersAreServed()
    expect(slow.filter((socket) => !socket.destroyed).length).toBe(1000)
    // The page is one in memory for all of them; a copy for each would be a gigabyte.
    expect(peakMemory(world.server) - before).toBeLessThan(1000 * 64 * 1024)
    for (const socket of slow) socket.destroy()
  })

  test('a thousand that connect and say nothing', async () => {
    const silent = await connects(1000, '')
    await othersAreServed()
    for (const socket of silent) socket.destroy()
  })
})

test('D14 whoever opens all connections keeps nobody out', async () => {
  const world = await begins({ MAX_CONNECTIONS: '200', MAX_CONNECTIONS_PER_ADDRESS: '50' })
  const sockets: Socket[] = []
  try {
    const alice = await world.person('alice').signsUp()
    for (let i = 0; i < 2000; i++) {
      const socket = createConnection({
        port: world.server.port,
        host: '127.0.0.1',
        localAddress: `127.0.4.${1 + (i % 16)}`,
      })
      socket.on('error', () => {})
      if (i % 2) socket.write('GET /health HTTP/1.1\r\nHost:')
      sockets.push(socket)
      if (i % 50 === 0) succeeds(await alice.checksSession())
    }
    succeeds(await alice.triesToSignIn())
    expect((await world.client({ from: '127.0.3.1' }).get('/health')).status).toBe(200)
  } finally {
    for (const socket of sockets) socket.destroy()
    await world.ends()
  }
})

test('D14 a flood of requests that are refused does not fill the disk with lines', async () => {
  const world = await begins()
  try {
    const client = world.client()
    await Promise.all(Array.from({ length: 3000 }, () => client.get('/nothing')))
    const lines = (event: string) => world.server.logLines.filter((line) => line.event === event)
    await eventually('the rest is counted', () => {
      const withheld = lines('log.withheld').map((line) => Number(line.lines))
      return lines('http.refused').length + withheld.reduce((sum, one) => sum + one, 0) === 3000
    })
    expect(lines('http.refused').length).toBeLessThan(300)
    expect(lines('log.withheld')[0]).toMatchObject({ of: 'http.refused', code: 'not_found', network: '127.0.0.0/24' })
    const { text } = await client.get('/metrics')
    expect(text, 'numbers know of all').toContain('ostiary_log_lines_total{event="http.refused",level="info"} 3000')
  } finally {
    await world.ends()
  }
})

describe('B20 D14 bodies without end', () => {
  let world: World
  let alice: Person
  beforeAll(async () => {
    world = await begins()
    alice = await world.person('alice').signsUp()
  })
  afterAll(() => world.ends())

  const head = 'POST /api/auth/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'

  /** Sends a GiB, as long as the other side takes it; gives the answer and how much was sent. */
  async function sendsGibibyte(start: string, piece: Buffer): Promise<{ answer: string; sent: number }> {
    return await new Promise((resolve) => {
      let answer = ''
      let sent = 0
      const socket = createConnection(world.server.port, '127.0.0.1', () => {
        socket.write(start)
        goesOn()
      })
      const goesOn = () => {
        while (sent < 1024 * MIB && !socket.destroyed) {
          sent += piece.length
          if (!socket.write(piece)) return
        }
      }
      socket.setEncoding('latin1').on('data', (text) => (answer += text))
      socket.on('drain', goesOn)
      socket.on('error', () => {})
      socket.on('close', () => resolve({ answer, sent }))
    })
  }

  test.each([
    ['announced', 'Content-Length: 1073741824\r\n\r\n{"email":"', Buffer.alloc(65_536, 'x')],
    [
      'in chunks',
      'Transfer-Encoding: chunked\r\n\r\n',
      Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 'x'), Buffer.from('\r\n')]),
    ],
    ['in chunks of one byte', 'Transfer-Encoding: chunked\r\n\r\n', Buffer.from('1\r\nx\r\n'.repeat(10_000))],
    [
      'in chunks with long extensions',
      'Transfer-Encoding: chunked\r\n\r\n',
      Buffer.from(`1;${'x'.repeat(60_000)}\r\nx\r\n`),
    ],
  ])('a gibibyte, %s', async (_how, start, piece) => {
    const before = peakMemory(world.server)
    const { answer, sent } = await sendsGibibyte(head + start, piece)
    if (answer) expect(answer).toMatch(/^HTTP\/1\.1 (400|413|431) /)
    expect(sent, 'the connection was closed long before').toBeLessThan(64 * MIB)
    expect(peakMemory(world.server) - before).toBeLessThan(16 * MIB)
    expect(await alice.isSignedIn()).toBe(true)
  })

  test('a body that is too large is told so, where its length says it', async () => {
    expect(await raw(world.server.port, `${head}Content-Length: 1073741824\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('depth 100,000', async () => {
    const send = (body: string) =>
      world.client().request('POST', '/api/auth/login', { body, headers: { 'content-type': 'application/json' } })
    const before = peakMemory(world.server)
    for (const [open, close] of [
      ['[', ']'],
      ['{"email":', '}'],
    ]) {
      refuses(await send(open.repeat(100_000) + '1' + close.repeat(100_000)), 413, 'body_too_large')
      // As deep as the largest body can be.
      const depth = Math.floor(60_000 / (open.length + close.length))
      const reply = await send(open.repeat(depth) + '1' + close.repeat(depth))
      expect(reply.status).toBe(400)
      expect(['malformed_request', 'wrong_type']).toContain(reply.body.code)
    }
    expect(peakMemory(world.server) - before).toBeLessThan(16 * MIB)
  })

  test('huge numbers', async () => {
    for (const number of [
      '9'.repeat(60_000),
      '1e999999999',
      '-1e999999999',
      '0.' + '0'.repeat(60_000) + '1',
      '1e-999',
    ]) {
      const reply = await world.client().request('POST', '/api/auth/login', {
        body: `{"email":${number},"password":"x"}`,
        headers: { 'content-type': 'application/json' },
      })
      expect(reply.status, number.slice(0, 20)).toBe(400)
      const page = await alice.asks(`/api/account/sessions?page_size=${number.slice(0, 1000)}`)
      expect(page.status).toBe(400)
      expect(page.body.field).toBe('page_size')
    }
    for (const page_size of ['2147483648', '-2147483649', '9007199254740993', '0', '-1', '101', '0x10', '1.0', '١٠']) {
      expect((await alice.asks(`/api/account/sessions?page_size=${encodeURIComponent(page_size)}`)).status).toBe(400)
    }
  })

  // gRPC looks at the size of a message when it has all of it.
  test('B23 over gRPC: messages beyond the limit end their calls, and what arrives until then is bounded', async () => {
    const before = peakMemory(world.server)
    const hoarders = Array.from({ length: 4 }, () => world.grpc())
    const refusals = await Promise.all(
      hoarders.map((grpc) => grpc.refused('AuthService', 'Login', { email: 'x'.repeat(64 * MIB), password: 'x' })),
    )
    // RESOURCE_EXHAUSTED, or the stream or the connection was closed while the rest was on its way.
    for (const { code } of refusals) expect([8, 13, 14, 1]).toContain(code)
    expect(peakMemory(world.server) - before).toBeLessThan(128 * MIB)
    const grpc = world.grpc()
    grpc.accessToken = alice.accessToken
    expect((await grpc.call('AuthService', 'CheckSession')).user.email).toBe(alice.email)
  })
})

describe('B24 D14 a flood of hashes', () => {
  test('thousands of logins over both transports: 503 past the queue, memory and others unharmed', async () => {
    const world = await begins()
    try {
      const alice = await world.person('alice').signsUp()
      await alice.signsIn()
      const before = peakMemory(world.server)
      const clients = Array.from({ length: 100 }, (_, i) => world.client({ from: from(i) }))
      const body = { email: `${freshName('flood')}@example.org`, password: 'a wrong guess' }
      const overHttp = Array.from({ length: 3000 }, (_, i) => clients[i % 100].post('/api/auth/login', body))
      const calls = Array.from({ length: 10 }, () => world.grpc())
      const overGrpc = Array.from({ length: 500 }, (_, i) => calls[i % 10].refused('AuthService', 'Login', body))
      let done = false
      let served = 0
      const client = world.client({ from: '127.0.3.9' })
      const watch = (async () => {
        while (!done) {
          succeeds(await alice.checksSession())
          expect((await client.get('/health')).status).toBe(200)
          expect((await client.get('/health/ready')).status).toBe(200)
          served += 1
        }
      })()
      const replies: Reply[] = await Promise.all(overHttp)
      const refusals: GrpcRefusal[] = await Promise.all(overGrpc)
      done = true
      await watch
      expect([...new Set(replies.map((reply) => reply.status))].sort()).toEqual([401, 503])
      for (const reply of replies.filter((one) => one.status === 503)) {
        refuses(reply, 503, 'overloaded')
        expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
      }
      for (const { reason } of refusals) expect(['wrong_credentials', 'overloaded']).toContain(reason)
      expect(refusals.filter(({ reason }) => reason === 'overloaded').length).toBeGreaterThan(0)
      expect(served).toBeGreaterThan(0)
      // 19 MiB for each hash at work, of which there are as many as processors, and some KiB for each connection.
      const { cpus } = await import('node:os')
      expect(peakMemory(world.server) - before).toBeLessThan((64 + 20 * cpus().length) * MIB)
      succeeds(await alice.triesToSignIn())
    } finally {
      await world.ends()
    }
  })
})

describe('B2 spraying, behind a proxy that is trusted', () => {
  let world: World
  beforeAll(async () => {
    world = await begins({
      RATE_LIMITS: undefined,
      TRUSTED_PROXIES: '127.0.0.0/8',
      ARGON2_MEMORY_KIB: '7168',
      ARGON2_PASSES: '1',
    })
  })
  afterAll(() => world.ends())

  const guess = (email: string, forwarded: string) =>
    world
      .client()
      .post('/api/auth/login', { email, password: freshPassword() }, { headers: { 'x-forwarded-for': forwarded } })

  const count = (replies: Reply[], status: number) => replies.filter((reply) => reply.status === status).length

  test('one account from a thousand addresses, in every letter case: ten guesses, however they are spelt', async () => {
    const local = freshName('owner')
    const replies: Reply[] = []
    for (let i = 0; i < 1000; i++) {
      const spelt = [...local].map((c, at) => ((i >> (at % 10)) & 1 ? c.toUpperCase() : c)).join('')
      const address = i % 2 ? `203.0.${i >> 8}.${i & 255}` : `2001:db8:${i.toString(16)}::1`
      replies.push(await guess(`${spelt}@${i % 3 ? 'example.org' : 'EXAMPLE.ORG'}`, address))
    }
    // Ten at once, and one more in three minutes.
    expect(count(replies, 401)).toBeGreaterThanOrEqual(10)
    expect(count(replies, 401)).toBeLessThanOrEqual(12)
    expect(count(replies, 401) + count(replies, 429)).toBe(1000)
  })

  test.each<[string, (i: number) => string]>([
    ['inside one /64', (i) => `2001:db8:ffff:1::${((i * 7919) % 65536).toString(16)}`],
    ['inside one /64, spelt out', (i) => `2001:0DB8:fffe:0001:${i.toString(16)}:0:0:${i.toString(16)}`],
    ['from one IPv4 address as ::ffff:', (i) => (i % 2 ? '198.51.100.77' : '::ffff:198.51.100.77')],
    ['from one IPv4 address in hexadecimal', (i) => (i % 2 ? '198.51.100.78' : '::FFFF:c633:644e')],
    ['behind an address that the client made up', (i) => `192.0.2.${i % 250}, 198.51.100.79`],
    ['behind an entry that is no address', (i) => `198.51.100.${i % 250}, unknown`],
  ])('many accounts, rotating %s: one budget for the address', async (_how, address) => {
    const replies: Reply[] = []
    const began = performance.now()
    while (replies.length < 300 && !count(replies, 429)) {
      replies.push(await guess(`${freshName('sprayed')}@example.org`, address(replies.length)))
    }
    // 120 at once, and two a second after that, however long each takes.
    const seconds = (performance.now() - began) / 1000
    expect(count(replies, 429), 'the last one').toBe(1)
    expect(count(replies, 401)).toBeGreaterThanOrEqual(120)
    expect(count(replies, 401)).toBeLessThanOrEqual(121 + 2 * seconds)
    expect(count(replies, 401)).toBe(replies.length - 1)
  })
})
