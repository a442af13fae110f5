import { afterEach } from 'vitest'

const open: { close(): unknown }[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((resource) => resource.close()))
})

/** Closes a resource at the end of the test. Returns the resource. */
export function closing<T extends { close(): unknown }>(resource: T): T {
  open.push(resource)
  return resource
}
