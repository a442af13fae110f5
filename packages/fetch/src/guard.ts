import { type Decide, isPassage, toPassage } from './adapter.ts'
import { toHeaders } from './responses.ts'
import type { FetchGuard, Passed, RequestContext } from './types.ts'

/** Creates the guard that an application calls. */
export function toGuard(decide: Decide): FetchGuard {
  async function decideLater(
    request: Request,
    context?: RequestContext,
  ): Promise<Response | Passed> {
    const passage = toPassage(context)
    const decision = await decide(request, passage)
    if (!isPassage(decision, passage)) return decision
    return { token: passage.token!, headers: toHeaders(passage.headers) }
  }
  const guard: FetchGuard = (request, context) => {
    const result = decideLater(request, context)
    // Without this handler, the rejection of a result that is not awaited would end the process.
    result.catch(() => {})
    return Object.setPrototypeOf(result, NOT_AWAITED) as typeof result
  }
  // `await requireToken(...)` does not call the guard, so it throws an error. Without this error, the result would be the guard
  // itself. The guard is not a `Response`, so the code would continue.
  // oxlint-disable-next-line unicorn/no-thenable -- `await` of the guard itself must throw
  return Object.defineProperty(guard, 'then', { get: failBecauseNotCalled })
}

/**
 * Prototype of the results of guards. It works like the prototype of promises, but code that uses a result without `await`
 * throws. Without this error, `result instanceof Response` would be `false` even for a refusal, and the code would continue.
 */
const NOT_AWAITED: object = /* @__PURE__ */ createPrototype()

function createPrototype(): object {
  const get = failBecauseNotAwaited
  const members = Object.create(Promise.prototype, { token: { get }, headers: { get } }) as object
  return new Proxy(members, { getPrototypeOf: get })
}

function failBecauseNotAwaited(): never {
  throw new TypeError('The result of a guard was not awaited: write await guard(request).')
}

function failBecauseNotCalled(): never {
  throw new TypeError(
    'requireToken(...) returns a guard. Call the guard with the request, and await its result: await guard(request).',
  )
}
