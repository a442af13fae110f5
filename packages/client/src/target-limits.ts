import { deepFreeze } from '@bearward/core/internal'

/** Limits for the targets of one source. The configured target has a reserved place and is not counted. */
export const TARGET_LIMITS = deepFreeze({
  /** Maximum number of targets with a cached token. */
  withToken: 1000,
  /** Maximum number of targets without a token: a request is running or waiting, or the last one failed. */
  withoutToken: 1000,
  /** Seconds after the last use at which a valid token can be evicted. */
  unused: 300,
  /** Maximum number of characters of scope, resource and audience together, as JSON. */
  length: 8192,
})
