import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import { localCertificate } from './certificate.ts'
import type { Mail, Mails } from './mailbox.ts'
import { temporaryFolder } from './program.ts'

export interface ReceivedMail extends Mail {
  raw: string
  parsed: ParsedMail
  /** Whether it came encrypted. */
  secure: boolean
  envelope: { from: string; to: string[] }
  user?: string
}

type Stage = 'RCPT' | 'DATA'

/** A mail server written by others (smtp-server), which a test may put in a bad mood. */
export class MailServer implements Mails {
  readonly received: ReceivedMail[] = []
  /** Answers to come before it behaves again: a code at a stage, or a connection that breaks after the message. */
  private moods: ({ at: Stage; code: number } | 'breaks after DATA')[] = []
  /** How often each stage was reached. */
  readonly seen = { RCPT: 0, DATA: 0 }

  private constructor(
    private readonly server: SMTPServer,
    readonly port: number,
    private readonly certificate: string,
  ) {}

  static async starts(
    options: { secure?: boolean; port?: number; user?: string; password?: string } = {},
  ): Promise<MailServer> {
    const pems = localCertificate()
    const certificate = join(temporaryFolder(), 'authority.pem')
    writeFileSync(certificate, pems.cert)
    // eslint-disable-next-line prefer-const
    let self: MailServer
    const fail = (code: number) => Object.assign(new Error('not now'), { responseCode: code })
    const mood = (at: Stage) => {
      const next = self.moods[0]
      if (!next || next === 'breaks after DATA' || next.at !== at) return undefined
      self.moods.shift()
      return fail(next.code)
    }
    const server = new SMTPServer({
      secure: options.secure ?? false,
      key: pems.key,
      cert: pems.cert,
      authOptional: !options.user,
      disabledCommands: options.user ? [] : ['AUTH'],
      onAuth: (auth, _session, done) =>
        auth.username === options.user && auth.password === options.password
          ? done(null, { user: auth.username })
          : done(new Error('wrong password')),
      onRcptTo: (_address, _session, done) => {
        self.seen.RCPT += 1
        done(mood('RCPT'))
      },
      onData: (stream, session, done) => {
        self.seen.DATA += 1
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          const raw = Buffer.concat(chunks)
          const refusal = mood('DATA')
          if (refusal) return done(refusal)
          void simpleParser(raw).then((parsed) => {
            const to = session.envelope.rcptTo.map((recipient) => recipient.address)
            self.received.push({
              id: parsed.messageId ?? '',
              to: to[0],
              subject: parsed.subject ?? '',
              text: parsed.text ?? '',
              html: parsed.html || '',
              raw: raw.toString('latin1'),
              parsed,
              secure: session.secure,
              envelope: { from: session.envelope.mailFrom ? session.envelope.mailFrom.address : '', to },
              user: session.user as string | undefined,
            })
            if (self.moods[0] === 'breaks after DATA') {
              self.moods.shift()
              // The message is ours, the answer never arrives.
              // eslint-disable-next-line @typescript-eslint/no-explicit-any
              for (const connection of (server as any).connections) connection._socket.destroy()
              return
            }
            done()
          })
        })
      },
    })
    server.on('error', () => {})
    await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
    self = new MailServer(server, (server.server.address() as { port: number }).port, certificate)
    return self
  }

  refusesNext(at: Stage, code: number, times = 1): void {
    for (let i = 0; i < times; i++) this.moods.push({ at, code })
  }

  breaksAfterNextMessage(): void {
    this.moods.push('breaks after DATA')
  }

  /** SMTP_URL for this server, its authority trusted. */
  url(options: { scheme?: string; user?: string; query?: string; trusted?: boolean } = {}): string {
    const query = [options.query, options.trusted === false ? '' : `ca_file=${this.certificate}`]
      .filter(Boolean)
      .join('&')
    const user = options.user ? `${options.user}@` : ''
    return `${options.scheme ?? 'smtp'}://${user}localhost:${this.port}${query ? `?${query}` : ''}`
  }

  async to(address: string): Promise<ReceivedMail[]> {
    return this.received.filter((mail) => mail.to === address)
  }

  async stops(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve))
  }
}
