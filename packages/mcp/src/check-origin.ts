import type { RequestLike } from '@bearward/core'
import { headerValues, ignoreRejection, Rejection } from '@bearward/core/internal-guards'
import type { Origins } from './read-options.ts'

/**
 * Checks the `Origin` of a request, so that pages of other origins cannot call a server through the browser of a user (DNS
 * rebinding). A request without `Origin` passes. Never reads `Host`.
 */
export function checkOrigin(request: RequestLike, origins: Origins): Rejection | undefined {
  const lines = headerValues(request, 'origin')
  if (lines.length === 0) return undefined
  if (lines.length > 1) return reject('several header lines')
  const origin = lines[0]!
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
