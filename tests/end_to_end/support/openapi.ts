import Ajv2020 from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Reply } from './http.ts'

type Schema = Record<string, unknown>
interface Operation {
  responses: Record<
    string,
    { content?: Record<string, { schema: Schema; examples?: Record<string, unknown> }>; $ref?: string }
  >
}
export interface OpenApi {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: Record<string, Record<string, Schema>>
}

/** Compares replies with what the published description says of them. */
export class ReplyCheck {
  readonly complaints: string[] = []
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true })
  private readonly routes: { pattern: RegExp; path: string }[]

  constructor(private readonly description: OpenApi) {
    addFormats(this.ajv)
    this.ajv.addSchema(description, 'openapi')
    this.routes = Object.keys(description.paths).map((path) => ({
      path,
      pattern: new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`),
    }))
  }

  see(verb: string, target: string, reply: Reply): void {
    const asked = target.split('?')[0]
    const route = this.routes.find(({ pattern }) => pattern.test(asked))
    const operation = route && this.description.paths[route.path][verb.toLowerCase()]
    if (!route || !operation) return
    const where = `${verb} ${route.path} -> ${reply.status}`
    const key = [String(reply.status), 'default'].find((status) => operation.responses[status])
    if (!key) return this.complain(`${where}: this status is not described`)
    if (!reply.text) return
    const type = (reply.headers['content-type'] ?? '').split(';')[0]
    const pointer = ['paths', route.path, verb.toLowerCase(), 'responses', key]
    let response = operation.responses[key]
    if (response.$ref) {
      pointer.splice(0, pointer.length, ...response.$ref.slice(2).split('/'))
      response = pointer.reduce((at: unknown, step) => (at as Schema)[step], this.description) as typeof response
    }
    if (!response.content?.[type]) return this.complain(`${where}: ${type} is not described`)
    const { examples } = response.content[type]
    if (examples && !(reply.body.code in examples)) this.complain(`${where}: ${reply.body.code} is not described`)
    const reference = [...pointer, 'content', type, 'schema']
      .map((step) => encodeURIComponent(step.replace(/~/g, '~0').replace(/\//g, '~1')))
      .join('/')
    const validate = this.ajv.getSchema(`openapi#/${reference}`)
    if (!validate) return this.complain(`${where}: no schema`)
    if (!validate(reply.body)) this.complain(`${where}: ${this.ajv.errorsText(validate.errors)}\n  ${reply.text}`)
  }

  private complain(complaint: string): void {
    if (!this.complaints.includes(complaint)) this.complaints.push(complaint)
  }
}
