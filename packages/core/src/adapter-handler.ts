import { getBackgroundWork } from '#async-context'
import type { AdapterDefinition } from './adapter-definition.ts'
import { getMember } from './lib/objects.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'
import type { Outcome } from './model/outcome.ts'
import type { RequestLike } from './model/request-like.ts'
import type { CorsResult } from './request/cors.ts'

/** The decision about one request: the outcome of a guard, a complete response, or headers for a later handler. */
export type Decision = Outcome | CorsResult

export const CONTINUE: Decision = { kind: 'continue', headers: {} }

/**
 * Creates a handler for a framework. The handler decides about each request, and then responds, fails or calls the next handler.
 * `onUnreadable` is called if the adapter cannot describe the request.
 */
export function createHandler<Args extends readonly [object, ...unknown[]], Result>(
  definition: AdapterDefinition<Args, Result>,
  toRequestLike: (raw: Args[0]) => RequestLike,
  decide: (request: RequestLike) => MaybePromise<Decision>,
  onUnreadable: (raw: Args[0]) => void = () => {},
): (...args: Args) => Result | Promise<Awaited<Result>> {
  const keep = getMember(definition, 'keepAlive')

  return (...args) => withoutWarning(handle(...args))

  function handle(...args: Args): Result | Promise<Awaited<Result>> {
    const fail = (thrown: unknown) => definition.fail(toError(thrown), ...args)
    let request
    try {
      request = toRequestLike(args[0])
    } catch (error) {
      onUnreadable(args[0])
      return fail(error)
    }
    let decision
    try {
      decision = decide(request)
    } catch (error) {
      return fail(error)
    }
    if (keep !== undefined) keepAlive(decision, (work) => keep(work, ...args))
    const settle = (decided: Decision) => applyDecision(decided, args, fail)
    if (!(decision instanceof Promise)) return settle(decision)
    const settled = withoutWarning(decision.then(settle, fail) as Promise<Awaited<Result>>)
    const wait = getMember(definition, 'wait')
    return wait === undefined ? settled : wait(settled, ...args)
  }

  function applyDecision(
    decision: Decision,
    args: Args,
    fail: (thrown: unknown) => Result,
  ): Result {
    try {
      switch (decision.kind) {
        case 'refused':
        case 'respond':
          return definition.respond(decision, ...args)
        case 'granted':
        case 'anonymous':
          definition.setHeaders(decision.headers, ...args)
          definition.grant(decision, ...args)
          break
        case 'continue':
          definition.setHeaders(decision.headers, ...args)
          break
        default:
          throw new TypeError('The decision about a request has an unknown kind.')
      }
    } catch (error) {
      return fail(error)
    }
    // This call is outside of the `try`, because an error of a later handler must not be passed to `fail`.
    return definition.proceed(...args)
  }
}

/**
 * Keeps alive a decision, and the background work that the decision has started, such as a refresh of keys. Needed on platforms
 * that cancel unfinished work when a request ends. If there is unfinished work, calls `keep` with a promise that never rejects.
 * Ignores an error of `keep`: the platform may refuse to keep work alive, for example after the request has ended.
 *
 * @example
 * const outcome = bearward.authorize(request)
 * keepAlive(outcome, (work) => context.waitUntil(work))
 */
export function keepAlive(
  decision: MaybePromise<unknown>,
  keep: (work: Promise<void>) => void,
): void {
  const work =
    decision instanceof Promise
      ? decision.then(getBackgroundWork, getBackgroundWork)
      : getBackgroundWork()
  if (work === undefined) return
  try {
    keep(work)
  } catch {
    // The error does not change the decision.
  }
}

/**
 * Returns a thrown object unchanged, and wraps any other value in an `Error`, because Express treats `next(undefined)` as success
 * and `next('route')` as a command.
 */
function toError(thrown: unknown): Error {
  // `instanceof` is not used here, so that an error from another JavaScript realm (as in Jest) keeps its message and status.
  if (typeof thrown === 'object' && thrown !== null) return thrown as Error
  const message =
    'A function (such as check, credentials or errorBody) or the adapter threw a value that is not an Error.'
  return new Error(message, { cause: thrown })
}

/**
 * Prevents an unhandled rejection, which ends the process in Node. A framework may ignore the promise that a guard
 * returns. Code that awaits the guard still gets the error.
 */
function withoutWarning<T>(result: T): T {
  if (result instanceof Promise) result.catch(() => {})
  return result
}
