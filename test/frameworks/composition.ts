import type { ResourceServerOptions } from '@bearward/core'
import type { RunningServer } from '../support/servers.ts'

/** Expected result of one request. */
export interface Expected {
  /** Status of the response. `undefined` allows any status. */
  readonly status: number | undefined
  /** Number of calls of the handler. */
  readonly handled: number
}

/** Kind of the token, and state of the keys that verify it. */
export type Situation = `${'good' | 'rejected'}, keys ${'loaded' | 'loading'}`

/** An application that calls a guard by hand. */
export interface Composition {
  readonly name: string
  /** Starts the application. Its handler calls `handle` with a function that returns `auth(request)` of the adapter. */
  start(
    options: ResourceServerOptions,
    handle: (auth: () => unknown) => void,
  ): Promise<RunningServer>
  /** Results that differ from `PROTECTED`. */
  readonly expected?: Partial<Record<Situation, Expected>>
}

/** Results of an application whose guard protects the handler. */
export const PROTECTED: Readonly<Record<Situation, Expected>> = {
  'good, keys loaded': { status: 200, handled: 1 },
  'good, keys loading': { status: 200, handled: 1 },
  'rejected, keys loaded': { status: 401, handled: 0 },
  'rejected, keys loading': { status: 401, handled: 0 },
}

/** Results of an application whose own code throws after the guard. */
export const FAILING: Partial<Record<Situation, Expected>> = {
  'good, keys loaded': { status: 500, handled: 0 },
  'good, keys loading': { status: 500, handled: 0 },
}

/** Results of an application that does not await `authorize`, and reads `kind` from the promise. */
export const UNAWAITED_KIND: Readonly<Record<Situation, Expected>> = {
  'good, keys loaded': { status: 500, handled: 0 },
  'good, keys loading': { status: 500, handled: 0 },
  'rejected, keys loaded': { status: 500, handled: 0 },
  'rejected, keys loading': { status: 500, handled: 0 },
}

/** Returns whether `kind` is `refused`. Does not check the type of the value, like an application in JavaScript. */
export function isRefused(outcome: unknown): boolean {
  return (outcome as { kind?: unknown }).kind === 'refused'
}

/**
 * Results of an application that does not await its guard, in a framework that cannot detect this. The handler runs, and
 * `auth` throws unless the guard has already granted the request.
 */
export const NOT_AWAITED: Partial<Record<Situation, Expected>> = {
  'good, keys loading': { status: undefined, handled: 1 },
  'rejected, keys loaded': { status: undefined, handled: 1 },
  'rejected, keys loading': { status: undefined, handled: 1 },
}
