import { createServer, type Server, type Socket } from 'node:net'

export const STAGES = ['greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'message'] as const
export type Stage = (typeof STAGES)[number]

const ANSWERS: Record<Stage, string> = {
  greeting: '220 mail.test ESMTP',
  EHLO: '250 mail.test',
  MAIL: '250 ok',
  RCPT: '250 ok',
  DATA: '354 go on',
  message: '250 queued',
}

/**
 * A mail server that falls silent at a stage, with the connection open, as long as it is told to. It speaks the least
 * of SMTP, for a server written by others can't be made to do this.
 */
export class StubbornMailServer {
  readonly messages: string[] = []
  /** How often it fell silent. */
  silences = 0
  private readonly sockets = new Set<Socket>()

  private constructor(
    private readonly server: Server,
    private silentAt: Stage | undefined,
  ) {}

  static async starts(silentAt: Stage): Promise<StubbornMailServer> {
    const server = createServer((socket) => self.serves(socket))
    const self = new StubbornMailServer(server, silentAt)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return self
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.server.address() as { port: number }).port}?starttls=off`
  }

  speaksFromNowOn(): void {
    this.silentAt = undefined
  }

  async stops(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }

  private serves(socket: Socket): void {
    this.sockets.add(socket)
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('error', () => {})
    let message: string | undefined
    let received = ''
    const says = (stage: Stage) => {
      if (this.silentAt === stage) this.silences += 1
      else socket.write(`${ANSWERS[stage]}\r\n`)
    }
    const takes = (line: string) => {
      if (message !== undefined) {
        if (line !== '.') {
          message += `${line}\n`
          return
        }
        this.messages.push(message)
        message = undefined
        return says('message')
      }
      const verb = line.slice(0, 4).toUpperCase()
      if (verb === 'QUIT') return socket.end('221 bye\r\n')
      if (verb === 'DATA' && this.silentAt !== 'DATA') message = ''
      says(verb as Stage)
    }
    socket.setEncoding('latin1').on('data', (text) => {
      received += text
      for (let end = received.indexOf('\r\n'); end >= 0; end = received.indexOf('\r\n')) {
        const line = received.slice(0, end)
        received = received.slice(end + 2)
        takes(line)
      }
    })
    says('greeting')
  }
}
