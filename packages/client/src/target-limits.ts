import { deepFreeze } from '@bearward/core/internal'

/** Limits for the targets of one source. The default target of the source is not counted, and its token is never evicted. */
export const TARGET_LIMITS = deepFreeze({
  /** Maximum number of targets with a cached token. */
  withToken: 1000,
  /** Maximum number of targets without a token: a request is running or waiting, or the last request has failed. */
  withoutToken: 1000,
  /** A valid token can be evicted if it was not used for this number of seconds. */
  unused: 300,
  /** Maximum number of characters of scope, resource and audience together, as JSON. */
  length: 8192,
})
