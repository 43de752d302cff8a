import { DevelopmentMailbox, Mailbox } from './mailbox.ts'
import { HttpClient, type HttpClientOptions, observeReplies } from './http.ts'
import { GrpcClient } from './grpc.ts'
import { ReplyCheck } from './openapi.ts'
import { Person, type PersonOptions } from './person.ts'
import { Server, type ServeOptions, temporaryFolder } from './program.ts'
import { type Engine, makeStorage, type Storage } from './storage.ts'

/** A running program, its storage and its mails: what a test happens in. */
export class World {
  server: Server
  private clients: { close(): void }[] = []

  private constructor(
    server: Server,
    readonly storage: Storage,
    readonly mailbox: Mailbox,
    private readonly check: ReplyCheck,
  ) {
    this.server = server
  }

  static async begins(
    engine: Engine,
    options: ServeOptions & { mailbox?: Mailbox; storage?: Storage } = {},
  ): Promise<World> {
    const folder = options.folder ?? temporaryFolder()
    const storage = options.storage ?? (await makeStorage(engine, folder))
    const server = await Server.start({
      ...options,
      folder,
      settings: { ...storage.settings, ...options.settings },
    })
    const client = new HttpClient(server.origin, { authority: server.authority })
    const description = (await client.get('/openapi.json')).body
    client.close()
    const check = new ReplyCheck(description)
    observeReplies((verb, path, reply) => check.see(verb, path, reply))
    return new World(server, storage, options.mailbox ?? new Mailbox(new DevelopmentMailbox(server)), check)
  }

  /** Someone with an address, a password and a client of their own. */
  person(name: string, options: PersonOptions = {}): Person {
    const person = new Person(this, name, options)
    this.clients.push(person.http)
    return person
  }

  client(options: HttpClientOptions = {}): HttpClient {
    const client = new HttpClient(this.server.origin, { authority: this.server.authority, ...options })
    this.clients.push(client)
    return client
  }

  grpc(userAgent?: string): GrpcClient {
    const client = new GrpcClient(this.server.grpcPort, userAgent)
    this.clients.push(client)
    return client
  }

  /** Stops the program and compares what it said all the while with its own description. */
  async ends(): Promise<void> {
    for (const client of this.clients) client.close()
    if (!this.server.hasEnded) {
      const exit = await this.server.stops()
      if (exit.code !== 0) throw new Error(`the program ended with ${JSON.stringify(exit)}:\n${this.server.output}`)
    }
    await this.storage.drop()
    if (this.check.complaints.length > 0) {
      throw new Error(`replies that /openapi.json does not describe:\n${this.check.complaints.join('\n')}`)
    }
  }
}
