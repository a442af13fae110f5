/** Calls back when the code that runs now has returned, and as many `await`s later as `count` says. */
export async function afterAwaits<T>(count: number, callback: () => T): Promise<Awaited<T>> {
  for (let i = 0; i <= count; i++) await Promise.resolve()
  return await callback()
}
