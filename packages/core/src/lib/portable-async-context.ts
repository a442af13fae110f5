/** For runtimes without an async context: there is nothing to leave. */
export function runDetached<T>(work: () => T): T {
  return work()
}
