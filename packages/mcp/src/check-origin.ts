import type { RequestLike } from '@bearward/core'
import { headerValues, ignoreRejection, Rejection } from '@bearward/core/internal-guards'
import type { Origins } from './read-options.ts'

/** Matches one serialized origin, or `null` (Fetch Standard). */
const ORIGIN = /^(?:null|[a-z][a-z0-9+.-]*:\/\/[^\s,/?#]+)$/

/**
 * Checks the `Origin` of a request, so that pages of other origins cannot call a server through the browser of a user (DNS
 * rebinding). A request without `Origin` passes. Never reads `Host`.
 */
export function checkOrigin(request: RequestLike, origins: Origins): Rejection | undefined {
  const lines = headerValues(request, 'origin')
  if (lines.length === 0) return undefined
  // Web-standard `Headers` join several lines with commas. An origin contains no comma.
  const values = lines.flatMap((line) => line.split(','))
  if (values.length > 1) return reject('several origins')
  const origin = values[0]!
  // The function of the application may look only at the end of the text.
  if (!ORIGIN.test(origin)) return reject('a text that is not an origin')
  return isAllowed(origin, origins) ? undefined : reject('an origin that is not allowed')
}

function isAllowed(origin: string, origins: Origins): boolean {
  if (typeof origins !== 'function') return origins.includes(origin)
  const result: unknown = origins(origin)
  if (typeof result === 'boolean') return result
  ignoreRejection(result)
  throw new TypeError(
    'The function origins of a guard must return true or false. It cannot return a promise.',
  )
}

function reject(found: string): Rejection {
  return new Rejection('wrong_origin', { check: 'Origin', expected: 'an allowed origin', found })
}
