import { getDetachedWork, mustBeAwaited } from '@bearward/core/adapter'
import type { Decide, Decision } from './adapter.ts'
import { toHeaders } from './responses.ts'
import type { FetchGuard, Passed, RequestContext } from './types.ts'

/** Creates the guard that an application calls. */
export function toGuard(decide: Decide): FetchGuard {
  async function guard(request: Request, context?: RequestContext): Promise<Response | Passed> {
    const decision = await pass(decide, request, context)
    if (decision instanceof Response) return decision
    return { token: decision.token!, headers: toHeaders(decision.headers) }
  }
  return (request, context) => mustBeAwaited(guard(request, context), ['token', 'headers'])
}

/** Decides about a request. Work that is left in the background, such as a refresh of keys, is kept alive. */
export async function pass(
  decide: Decide,
  request: Request,
  context: RequestContext | undefined,
): Promise<Decision> {
  try {
    return await decide(request, { context, token: undefined, headers: {} })
  } finally {
    const work = getDetachedWork()
    if (work !== undefined) context?.waitUntil?.(work)
  }
}
