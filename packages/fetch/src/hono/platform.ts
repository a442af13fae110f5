import type { Context } from 'hono'
import type { RequestContext } from '../types.ts'

/** Returns the context of the platform. Hono throws if there is none, as in Node. */
export function getContext(context: Context): RequestContext | undefined {
  try {
    return context.executionCtx
  } catch {
    return undefined
  }
}

/**
 * Returns the pattern of the route of a request, such as `/reports/:id`. Skips patterns that end with `*`, because they usually
 * belong to middleware or fallbacks. If all patterns end with `*`, returns the first one.
 */
export function getRoutePattern({ req }: Context): string | undefined {
  const patterns = req.matchedRoutes.slice(req.routeIndex).map(({ path }) => path)
  return patterns.find((pattern) => !pattern.endsWith('*')) ?? patterns[0]
}
