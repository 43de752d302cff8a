/** Numbers from 0 to 1 that look drawn by lot and are the same for the same seed (mulberry32). */
export class Lots {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  happens(chance: number): boolean {
    return this.next() < chance
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low)
  }

  oneOf<T>(values: T[]): T {
    return values[Math.floor(this.next() * values.length)]
  }
}
