import { createHmac } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function fromBase32(text: string): Buffer {
  const bits = [...text].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)))
}

/** An authenticator app (RFC 6238 with SHA-1, six digits, 30 s). */
export class Authenticator {
  constructor(private readonly secret: string) {}

  /** The code of the current step, or of one so many steps away. */
  code(steps = 0): string {
    const counter = Buffer.alloc(8)
    counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps))
    const digest = createHmac('sha1', fromBase32(this.secret)).update(counter).digest()
    const number = digest.readUInt32BE(digest[19] & 15) & 0x7fffffff
    return String(number % 1_000_000).padStart(6, '0')
  }

  /** Six digits that no step of these minutes has. */
  wrongCode(): string {
    const right = [-2, -1, 0, 1, 2, 3].map((steps) => this.code(steps))
    return ['000000', '111111', '222222', '333333', '444444', '555555', '666666'].find((code) => !right.includes(code))!
  }
}
