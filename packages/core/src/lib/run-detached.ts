import { runDetached as run, WORK_ENDS_WITH_REQUEST } from '#async-context'

/** `true`: the runtime cancels the work of a request that has ended. See `portable-async-context.ts`. */
export const workEndsWithRequest: boolean = WORK_ENDS_WITH_REQUEST

/** Runs work outside of the async context of a request: see `node-async-context.ts`. Other packages import it from here. */
export const runDetached: <T>(work: () => T) => T = run
