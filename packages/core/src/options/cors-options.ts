import { Problems } from '../configuration-problems.ts'
import { describeEntries } from '../lib/describe-given.ts'
import type { CorsSettings } from '../request/cors.ts'
import { createOptionContext } from './option-context.ts'
import { custom, names, required, wholeNumber } from './option-rows.ts'
import { type OptionTable, readObject, readRows, reportUnknownNames } from './option-table.ts'

/** Options of `cors`. */
export interface CorsOptions {
  /**
   * The origins whose pages may call this API, such as `https://app.example.com`. `'*'`: all pages may call it. A function
   * returns whether pages of an origin may call it.
   */
  readonly origins: readonly string[] | '*' | ((origin: string) => boolean)
  /**
   * The request headers that pages may send, in addition to `Authorization`, `Content-Type` and `DPoP`.
   *
   * @default none
   */
  readonly headers?: readonly string[]
  /**
   * The methods that pages may use.
   *
   * @default GET, HEAD, POST, PUT, PATCH, DELETE
   */
  readonly methods?: readonly string[]
  /**
   * Response headers that pages may read, in addition to `WWW-Authenticate`, `Retry-After` and `DPoP-Nonce`.
   *
   * @default none
   */
  readonly exposedHeaders?: readonly string[]
  /**
   * Seconds for which browsers may cache the response to a preflight request. At most 86400.
   *
   * @default 7200
   */
  readonly maxAge?: number
}

/** A token of RFC 9110 section 5.6.2: the name of a header or of a method. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value)
}

/** Methods are case-sensitive (RFC 9110 section 9.1), and all registered methods are in upper case. */
function isMethod(value: unknown): value is string {
  return isToken(value) && value === value.toUpperCase()
}

/** Returns whether a text is the origin of a page, exactly as browsers send it. A browser never sends a wildcard. */
function isOrigin(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    !value.includes('*') &&
    URL.canParse(value) &&
    new URL(value).origin === value
  )
}

const HEADER_NAMES = 'an array of header names'

const CORS_OPTIONS: OptionTable<CorsOptions, CorsSettings> = {
  origins: required(
    custom((given, name, { report }): CorsSettings['origins'] => {
      if (given === undefined) return []
      if (given === '*' || typeof given === 'function') return given as CorsSettings['origins']
      if (Array.isArray(given) && given.length > 0 && Array.from(given).every(isOrigin))
        return Object.freeze([...given])
      report(
        `${name} must be an array of origins such as 'https://app.example.com' (lower case, without a path or a slash at the end), '*', or a function, not ${describeEntries(given, isOrigin)}.`,
      )
      return []
    }),
    "set the origins of the pages that may call this API, such as ['https://app.example.com']",
  ),
  headers: names(HEADER_NAMES, { matches: isToken }),
  methods: names('an array of methods in upper case', { matches: isMethod }),
  exposedHeaders: names(HEADER_NAMES, { matches: isToken }),
  maxAge: wholeNumber({ min: 0, max: 86_400, default: 7200 }),
}

/**
 * Validates the options of `cors`, and adds the defaults.
 *
 * @throws {ConfigurationError} if options are wrong: lists every problem with its fix
 */
export function readCorsOptions(given: unknown): CorsSettings {
  const title = 'The options of cors are wrong'
  const problems = new Problems()
  const own = readObject(given, '{ origins }', title)
  const context = createOptionContext(problems, own)
  reportUnknownNames(own, Object.keys(CORS_OPTIONS), context)
  const values = readRows(CORS_OPTIONS, own, context)
  problems.throwAs(title)
  return values
}
