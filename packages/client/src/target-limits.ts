import { deepFreeze } from '@bearward/core/internal'

/** Limits of one source for the targets of its tokens. The configured target has a place of its own. */
export const TARGET_LIMITS = deepFreeze({
  /** Maximum number of targets with a cached token. */
  withToken: 1000,
  /** Maximum number of targets without a token: a request is running or waiting, or the last one failed. */
  withoutToken: 1000,
  /** Seconds without use after which a valid token can be evicted for another one. */
  unused: 300,
  /** Maximum number of characters of scope, resource and audience together. */
  length: 8192,
})
