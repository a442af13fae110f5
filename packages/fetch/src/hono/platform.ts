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
