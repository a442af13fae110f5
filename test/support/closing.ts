import { afterEach } from 'vitest'

const open: { close(): unknown }[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

/** Closes something at the end of the test. */
export function closing<T extends { close(): unknown }>(one: T): T {
  open.push(one)
  return one
}
