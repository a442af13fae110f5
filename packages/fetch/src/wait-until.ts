import type { RequestContext } from './types.ts'

/**
 * Returns the last argument of a handler that has a function `waitUntil`: in Cloudflare Workers, the context. Arguments before it,
 * such as stubs of other services, may have a function for every name.
 */
export function findContext(rest: readonly unknown[]): RequestContext | undefined {
  return rest.filter(hasWaitUntil).at(-1)
}

function hasWaitUntil(value: unknown): value is RequestContext {
  const isObject = typeof value === 'object' && value !== null
  return isObject && typeof (value as RequestContext).waitUntil === 'function'
}
