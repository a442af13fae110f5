import type { JsonObject } from '../../lib/json.ts'
import type { IntrospectionSettings } from '../../model/settings.ts'
import { parseCompactJws } from '../jwt/compact-jws.ts'
import { readKeyHint } from '../jwt/jose-header.ts'
import { type Signer, verifySignature } from '../jwt/verify-jwt.ts'
import { LIMITS } from '../../limits.ts'
import { Rejection, showValue } from '../../response/rejection.ts'
import { isRecord } from '../../lib/objects.ts'
import { IntrospectionError } from './introspection-failure.ts'

export const SIGNED_RESPONSE = 'application/token-introspection+jwt'
const TYP = /^(?:application\/)?token-introspection\+jwt$/i

/**
 * Reads a signed introspection response (RFC 9701 section 5): a JWS of the issuer, made for this client, and
 * just now. Only what stands in `token_introspection` is the response; other members at the top change nothing.
 * An encrypted response is none. `now` is in seconds since the epoch. Rejects with an `IntrospectionError`.
 */
export async function readSignedResponse(
  text: string,
  issuer: Signer,
  { clientId, algorithms }: IntrospectionSettings,
  now: number,
): Promise<JsonObject> {
  const { settings } = issuer
  const jws = trusted(parseCompactJws(text))
  const hint = trusted(readKeyHint(jws.header, algorithms))
  const { typ } = jws.header
  if (typeof typ !== 'string' || !TYP.test(typ))
    throw untrusted(`expected the typ token-introspection+jwt, found ${showValue(typ)}`)
  trusted(await verifySignature(jws, hint, issuer))

  const { iss, aud, iat, token_introspection: members } = jws.claims
  if (iss !== settings.issuer)
    throw untrusted(`expected the iss ${settings.issuer}, found ${showValue(iss)}`)
  // RFC 9701 section 5: the client id, or the identifier of the API, as glewlwyd writes it.
  const us = [clientId, ...(settings.audiences ?? [])]
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!us.some((name) => named.includes(name)))
    throw untrusted(`expected the aud ${clientId}, found ${showValue(aud)}`)
  if (typeof iat !== 'number') throw untrusted('iat is not a number')
  const { clockTolerance: tolerance } = settings
  if (iat > now + tolerance) throw untrusted('iat is in the future')
  if (iat < now - tolerance - LIMITS.signedAnswerAge) throw untrusted('iat is too long ago')
  if (!isRecord(members)) throw untrusted('it has no object token_introspection')
  return members
}

/** That the keys cannot be had is an outage, and says nothing about who has signed. */
function trusted<T>(value: T | Rejection): T {
  if (!(value instanceof Rejection)) return value
  const { check, expected, found } = value.explanation
  const detail = `${check}: expected ${expected}, found ${found}`
  if (!value.isUnavailability) throw untrusted(detail)
  throw new IntrospectionError('keys_unavailable', detail, value.retryAfter)
}

function untrusted(detail: string): IntrospectionError {
  return new IntrospectionError('untrusted_answer', `the signed answer: ${detail}`)
}
