import { mustBeAwaited } from '@bearward/core/adapter'
import { type Decide, isPassage, toPassage } from './adapter.ts'
import { toHeaders } from './responses.ts'
import type { FetchGuard, Passed, RequestContext } from './types.ts'

/** Creates the guard that an application calls. */
export function toGuard(decide: Decide): FetchGuard {
  async function guard(request: Request, context?: RequestContext): Promise<Response | Passed> {
    const passage = toPassage(context)
    const decision = await decide(request, passage)
    if (!isPassage(decision, passage)) return decision
    return { token: passage.token!, headers: toHeaders(passage.headers) }
  }
  return (request, context) => mustBeAwaited(guard(request, context), ['token', 'headers'])
}
