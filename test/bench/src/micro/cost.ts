/** Microseconds an operation: of processor time, of all threads together, and of time. */
export interface Cost {
  readonly cpu: number
  readonly wall: number
}

/** What one of `count` operations costs. The garbage that they leave is theirs, and so is its collection. */
export async function costOf(count: number, work: () => Promise<void>): Promise<Cost> {
  const start = performance.now()
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  const elapsed = performance.now() - start
  return { cpu: (user + system) / count, wall: (elapsed * 1000) / count }
}
