import type { TokenCacheLimits } from '../model/settings.ts'
import { custom, nested, wholeNumber } from './option-rows.ts'
import type { OptionRow, OptionTable } from './option-table.ts'

/** The default of the option `tokenCache`. */
export const TOKEN_CACHE: TokenCacheLimits = { maxEntries: 5000, maxBytes: 16_777_216 }

/** Limits of the token cache: see the option `tokenCache`. */
export interface TokenCacheOptions {
  readonly maxEntries?: number
  readonly maxBytes?: number
}

const TOKEN_CACHE_OPTIONS: OptionTable<TokenCacheOptions, TokenCacheLimits> = {
  maxEntries: wholeNumber({
    min: 1,
    max: 1_000_000,
    default: TOKEN_CACHE.maxEntries,
    advice: 'To disable the token cache, set tokenCache: false.',
  }),
  maxBytes: wholeNumber({ min: 65_536, max: 2 ** 30, default: TOKEN_CACHE.maxBytes }),
}

const TOKEN_CACHE_LIMITS: OptionRow<TokenCacheOptions, TokenCacheLimits | undefined> = nested(
  TOKEN_CACHE_OPTIONS,
  'false, or an object: { maxEntries: 5000, maxBytes: 16777216 }',
)

/** The option `tokenCache`. */
export const TOKEN_CACHE_OPTION: OptionRow<
  false | TokenCacheOptions,
  TokenCacheLimits | undefined
> = custom(
  (given, name, context) => {
    if (given === false) return undefined
    return TOKEN_CACHE_LIMITS.read(given === undefined ? {} : given, name, context)
  },
  { default: TOKEN_CACHE, table: TOKEN_CACHE_OPTIONS },
)
