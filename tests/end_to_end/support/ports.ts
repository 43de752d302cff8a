import { createServer } from 'node:net'

// Below the ports that the system gives to clients, and some for each of vitest's processes: a server that is killed
// and started again finds its port as it left it, and no test takes another one's server for its own.
const EACH = 2_000
const first = 10_000 + Number(process.env.VITEST_POOL_ID ?? 0) * EACH
let next = Math.floor(Math.random() * EACH)

const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/** Ports of 127.0.0.1 that nobody listens on, and that no other test of this run gets. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  for (let tries = 0; ports.length < count; tries++) {
    if (tries === EACH) throw new Error(`no port from ${first} on is free`)
    const port = first + (next++ % EACH)
    if (await isFree(port)) ports.push(port)
  }
  return ports
}
