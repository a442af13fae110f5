type Done = (error?: unknown) => void

/** Continues an async hook. */
export async function fulfilled(): Promise<void> {}

/** Fails an async hook. */
export async function rejected(error: Error): Promise<void> {
  throw error
}

/**
 * Returns `done`, which is the last argument of a callback hook. In `preParsing`, the payload is the argument before `done`. An
 * async hook that calls a guard passes no `done`.
 */
export function findDone(rest: readonly unknown[]): Done | undefined {
  const last = rest.at(-1)
  return typeof last === 'function' ? (last as Done) : undefined
}
