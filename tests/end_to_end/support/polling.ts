/** Asks again and again until `attempt` neither throws nor gives undefined or false; then its answer. */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T | undefined | false> | T | undefined | false,
  within = 10_000,
): Promise<T> {
  const deadline = Date.now() + within
  let last: unknown
  for (;;) {
    try {
      const found = await attempt()
      if (found !== undefined && found !== false) return found
      last = undefined
    } catch (error) {
      last = error
    }
    if (Date.now() >= deadline) {
      throw new Error(`${what}: not within ${within} ms${last ? ` (${String(last)})` : ''}`)
    }
    await pause(20)
  }
}

export const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))
