import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * Runs work in the async context of the moment at which this module was loaded. Work that is shared or goes on in the
 * background belongs to no request: without this, it would see the `AsyncLocalStorage` of the first one for ever.
 */
export const runDetached: <T>(work: () => T) => T = AsyncLocalStorage.snapshot()
