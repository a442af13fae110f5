import type { RequestContext } from './types.ts'

/** Returns the first argument of a handler that has a function `waitUntil`: in Cloudflare Workers, the context. */
export function findContext(rest: readonly unknown[]): RequestContext | undefined {
  return rest.find(hasWaitUntil)
}

function hasWaitUntil(value: unknown): value is RequestContext {
  const isObject = typeof value === 'object' && value !== null
  return isObject && typeof (value as RequestContext).waitUntil === 'function'
}
