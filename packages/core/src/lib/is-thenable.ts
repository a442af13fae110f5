/** Returns whether a value is a promise or behaves like one. It can come from another realm. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value
}
