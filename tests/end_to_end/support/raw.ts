import { createConnection } from 'node:net'

/** Sends bytes as they are; gives all that comes until the other side closes, and throws when it is silent instead. */
export async function raw(port: number, bytes: string | Buffer): Promise<string> {
  return await new Promise((resolve, reject) => {
    let answer = ''
    const socket = createConnection(port, '127.0.0.1', () => socket.write(bytes))
    socket.setEncoding('latin1').on('data', (text) => (answer += text))
    socket.on('close', () => resolve(answer))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve(answer)
      else reject(error)
    })
    socket.setTimeout(10_000, () => {
      reject(new Error(`the connection was not closed after:\n${answer}`))
      socket.destroy()
    })
  })
}
