import { AsyncLocalStorage } from 'node:async_hooks'

/** `false`: calls and timers go on when the request that has started them ends. */
export const WORK_ENDS_WITH_REQUEST = false

/**
 * Runs work in the async context in which this module was loaded. Shared work and background work belong to no request.
 * Without this function, they would keep the `AsyncLocalStorage` of the first request.
 */
export const runDetached: <T>(work: () => T) => T = AsyncLocalStorage.snapshot()

/** Counterpart of the function in `portable-async-context.ts`. Work of Node stays alive, so it does nothing. */
export function keepInBackground(_work: Promise<unknown> | undefined): void {}

/** Returns `undefined`, for the same reason. */
export const getBackgroundWork = (): undefined => undefined
