import { mustBeAwaited } from '@bearward/core/adapter'
import { type Decide, toPassage } from './adapter.ts'
import { toHeaders } from './responses.ts'
import type { FetchGuard, Passed, RequestContext } from './types.ts'

/** Creates the guard that an application calls. */
export function toGuard(decide: Decide): FetchGuard {
  async function guard(request: Request, context?: RequestContext): Promise<Response | Passed> {
    const decision = await decide(request, toPassage(context))
    if (decision instanceof Response) return decision
    return { token: decision.token!, headers: toHeaders(decision.headers) }
  }
  return (request, context) => mustBeAwaited(guard(request, context), ['token', 'headers'])
}
