import type { ResourceServerOptions } from '@bearward/core'
import type { McpGuardOptions } from '@bearward/mcp'
import type { RunningServer } from '../../support/servers.ts'

/** Requests that are sent to an application that calls the guard by hand. */
export const SITUATIONS = [
  'a good token',
  'no token',
  'a token without the scope of the tool',
  'a body that is not JSON',
] as const

export type Situation = (typeof SITUATIONS)[number]

/** Expected result of one request. */
export interface Expected {
  /** Status of the response. `undefined` allows any status. */
  readonly status: number | undefined
  /** Number of calls of the handler. */
  readonly handled: number
}

export type Results = Readonly<Record<Situation, Expected>>

/** The values that a handler finds in the places to which the guard writes. */
export interface Found {
  readonly authInfo?: unknown
  readonly parsedBody?: unknown
}

/** An application that calls the guard by hand. */
export interface McpComposition {
  readonly name: string
  /** Results that differ from `PROTECTED`. */
  readonly expected?: Partial<Results>
  start(
    bearward: ResourceServerOptions,
    guard: McpGuardOptions,
    handle: (found: Found) => void,
  ): RunningServer | Promise<RunningServer>
}

/** Results of an application whose guard protects the handler. */
export const PROTECTED: Results = {
  'a good token': { status: 200, handled: 1 },
  'no token': { status: 401, handled: 0 },
  'a token without the scope of the tool': { status: 403, handled: 0 },
  'a body that is not JSON': { status: 400, handled: 0 },
}

/** Results of an application that never reaches its handler, because its own code fails after a grant. */
export const FAILING: Partial<Results> = { 'a good token': { status: 500, handled: 0 } }

/**
 * Results of an application that does not await the guard, or ignores its result, in a framework that cannot detect this. The
 * handler runs, and finds no `authInfo` and no body.
 */
export const NOT_PROTECTED: Results = {
  'a good token': { status: undefined, handled: 1 },
  'no token': { status: undefined, handled: 1 },
  'a token without the scope of the tool': { status: undefined, handled: 1 },
  'a body that is not JSON': { status: undefined, handled: 1 },
}

/** Results of an application that does not check the operation: a request with a valid token and a body of JSON gets 500. */
export const STOPPED: Partial<Results> = {
  'a good token': { status: 500, handled: 0 },
  'a token without the scope of the tool': { status: 500, handled: 0 },
}

/** Results of an application that is not set up completely, so that its guard fails for every request. */
export const FAILING_ALWAYS: Results = {
  'a good token': { status: 500, handled: 0 },
  'no token': { status: 500, handled: 0 },
  'a token without the scope of the tool': { status: 500, handled: 0 },
  // The framework can refuse the body before it calls the guard.
  'a body that is not JSON': { status: undefined, handled: 0 },
}
