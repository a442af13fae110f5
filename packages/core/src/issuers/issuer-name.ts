import { LIMITS } from '../limits.ts'

/**
 * Returns whether an `iss` can name a dynamic issuer: a URL with http or https, in its normal form, without user name, query and
 * fragment. In other forms, a text such as `https://a.example@b.example` can mislead the function `match`. The normal form is the
 * one that `new URL(iss).href` returns. The slash of an empty path can be missing.
 */
export function isIssuerName(iss: unknown): iss is string {
  if (typeof iss !== 'string' || iss.length > LIMITS.dynamicIssuers.nameLength) return false
  if (!/^https?:\/\/[^/?#@]+(?:\/[^?#]*)?$/.test(iss) || !URL.canParse(iss)) return false
  const { href } = new URL(iss)
  return href === iss || href === `${iss}/`
}
