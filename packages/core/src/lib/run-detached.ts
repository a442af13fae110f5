import { runDetached as run } from '#async-context'

/** Runs work outside of the async context of a request: see `node-async-context.ts`. Other packages import it from here. */
export const runDetached: <T>(work: () => T) => T = run
