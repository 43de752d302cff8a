import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RELEASE_PROGRAM, type ServeOptions, type Settings, temporaryFolder } from './program.ts'

/** A clock for the program that stands where the machine's does until a test moves it (libfaketime). */
export class Clock {
  private readonly file: string
  /** Seconds ahead of the machine. */
  ahead = 0

  constructor() {
    this.file = join(temporaryFolder(), 'clock')
    this.write()
  }

  /** How a program is started under this clock. Timers by the monotonic clock stay true. */
  get options(): Pick<ServeOptions, 'program'> & { settings: Settings } {
    return {
      program: RELEASE_PROGRAM,
      settings: {
        LD_PRELOAD: faketimeLibrary(),
        FAKETIME_TIMESTAMP_FILE: this.file,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        FAKETIME_DISABLE_SHM: '1',
      },
    }
  }

  /** Moves it; a negative number of seconds moves it back. */
  advances(seconds: number): void {
    this.ahead += seconds
    this.write()
  }

  now(): number {
    return Date.now() / 1000 + this.ahead
  }

  private write(): void {
    // Renamed into place, so that the program never reads half a line.
    writeFileSync(`${this.file}.new`, `${this.ahead < 0 ? '-' : '+'}${Math.abs(this.ahead)}\n`)
    renameSync(`${this.file}.new`, this.file)
  }
}

function faketimeLibrary(): string {
  for (const folder of readdirSync('/usr/lib')) {
    const library = `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`
    if (existsSync(library)) return library
  }
  throw new Error('libfaketime is not installed: deploy/install-dependencies names it')
}
