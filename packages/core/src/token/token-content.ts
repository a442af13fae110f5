import { type RejectedToken, Rejection } from '../response/rejection.ts'
import { parseCompactJws } from './jwt/compact-jws.ts'
import type { VerifiedToken } from './verified-token.ts'

/** Returns the content of a verified token. Parses the header again, because a verified token does not contain it. */
export function toContent({ token, presented }: VerifiedToken): RejectedToken {
  const { claims, clientId, scopes } = token
  const jws = token.verifiedBy === 'jwt' ? parseCompactJws(presented) : undefined
  const header = jws === undefined || jws instanceof Rejection ? {} : jws.header
  return { header, claims, isVerified: true, clientId, scopes }
}
