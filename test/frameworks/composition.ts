import type { ResourceServerOptions } from '@bearward/core'
import type { RunningServer } from '../support/servers.ts'

/** What the response and the handler show of one request. `undefined`: any status. */
export interface Expected {
  readonly status: number | undefined
  /** How often the handler has run. */
  readonly handled: number
}

/** A token, and whether the keys to verify it are loaded. */
export type Situation = `${'good' | 'refused'}, keys ${'loaded' | 'loading'}`

/** A way to put a guard into an application, as people write it by hand. */
export interface Composition {
  readonly name: string
  /** Starts the application. `handle` is called with `auth(request)` of the adapter by the handler. */
  start(
    options: ResourceServerOptions,
    handle: (auth: () => unknown) => void,
  ): Promise<RunningServer>
  /** Where it differs from `PROTECTED`. */
  readonly expected?: Partial<Record<Situation, Expected>>
}

/** A guard that nobody can get around. */
export const PROTECTED: Readonly<Record<Situation, Expected>> = {
  'good, keys loaded': { status: 200, handled: 1 },
  'good, keys loading': { status: 200, handled: 1 },
  'refused, keys loaded': { status: 401, handled: 0 },
  'refused, keys loading': { status: 401, handled: 0 },
}

/** A composition whose own code fails after the guard. */
export const FAILING: Partial<Record<Situation, Expected>> = {
  'good, keys loaded': { status: 500, handled: 0 },
  'good, keys loading': { status: 500, handled: 0 },
}

/** Code that does not await `authorize`, and reads the `kind` of the promise. */
export const UNAWAITED_KIND: Readonly<Record<Situation, Expected>> = {
  'good, keys loaded': { status: 500, handled: 0 },
  'good, keys loading': { status: 500, handled: 0 },
  'refused, keys loaded': { status: 500, handled: 0 },
  'refused, keys loading': { status: 500, handled: 0 },
}

/** Returns whether an outcome is refused, in code without types. */
export function isRefused(outcome: unknown): boolean {
  return (outcome as { kind?: unknown }).kind === 'refused'
}

/**
 * A guard that is called and not awaited, in a framework that cannot detect it. The handler runs, and `auth` throws
 * unless the request was granted before.
 */
export const NOT_AWAITED: Partial<Record<Situation, Expected>> = {
  'good, keys loading': { status: undefined, handled: 1 },
  'refused, keys loaded': { status: undefined, handled: 1 },
  'refused, keys loading': { status: undefined, handled: 1 },
}
