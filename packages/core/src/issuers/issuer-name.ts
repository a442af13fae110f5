import { LIMITS } from '../limits.ts'

/**
 * Returns whether `iss` may be the name of a dynamic issuer. A name is an http or https URL in its normal form, without user name,
 * query and fragment. The normal form is the result of `new URL(iss).href`. The slash of an empty path may be missing. Any other
 * text, such as `https://a.example@b.example`, could mislead the function `match`.
 */
export function isIssuerName(iss: unknown): iss is string {
  if (typeof iss !== 'string' || iss.length > LIMITS.dynamicIssuers.nameLength) return false
  if (!/^https?:\/\/[^/?#@]+(?:\/[^?#]*)?$/.test(iss) || !URL.canParse(iss)) return false
  const { href } = new URL(iss)
  return href === iss || href === `${iss}/`
}
