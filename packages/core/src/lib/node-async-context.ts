import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * Runs work in the async context in which this module was loaded. Shared work and background work belong to no request.
 * Without this function, they would keep the `AsyncLocalStorage` of the first request.
 */
export const runDetached: <T>(work: () => T) => T = AsyncLocalStorage.snapshot()
