import { toPrintable, toPrintableList } from '../lib/quote.ts'
import type { IssuerSettings } from '../model/settings.ts'
import { describeType, type RejectedToken } from '../response/rejection.ts'
import { isPersonal } from '../subject/personal-claims.ts'
import type { DescribedToken } from './refused-event.ts'

/** Describes a token for an event. The description contains only the claims and header parameters that this function names. */
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
