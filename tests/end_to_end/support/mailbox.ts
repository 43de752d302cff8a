import { HttpClient } from './http.ts'
import type { Server } from './program.ts'
import { eventually } from './polling.ts'

/** A mail, wherever it was caught. */
export interface Mail {
  id: string
  to: string
  subject: string
  text: string
  html: string
}

/** Where mails to people can be read. */
export interface Mails {
  to(address: string): Promise<Mail[]>
}

export const codeIn = (mail: Mail): string | undefined =>
  /(?<![0-9A-Za-z_-])[0-9]{6}(?![0-9A-Za-z_-])/.exec(mail.text)?.[0]

/** The link to press in a mail's text. */
export function linkIn(mail: Mail): URL {
  const link = /https?:\/\/[^\s<>"]*#token=[^\s<>"]*/.exec(mail.text)?.[0]
  if (!link) throw new Error(`no link in:\n${mail.text}`)
  return new URL(link)
}

export function tokenIn(link: URL): string {
  const token = new URLSearchParams(link.hash.slice(1)).get('token') ?? link.hash.slice(1)
  if (!token) throw new Error(`no token in the fragment of ${link.href}`)
  return token
}

/** Reads people's mail: the newest code, the newest link. */
export class Mailbox {
  constructor(private readonly mails: Mails) {}

  async all(person: { email: string }): Promise<Mail[]> {
    return await this.mails.to(person.email)
  }

  /** Waits until the person has so many mails; gives them, the oldest first. */
  async waitsFor(person: { email: string }, count: number, within = 15_000): Promise<Mail[]> {
    return await eventually(
      `${count} mails for ${person.email}`,
      async () => {
        const mails = await this.all(person)
        return mails.length >= count && mails
      },
      within,
    )
  }

  /** The code in the newest of at least `count` mails that hold one. */
  async latestCode(person: { email: string }, count = 1): Promise<string> {
    return codeIn(await this.latestWithCode(person, count))!
  }

  async latestLink(person: { email: string }, count = 1): Promise<URL> {
    return linkIn(await this.latestWithCode(person, count))
  }

  private async latestWithCode(person: { email: string }, count: number): Promise<Mail> {
    return await eventually(`a mail with a code for ${person.email}`, async () => {
      const mails = (await this.all(person)).filter((mail) => codeIn(mail))
      return mails.length >= count && mails[mails.length - 1]
    })
  }
}

/** The development mailbox of a running program. */
export class DevelopmentMailbox implements Mails {
  private readonly client: HttpClient

  constructor(private readonly server: Server) {
    this.client = new HttpClient(server.origin, { authority: server.authority })
  }

  async to(address: string): Promise<Mail[]> {
    const reply = await this.client.get(await this.server.mailboxPath(), { headers: { accept: 'application/json' } })
    if (reply.status !== 200) throw new Error(`/dev/mailbox: ${reply.status} ${reply.text}`)
    return (reply.body.mails as Mail[]).filter((mail) => mail.to === address).reverse()
  }
}
