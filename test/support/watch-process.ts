/** Collects the unhandled rejections and uncaught exceptions of the process from now on. */
export function watchProcess() {
  const faults: unknown[] = []
  const collect = (fault: unknown) => void faults.push(fault)
  process.on('unhandledRejection', collect)
  process.on('uncaughtExceptionMonitor', collect)
  return {
    /** Returns the faults since the last call. */
    async faults(): Promise<readonly unknown[]> {
      // Node reports an unhandled rejection only after the current turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve))
      return faults.splice(0)
    },
  }
}
