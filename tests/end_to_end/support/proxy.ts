import { createConnection, createServer, type Server, type Socket } from 'node:net'

/** One client's connection through the proxy. */
export class Link {
  /** Whether LISTEN, as a word of SQL, went from the client to the server. */
  listens = false
  private stalled = false
  private held: [Socket, Buffer][] = []

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
  ) {
    client.on('data', (bytes) => {
      if (/\bLISTEN\b/i.test(bytes.toString('latin1'))) this.listens = true
      this.pass(server, bytes)
    })
    server.on('data', (bytes) => this.pass(client, bytes))
    for (const [one, other] of [
      [client, server],
      [server, client],
    ]) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  }

  private pass(to: Socket, bytes: Buffer): void {
    if (this.stalled) this.held.push([to, bytes])
    else to.write(bytes)
  }

  /** Delivers nothing more, and tells nobody: a network that swallows packets. */
  stall(): void {
    this.stalled = true
  }

  resume(): void {
    this.stalled = false
    for (const [to, bytes] of this.held) to.write(bytes)
    this.held = []
  }

  cut(): void {
    this.client.destroy()
    this.server.destroy()
  }

  get isOpen(): boolean {
    return !this.client.destroyed && !this.server.destroyed
  }
}

/** A TCP proxy in front of a server on 127.0.0.1, whose connections a test stalls and cuts. */
export class Proxy {
  readonly links: Link[] = []
  /** New connections are taken, and then nothing: as behind a network that swallows packets. */
  swallowsNew = false

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async before(port: number): Promise<Proxy> {
    const server = createServer()
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
    const proxy = new Proxy(server, (server.address() as { port: number }).port)
    server.on('connection', (client) => {
      const link = new Link(client, createConnection(port, '127.0.0.1'))
      if (proxy.swallowsNew) link.stall()
      proxy.links.push(link)
    })
    return proxy
  }

  /** The connections on which the client waits for notifications. */
  get listening(): Link[] {
    return this.links.filter((link) => link.listens && link.isOpen)
  }

  async closes(): Promise<void> {
    for (const link of this.links) link.cut()
    await new Promise((resolve) => this.server.close(resolve))
  }
}
