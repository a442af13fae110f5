import { keepAlive } from '@bearward/core/adapter'
import type { RequestContext } from './types.ts'

/**
 * Returns the last argument that has a function `waitUntil`. In Cloudflare Workers, it is the context. Earlier arguments can seem
 * to have this function, too: a stub of another service has a function for every name.
 */
export function findContext(rest: readonly unknown[]): RequestContext | undefined {
  return rest.filter(hasWaitUntil).at(-1)
}

/**
 * Removes the context from the end of the arguments, and calls the function with the remaining arguments. `waitUntil` of the
 * context keeps the work of this call alive. `places` are the positions where the context can be. If the last argument is not a
 * context, it is passed on, so that the function can reject it.
 */
export function callWithContext<T>(
  call: (...args: never) => Promise<T>,
  places: readonly number[],
  given: readonly unknown[],
): Promise<T> {
  const last = given.length - 1
  const context = places.includes(last) ? given[last] : undefined
  const isContext = places.includes(last) && (context === undefined || hasWaitUntil(context))
  const args = isContext ? given.slice(0, last) : given
  const result = (call as (...args: readonly unknown[]) => Promise<T>)(...args)
  if (hasWaitUntil(context)) keepAlive(result, (work) => context.waitUntil(work))
  return result
}

function hasWaitUntil(value: unknown): value is Required<RequestContext> {
  const isObject = typeof value === 'object' && value !== null
  return isObject && typeof (value as RequestContext).waitUntil === 'function'
}
