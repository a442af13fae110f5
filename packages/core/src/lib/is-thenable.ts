/**
 * Returns whether a value is a promise or behaves like one. The promise may come from another realm. It may also be a function: a
 * call of a Durable Object or a service in Cloudflare Workers returns such a promise.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') && value !== null && 'then' in value
  )
}
