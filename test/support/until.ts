/** Resolves when `condition` returns `true`. Has no timeout, because the test has one. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
