import { type Clock, type MaybePromise } from '@bearward/core/internal'
import {
  ApiKeyOwnerError,
  callWithLimit,
  checkB64token,
  describeThrown,
  type StagedGuard,
  headerValues,
  Rejection,
  toApiKeyToken,
} from '@bearward/core/internal-guards'
import type { AccessToken, RequestLike } from '@bearward/core'
import type { ApiKeySettings } from './api-key-options.ts'
import { reject } from './rejections.ts'

/** Seconds that the function `verify` may take. */
export const VERIFY_TIME = 1

/** Maximum number of characters of a key. */
export const KEY_LENGTH = 1024

/**
 * Finds the API key of a request. Returns `undefined` if the request has no API key: then the guard looks for an access token.
 * Returns a rejection if the request has several or malformed credentials (400), or an unusable key (401).
 */
export function findApiKey(
  { header, prefix }: ApiKeySettings,
  request: RequestLike,
  guard: StagedGuard,
): string | Rejection | undefined {
  const values = header === undefined ? [] : headerValues(request, header)
  const credentials = guard.readCredentials()
  const hasOthers = !(credentials instanceof Rejection && credentials.reason === 'no_credentials')
  if (values.length > 0) {
    if (hasOthers) return several('an API key and other credentials')
    if (values.length > 1) return several('several header lines with API keys')
    return checkKey(values[0]!)
  }
  if (prefix === undefined || credentials instanceof Rejection) return undefined
  const { scheme, token } = credentials
  if (scheme !== 'Bearer' || !token.startsWith(prefix)) return undefined
  return checkB64token(token) ?? checkKey(token)
}

/** Returns the token of the owner of a key, or a rejection (401, 503). */
export function verifyApiKey(
  key: string,
  { verify }: ApiKeySettings,
  clock: Clock,
): MaybePromise<AccessToken | Rejection> {
  return callWithLimit<AccessToken | Rejection>({
    call: () => verify(key),
    onResult: (owner) => toToken(owner, clock),
    onError: (error) => unavailable(describeThrown(error)),
    onTimeout: () => unavailable(`no result within ${VERIFY_TIME} s`),
    milliseconds: VERIFY_TIME * 1000,
    clock,
  })
}

function toToken(owner: unknown, clock: Clock): AccessToken | Rejection {
  // Many databases return `null` for an unknown row.
  if (owner === undefined || owner === null) return invalid('a known key', 'an unknown key')
  try {
    const token = toApiKeyToken(owner)
    return checkKeyExpiry(token, clock) ?? token
  } catch (error) {
    // All other errors come from code of the application, and can contain secrets.
    return unavailable(
      error instanceof ApiKeyOwnerError ? error.message : 'an owner that cannot be read',
    )
  }
}

/** Returns a rejection if a key has expired. */
export function checkKeyExpiry({ expiresAt }: AccessToken, clock: Clock): Rejection | undefined {
  if (expiresAt === undefined || expiresAt > clock.now() / 1000) return undefined
  return invalid('a key that has not expired', 'an expired key')
}

function checkKey(key: string): string | Rejection {
  if (key.length > KEY_LENGTH) return invalid(`at most ${KEY_LENGTH} characters`, 'more')
  // A web `Headers` joins two lines with a comma.
  if (key.includes(',')) return several('several API keys, joined by a comma')
  return key === '' ? invalid('a key', 'an empty text') : key
}

function several(found: string): Rejection {
  const explanation = { check: 'API key', expected: 'one set of credentials', found }
  return new Rejection('multiple_credentials', explanation)
}

function invalid(expected: string, found: string): Rejection {
  return reject('invalid_api_key', { check: 'API key', expected, found })
}

function unavailable(found: string): Rejection {
  const explanation = { check: 'apiKeys.verify', expected: 'an owner or undefined', found }
  return reject('api_key_unavailable', explanation, { retryAfter: 1 })
}
