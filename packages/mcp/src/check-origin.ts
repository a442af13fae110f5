import type { RequestLike } from '@bearward/core'
import {
  type AllowedOrigins,
  isAllowedOrigin,
  isOneOrigin,
  readOrigins,
  type Rejection,
} from '@bearward/core/internal-guards'
import { reject } from './rejections.ts'

/** The function that errors name as the owner of the option `origins`. */
export const OWNER = 'createMcpGuard'

/**
 * Checks the `Origin` of a request, so that pages of other origins cannot call a server through the browser of a user (DNS
 * rebinding). A request without `Origin` passes. Never reads `Host`.
 */
export function checkOrigin(request: RequestLike, origins: AllowedOrigins): Rejection | undefined {
  const values = readOrigins(request)
  if (values.length === 0) return undefined
  if (values.length > 1) return wrongOrigin('several origins')
  const origin = values[0]
  // A function `origins` of the application possibly checks only the end of the text.
  if (!isOneOrigin(origin)) return wrongOrigin('a text that is not an origin')
  return isAllowedOrigin(origin, origins, OWNER)
    ? undefined
    : wrongOrigin('an origin that is not allowed')
}

function wrongOrigin(found: string): Rejection {
  return reject('wrong_origin', { check: 'Origin', expected: 'an allowed origin', found })
}
