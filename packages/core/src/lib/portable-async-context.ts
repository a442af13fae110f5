/** Calls `work`. Replacement for runtimes without an async context. */
export function runDetached<T>(work: () => T): T {
  return work()
}
