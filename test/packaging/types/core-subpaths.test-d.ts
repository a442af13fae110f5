/** Types of the subpaths of the core. See `core.test-d.ts`. */
import { createResourceServer, type HttpResponse } from '@bearward/core'
import { defineAdapter } from '@bearward/core/adapter'
import { checkReplayStore } from '@bearward/core/check-replay-store'
import { boundedFetch } from '@bearward/core/internal'

/** A request of a framework that does not exist. */
interface Raw {
  readonly url: string
}

export const { createBearward, auth } = defineAdapter<[Raw], HttpResponse | 'granted'>({
  toRequest: ({ url }) => ({ method: 'GET', url, headers: {} }),
  grant: () => {},
  proceed: () => 'granted',
  setHeaders: () => {},
  respond: (response) => response,
  fail: (error) => {
    throw error
  },
  environment: {},
})

export const checked: Promise<void> = checkReplayStore(
  { firstUse: ({ id, ttl }) => Promise.resolve(id.length > ttl) },
  { advance: (milliseconds) => milliseconds },
)

export function callsThatMustNotCompile(): void {
  // @ts-expect-error: a store returns a boolean
  void checkReplayStore({ firstUse: () => 'OK' })
  // @ts-expect-error: no `respond`
  defineAdapter<[Raw], void>({ toRequest: ({ url }) => ({ method: 'GET', url, headers: {} }) })
  // @ts-expect-error: a number is not a fetch function
  boundedFetch(5)
  // @ts-expect-error: no audience
  createResourceServer({ issuer: 'https://as.example.com' })
}
