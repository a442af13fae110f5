/** What Bearward is called without its memory for verified tokens, and the option that switches it off. */
export const NO_CACHE = 'bearward, no cache'
export const WITHOUT_CACHE = { tokenCache: false } as const

/** The one option in which one Bearward differs from another here. */
export type CacheOption = Partial<typeof WITHOUT_CACHE>
