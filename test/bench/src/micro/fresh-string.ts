import type { Contestant } from './contestant.ts'

/** Only creates the string of a token. This cost is part of the cost of every contestant. */
export const freshString: Contestant = (pool) => (index) => pool.header(index).length > 0
