import { createPrivateKey } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect as connectPlainly } from 'node:net'
import { join } from 'node:path'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import * as grpc from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { localCertificate } from '../support/certificate.ts'
import { eventually } from '../support/polling.ts'
import { command, complaints, temporaryFolder } from '../support/program.ts'
import { World } from '../support/world.ts'

const folder = temporaryFolder()
const certFile = join(folder, 'cert.pem')
const keyFile = join(folder, 'key.pem')
const other = localCertificate()

describe('TLS from certificate files (ASVS 12, R3.8)', () => {
  let world: World

  beforeAll(async () => {
    const first = localCertificate()
    writeFileSync(certFile, first.cert)
    writeFileSync(keyFile, first.key)
    world = await World.begins('SQLite', {
      settings: { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, GRPC_LISTEN_ADDRESS: '*', RATE_LIMITS: undefined },
    })
  })
  afterAll(() => world.ends())

  /** The connection once hands are shaken, or the reason why not. */
  const shakeHands = (options: ConnectionOptions & { port?: number } = {}) =>
    new Promise<TLSSocket>((resolve, reject) => {
      const socket = connect({
        host: '127.0.0.1',
        port: world.server.port,
        servername: 'localhost',
        ca: world.server.authority,
        ...options,
      })
      socket.once('secureConnect', () => resolve(socket))
      socket.once('error', reject)
    })
  const shown = async (port = world.server.port) => {
    const socket = await shakeHands({ port, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] })
    const fingerprint = socket.getPeerCertificate().fingerprint256
    socket.destroy()
    return fingerprint
  }

  test('a person signs up and in over HTTPS, with cookies that are Secure', async () => {
    const ada = world.person('ada', { browser: true })
    await ada.signsUp()
    expect(await ada.isSignedIn()).toBe(true)
    expect(await ada.http.cookieNames()).toEqual(expect.arrayContaining([expect.stringMatching(/^__Host-/)]))
    const reply = await ada.http.get('/health')
    expect(reply.headers['strict-transport-security'], 'not on this machine').toBeUndefined()
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s is spoken, HTTP/1.1 by ALPN', async (version) => {
    const socket = await shakeHands({ minVersion: version, maxVersion: version, ALPNProtocols: ['h2', 'http/1.1'] })
    expect(socket.getProtocol()).toBe(version)
    expect(socket.alpnProtocol).toBe('http/1.1')
    socket.destroy()
  })

  test('TLS 1.1 and clients that speak HTTP/2 only are refused in the handshake', async () => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    await expect(shakeHands(old)).rejects.toThrow(/version/)
    await expect(shakeHands({ ALPNProtocols: ['h2'] })).rejects.toThrow(/protocol/)
  })

  test('plain HTTP gets no answer', async () => {
    const answer = await new Promise<string>((resolve) => {
      let text = ''
      const socket = connectPlainly(world.server.port, '127.0.0.1', () => socket.write('GET /health HTTP/1.1\r\n\r\n'))
      socket.on('data', (bytes) => (text += bytes.toString('latin1')))
      socket.on('error', () => {})
      socket.on('close', () => resolve(text))
    })
    expect(answer).not.toContain('HTTP/1.1')
  })

  test('many requests on one connection, sent ahead, are answered in order; then it ends with a goodbye', async () => {
    const socket = await shakeHands()
    const request = (last: boolean) =>
      `GET /health HTTP/1.1\r\nHost: localhost\r\n${last ? 'Connection: close\r\n' : ''}\r\n`
    socket.write(request(false).repeat(50) + request(true))
    let text = ''
    socket.on('data', (bytes) => (text += bytes.toString()))
    await new Promise((resolve) => socket.once('end', resolve))
    expect(text.match(/\{"status":"ok"\}/g)).toHaveLength(51)
    socket.destroy()
  })

  test('beyond loopback gRPC speaks TLS', async () => {
    const call = (credentials: grpc.ChannelCredentials) =>
      new Promise<grpc.ServiceError | null>((resolve) => {
        const client = new grpc.Client(`localhost:${world.server.grpcPort}`, credentials)
        const none = (value: Buffer) => value
        const deadline = { deadline: Date.now() + 5000 }
        client.makeUnaryRequest(
          '/ostiary.v1.SystemService/Health',
          none,
          none,
          Buffer.alloc(0),
          new grpc.Metadata(),
          deadline,
          (error) => {
            client.close()
            resolve(error)
          },
        )
      })
    expect(await call(grpc.credentials.createSsl(readFileSync(certFile)))).toBeNull()
    expect((await call(grpc.credentials.createInsecure()))?.code).toBe(grpc.status.UNAVAILABLE)
  })

  test('a renewed certificate is shown without a restart, and what is open stays open', async () => {
    const open = await shakeHands()
    const before = await shown()
    writeFileSync(certFile, other.cert)
    await eventually('the half renewed pair is noticed', () =>
      world.server.logLines.some((line) => line.event === 'tls.not_reloaded'),
    )
    expect(await shown()).toBe(before)
    writeFileSync(keyFile, other.key)
    await eventually('HTTPS shows the new one', async () => (await shown()) !== before)
    await eventually('gRPC shows the new one', async () => (await shown(world.server.grpcPort)) !== before)
    open.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const [answer] = await new Promise<Buffer[]>((resolve) => open.once('data', (bytes) => resolve([bytes])))
    expect(answer.toString()).toContain('200 OK')
    open.destroy()
  })
})

