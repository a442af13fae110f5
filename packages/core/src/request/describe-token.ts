import { toPrintable, toPrintableList } from '../lib/quote.ts'
import type { IssuerSettings } from '../model/settings.ts'
import { describeType, type RejectedToken, Rejection } from '../response/rejection.ts'
import { clientIdentity } from '../subject/client-id.ts'
import { showClientId } from '../subject/shown-client-id.ts'
import { getScopeSource } from '../subject/scope-source.ts'
import { parseCompactJws } from '../token/jwt/compact-jws.ts'
import { readScopes } from '../token/to-access-token.ts'
import type { VerifiedToken } from '../token/verified-token.ts'
import type { DescribedToken } from './refused-event.ts'

/** Returns the content of a verified token. Its header is parsed again, because it is not kept. */
export function toRejectedToken({ token, presented }: VerifiedToken): RejectedToken {
  const jws = token.verifiedBy === 'jwt' ? parseCompactJws(presented) : undefined
  const header = jws === undefined || jws instanceof Rejection ? {} : jws.header
  return { header, claims: token.claims, isVerified: true }
}

/** Describes a token for an event. Shows no other claims than those named here. */
export function describeToken(token: RejectedToken, settings?: IssuerSettings): DescribedToken {
  const { header, claims, isVerified } = token
  const show = (from: Readonly<Record<string, unknown>>, name: string) =>
    Object.hasOwn(from, name) ? { [name]: showPart(from[name]) } : {}
  return {
    isVerified,
    ...show(claims, 'iss'),
    ...show(claims, 'aud'),
    ...show(header, 'typ'),
    ...show(header, 'alg'),
    ...show(header, 'kid'),
    ...(isVerified && settings !== undefined && { scopes: showScopes(token, settings) }),
  }
}

/** Returns the client id of a verified token for an event. Its claims may have the wrong types. */
export function describeClient(
  { claims, isVerified }: RejectedToken,
  settings: IssuerSettings,
): string | undefined {
  if (!isVerified) return undefined
  return showClientId(clientIdentity(claims, settings.clientIdClaims).clientId, settings)
}

function showScopes(
  { header, claims }: RejectedToken,
  { scopeSources }: IssuerSettings,
): readonly string[] {
  const form = Object.keys(header).length > 0 ? 'jwt' : 'introspection'
  const source = getScopeSource(claims, scopeSources, form)
  const scopes = source === undefined ? undefined : claims[source.claim]
  return isTexts(scopes) ? toPrintableList(readScopes(scopes)) : []
}

function showPart(value: unknown): string | readonly string[] {
  if (!isTexts(value)) return `(${describeType(value)})`
  return typeof value === 'string' ? toPrintable(value) : toPrintableList(value)
}

function isTexts(value: unknown): value is string | readonly string[] {
  const isText = (one: unknown) => typeof one === 'string'
  return isText(value) || (Array.isArray(value) && value.every(isText))
}
