/** Cost per operation, in microseconds: processor time of all threads, and elapsed time. */
export interface Cost {
  readonly cpu: number
  readonly wall: number
}

/** Measures the cost of one of `count` operations. Garbage collections during the work are included. */
export async function measureCost(count: number, work: () => Promise<void>): Promise<Cost> {
  const start = performance.now()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  const elapsed = performance.now() - start
  return { cpu: (user + system) / count, wall: (elapsed * 1000) / count }
}
