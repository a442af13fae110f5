/** Where the runtime has no async context, there is nothing to leave. */
export function runDetached<T>(work: () => T): T {
  return work()
}
