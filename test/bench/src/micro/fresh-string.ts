import type { Contestant } from './contestant.ts'

/** Creates the string of a token only. This cost is part of the cost of every contestant. */
export const freshString: Contestant = (pool) => (index) => pool.header(index).length > 0
