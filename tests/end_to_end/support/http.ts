import * as http from 'node:http'
import * as https from 'node:https'
import { CookieJar } from 'tough-cookie'

export interface Reply {
  status: number
  headers: http.IncomingHttpHeaders
  setCookies: string[]
  text: string
  /** The body as JSON, where it says that it is. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any
}

export interface HttpRequest {
  json?: unknown
  body?: string | Buffer
  headers?: Record<string, string | string[] | undefined>
  /** Neither sends nor takes cookies. */
  withoutCookies?: boolean
}

export interface HttpClientOptions {
  /** Keeps cookies, and says where a request comes from as browsers do. */
  browser?: boolean
  /** Keeps cookies without saying where it comes from. */
  keepsCookies?: boolean
  userAgent?: string
  /** An address of 127.0.0.0/8 to come from. */
  from?: string
  authorization?: string
  /** Whose certificates to trust, in PEM, where the origin is https. */
  authority?: string
}

type Observer = (verb: string, path: string, reply: Reply) => void
let observer: Observer | undefined

/** Sees every reply that any client of this process gets. */
export function observeReplies(see: Observer): void {
  observer = see
}

/** Speaks HTTP/1.1 and adds no header that it is not told to: so a test can be a browser, a script or an attacker. */
export class HttpClient {
  readonly jar = new CookieJar(undefined, { rejectPublicSuffixes: false })
  private readonly agent: http.Agent
  private readonly url: URL
  browserHeaders: Record<string, string>
  authorization?: string

  constructor(
    readonly origin: string,
    private readonly options: HttpClientOptions = {},
  ) {
    this.url = new URL(origin)
    const keeping = { keepAlive: true, maxSockets: 64 }
    this.agent = this.isSecure ? new https.Agent({ ...keeping, ca: options.authority }) : new http.Agent(keeping)
    this.authorization = options.authorization
    this.browserHeaders = options.browser ? { origin, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' } : {}
  }

  private get isSecure() {
    return this.url.protocol === 'https:'
  }

  get = (path: string, request: HttpRequest = {}) => this.request('GET', path, request)
  post = (path: string, json?: unknown, request: HttpRequest = {}) => this.request('POST', path, { json, ...request })
  patch = (path: string, json?: unknown, request: HttpRequest = {}) => this.request('PATCH', path, { json, ...request })
  delete = (path: string, request: HttpRequest = {}) => this.request('DELETE', path, request)

  async request(verb: string, path: string, request: HttpRequest = {}): Promise<Reply> {
    const usesCookies = (this.options.browser || this.options.keepsCookies) && !request.withoutCookies
    const body = request.body ?? (request.json === undefined ? undefined : JSON.stringify(request.json))
    const headers: Record<string, string | string[] | undefined> = {
      host: this.url.host,
      'user-agent': this.options.userAgent,
      authorization: this.authorization,
      ...(request.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      ...this.browserHeaders,
      ...request.headers,
    }
    if (usesCookies && headers.cookie === undefined) {
      const cookies = await this.jar.getCookieString(this.origin + path)
      if (cookies) headers.cookie = cookies
    }
    for (const name of Object.keys(headers)) if (headers[name] === undefined) delete headers[name]

    const reply = await new Promise<Reply>((resolve, reject) => {
      const outgoing = (this.isSecure ? https : http).request(
        {
          agent: this.agent,
          host: '127.0.0.1',
          servername: this.url.hostname,
          port: this.url.port,
          method: verb,
          path,
          headers: headers as Record<string, string | string[]>,
          localAddress: this.options.from,
          setHost: false,
        },
        (incoming) => {
          const chunks: Buffer[] = []
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
          incoming.on('error', reject)
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8')
            const isJson = /[/+]json/.test(incoming.headers['content-type'] ?? '')
            resolve({
              status: incoming.statusCode!,
              headers: incoming.headers,
              setCookies: incoming.headers['set-cookie'] ?? [],
              text,
              body: isJson && text ? JSON.parse(text) : undefined,
            })
          })
        },
      )
      outgoing.setTimeout(30_000, () => outgoing.destroy(new Error(`${verb} ${path}: no answer in 30 s`)))
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // A server may close a kept connection while a request is on its way (RFC 9110, section 9.2.2).
        const isToRepeat = verb === 'GET' && outgoing.reusedSocket && error.code === 'ECONNRESET'
        if (isToRepeat) resolve(this.request(verb, path, request))
        else reject(error)
      })
      outgoing.end(body)
    })
    if (usesCookies) {
      for (const cookie of reply.setCookies) await this.jar.setCookie(cookie, this.origin + path, { ignoreError: true })
    }
    observer?.(verb, path, reply)
    return reply
  }

  /** The value of the cookie whose name ends so, or undefined. */
  async cookie(ending: string): Promise<string | undefined> {
    const cookies = await this.jar.getCookies(this.origin)
    return cookies.find((cookie) => cookie.key.endsWith(ending))?.value
  }

  async cookieNames(): Promise<string[]> {
    return (await this.jar.getCookies(this.origin)).map((cookie) => cookie.key).sort()
  }

  close(): void {
    this.agent.destroy()
  }
}
