import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from './program.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

export const CLIENTS = join(root, 'tests/more/clients')
/** Where the Python packages of tests/more/clients are. */
const PYTHON_PROGRAMS = join(root, 'build/clients/bin')
export const PYTHON = join(PYTHON_PROGRAMS, 'python')

if (!existsSync(PYTHON)) throw new Error(`${PYTHON} is not there: make test-more installs it`)

/** Runs somebody else's program to its end; gives what it printed. Throws with that where it fails. */
export async function runs(
  program: string,
  args: string[],
  options: { cwd?: string; settings?: Record<string, string> } = {},
): Promise<string> {
  const path = [PYTHON_PROGRAMS, join(options.cwd ?? '.', 'bin'), process.env.PATH].join(':')
  const env = { ...process.env, PATH: path, ...options.settings }
  return await new Promise((resolve, reject) =>
    execFile(program, args, { cwd: options.cwd, env, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const output = stdout + stderr
      if (error) reject(new Error(`${program} ${args.join(' ')}:\n${output.slice(-8000)}`))
      else resolve(output)
    }),
  )
}

/** A folder with the contract's protos as the repository has them, and these files. */
export function folderWith(files: Record<string, string>, copied?: string): string {
  const folder = temporaryFolder()
  if (copied) cpSync(join(CLIENTS, copied), folder, { recursive: true })
  symlinkSync(join(root, 'api'), join(folder, 'api'))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

/** A script of a guide without the lines that fetch the newest packages: the tests have pinned ones. */
export const withoutInstalling = (script: string): string =>
  `set -e\n${script.replace(/^(?:go (?:install|mod)|cd|pip install) .*\n/gm, '')}`
