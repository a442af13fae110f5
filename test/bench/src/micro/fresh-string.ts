import type { Contestant } from './contestant.ts'

/** What every contestant is charged with besides its own work: the string that a token comes in. */
export const freshString: Contestant = (pool) => (index) => pool.header(index).length > 0
