import type { McpFramework } from '../servers.ts'
import type { Sent } from '../requests.ts'

/**
 * The operation that a body requests, as the rules of the fixture classify it.
 *
 * - `floor`: every caller that meets the floor may use it.
 * - `admin`: the scope of admins is required.
 * - `admin resource`: the scope of admins is required if the rules list resources, and otherwise only the floor.
 * - `unlisted`: no rule names it. It is refused, or only the floor applies.
 * - `unlisted and admin`: a batch with an `unlisted` and an `admin` operation.
 * - `unreadable`: the operation cannot be read. It is refused, or all rules apply together.
 */
export type Operation =
  | 'floor'
  | 'admin'
  | 'admin resource'
  | 'unlisted'
  | 'unlisted and admin'
  | 'unreadable'

/**
 * The behavior of the guard for one request.
 *
 * - An operation: the callers that may use it reach the handler.
 * - `malformed`: 400 with the error code of malformed JSON.
 * - `not a request`: 400 with the error code of a body that is not a request.
 * - `mismatch`: 400 with the error code of headers that differ from the body, for every caller with a valid token.
 * - `lateMismatch`: the response of `mismatch`, but only for callers that may use the operation.
 * - A status: the framework or the guard responds with it to every caller with a valid token.
 */
export type Behavior =
  | Operation
  | 'malformed'
  | 'not a request'
  | 'mismatch'
  | { readonly lateMismatch: Operation }
  | number

/** A request that tries to run an operation that the guard does not check. */
export interface Attack {
  /** The id of a line of the manifest. */
  readonly id: string
  /** The request, as a title names it. */
  readonly what: string
  readonly behavior: Behavior
  readonly sent: Omit<Sent, 'token'>
  /** `true`: the handler gets no body, because requests with this HTTP method have none. */
  readonly isBodyIgnored?: boolean
  /** The behavior on Fastify, which itself reads bodies. */
  readonly onFastify?: Behavior
  /** The behavior on frameworks with web-standard requests. */
  readonly onWeb?: Behavior
}

/** Differences from an attack that is only a body. */
export type More = Omit<Sent, 'token' | 'body'> &
  Pick<Attack, 'isBodyIgnored' | 'onFastify' | 'onWeb'>

/** Returns a function that creates attacks for one line of the manifest. */
export function attacksFor(id: string) {
  return (
    what: string,
    behavior: Behavior,
    body: unknown,
    { isBodyIgnored, onFastify, onWeb, ...sent }: More = {},
  ): Attack => ({
    id,
    what,
    behavior,
    sent: { ...sent, body },
    ...(isBodyIgnored !== undefined && { isBodyIgnored }),
    ...(onFastify !== undefined && { onFastify }),
    ...(onWeb !== undefined && { onWeb }),
  })
}

/** Returns the behavior of the guard on a framework. */
export function getBehavior(
  { behavior, onFastify, onWeb }: Attack,
  { readsBodies, isWeb }: McpFramework,
): Behavior {
  if (readsBodies === true && onFastify !== undefined) return onFastify
  return isWeb === true && onWeb !== undefined ? onWeb : behavior
}

/** Returns a behavior as the verb of a title. */
export function toVerb(behavior: Behavior): string {
  if (typeof behavior === 'number') return `responds with ${behavior} to`
  if (typeof behavior === 'object')
    return `checks the operation before it reports a header mismatch, and ${OPERATION_VERBS[behavior.lateMismatch]}`
  if (behavior === 'malformed') return 'responds with a parse error to'
  if (behavior === 'not a request') return 'responds with an error about the body to'
  return behavior === 'mismatch' ? 'responds with a header mismatch to' : OPERATION_VERBS[behavior]
}

const OPERATION_VERBS: Readonly<Record<Operation, string>> = {
  floor: 'requires only the floor for',
  admin: 'requires the scope of admins for',
  'admin resource': 'requires the scope of admins for',
  unlisted: 'finds no rule for',
  'unlisted and admin': 'requires a rule and the scope of admins for',
  unreadable: 'cannot read',
}
