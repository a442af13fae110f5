import { toPrintable, toPrintableList } from '../lib/quote.ts'
import type { IssuerSettings } from '../model/settings.ts'
import { describeType, type RejectedToken, Rejection } from '../response/rejection.ts'
import { isPersonal } from '../subject/personal-claims.ts'
import { parseCompactJws } from '../token/jwt/compact-jws.ts'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { DescribedToken } from './refused-event.ts'

/** Returns the content of a verified token. Its header is parsed again, because it is not kept. */
export function toContent({ token, presented }: VerifiedToken): RejectedToken {
  const { claims, clientId, scopes } = token
  const jws = token.verifiedBy === 'jwt' ? parseCompactJws(presented) : undefined
  const header = jws === undefined || jws instanceof Rejection ? {} : jws.header
  return { header, claims, isVerified: true, clientId, scopes }
}

/** Describes a token for an event. Only the claims and header parameters named here are shown. */
export function describeToken(
  { header, claims, isVerified, scopes }: RejectedToken,
  settings: IssuerSettings | undefined,
): DescribedToken {
  const show = (from: Readonly<Record<string, unknown>>, name: string) =>
    Object.hasOwn(from, name) ? { [name]: showPart(from[name]) } : {}
  const areShown = scopes !== undefined && settings?.scopeSources.some(isPersonal) === false
  return {
    isVerified,
    ...show(claims, 'iss'),
    ...show(claims, 'aud'),
    ...show(header, 'typ'),
    ...show(header, 'alg'),
    ...show(header, 'kid'),
    ...(areShown && { scopes: toPrintableList(scopes) }),
  }
}

function showPart(value: unknown): string | readonly string[] {
  const isText = (one: unknown) => typeof one === 'string'
  if (isText(value)) return toPrintable(value)
  const isList = Array.isArray(value) && value.every(isText)
  return isList ? toPrintableList(value) : `(${describeType(value)})`
}
