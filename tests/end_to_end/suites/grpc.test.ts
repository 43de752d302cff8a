import { readFileSync } from 'node:fs'
import * as http2 from 'node:http2'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import * as grpc from '@grpc/grpc-js'
import * as loader from '@grpc/proto-loader'
import descriptor from 'protobufjs/ext/descriptor/index.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callsOfContract } from '../support/grpc.ts'
import { refuses, succeeds } from '../support/person.ts'
import { World } from '../support/world.ts'

interface FileDescriptor {
  name: string
  service: { name: string; method: { name: string }[] }[]
}

const require = createRequire(import.meta.url)
const packageFolder = (name: string) => {
  const main = require.resolve(name)
  return main.slice(0, main.indexOf(`${name}/`) + name.length)
}
const load = (path: string) => {
  const definition = loader.loadSync(path, {
    keepCase: true,
    enums: String,
    defaults: true,
    oneofs: true,
    includeDirs: [dirname(path)],
  })
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  return grpc.loadPackageDefinition(definition) as any
}

describe('R3.1 gRPC as its own tools know it', () => {
  let world: World
  let address: string
  beforeAll(async () => {
    world = await World.begins('SQLite')
    address = `127.0.0.1:${world.server.grpcPort}`
  })
  afterAll(() => world.ends())

  test('R3.9 grpc.health.v1 says SERVING for all and for each service', async () => {
    const { Health } = load(join(packageFolder('grpc-health-check'), 'proto/health/v1/health.proto')).grpc.health.v1
    const client = new Health(address, grpc.credentials.createInsecure())
    const check = (service: string) =>
      new Promise<string>((resolve, reject) =>
        client.check({ service }, (error: grpc.ServiceError | null, reply: { status: string }) =>
          error ? reject(error) : resolve(reply.status),
        ),
      )
    expect(await check('')).toBe('SERVING')
    for (const service of new Set(callsOfContract().map(([name]) => name))) {
      expect(await check(`ostiary.v1.${service}`)).toBe('SERVING')
    }
    await expect(check('no.such.Service')).rejects.toMatchObject({ code: grpc.status.NOT_FOUND })
    client.close()
  })

  test.each(['v1', 'v1alpha'])('reflection %s lists all services and describes them', async (version) => {
    const { ServerReflection } = load(
      join(packageFolder('@grpc/reflection'), `build/proto/grpc/reflection/${version}/reflection.proto`),
    ).grpc.reflection[version]
    const client = new ServerReflection(address, grpc.credentials.createInsecure())
    const ask = (request: object) =>
      // eslint-disable-next-line @typescript-eslint/no-explicit-any
      new Promise<any>((resolve, reject) => {
        const stream = client.serverReflectionInfo()
        stream.on('data', (reply: unknown) => {
          resolve(reply)
          stream.end()
        })
        stream.on('error', reject)
        stream.write(request)
      })
    const listed = await ask({ list_services: '*' })
    const names = listed.list_services_response.service.map((service: { name: string }) => service.name)
    expect(names).toEqual(
      expect.arrayContaining([
        'ostiary.v1.AuthService',
        'ostiary.v1.AccountService',
        'ostiary.v1.SystemService',
        'grpc.health.v1.Health',
        'grpc.reflection.v1.ServerReflection',
        'grpc.reflection.v1alpha.ServerReflection',
      ]),
    )
    for (const name of names) {
      const { file_descriptor_response: files } = await ask({ file_containing_symbol: name })
      expect(files?.file_descriptor_proto.length, name).toBeGreaterThan(0)
    }
    const described = await ask({ file_containing_symbol: 'ostiary.v1.AuthService' })
    const files = described.file_descriptor_response.file_descriptor_proto.map(
      (bytes: Buffer) => descriptor.FileDescriptorProto.decode(bytes) as unknown as FileDescriptor,
    ) as FileDescriptor[]
    const auth = files.find((file) => file.name === 'ostiary/v1/auth.proto')!
    const service = auth.service.find((one) => one.name === 'AuthService')!
    expect(service.method.map((method) => method.name).sort()).toEqual(
      callsOfContract()
        .filter(([name]) => name === 'AuthService')
        .map(([, method]) => method)
        .sort(),
    )
    client.close()
  })

  test('an unknown method is UNIMPLEMENTED; bytes that are no message are INVALID_ARGUMENT', async () => {
    const client = new grpc.Client(address, grpc.credentials.createInsecure())
    const send = (path: string, bytes: Buffer) =>
      new Promise<grpc.ServiceError | null>((resolve) =>
        client.makeUnaryRequest(
          path,
          (value: Buffer) => value,
          (value) => value,
          bytes,
          new grpc.Metadata(),
          { deadline: Date.now() + 5000 },
          (error) => resolve(error),
        ),
      )
    expect((await send('/ostiary.v1.AuthService/Nothing', Buffer.alloc(0)))?.code).toBe(grpc.status.UNIMPLEMENTED)
    expect((await send('/ostiary.v1.NoService/Login', Buffer.alloc(0)))?.code).toBe(grpc.status.UNIMPLEMENTED)
    expect((await send('/ostiary.v1.AuthService/Login', Buffer.from([0xff, 0xff, 0xff])))?.code).toBe(
      grpc.status.INVALID_ARGUMENT,
    )
    // B36: a field that the contract does not have, number 15.
    const unknown = Buffer.concat([
      Buffer.from([0x0a, 0x03]),
      Buffer.from('a@b'),
      Buffer.from([0x7a, 0x05]),
      Buffer.from('admin'),
    ])
    expect((await send('/ostiary.v1.AuthService/Login', unknown))?.code).toBe(grpc.status.INVALID_ARGUMENT)
    // B23: beyond the size limit.
    const huge = Buffer.concat([Buffer.from([0x1a, 0x80, 0x80, 0x10]), Buffer.alloc(262_144, 'x')])
    expect([grpc.status.RESOURCE_EXHAUSTED, grpc.status.INVALID_ARGUMENT]).toContain(
      (await send('/ostiary.v1.AuthService/Login', huge))?.code,
    )
    client.close()
  })

  // The bytes that a client sends which compresses.
  test('gzip is taken, and a message that unpacks to more than its call takes is refused', async () => {
    const session = http2.connect(`http://${address}`)
    /** The status of a call to Login with a password (field 3) of so many bytes. */
    const login = (bytes: number) =>
      new Promise<string>((resolve, reject) => {
        const length = [(bytes & 127) | 128, ((bytes >> 7) & 127) | 128, ((bytes >> 14) & 127) | 128, bytes >> 21]
        const packed = gzipSync(Buffer.concat([Buffer.from([0x1a, ...length]), Buffer.alloc(bytes, 'x')]))
        const head = Buffer.from([1, 0, 0, 0, 0])
        head.writeUInt32BE(packed.length, 1)
        const stream = session.request({
          ':method': 'POST',
          ':path': '/ostiary.v1.AuthService/Login',
          'content-type': 'application/grpc',
          'grpc-encoding': 'gzip',
          te: 'trailers',
        })
        const told = (headers: http2.IncomingHttpHeaders) => {
          if (headers['grpc-status']) resolve(`${headers['grpc-status']} ${headers['grpc-message']}`)
        }
        stream.on('response', told).on('trailers', told).on('error', reject)
        stream.resume()
        stream.end(Buffer.concat([head, packed]))
      })
    expect(await login(200), 'read as any other').toMatch(/^3 /)
    expect(await login(66_000)).toBe('8 The message exceeds 65536 bytes.')
    expect(await login(50_000_000)).toBe('8 The message exceeds 65536 bytes.')
    session.close()
  })

  test('a success names the request in its metadata, as a refusal does', async () => {
    const client = new grpc.Client(address, grpc.credentials.createInsecure())
    const trace = '0af7651916cd43dd8448eb211c80319c'
    const sent = new grpc.Metadata()
    sent.set('traceparent', `00-${trace}-b7ad6b7169203331-01`)
    const bytes = (value: Buffer) => value
    for (const method of ['SystemService/ListKeys', 'AuthService/Login']) {
      const ids = await new Promise((resolve) => {
        const call = client.makeUnaryRequest(`/ostiary.v1.${method}`, bytes, bytes, Buffer.alloc(0), sent, () => {})
        call.on('metadata', (metadata) => resolve(metadata.get('x-request-id')))
        call.on('status', (status) => resolve(status.metadata.get('x-request-id')))
      })
      expect(ids, method).toEqual([trace])
    }
    client.close()
  })

  test('B23 it listens on loopback only, and beyond it only when told that plain text is meant', async () => {
    const { command } = await import('../support/program.ts')
    const { freePorts } = await import('../support/ports.ts')
    const [port, grpcPort] = await freePorts(2)
    const refused = await command(['serve'], {
      settings: { PORT: String(port), GRPC_PORT: String(grpcPort), GRPC_LISTEN_ADDRESS: '0.0.0.0' },
    })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/GRPC_LISTEN_ADDRESS|GRPC_PLAINTEXT/)
    const listening = readFileSync(`/proc/${world.server.pid}/net/tcp`, 'utf8')
    const hex = world.server.grpcPort.toString(16).toUpperCase().padStart(4, '0')
    expect(listening).toContain(`0100007F:${hex}`)
    expect(listening).not.toContain(`00000000:${hex}`)
  })

  test('a bearer token alone means the same over gRPC as over HTTP, and so does a device', async () => {
    const ada = await world.person('ada').signsUp()
    const grpcClient = world.grpc()
    const credentials = { email: ada.email, password: ada.password }
    for (const over of ['grpc', 'http']) {
      const first = await grpcClient.call('AuthService', 'Login', credentials)
      const bearer = { authorization: `Bearer ${first.access_token}` }
      const known = { ...credentials, device_id: first.device_id }
      const checked =
        over === 'grpc'
          ? await grpcClient.call('AuthService', 'CheckSession', {}, bearer)
          : succeeds(await world.client().get('/api/auth/session', { headers: bearer })).body
      expect(checked.session.session_id).toBe(first.session_id)
      const again =
        over === 'grpc'
          ? await grpcClient.call('AuthService', 'Login', known)
          : succeeds(await world.client().post('/api/auth/login', known)).body
      expect(again.device_id, 'the device is known').toBe(first.device_id)
      if (over === 'grpc') await grpcClient.call('AuthService', 'Logout', {}, bearer)
      else expect((await world.client().post('/api/auth/logout', {}, { headers: bearer })).status).toBe(204)
      expect((await grpcClient.refused('AuthService', 'CheckSession', {}, bearer)).reason).toBe('session_ended')
      const contradicting = { access_token: again.access_token }
      const refused =
        over === 'grpc'
          ? (await grpcClient.refused('AuthService', 'Logout', contradicting, bearer)).reason
          : refuses(
              await world.client().post('/api/auth/logout', contradicting, { headers: bearer }),
              400,
              'conflicting_credentials',
            ).code
      expect(refused).toBe('conflicting_credentials')
    }
  })

  test("a deadline that has passed is told as such, and the user agent names the session's device", async () => {
    const alice = world.person('alice')
    await alice.signsUp()
    const client = world.grpc('my-service/1.2')
    const login = await client.call('AuthService', 'Login', { email: alice.email, password: alice.password })
    client.accessToken = login.access_token
    const { sessions } = await client.call('AccountService', 'ListSessions')
    expect(sessions[0].user_agent).toContain('my-service/1.2')
    expect(sessions[0].current).toBe(true)
    await client.call('AccountService', 'RevokeSession', { session_id: alice.sessionId })
    expect(await alice.isSignedIn()).toBe(false)
    expect((await client.call('AccountService', 'RevokeOtherSessions')).revoked).toBe(0)
  })
})
