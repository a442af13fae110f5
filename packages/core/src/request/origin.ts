import { ignoreRejection } from '../lib/ignore-rejection.ts'
import { headerValues } from '../model/header-values.ts'
import type { RequestLike } from '../model/request-like.ts'

/** The origins whose pages may call an API. */
export type AllowedOrigins = readonly string[] | ((origin: string) => boolean)

/** Matches one serialized origin, or `null` (Fetch Standard). */
const ORIGIN = /^(?:null|[a-z][a-z0-9+.-]*:\/\/[^\s,/?#]+)$/

/**
 * Returns the values of `Origin`. A browser sends one value. A web `Headers` joins several lines with commas, and an origin
 * contains no comma.
 */
export function readOrigins(request: RequestLike): readonly string[] {
  return headerValues(request, 'origin').flatMap((value) => value.split(','))
}

/** Returns whether a text is one serialized origin, or `null`. */
export function isOneOrigin(value: string | undefined): value is string {
  return value !== undefined && ORIGIN.test(value)
}

/**
 * Returns whether pages of an origin may call this API. An error about `origins` names `owner`, such as `createMcpGuard`.
 *
 * @throws {TypeError} if the function of the application does not return `true` or `false`
 */
export function isAllowedOrigin(origin: string, origins: AllowedOrigins, owner: string): boolean {
  if (typeof origins !== 'function') return origins.includes(origin)
  const result: unknown = origins(origin)
  if (typeof result === 'boolean') return result
  // The function may be asynchronous by mistake. An unhandled rejection of its promise would end the process.
  ignoreRejection(result)
  throw new TypeError(
    `The function origins of ${owner} must return true or false. It cannot return a promise.`,
  )
}
