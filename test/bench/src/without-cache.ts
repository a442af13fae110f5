/** The option that switches off the memory for verified tokens. */
export const WITHOUT_CACHE = { verdictCache: { entries: 0 } } as const
