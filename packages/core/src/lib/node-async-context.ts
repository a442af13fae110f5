import { AsyncLocalStorage } from 'node:async_hooks'

/** `false`: calls and timers continue when the request that has started them ends. */
export const WORK_ENDS_WITH_REQUEST = false

/**
 * Runs work in the async context in which this module was loaded. Shared work and background work are not a part of one request.
 * Without this function, such work would keep the `AsyncLocalStorage` of the request that has started it.
 */
export const runDetached: <T>(work: () => T) => T = AsyncLocalStorage.snapshot()

/** Counterpart of the function in `portable-async-context.ts`. Does nothing, because Node does not cancel work. */
export function keepInBackground(_work: Promise<unknown> | undefined): void {}

/** Returns `undefined`, because Node does not cancel work. */
export const getBackgroundWork = (): undefined => undefined
