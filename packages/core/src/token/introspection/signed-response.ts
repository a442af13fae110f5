import type { JsonObject } from '../../lib/json.ts'
import type { IntrospectionSettings } from '../../model/settings.ts'
import { parseCompactJws } from '../jwt/compact-jws.ts'
import { readKeyHint } from '../jwt/jose-header.ts'
import { type Signer, verifySignature } from '../jwt/verify-jwt.ts'
import { LIMITS } from '../../limits.ts'
import { Rejection, showValue } from '../../response/rejection.ts'
import { getOwn, isRecord } from '../../lib/objects.ts'
import { IntrospectionError } from './introspection-failure.ts'

export const SIGNED_RESPONSE = 'application/token-introspection+jwt'
const TYP = /^(?:application\/)?token-introspection\+jwt$/i

/**
 * Reads a signed introspection response (RFC 9701 section 5): a recent JWS of the issuer for this client. Returns the
 * object `token_introspection`. Of the other claims, only `iss`, `aud` and `iat` are read. Encrypted responses are not
 * supported. `now` is in seconds since the epoch.
 *
 * @throws {IntrospectionError} if the response is invalid or the keys are unavailable.
 */
export async function readSignedResponse(
  text: string,
  issuer: Signer,
  { clientId, algorithms }: IntrospectionSettings,
  now: number,
): Promise<JsonObject> {
  const { settings } = issuer
  const jws = unwrap(parseCompactJws(text))
  const hint = unwrap(readKeyHint(jws.header, algorithms))
  const { typ } = jws.header
  if (typeof typ !== 'string' || !TYP.test(typ))
    throw untrusted(`expected the typ token-introspection+jwt, found ${showValue(typ)}`)
  unwrap(await verifySignature(jws, hint, issuer))

  const [iss, aud, iat, members] = ['iss', 'aud', 'iat', 'token_introspection'].map((name) =>
    getOwn(jws.claims, name),
  )
  if (iss !== settings.issuer)
    throw untrusted(`expected the iss ${settings.issuer}, found ${showValue(iss)}`)
  // RFC 9701 section 5: `aud` is the client id. Glewlwyd writes the identifier of the API instead.
  const accepted = [clientId, ...(settings.audiences ?? [])]
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!accepted.some((name) => named.includes(name)))
    throw untrusted(`expected the aud ${clientId}, found ${showValue(aud)}`)
  if (typeof iat !== 'number') throw untrusted('iat is not a number')
  const { clockTolerance: tolerance } = settings
  if (iat > now + tolerance) throw untrusted('iat is in the future')
  if (iat < now - tolerance - LIMITS.signedResponseAge)
    throw untrusted('iat is too far in the past')
  if (!isRecord(members)) throw untrusted('token_introspection is missing or is not an object')
  return members
}

/**
 * Returns a value that is not a rejection. Throws a rejection as an `IntrospectionError`. If the keys are unavailable, its code
 * is `keys_unavailable`, because the signature may be valid.
 */
function unwrap<T>(value: T | Rejection): T {
  if (!(value instanceof Rejection)) return value
  const { check, expected, found } = value.explanation
  const detail = `${check}: expected ${expected}, found ${found}`
  if (!value.isUnavailability) throw untrusted(detail)
  throw new IntrospectionError('keys_unavailable', detail, value.retryAfter)
}

function untrusted(detail: string): IntrospectionError {
  return new IntrospectionError('untrusted_answer', `the signed response: ${detail}`)
}
