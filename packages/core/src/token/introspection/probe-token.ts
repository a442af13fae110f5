import { ignoreRejection } from '../../lib/ignore-rejection.ts'
import { checkB64token } from '../b64token.ts'
import { LIMITS } from '../../limits.ts'

const BYTES = 32

/**
 * Creates the token of a probe: a random token, or the result of the function in the option `introspection.probe`. Returns
 * `undefined` if that function throws or does not return a valid token.
 */
export function createProbeToken(own: (() => string) | undefined): string | undefined {
  if (own === undefined) return randomToken()
  try {
    const token: unknown = own()
    ignoreRejection(token)
    const isToken = typeof token === 'string' && token.length <= LIMITS.tokenLength
    return isToken && checkB64token(token) === undefined ? token : undefined
  } catch {
    return undefined
  }
}

function randomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
