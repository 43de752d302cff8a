import { createConnection, createServer, type Server, type Socket } from 'node:net'

/** What befalls a COMMIT on its way, and the connection with it. */
export type CommitFault = 'the command is lost' | 'the answer is lost'

/** One client's connection through the proxy. */
export class Link {
  /** Whether LISTEN, as a word of SQL, went from the client to the server. */
  listens = false
  /** Whether the open transaction of PostgreSQL's protocol has run a statement that writes. */
  wrote = false
  private readonly writing = new Set<string>()
  private commit?: string
  private stalled = false
  private held: [Socket, Buffer][] = []
  private fault?: CommitFault
  /** Stalls when PostgreSQL says ReadyForQuery. */
  stallsAfterLogin = false

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    onCommit: (link: Link) => CommitFault | undefined,
  ) {
    client.on('data', (bytes) => {
      if (/\bLISTEN\b/i.test(bytes.toString('latin1'))) this.listens = true
      this.notesWrites(bytes.toString('latin1'))
      if (this.commits(bytes.toString('latin1'))) {
        this.fault = onCommit(this)
        this.wrote = false
      }
      if (this.fault === 'the command is lost') return this.cut()
      this.pass(server, bytes)
    })
    server.on('data', (bytes) => {
      // What answers a COMMIT proves that it was done.
      if (this.fault === 'the answer is lost') return this.cut()
      this.pass(client, bytes)
      if (this.stallsAfterLogin && bytes.includes('Z\0\0\0\x05I')) {
        this.stallsAfterLogin = false
        this.stall()
      }
    })
    for (const [one, other] of [
      [client, server],
      [server, client],
    ]) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  }

  /** A statement's text passes once, when it is prepared; later only its name does. */
  private notesWrites(text: string): void {
    for (const [, name] of text.matchAll(/(ostiary_\d+)\0\s*(?:INSERT|UPDATE|DELETE)/g)) this.writing.add(name)
    for (const [name] of text.matchAll(/ostiary_\d+/g)) if (this.writing.has(name)) this.wrote = true
  }

  /** COMMIT, too, is named after its preparation. */
  private commits(text: string): boolean {
    const prepared = /(ostiary_\d+)\0COMMIT\0/.exec(text)
    if (prepared) this.commit = prepared[1]
    return this.commit !== undefined && text.includes(`${this.commit}\0`)
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
  /** New connections are let through until the server is ready for the first statement. */
  hangsAfterLogin = false
  /** Asked at each COMMIT of PostgreSQL's protocol. */
  onCommit: (link: Link) => CommitFault | undefined = () => undefined

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async before(port: number): Promise<Proxy> {
    const server = createServer()
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
    const proxy = new Proxy(server, (server.address() as { port: number }).port)
    server.on('connection', (client) => {
      const link = new Link(client, createConnection(port, '127.0.0.1'), (link) => proxy.onCommit(link))
      if (proxy.swallowsNew) link.stall()
      link.stallsAfterLogin = proxy.hangsAfterLogin
      proxy.links.push(link)
    })
    return proxy
  }

  /** Lets nothing through any more, on old connections and new ones, and tells nobody. */
  hangs(): void {
    this.swallowsNew = true
    for (const link of this.links) link.stall()
  }

  /** Delivers what was held back, and all that follows. */
  goesOn(): void {
    this.swallowsNew = false
    for (const link of this.links) link.resume()
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
