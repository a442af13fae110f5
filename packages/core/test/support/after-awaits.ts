/** Calls `callback` after the current code has returned and `count` more `await`s have passed. */
export async function afterAwaits<T>(count: number, callback: () => T): Promise<Awaited<T>> {
  for (let i = 0; i <= count; i++) await Promise.resolve()
  return await callback()
}
