/** Name of Bearward without its token cache, and the option that disables the cache. */
export const NO_CACHE = 'bearward, no cache'
export const WITHOUT_CACHE = { tokenCache: false } as const

/** Option that differs between Bearward with and without its token cache. */
export type CacheOption = Partial<typeof WITHOUT_CACHE>