describe('certificate files that are of no use: one line, exit code 2', () => {
  const pair = localCertificate()
  const cert = join(folder, 'good_cert.pem')
  const key = join(folder, 'good_key.pem')
  const noise = join(folder, 'noise.pem')
  const foreign = join(folder, 'foreign.pem')
  writeFileSync(cert, pair.cert)
  writeFileSync(key, pair.key)
  writeFileSync(noise, 'no certificate at all')
  writeFileSync(foreign, other.key)
  const encrypted = join(folder, 'encrypted.pem')
  const locked = createPrivateKey(pair.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  })
  writeFileSync(encrypted, locked)

  test.each([
    ['no key', { TLS_CERT_FILE: cert }, /TLS_CERT_FILE, TLS_KEY_FILE/],
    [
      'no such file',
      { TLS_CERT_FILE: join(folder, 'none.pem'), TLS_KEY_FILE: key },
      /TLS_CERT_FILE=.*none\.pem: .*No such file/,
    ],
    [
      'no certificate in it',
      { TLS_CERT_FILE: noise, TLS_KEY_FILE: key },
      /TLS_CERT_FILE=.*noise\.pem: it holds no certificate/,
    ],
    ["another's key", { TLS_CERT_FILE: cert, TLS_KEY_FILE: foreign }, /TLS_KEY_FILE=.*foreign\.pem: .* does not fit/],
    [
      'an encrypted key',
      { TLS_CERT_FILE: cert, TLS_KEY_FILE: encrypted },
      /TLS_KEY_FILE=.*encrypted\.pem: .* encrypted/,
    ],
    [
      'no key in it',
      { TLS_CERT_FILE: cert, TLS_KEY_FILE: noise },
      /TLS_KEY_FILE=.*noise\.pem: it holds no private key/,
    ],
    ['no key file', { TLS_CERT_FILE: cert, TLS_KEY_FILE: join(folder, 'none.pem') }, /TLS_KEY_FILE=.*No such file/],
    ['a folder', { TLS_CERT_FILE: folder, TLS_KEY_FILE: key }, /TLS_CERT_FILE=.*Is a directory/],
    [
      'a plain PUBLIC_URL',
      { TLS_CERT_FILE: cert, TLS_KEY_FILE: key, PUBLIC_URL: 'http://localhost:8001' },
      /PUBLIC_URL=.*https/,
    ],
  ])('%s', async (_name, settings, complaint) => {
    const ended = await command(['serve'], { settings: { PORT: '0', GRPC_PORT: '0', ...settings } })
    expect(ended.code).toBe(2)
    expect(complaints(ended)).toEqual([expect.stringMatching(complaint)])
  })
})
