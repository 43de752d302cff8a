import { execFileSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './program.ts'

/** A small file system that a test fills. Where none can be mounted the test fails: it has proven nothing. */
export class SmallDisk {
  readonly folder = temporaryFolder()
  private readonly asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']

  constructor(mebibytes: number) {
    this.run(
      'mount',
      '-t',
      'tmpfs',
      '-o',
      `size=${mebibytes}m,mode=0711,uid=${process.getuid!()}`,
      'tmpfs',
      this.folder,
    )
  }

  fill(): void {
    for (let piece = 0; ; piece++) {
      const { bavail, bsize } = statfsSync(this.folder)
      if (Number(bavail) === 0) return
      try {
        writeFileSync(join(this.folder, `ballast${piece}`), Buffer.alloc(Number(bavail) * Number(bsize)))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    }
  }

  free(): void {
    this.run('find', this.folder, '-maxdepth', '1', '-name', 'ballast*', '-delete')
  }

  unmount(): void {
    this.run('umount', '-l', this.folder)
    rmSync(this.folder, { recursive: true, force: true })
  }

  private run(...command: string[]): void {
    execFileSync('env', [...this.asRoot, ...command], { stdio: 'pipe' })
  }
}
