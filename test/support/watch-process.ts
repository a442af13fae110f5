/** Collects what nobody has caught, from now on until the process ends. */
export function watchProcess() {
  const faults: unknown[] = []
  const collect = (fault: unknown) => void faults.push(fault)
  process.on('unhandledRejection', collect)
  process.on('uncaughtExceptionMonitor', collect)
  return {
    /** What has come up since the last time. */
    async faults(): Promise<readonly unknown[]> {
      // Node reports a rejection when the turn of the event loop in which it came up is over.
      await new Promise((resolve) => setImmediate(resolve))
      return faults.splice(0)
    },
  }
}
