import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventually } from './polling.ts'

/** A text as a gateway got it. */
export interface Text {
  to: string
  from: string
  text: string
  path: string
  authorization?: string
  key?: string
}

/** A gateway for texts that takes both shapes: JSON, and Twilio's form. */
export class SmsGateway {
  readonly texts: Text[] = []
  /** The statuses that the next requests get; after them 201. */
  readonly statuses: number[] = []

  private constructor(private readonly server: Server) {}

  static async starts(): Promise<SmsGateway> {
    const server = createServer()
    const gateway = new SmsGateway(server)
    server.on('request', async (request, response) => {
      const text = await read(request)
      const status = gateway.statuses.shift() ?? 201
      if (status < 300) gateway.texts.push(text)
      // Gateways repeat what they were sent.
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ ...text, code: 21211 }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return gateway
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Waits for the text number `count` to a number, and gives it. */
  async text(to: string, count = 1): Promise<Text> {
    return await eventually(
      `${count} texts to ${to}`,
      async () => this.texts.filter((text) => text.to === to)[count - 1],
    )
  }

  ends(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve())
      this.server.closeAllConnections()
    })
  }
}

export const codeOf = (text: { text: string }): string => /^[0-9]{6}/.exec(text.text)![0]

async function read(request: IncomingMessage): Promise<Text> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded'
  const form = new URLSearchParams(body)
  const fields = isForm ? { to: form.get('To'), from: form.get('From'), text: form.get('Body') } : JSON.parse(body)
  return {
    ...fields,
    path: request.url!,
    authorization: request.headers.authorization,
    key: request.headers['idempotency-key'],
  }
}
