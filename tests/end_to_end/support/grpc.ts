import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as grpc from '@grpc/grpc-js'
import * as loader from '@grpc/proto-loader'
import protobuf from 'protobufjs'

const API = fileURLToPath(new URL('../../../api', import.meta.url))

const protos = readdirSync(join(API, 'ostiary/v1')).map((name) => `ostiary/v1/${name}`)
const definition = loader.loadSync(protos, {
  includeDirs: [API],
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
})
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const contract = (grpc.loadPackageDefinition(definition) as any).ostiary.v1

const details = (() => {
  const root = new protobuf.Root()
  root.resolvePath = (_origin, target) => (target.startsWith('/') ? target : join(API, target))
  root.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto'])
  return { status: root.lookupType('google.rpc.Status'), errorInfo: root.lookupType('google.rpc.ErrorInfo') }
})()

/** A refused call: the status, and google.rpc.ErrorInfo from its details. */
export class GrpcRefusal extends Error {
  readonly code: grpc.status
  readonly reason?: string
  readonly domain?: string
  readonly facts: Record<string, string> = {}

  constructor(error: grpc.ServiceError) {
    super(error.message)
    this.code = error.code
    const bytes = error.metadata?.get('grpc-status-details-bin')[0]
    if (!bytes) return
    const status = details.status.decode(bytes as Buffer) as unknown as {
      details: { type_url: string; value: Uint8Array }[]
    }
    const info = status.details.find((one) => one.type_url?.endsWith('google.rpc.ErrorInfo'))
    if (!info) return
    const read = details.errorInfo.decode(info.value) as unknown as {
      reason: string
      domain: string
      metadata: Record<string, string>
    }
    this.reason = read.reason
    this.domain = read.domain
    this.facts = read.metadata
  }
}

const health = (() => {
  const main = createRequire(import.meta.url).resolve('grpc-health-check')
  const folder = main.slice(0, main.indexOf('grpc-health-check/') + 'grpc-health-check'.length)
  const loaded = loader.loadSync(join(folder, 'proto/health/v1/health.proto'), { keepCase: true, enums: String })
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  return (grpc.loadPackageDefinition(loaded) as any).grpc.health.v1
})()

/** What grpc.health.v1 says of the server. */
export async function healthOverGrpc(port: number): Promise<string> {
  const client = new health.Health(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  try {
    return await new Promise<string>((resolve, reject) =>
      client.check({}, (error: grpc.ServiceError | null, reply: { status: string }) =>
        error ? reject(error) : resolve(reply.status),
      ),
    )
  } finally {
    client.close()
  }
}

/** A client of all services, made from the same .proto files by other people's code. */
export class GrpcClient {
  private readonly clients = new Map<string, grpc.Client>()
  accessToken?: string

  constructor(
    readonly port: number,
    private readonly userAgent?: string,
  ) {}

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async call(
    service: string,
    method: string,
    request: object = {},
    metadata: Record<string, string> = {},
  ): Promise<any> {
    const client = this.client(service)
    const sent = new grpc.Metadata()
    if (this.accessToken) sent.set('authorization', `Bearer ${this.accessToken}`)
    for (const [name, value] of Object.entries(metadata)) sent.set(name, value)
    return await new Promise((resolve, reject) => {
      // eslint-disable-next-line @typescript-eslint/no-explicit-any
      ;(client as any)[method](
        request,
        sent,
        { deadline: Date.now() + 20_000 },
        (error: grpc.ServiceError | null, reply: unknown) => (error ? reject(new GrpcRefusal(error)) : resolve(reply)),
      )
    })
  }

  /** The refusal that the call must end with. */
  async refused(service: string, method: string, request: object = {}, metadata: Record<string, string> = {}) {
    try {
      await this.call(service, method, request, metadata)
    } catch (error) {
      if (error instanceof GrpcRefusal) return error
      throw error
    }
    throw new Error(`${service}/${method} was not refused`)
  }

  private client(service: string): grpc.Client {
    let client = this.clients.get(service)
    if (!client) {
      client = new contract[service](`127.0.0.1:${this.port}`, grpc.credentials.createInsecure(), {
        ...(this.userAgent ? { 'grpc.primary_user_agent': this.userAgent } : {}),
        'grpc.use_local_subchannel_pool': 1,
      }) as grpc.Client
      this.clients.set(service, client)
    }
    return client
  }

  close(): void {
    for (const client of this.clients.values()) client.close()
  }
}

/** Every call of the contract: "AuthService", "Login". */
export function callsOfContract(): [string, string][] {
  return Object.entries<{ service?: object }>(contract).flatMap(([service, client]) =>
    Object.keys(client.service ?? {}).map((method): [string, string] => [service, method]),
  )
}
